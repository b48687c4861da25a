"""How long the calls of a blocking client may take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

__all__ = ["fail_after", "seconds_left"]

_deadline: ContextVar[float] = ContextVar("deadline", default=inf)


@contextmanager
def fail_after(seconds: float) -> Iterator[None]:
    """Bound how long calls of a blocking client in this block may take, all together.

    ::

        with fail_after(30):
            answer = client.ask("deploys", "Which region?")

    A call that is cut short is cancelled as it is on the other faces: ``ask`` and its like
    withdraw their prompt, ``wait`` leaves it open. Blocks nest; the earliest end counts.

    :raises TimeoutError: by the call that takes too long.
    """
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float | None:
    """Return how many seconds a call may take here and now; ``None`` is any number."""
    left = _deadline.get() - time.monotonic()
    return None if left == inf else max(0.0, left)
