"""The one interface through which credentials are known, whatever they are."""

from __future__ import annotations

from typing import Protocol

from ailoop.access.identity import Identity, Issuer

__all__ = ["Provider"]


class Provider(Issuer, Protocol):
    """Knows one kind of credential."""

    why: str | None
    """What was wrong with the last credential that was not good, if more is to be said."""

    async def identify(self, credential: str) -> Identity | None:
        """Return whom a credential stands for, or ``None`` if it is not known here.

        What is wrong with it is for the log, by way of ``why``; whoever sent it is not told.
        """
        ...
