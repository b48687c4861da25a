"""Who is at the door: credentials to identities, whatever provider knows them."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from ailoop.access.identity import Identity
from ailoop.access.passes import Passes
from ailoop.access.penalty import Penalties
from ailoop.access.provider import Provider
from ailoop.access.signins import SignIns
from ailoop.model.errors import Refusal

__all__ = ["Authenticator"]

log = structlog.get_logger()


class Authenticator:
    """Knows who belongs here.

    :param providers: are asked one after the other.
    :param sign_ins: the pages that have signed in.
    """

    def __init__(self, providers: Sequence[Provider], sign_ins: SignIns) -> None:
        self.passes = Passes()
        self._providers: list[Provider] = [*providers, self.passes]
        self._penalties = Penalties()
        self.sign_ins = sign_ins
        self.failures = 0
        """How many credentials were not good."""

    async def identify(self, credential: str, address: str) -> Identity:
        """Return whom a credential stands for.

        :param address: where it comes from, such as ``127.0.0.1``.
        :raises Refusal: ``bad_credential``; ``too_many_attempts`` where there were many.
        """
        why = None
        for provider in self._providers:
            identity = await provider.identify(credential)
            if identity is not None:
                return identity
            why = why or provider.why
        self.failures += 1
        self._penalties.note(address)
        log.info("bad_credential", address=address, why=why)
        raise Refusal("bad_credential")
