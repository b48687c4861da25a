"""A graph whose nodes interrupt with what the command line says; it prints what they got.

``graph_agent.py '{"interrupts": {"node": value, …}, …}'``: all nodes run at the same time.
"""

from __future__ import annotations

import asyncio
import json
import operator
import sys
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from ailoop import aio, sync
from ailoop.adapters.langgraph import answer_interrupts, answer_interrupts_async
from tests.adapters.programs.saver import FileSaver


class State(TypedDict):
    got: Annotated[dict[str, Any], operator.or_]


def main() -> None:
    order = json.loads(sys.argv[1])
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
    config: Any = {"configurable": {"thread_id": order.get("thread", "1")}}
    options = order.get("options", {})

    async def run() -> Any:
        async with aio.AiloopClient(role="agent") as client:
            return await answer_interrupts_async(
                graph, {"got": {}}, config, client=client, **options
            )

    if order.get("async"):
        result = asyncio.run(run())
    else:
        with sync.AiloopClient(role="agent") as client:
            result = answer_interrupts(graph, {"got": {}}, config, client=client, **options)
    print(json.dumps(result["got"]))


if __name__ == "__main__":
    main()
