"""What a workload is, and how it lets several servers take turns.

A module with workloads defines ``WORKLOADS``, and :mod:`benchmarks.catalogue` lists them all.
A workload starts the servers it needs (:mod:`benchmarks.server`), measures each as often as
the context says, and returns a :class:`~benchmarks.report.Row` for each figure of each server.
It raises where something is wrong: a measurement that lost a message is no measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import frozen

from benchmarks.report import Row

__all__ = ["Context", "Workload", "take_turns"]

T = TypeVar("T")


@frozen(kw_only=True)
class Context:
    """How thoroughly to measure.

    :param repeat: how often each server has its turn.
    :param seconds: about how long one measurement lasts.
    :param smoke: whether it is only to be seen that everything works; counts are tiny then.
    :param say: tells the person who waits what is going on.
    """

    repeat: int = 5
    seconds: float = 2.0
    smoke: bool = False
    say: Callable[[str], None] = lambda _: None

    def count(self, normal: T, smoke: T) -> T:
        """Choose between the real number of something, or numbers, and a tiny one."""
        return smoke if self.smoke else normal


@frozen
class Workload:
    """Something to measure.

    :param name: what it is called on the command line.
    :param about: one line for ``--list``.
    """

    name: str
    about: str
    run: Callable[[Context], list[Row]]


def take_turns(
    context: Context, title: str, contenders: Mapping[str, Callable[[], T]]
) -> dict[str, list[T]]:
    """Measure servers alternately, so that what disturbs the machine disturbs all alike.

    :param contenders: by the server's name, what measures it once.
    :returns: what each measurement returned, by the server's name.
    """
    taken: dict[str, list[T]] = {name: [] for name in contenders}
    for turn in range(context.repeat):
        for name, measure in contenders.items():
            context.say(f"{title} · {name} · {turn + 1}/{context.repeat}")
            taken[name].append(measure())
    return taken
