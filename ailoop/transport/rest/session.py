"""Routes with which a page signs in and out, and anybody learns who they are."""

from __future__ import annotations

import time
from typing import Any

from quart import Blueprint, Response, request

from ailoop.access.signins import SignIn
from ailoop.model.codec import format_epoch, load_json
from ailoop.model.errors import Refusal
from ailoop.transport.gateway import Gateway
from ailoop.transport.rest.caller import address_of, caller, cookie_name, cookie_of
from ailoop.transport.rest.replies import reply

__all__ = ["session_routes"]

_NEVER = 253_402_300_800
"""The year 10000, in seconds since the epoch: no date can be written of it or later."""


def session_routes(gateway: Gateway) -> Blueprint:
    """Return the routes at ``/api/v1/session``."""
    routes = Blueprint("session", __name__, url_prefix="/api/v1")
    authenticator = gateway.authenticator

    @routes.get("/session")
    async def who() -> Response:
        cookie = cookie_of(request)
        signed_in = authenticator.sign_ins.find(cookie) if authenticator and cookie else None
        return reply({"authentication": authenticator is not None, **_members(signed_in)})

    def _members(signed_in: SignIn | None) -> dict[str, Any]:
        identity = caller()
        if identity is None:
            return {"name": None, "grants": []}
        by_cookie = signed_in is not None and signed_in.identity is identity
        ends_at = signed_in.ends_at if signed_in and by_cookie else identity.expires_at
        return {
            "name": identity.name,
            "grants": [str(grant) for grant in identity.grants],
            "expires_at": format_epoch(ends_at) if ends_at < _NEVER else None,
            **({"csrf": signed_in.csrf} if signed_in and by_cookie else {}),
        }

    @routes.post("/session")
    async def sign_in() -> Response:
        credential = _credential(load_json(await request.get_data()))
        if authenticator is None:
            return reply({"authentication": False, "name": None, "grants": []})
        identity = await authenticator.identify(credential, address_of(request))
        cookie, signed_in = authenticator.sign_ins.open(identity)
        response = reply(
            {
                "authentication": True,
                "name": identity.name,
                "grants": [str(grant) for grant in identity.grants],
                "expires_at": format_epoch(signed_in.ends_at),
                "csrf": signed_in.csrf,
            }
        )
        response.set_cookie(
            cookie_name(request),
            cookie,
            max_age=int(signed_in.ends_at - time.time()),
            httponly=True,
            samesite="Strict",
            secure=_is_secure(),
        )
        return response

    @routes.delete("/session")
    async def sign_out() -> Response:
        cookie = cookie_of(request)
        if authenticator is not None and cookie:
            authenticator.sign_ins.close(cookie)
        response = reply(
            {"authentication": authenticator is not None, "name": None, "grants": []}
        )
        response.delete_cookie(cookie_name(request), httponly=True, samesite="Strict")
        return response

    return routes


def _credential(value: Any) -> str:
    credential = value.get("credential") if isinstance(value, dict) else None
    if not isinstance(credential, str):
        raise Refusal(
            "bad_request", "credential is a text: an API key or a token", path="$.credential"
        )
    return credential.strip()


def _is_secure() -> bool:
    """Whether the page was loaded over TLS, be it that of a proxy before us."""
    return request.scheme == "https" or request.headers.get("Origin", "").startswith("https:")
