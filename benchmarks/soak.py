"""Everything at once, for a while: then nothing may be lost, doubled, or settled twice.

Agents ask, people answer, too late or several at once; others tell things and hang up in the
middle; readers come and go, read slowly or stop. It ends with a table, and with status 1 if
something is not as promised. ``python -m benchmarks.soak --seed N`` throws the same dice again.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable, Iterator

import trio
from attrs import asdict, define, field

from benchmarks.memory import MIB, MemoryWatch
from benchmarks.report import OURS, Goal, Row, Sample, at_most
from benchmarks.server import ailoop_server, pin_load
from benchmarks.soak_run import run_soak
from benchmarks.soak_world import World
from benchmarks.workload import Context, Workload

__all__ = ["WORKLOADS", "Soak", "SoakFailedError", "soak"]

_SETTINGS = {
    # Small bounds, so that the run reaches them, and reaches them early.
    "history_messages": 100,
    "feed_messages": 50,
    "feed_bytes": 256 * 1024,
    "send_seconds": 2.0,
    "log_level": "warning",
}
_LEAST_SECONDS, _SMOKE_SECONDS = 20, 3


class SoakFailedError(Exception):
    """Something was not as promised."""


@define
class Soak:
    """What a run came to."""

    world: World
    memory: MemoryWatch = field(factory=MemoryWatch)

    @property
    def failures(self) -> list[str]:
        """What is not as promised, in words."""
        wrong = [
            f"{name.replace('_', ' ')}: {count}"
            for name, count in asdict(self.world.ledger.tally()).items()
            if count
        ]
        if self.memory.is_flat is False:
            wrong.append("memory is not flat")
        return wrong

    def table(self) -> str:
        """Return the run as text, one figure a line."""
        lines = [(name.replace("_", " "), f"{value:,}") for name, value in self._figures()]
        width = max(len(name) for name, _ in lines)
        verdict = "; ".join(self.failures) or "all is as promised"
        return "\n".join([*(f"{n:<{width}} {value:>12}" for n, value in lines), verdict])

    def _figures(self) -> Iterator[tuple[str, float]]:
        ledger, memory = self.world.ledger, self.memory
        yield "seed", self.world.seed
        yield "seconds of load", self.world.seconds
        yield "sent", ledger.sent
        yield "delivered", ledger.delivered
        yield from asdict(ledger.tally()).items()
        yield "gaps told", ledger.gaps
        yield from sorted(self.world.counts.items())
        yield "memory in MiB, second fifth", round(memory.early / MIB, 1)
        yield "memory in MiB, last fifth", round(memory.late / MIB, 1)
        if memory.is_flat is not None:
            yield "memory in MiB, allowed", round(memory.bound / MIB, 1)


def soak(seconds: float, seed: int) -> Soak:
    """Run everything for some time, against a server of its own."""
    with ailoop_server(**_SETTINGS) as server:
        result = Soak(World(server, seed, seconds))
        trio.run(run_soak, result.world, result.memory)
    return result


def _measure(context: Context) -> list[Row]:
    """Run it for at least 20 seconds, or as ``--seconds`` says if that is longer."""
    seconds = context.count(max(_LEAST_SECONDS, round(context.seconds)), _SMOKE_SECONDS)
    result = _told(seconds, secrets.randbelow(10**6), context.say)
    if result.failures:
        raise SoakFailedError("; ".join(result.failures))
    ledger, memory = result.world.ledger, result.memory
    figures: list[tuple[str, str, float, tuple[Goal, ...]]] = [
        ("sent", "messages", ledger.sent, ()),
        ("delivered", "messages", ledger.delivered, ()),
        ("lost, doubled, or settled twice", "messages", 0, (at_most(0),)),
        ("memory grown", "MiB", (memory.late - memory.early) / MIB, ()),
    ]
    return [
        Row(
            workload=f"soak, {seconds} s",
            case=case,
            server=OURS,
            unit=unit,
            samples=(Sample(value),),
            goals=goals,
        )
        for case, unit, value, goals in figures
    ]


def _told(seconds: float, seed: int, say: Callable[[str], None]) -> Soak:
    """Run it, and print the table."""
    say(f"soak · {seconds:g} s, seed {seed}")
    result = soak(seconds, seed)
    print(result.table())
    return result


def main() -> None:
    """Run it alone, with a seed that is given to do the same again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long there is load")
    parser.add_argument("--seed", type=int, help="what the dice depend on; default: any")
    given = parser.parse_args()
    pin_load()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    sys.exit(1 if _told(given.seconds, seed, print).failures else 0)


WORKLOADS = (
    Workload("soak", "everything at once: nothing lost, doubled, settled twice", _measure),
)

if __name__ == "__main__":
    main()
