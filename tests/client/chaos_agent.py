"""An agent of one face that asks and asks, and writes down how each ask ended.

``python -m tests.client.chaos_agent FACE TRANSPORT URL ASKS ABREAST SEED`` prints a line of
JSON for each ask: its text and the answer, or what else became of it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import orjson
import trio

import ailoop
import ailoop.aio
import ailoop.sync

PATIENCE = ailoop.Patience(first_seconds=0.01, longest_seconds=0.2, heartbeat_seconds=3)
TIMEOUT = 600


def tell(text: str, outcome: Any) -> None:
    """Write down how an ask ended; one write a line, so that threads do not mix them."""
    if isinstance(outcome, Exception):
        ours = isinstance(outcome, ailoop.AiloopError)
        line = {"text": text, "error": type(outcome).__name__, "typed": ours}
        line["words"] = str(outcome)
    else:
        content = outcome.content
        line = {"text": text, "answer": content.answer, "type": content.response_type}
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


async def ask_in_turn(client: Any, texts: list[str]) -> None:
    """Ask one after the other."""
    for text in texts:
        try:
            outcome = await client.ask("a", text, timeout=TIMEOUT)
        except Exception as error:  # noqa: BLE001 -- that is what is to be seen
            outcome = error
        tell(text, outcome)


def ask_in_turn_blocking(client: ailoop.sync.AiloopClient, texts: list[str]) -> None:
    """Ask one after the other."""
    for text in texts:
        outcome: Any
        try:
            outcome = client.ask("a", text, timeout=TIMEOUT)
        except Exception as error:  # noqa: BLE001 -- that is what is to be seen
            outcome = error
        tell(text, outcome)


async def on_trio(make: Callable[[Any], Any], shares: list[list[str]]) -> None:
    async with make(ailoop.AiloopClient) as client, trio.open_nursery() as nursery:
        for texts in shares:
            nursery.start_soon(ask_in_turn, client, texts)


async def on_asyncio(make: Callable[[Any], Any], shares: list[list[str]]) -> None:
    async with make(ailoop.aio.AiloopClient) as client, asyncio.TaskGroup() as tasks:
        for texts in shares:
            tasks.create_task(ask_in_turn(client, texts))


def in_threads(make: Callable[[Any], Any], shares: list[list[str]]) -> None:
    with make(ailoop.sync.AiloopClient) as client, ThreadPoolExecutor(len(shares)) as pool:
        for done in [pool.submit(ask_in_turn_blocking, client, texts) for texts in shares]:
            done.result()


def main() -> None:
    """Run one agent."""
    face, transport, url = sys.argv[1:4]
    asks, abreast = map(int, sys.argv[4:])
    texts = [f"{face}.{transport}.{number}" for number in range(asks)]
    shares = [texts[first::abreast] for first in range(abreast)]
    make: Callable[[Any], Any] = lambda kind: kind(url, transport=transport, patience=PATIENCE)  # noqa: E731
    match face:
        case "trio":
            trio.run(partial(on_trio, make, shares))
        case "asyncio":
            asyncio.run(on_asyncio(make, shares))
        case "sync":
            in_threads(make, shares)


if __name__ == "__main__":
    main()
