"""An agent of LangChain with a scripted model, whose tools people review.

``chat_agent.py '{"calls": [[tool, args], …], …}'``: the model makes these calls in one turn,
then ends. It prints what was done, and what the model was told of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from ailoop import aio, sync
from ailoop.adapters.langgraph import answer_interrupts, answer_interrupts_async

done: list[str] = []


@tool
def send(to: str, copies: int = 1) -> str:
    """Send a letter."""
    done.append(f"{to} {copies}")
    return f"sent to {to}"


@tool
def ask_boss(question: str) -> str:
    """Ask the boss."""
    raise AssertionError(question)


class Scripted(GenericFakeChatModel):
    def bind_tools(self, *_: Any, **__: Any) -> Any:
        return self


def main() -> None:
    order = json.loads(sys.argv[1])
    calls = [
        ToolCall(name=name, args=args, id=f"call-{index}")
        for index, (name, args) in enumerate(order["calls"])
    ]
    middleware: Any = HumanInTheLoopMiddleware(
        order.get("review", {"send": True}), interrupt_mode=order.get("mode", "batched")
    )
    agent: Any = create_agent(
        Scripted(messages=iter([AIMessage("", tool_calls=calls), AIMessage("Done.")])),
        [send, ask_boss],
        middleware=[middleware],
        checkpointer=InMemorySaver(),
    )
    start, config = {"messages": [("user", "Go")]}, {"configurable": {"thread_id": "1"}}
    options = order.get("options", {})

    async def run() -> Any:
        async with aio.AiloopClient(role="agent") as client:
            return await answer_interrupts_async(agent, start, config, client=client, **options)

    if order.get("async"):
        result = asyncio.run(run())
    else:
        with sync.AiloopClient(role="agent") as client:
            result = answer_interrupts(agent, start, config, client=client, **options)
    told = [[one.status, one.text] for one in result["messages"] if type(one) is ToolMessage]
    print(json.dumps({"done": done, "told": told, "end": result["messages"][-1].text}))


if __name__ == "__main__":
    main()
