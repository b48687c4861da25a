"""Who worked how much during a measurement, so that one sees what the limit was.

A server that is measured at its limit runs, or waits for its core, nearly all of the time. If
it does not, it was waiting for the load. Time in which it had work and no core says that
something else ran on the machine, and that figures are lower than they could be.
"""

from __future__ import annotations

import time

from attrs import frozen

from benchmarks.report import Sample
from benchmarks.server import Server

__all__ = ["Effort", "Watch"]


@frozen
class Effort:
    """Shares of one core.

    :param seconds: how long it took.
    :param load: what this process used.
    :param server: what the server's main thread used.
    :param waited: the share of the time in which that thread waited for its core.
    """

    seconds: float
    load: float
    server: float
    waited: float

    def sample(self, value: float) -> Sample:
        """Make a sample that was measured with this effort."""
        return Sample(value, self.load, self.server, self.waited)


class Watch:
    """Looks at this process and at a server from its making to :meth:`stop`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ran, self._waited = server.scheduled()
        self._cpu = time.process_time()
        self._start = time.perf_counter()

    def stop(self) -> Effort:
        """Return what has come to pass since."""
        seconds = time.perf_counter() - self._start
        cpu = time.process_time() - self._cpu
        ran, waited = self._server.scheduled()
        return Effort(
            seconds,
            cpu / seconds,
            (ran - self._ran) / seconds,
            (waited - self._waited) / seconds,
        )
