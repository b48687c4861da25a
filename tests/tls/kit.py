"""An authority that the tests trust, and what it vouches for."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import trio
import trustme
from attrs import define, field

from tests.serving import Served, Talk, serving, talking

__all__ = ["Papers", "shaken"]


@define
class Papers:
    """Files of one authority, in a folder of their own."""

    folder: Path
    authority: trustme.CA = field(factory=trustme.CA)

    def __attrs_post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.authority.cert_pem.write_to_path(self.ca)
        self.issue()

    @property
    def ca(self) -> Path:
        """The authority's certificate."""
        return self.folder / "ca.pem"

    def issue(
        self,
        *names: str,
        to: str = "server",
        until: datetime | None = None,
    ) -> tuple[Path, Path]:
        """Issue a certificate and return its file and that of its key."""
        paper = self.authority.issue_cert(*(names or ("127.0.0.1",)), not_after=until)
        cert, key = self.folder / f"{to}.pem", self.folder / f"{to}-key.pem"
        cert.write_bytes(b"".join(blob.bytes() for blob in paper.cert_chain_pems))
        paper.private_key_pem.write_to_path(key)
        return cert, key

    @property
    def settings(self) -> dict[str, str]:
        """What a daemon is told."""
        return {
            "tls_cert": str(self.folder / "server.pem"),
            "tls_key": str(self.folder / "server-key.pem"),
        }

    @property
    def flags(self) -> list[str]:
        """The same as flags."""
        return [
            word
            for name, value in self.settings.items()
            for word in (f"--{name.replace('_', '-')}", value)
        ]

    def trust(self, *, client: bool = False) -> ssl.SSLContext:
        """Return what trusts the authority, with a certificate by it if that is wanted."""
        context = ssl.create_default_context(cafile=self.ca)
        if client:
            context.load_cert_chain(*self.issue("client.example", to="client"))
        return context

    @asynccontextmanager
    async def serving(self, **settings: Any) -> AsyncIterator[Served]:
        """Open a daemon that speaks TLS."""
        trust = settings.pop("trust", None) or self.trust()
        async with serving(trust=trust, **self.settings, **settings) as served:
            yield served

    @asynccontextmanager
    async def talking(self, server: Served, port: str, **more: Any) -> AsyncIterator[Talk]:
        """Open a WebSocket over TLS."""
        async with talking(server.socket_url(port), trust=self.trust(), **more) as talk:
            yield talk


@asynccontextmanager
async def shaken(
    address: tuple[str, int], context: ssl.SSLContext
) -> AsyncIterator[trio.SSLStream[trio.SocketStream]]:
    """Open a TLS connection and shake hands."""
    stream = await trio.open_ssl_over_tcp_stream(
        *address, ssl_context=context, https_compatible=True
    )
    try:
        await stream.do_handshake()
        yield stream
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)
