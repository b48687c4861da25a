"""How long a client bears with a server: settings, and when to try again.

Nothing here waits or looks at a clock, so that every face of the client can share it.
"""

from __future__ import annotations

from enum import StrEnum
from random import Random

from attrs import field, frozen, validators

from ailoop.client.errors import AiloopError, Busy, Unavailable, Unreachable

__all__ = [
    "Connected",
    "ConnectionEvent",
    "ConnectionState",
    "Lost",
    "Patience",
    "Reconnecting",
    "Retries",
    "may_pass",
]

_positive = validators.gt(0.0)


@frozen(kw_only=True)
class Patience:
    """How long a client waits for what, in seconds.

    :param first_seconds: before the first attempt to connect again; each further attempt
        waits twice as long, less a random part of up to a half.
    :param longest_seconds: what that grows to at most.
    :param give_up_seconds: without a connection for so long, whatever waits raises
        what came of the last attempt, such as :class:`Unreachable`, and the client is done.
        ``None``: it waits as long as its caller does. 0: it never connects again.
    :param connect_seconds: for opening one connection.
    :param heartbeat_seconds: after so long without a word from the server it is asked for
        one; after as long again the connection counts as lost.
    :param buffered_messages: how many messages of ``say(…, wait=False)`` may be on their
        way; further ones are dropped, and counted.
    """

    first_seconds: float = field(default=0.1, validator=_positive)
    longest_seconds: float = field(default=15.0, validator=_positive)
    give_up_seconds: float | None = None
    connect_seconds: float = field(default=10.0, validator=_positive)
    heartbeat_seconds: float = field(default=10.0, validator=_positive)
    buffered_messages: int = field(default=1000, validator=validators.ge(0))


class ConnectionState(StrEnum):
    """How a client stands to its server."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    """There is no connection; the next attempt is due later."""
    CLOSED = "closed"


@frozen
class Connected:
    """The server has answered; what was open is taken up again."""


@frozen
class Lost:
    """The connection has ended, or could not be opened.

    :param why: what came of it.
    """

    why: AiloopError


@frozen
class Reconnecting:
    """Another attempt will be made.

    :param seconds: after so long.
    """

    seconds: float


ConnectionEvent = Connected | Lost | Reconnecting


def may_pass(error: AiloopError) -> bool:
    """Whether trying the same again later makes sense."""
    return isinstance(error, Unreachable | Busy | Unavailable)


class Retries:
    """Counts failures in a row and says how long to wait after each.

    :param random: where the random part of a wait comes from.
    """

    def __init__(self, patience: Patience, random: Random | None = None) -> None:
        self._patience = patience
        # It spreads clients over time and guards nothing.
        self._random = random or Random()  # noqa: S311
        self._failures = 0
        self._since: float | None = None

    def succeeded(self) -> None:
        """Begin anew: what fails next fails for the first time."""
        self._failures = 0
        self._since = None

    def failed(self, now: float, error: AiloopError) -> float:
        """Return how many seconds to wait before the next attempt.

        :param now: on any clock that does not jump, in seconds.
        :param error: what came of this attempt; it is raised when there is to be no other.
        """
        if not may_pass(error):
            raise error
        if self._since is None:
            self._since = now
        longest = self._patience.longest_seconds
        # Beyond 2**30 the bound has long been reached, and a float would overflow.
        step = min(longest, self._patience.first_seconds * 2.0 ** min(self._failures, 30))
        self._failures += 1
        if error.retry_after is None:
            delay = step * self._random.uniform(0.5, 1)
        else:
            # Never sooner than the server said, and not all clients at that very moment.
            delay = error.retry_after + step * self._random.random()
        if self._patience.give_up_seconds is not None:
            left = self._since + self._patience.give_up_seconds - now
            if left <= 0:
                raise error
            delay = min(delay, left)
        return delay
