"""An agent of the OpenAI Agents SDK with a scripted model, whose tool needs approval.

An order is ``{"turns": [[[path, id], …], …], …}``: the model wants these files removed, turn
by turn, then ends. It prints what was removed, and what the model was told of it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from agents import Agent, RunState, function_tool, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call

from ailoop import aio, sync
from ailoop.adapters.openai_agents import run_with_approvals, run_with_approvals_sync
from tests.adapters.programs.orders import run_all

removed: list[str] = []


@function_tool(needs_approval=True)
def remove(path: str) -> str:
    """Remove a file."""
    removed.append(path)
    return f"{path} is gone"


def run(order: dict[str, Any]) -> Any:
    removed.clear()
    turns = [
        [function_call("remove", {"path": path}, call_id=call) for path, call in turn]
        for turn in order["turns"]
    ]
    model = ScriptedModel([*turns, [assistant_message("Done.")]])
    agent: Any = Agent(name="Cleaner", model=model, tools=[remove])
    options = {"key": order.get("key"), **order.get("options", {})}
    start: Any = "Go"
    if "file" in order:
        path = Path(order["file"])
        options["keep"] = lambda state: path.write_text(state.to_string())
        if path.exists():
            start = asyncio.run(RunState.from_string(agent, path.read_text()))

    async def on_asyncio() -> Any:
        async with aio.AiloopClient(role="agent") as client:
            return await run_with_approvals(agent, start, client=client, **options)

    if order.get("sync"):
        with sync.AiloopClient(role="agent") as client:
            result = run_with_approvals_sync(agent, start, client=client, **options)
    else:
        result = asyncio.run(on_asyncio())
    items = [one for one in result.to_input_list() if isinstance(one, dict)]
    told = [one["output"] for one in items if one.get("type") == "function_call_output"]
    return {"removed": [*removed], "told": told, "end": result.final_output}


if __name__ == "__main__":
    set_tracing_disabled(True)
    run_all(run)
