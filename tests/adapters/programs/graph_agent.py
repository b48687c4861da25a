"""A graph whose nodes interrupt with what it is told; it prints what they got.

An order is ``{"interrupts": {"node": value, …}, …}``; all nodes run at the same time.
"""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from tests.adapters.programs.orders import answering, run_all
from tests.adapters.programs.saver import FileSaver


class State(TypedDict):
    got: Annotated[dict[str, Any], operator.or_]


def run(order: dict[str, Any]) -> Any:
    schemas = order.get("schemas", {})

    def node(name: str, value: Any) -> Any:
        schema = schemas.get(name)
        return lambda _: {"got": {name: interrupt(value, response_schema=schema)}}

    builder = StateGraph(State)
    for name, value in order["interrupts"].items():
        builder.add_node(name, node(name, value))
        builder.add_edge(START, name)
    saver = FileSaver(order["file"]) if "file" in order else InMemorySaver()
    graph = builder.compile(checkpointer=saver)
    config: Any = {"configurable": {"thread_id": "1"}}
    return answering(graph, {"got": {}}, config, order)["got"]


if __name__ == "__main__":
    run_all(run)
