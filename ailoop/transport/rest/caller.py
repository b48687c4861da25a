"""Who makes a request, and the broker as they may use it."""

from __future__ import annotations

import hmac
from typing import cast

from quart import g, request, websocket
from quart.wrappers import Request, Websocket

from ailoop.access.identity import Identity
from ailoop.access.signins import SignIn
from ailoop.broker import Broker
from ailoop.model.errors import Refusal
from ailoop.transport.credentials import recognise
from ailoop.transport.gateway import Gateway

__all__ = [
    "address_of",
    "admit_request",
    "admit_socket",
    "caller",
    "check_overview",
    "cookie_name",
    "cookie_of",
    "may_overview",
    "still_here",
    "their_broker",
]

CSRF_HEADER = "X-Ailoop-Csrf"

_PUBLIC = ("page", "openapi")
"""Blueprints that tell nothing of anybody's."""
_OPTIONAL = ("status.health", "session.sign_in", "session.sign_out")
"""Routes that do something for everybody too; of health, strangers are told the least."""
_READING = ("GET", "HEAD", "OPTIONS")


async def admit_request(gateway: Gateway) -> None:
    """Find out who makes the present request, and refuse those who do not say.

    :raises Refusal: ``unauthenticated``, ``bad_credential``, ``too_many_attempts`` or
        ``bad_csrf``.
    """
    g.identity, g.broker = None, gateway.broker
    if gateway.authenticator is None or request.blueprint in _PUBLIC:
        return
    if request.url_rule is None or request.method == "OPTIONS":
        return  # there is nothing there, or a browser asks whether it may ask
    g.identity = await _recognise(gateway, request)
    if g.identity is not None:
        g.broker = gateway.broker.on_behalf_of(g.identity)
    elif request.endpoint not in _OPTIONAL:
        raise Refusal("unauthenticated")


async def admit_socket(gateway: Gateway) -> Identity | None:
    """Find out who opens the present WebSocket; nobody yet, if it does not say."""
    return await _recognise(gateway, websocket)


async def _recognise(gateway: Gateway, asked: Request | Websocket) -> Identity | None:
    offered = asked.requested_subprotocols if isinstance(asked, Websocket) else ()
    identity = await recognise(gateway, address_of(asked), asked.headers.get, offered)
    if identity is not None or gateway.authenticator is None:
        return identity
    cookie = cookie_of(asked)
    signed_in = gateway.authenticator.sign_ins.find(cookie) if cookie else None
    if signed_in is None:
        return None
    _check_csrf(asked, signed_in)
    return signed_in.identity


def _check_csrf(asked: Request | Websocket, signed_in: SignIn) -> None:
    """See that it is our page that makes use of its cookie.

    A browser tells truly where a WebSocket comes from, and that has been checked already.
    """
    if isinstance(asked, Websocket):
        if "Origin" not in asked.headers:
            raise Refusal("bad_csrf", "A WebSocket with a cookie tells its Origin")
    elif asked.method not in _READING:
        told = asked.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(told.encode(), signed_in.csrf.encode()):
            raise Refusal("bad_csrf")


def address_of(asked: Request | Websocket) -> str:
    """Return where a request comes from."""
    return asked.remote_addr or ""


def cookie_name(asked: Request | Websocket) -> str:
    """Return what our cookie is called: browsers send it to every port of a host."""
    _, _, port = asked.host.rpartition(":")
    return f"ailoop_{port}" if port.isdecimal() else "ailoop"


def cookie_of(asked: Request | Websocket) -> str | None:
    """Return the cookie of a page that has signed in, if there is one."""
    return asked.cookies.get(cookie_name(asked))


def caller() -> Identity | None:
    """Return who makes the present request; ``None`` where nobody has to say."""
    return cast("Identity | None", g.identity)


def their_broker() -> Broker:
    """Return the broker as whoever makes the present request may use it."""
    return cast("Broker", g.broker)


def check_overview() -> None:
    """Refuse what tells of all channels together to who may not read them all."""
    identity = caller()
    if identity is not None:
        identity.check_overview()


def may_overview(gateway: Gateway) -> bool:
    """Whether whoever makes the present request may know of all channels."""
    identity = caller()
    return gateway.authenticator is None or (identity is not None and identity.has_overview)


def still_here() -> None:
    """Refuse somebody whose credential has ended while they waited."""
    identity = caller()
    if identity is not None:
        identity.check_holds()
