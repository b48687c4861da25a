"""Which web pages may talk to this server.

A browser lets any page send requests to localhost, so without this check any page a person
opens could read and answer their agent's prompts. Two headers tell: ``Origin`` (which page
asks, RFC 6454) and ``Host`` (which name it used; a hostile name may resolve to loopback).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from ailoop.model.errors import Refusal

__all__ = ["OriginPolicy"]

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]*)?")
"""A name or an address, and a port (RFC 9110, section 7.2); more than that is a trick."""


class OriginPolicy:
    """Lets through what is no browser, our own pages, and the origins on a list.

    :param allowed: further origins, such as ``https://inbox.example.org``.
    :param loopback: whether the server listens on loopback only; then a request must have
        been made to an address or to ``localhost``, not to some other name.
    """

    def __init__(self, allowed: Iterable[str] = (), *, loopback: bool = True) -> None:
        self._allowed = {origin.rstrip("/").lower() for origin in allowed}
        self._loopback = loopback
        self.secure = False
        """Whether this server speaks TLS: pages that do not are then not its own."""
        self.ports: set[int] = set()
        """The ports of this server: a page of one may use the other."""

    def is_listed(self, origin: str | None) -> bool:
        """Whether an origin is on the list, so that its pages may read answers (CORS)."""
        return origin is not None and origin.lower() in self._allowed

    def check_host(self, host: str | None) -> None:
        """Refuse, with ``bad_host``, a request made to a name that is not this machine's."""
        if not self._loopback or not host:
            return
        if not _is_local(host):
            raise Refusal("bad_host", host=host[:200])

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Refuse, with ``bad_origin``, a request of a foreign web page.

        :param origin: the ``Origin`` header; whoever sends none is no web page.
        :param host: the ``Host`` header.
        """
        if origin is None or self.is_listed(origin):
            return
        ours = _split(f"//{host}")
        theirs = _split(origin)
        try:
            usual = 443 if theirs.scheme == "https" else 80
            same_port = theirs.port == ours.port or (theirs.port or usual) in self.ports
        except ValueError:
            same_port = False
        if self.secure and theirs.scheme != "https":
            same_port = False  # whoever is on its way could have written such a page
        if not (theirs.hostname and theirs.hostname == ours.hostname and same_port):
            raise Refusal("bad_origin", origin=origin[:200])


@lru_cache(maxsize=256)
def _is_local(host: str) -> bool:
    """Whether a ``Host`` header names an address, or this machine; asked at every request."""
    found = _HOST.fullmatch(host)
    name = (found[1] or found[2]).lower() if found else ""
    return name == "localhost" or name.endswith(".localhost") or _is_address(name)


def _split(url: str) -> SplitResult:
    """Take a URL apart; one that is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
