"""What a client shows to say who it is: an API key, or a token."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ailoop.client.errors import AiloopError

__all__ = ["Credential"]


class Credential:
    """A credential, asked for anew at each request and connection, since tokens end.

    :param token: the text, or what returns it; else the environment's ``AILOOP_TOKEN``, or
        what the file ``AILOOP_TOKEN_FILE`` holds at the time.
    """

    def __init__(self, token: str | Callable[[], str] | None) -> None:
        self._token = token

    def headers(self) -> Mapping[str, str]:
        """Return the headers that carry it; none if there is no credential.

        :raises AiloopError: it cannot be read, or cannot be sent.
        """
        token = self._read().strip()
        if not token:
            return {}
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise AiloopError("the token has characters that no API key and no token has")
        return {"Authorization": f"Bearer {token}"}

    def _read(self) -> str:
        if callable(self._token):
            return self._token()
        if self._token is not None:
            return self._token
        if token := os.environ.get("AILOOP_TOKEN"):
            return token
        path = os.environ.get("AILOOP_TOKEN_FILE")
        if not path:
            return ""
        try:
            return Path(path).read_text(encoding="ascii")
        except (OSError, UnicodeError) as error:
            raise AiloopError(f"AILOOP_TOKEN_FILE: cannot read {path}: {error}") from None
