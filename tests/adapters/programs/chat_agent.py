"""An agent of LangChain with a scripted model, whose tools people review.

An order is ``{"calls": [[tool, args], …], …}``: the model makes these calls in one turn, then
ends. It prints what was done, and what the model was told of it.
"""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from tests.adapters.programs.orders import answering, run_all

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


def run(order: dict[str, Any]) -> Any:
    done.clear()
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
    messages = answering(agent, start, config, order)["messages"]
    told = [[one.status, one.text] for one in messages if type(one) is ToolMessage]
    return {"done": [*done], "told": told, "end": messages[-1].text}


if __name__ == "__main__":
    run_all(run)
