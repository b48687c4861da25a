"""Where a credential may stand in a request: never in the address, which logs keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ailoop.access.identity import Identity
from ailoop.model.errors import Refusal
from ailoop.transport.gateway import Gateway

__all__ = ["TOKEN_SUBPROTOCOL", "credential_of", "recognise"]

TOKEN_SUBPROTOCOL = "ailoop.token."  # noqa: S105 -- what stands before one
"""How a subprotocol begins whose rest is a credential: browsers let a page set no header of a
WebSocket, but this. It is never agreed on, and so never sent back."""


def credential_of(
    header: Callable[[str], str | None], subprotocols: Iterable[str] = ()
) -> str | None:
    """Return the credential of a request, if it has one.

    :param header: returns a header by its name.
    :raises Refusal: ``bad_credential``: there is one of another kind.
    """
    bearer = header("authorization")
    if bearer is not None:
        scheme, _, credential = bearer.strip().partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Refusal("bad_credential", "Authorization has to be `Bearer` and a credential")
        return credential.strip()
    key = header("x-api-key")
    if key is not None:
        return key.strip()
    for offered in subprotocols:
        if offered.startswith(TOKEN_SUBPROTOCOL):
            return offered.removeprefix(TOKEN_SUBPROTOCOL)
    return None


async def recognise(
    gateway: Gateway,
    address: str,
    header: Callable[[str], str | None],
    subprotocols: Iterable[str] = (),
) -> Identity | None:
    """Return who makes a request: nobody in particular where nobody has to authenticate.

    :param address: where it comes from.
    :raises Refusal: ``bad_credential`` or ``too_many_attempts``.
    """
    if gateway.authenticator is None:
        return None
    credential = credential_of(header, subprotocols)
    if credential is None:
        return None
    return await gateway.authenticator.identify(credential, address)
