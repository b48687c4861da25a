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
CSRF_SUBPROTOCOL = "ailoop.csrf."
"""How a subprotocol begins whose rest is the same: a WebSocket's headers are not the page's."""

_SIGN_IN = "session.sign_in"

_PUBLIC = ("page", "openapi", "probes")
"""Blueprints that tell nothing of anybody's."""
_OPTIONAL = ("status.health", _SIGN_IN, "session.sign_out")
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
    if signed_in is None or not _is_ours(asked, signed_in):
        return None
    return signed_in.identity


def _is_ours(asked: Request | Websocket, signed_in: SignIn) -> bool:
    """See whether it is our page that makes use of its cookie, by what it alone can repeat.

    A browser hands the cookie to every port of this host, where programs may listen that are
    not us, an agent's own among them. So the cookie alone is nobody's, not to read either.

    :raises Refusal: ``bad_csrf``: somebody else has tried to change something.
    """
    if isinstance(asked, Websocket):
        if "Origin" not in asked.headers:
            raise Refusal("bad_csrf", "A WebSocket with a cookie tells its Origin")
        offered = asked.requested_subprotocols
        told = [one for one in offered if one.startswith(CSRF_SUBPROTOCOL)]
        proof = told[0].removeprefix(CSRF_SUBPROTOCOL) if told else ""
    else:
        proof = asked.headers.get(CSRF_HEADER, "")
    if hmac.compare_digest(proof.encode(), signed_in.csrf.encode()):
        return True
    if not isinstance(asked, Websocket) and (
        asked.method in _READING or asked.endpoint == _SIGN_IN
    ):
        return False
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
