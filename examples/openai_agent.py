"""An agent of the OpenAI Agents SDK whose tool runs only if a person approves it.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox``. The model is a scripted
one, so that no key is needed: leave ``model`` out to have a real one.
"""

import asyncio

from agents import Agent, function_tool, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call

from ailoop.adapters.openai_agents import run_with_approvals
from ailoop.aio import AiloopClient


def remove(path: str) -> str:
    """Remove a file."""
    print(f"rm {path}")
    return f"{path} is gone"


async def main() -> None:
    """Have an agent tidy up, with a person beside it."""
    set_tracing_disabled(True)
    script = [
        [
            function_call("remove", {"path": "old.log"}, call_id="call-1"),
            function_call("remove", {"path": "accounts.db"}, call_id="call-2"),
        ],
        [assistant_message("That is all.")],
    ]
    agent = Agent(
        name="Cleaner",
        tools=[function_tool(remove, needs_approval=True)],
        model=ScriptedModel(script),
    )
    async with AiloopClient(role="agent") as client:
        result = await run_with_approvals(
            agent, "Tidy up", client=client, channel="files", timeout=600
        )
    print(result.final_output)


asyncio.run(main())
