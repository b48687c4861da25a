"""A graph that asks a person in between: write, have it reviewed, publish.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox``. Where the thread is to
outlive this program, give the graph a checkpointer that keeps it in a file or a database.
"""

import sys
from typing import TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from ailoop.adapters.langgraph import NoDecision, answer_interrupts
from ailoop.sync import AiloopClient


class State(TypedDict, total=False):
    """What the graph knows."""

    topic: str
    title: str
    published: bool


def name_it(state: State) -> State:
    """Have a person say what it shall be called."""
    return {"title": interrupt(f"What shall the text about {state['topic']} be called?")}


def publish(state: State) -> State:
    """Publish it if a person accepts it."""
    decision = interrupt(
        {
            "action_request": {"action": "publish", "args": {"title": state["title"]}},
            "config": {
                "allow_accept": True,
                "allow_edit": False,
                "allow_respond": False,
                "allow_ignore": True,
            },
            "description": "Everybody will read it",
        }
    )
    return {"published": decision["type"] == "accept"}


def main() -> int:
    """Run the graph to its end."""
    builder = StateGraph(State)
    builder.add_node(name_it)
    builder.add_node(publish)
    builder.add_edge(START, "name_it")
    builder.add_edge("name_it", "publish")
    graph = builder.compile(checkpointer=InMemorySaver())
    with AiloopClient(role="agent") as client:
        try:
            result = answer_interrupts(
                graph,
                {"topic": "cats"},
                {"configurable": {"thread_id": "cats-1"}},
                client=client,
                channel="texts",
            )
        except NoDecision as nothing:
            print(nothing, file=sys.stderr)
            return 1
    print(result["title"], "is out" if result["published"] else "stays in the drawer")
    return 0


if __name__ == "__main__":
    sys.exit(main())
