"""What the programs share: orders on the command line, done one after the other."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from ailoop import aio, sync

__all__ = ["answering", "run_all"]


def run_all(run: Callable[[dict[str, Any]], Any]) -> None:
    """Do what is ordered, and print what came of each, an exception as its last line."""
    done: list[Any] = []
    for order in json.loads(sys.argv[1]):
        try:
            done.append(run(order))
        except Exception as error:
            if order.get("succeeds", True):
                raise
            done.append(f"{type(error).__name__}: {error}")
    print(json.dumps(done))


def answering(graph: Any, start: Any, config: Any, order: dict[str, Any]) -> Any:
    """Run a graph with people, on asyncio if it is ordered so."""
    from ailoop.adapters.langgraph import answer_interrupts, answer_interrupts_async

    options = order.get("options", {})

    async def on_asyncio() -> Any:
        async with aio.AiloopClient(role="agent") as client:
            return await answer_interrupts_async(graph, start, config, client=client, **options)

    if order.get("async"):
        return asyncio.run(on_asyncio())
    with sync.AiloopClient(role="agent") as client:
        return answer_interrupts(graph, start, config, client=client, **options)
