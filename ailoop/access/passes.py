"""Passes for what runs inside the daemon itself; they end with it, and are written nowhere."""

from __future__ import annotations

import hmac
import secrets

from ailoop.access.grants import read_grants
from ailoop.access.identity import Identity

__all__ = ["Passes"]


class Passes:
    """A provider of identities for the person at the daemon's own terminal."""

    why: str | None = None

    def __init__(self) -> None:
        self._known: dict[str, Identity] = {}

    def issue(self, name: str) -> str:
        """Return a credential with which somebody reads and answers everything."""
        credential = secrets.token_urlsafe(32)
        self._known[credential] = Identity(name, read_grants(["human:*"]), "pass", self)
        return credential

    async def identify(self, credential: str) -> Identity | None:
        """Return whom a pass stands for."""
        for known, identity in self._known.items():
            if hmac.compare_digest(known.encode(), credential.encode()):
                return identity
        return None

    def holds(self, _: Identity) -> bool:
        """Say yes: a pass is good as long as the daemon runs."""
        return True
