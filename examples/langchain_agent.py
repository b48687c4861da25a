"""An agent of LangChain whose tool runs only as a person approves it.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox``. The model is a scripted
one, so that no key is needed: put yours in its place.
"""

import asyncio
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from ailoop.adapters.langgraph import answer_interrupts_async
from ailoop.aio import AiloopClient


@tool
def send_letter(to: str, text: str) -> str:
    """Send a letter."""
    print(f"to {to}: {text}")
    return "sent"


class Scripted(GenericFakeChatModel):
    """A model that says what it is told to."""

    def bind_tools(self, tools: Any, **_: Any) -> Any:  # noqa: ARG002 -- it knows them
        """Leave everything as it is."""
        return self


async def main() -> None:
    """Have a letter written, and reviewed."""
    call = ToolCall(name="send_letter", args={"to": "ann", "text": "We are late."}, id="call-1")
    agent = create_agent(
        Scripted(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("That is all.")])),
        [send_letter],
        # True: a person may approve, edit or reject.
        middleware=[HumanInTheLoopMiddleware({"send_letter": True})],
        checkpointer=InMemorySaver(),
    )
    async with AiloopClient(role="agent") as client:
        result = await answer_interrupts_async(
            agent,
            {"messages": [("user", "Tell Ann that we are late.")]},
            {"configurable": {"thread_id": "letters-1"}},
            client=client,
            channel="letters",
        )
    print(result["messages"][-1].text)


asyncio.run(main())
