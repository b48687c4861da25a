"""Many inputs by hand: ``python -m tests.fuzz --count 1000000 --seed 7``."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random

import structlog
import trio

from ailoop.transport.ws.plain import PlainSession
from ailoop.transport.ws.v1 import V1Session
from tests.fuzz.maker import Maker
from tests.fuzz.targets import conversation, talk, try_codec

_AT_ONCE = 20_000
"""Frames of one conversation; the next begins with an empty broker."""


def fuzz(count: int, seed: int, *, tells: bool = False) -> dict[str, Counter[str]]:
    """Give each target a third of so many inputs; return what was answered how often."""
    each = -(-count // 3)
    table: dict[str, Counter[str]] = {}
    for target in ("codec", "plain", "v1"):
        started = time.perf_counter()
        maker = Maker(Random(f"{seed} {target}"))
        if target == "codec":
            table[target] = Counter(try_codec(maker) for _ in range(each))
        else:
            table[target] = trio.run(_converse, maker, target, each)
        if tells:
            seconds = time.perf_counter() - started
            print(f"{target}: {each} inputs in {seconds:.0f} s", flush=True)
    return table


async def _converse(maker: Maker, target: str, count: int) -> Counter[str]:
    told: Counter[str] = Counter()
    make, frame = {"plain": (PlainSession, maker.plain), "v1": (V1Session, maker.v1)}[target]
    while count > 0:
        async with conversation(make) as one:
            await talk(one, maker, min(count, _AT_ONCE), frame)
        told += one.told
        count -= _AT_ONCE
    return told


def main() -> None:
    """Read the command line, and print a table of answers."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs, 1000000")
    parser.add_argument("--seed", type=int, default=1, help="the same inputs again, 1")
    chosen = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    print(f"Python {sys.version.split()[0]}, seed {chosen.seed}")
    for target, told in fuzz(chosen.count, chosen.seed, tells=True).items():
        for answer, times in told.most_common():
            print(f"{target:8} {answer:24} {times:>12,}")


if __name__ == "__main__":
    main()
