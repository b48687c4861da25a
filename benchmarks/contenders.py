"""The servers that are compared, by the names that the tables use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from attrs import frozen

from benchmarks.messages import PLAIN, V1, Dialect
from benchmarks.report import OURS
from benchmarks.server import Server, ailoop_server, peer_server

__all__ = [
    "AILOOP",
    "AILOOP_V1",
    "FASTAPI",
    "HYPERCORN",
    "QUART",
    "TCP",
    "WEBSOCKETS",
    "Contender",
]


@frozen
class Contender:
    """A kind of server and how to talk to it.

    :param start: runs one.
    :param dialect: what it is spoken to over a WebSocket.
    """

    name: str
    start: Callable[[], AbstractContextManager[Server]]
    dialect: Dialect = PLAIN


# A ping among frames that are counted by bytes would be taken for a fault. The peers have
# theirs switched off too.
_quiet = partial(ailoop_server, heartbeat_seconds=3600)

AILOOP = Contender(OURS, _quiet)
AILOOP_V1 = Contender(f"{OURS}, ailoop.v1", _quiet, V1)
FASTAPI = Contender("fastapi", partial(peer_server, "fastapi_peer"))
WEBSOCKETS = Contender("websockets-trio", partial(peer_server, "websockets_peer"))
TCP = Contender("tcp-floor", partial(peer_server, "tcp_floor"))
HYPERCORN = Contender("hypercorn-floor", partial(peer_server, "hypercorn_floor"))
QUART = Contender("quart-floor", partial(peer_server, "quart_floor"))
