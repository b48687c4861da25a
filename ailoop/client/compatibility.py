"""Whether a client and a server of different versions understand each other."""

from __future__ import annotations

import re

from ailoop.client.errors import Incompatible
from ailoop.version import __version__

__all__ = ["VersionWarning", "check_version"]

_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


class VersionWarning(UserWarning):
    """The server is of a version that may lack something this client has, or differ in it."""


def check_version(theirs: object, server: str = "the server") -> str | None:
    """Compare the server's version with this client's, by semantic versioning 2.0.0.

    A server with another major version is refused (item 8). A server with an older minor
    version lacks what came since (item 7), and as long as the major version is 0 every minor
    version may change anything (item 4).

    :param theirs: what the server calls its version.
    :param server: what the sentence calls the server.
    :returns: what to warn of, if there is anything.
    :raises Incompatible: the major version is another, or cannot be read.
    """
    other, ours = _parse(str(theirs)), _parse(__version__)
    if other is None or ours is None or other[0] != ours[0]:
        raise Incompatible(
            f"{server} is version {theirs or 'unknown'}, this client is {__version__}: "
            "install the same major version"
        )
    if other[1] < ours[1] or (other[0] == 0 and other[1] != ours[1]):
        return (
            f"{server} is version {theirs}, this client is {__version__}: what one of them "
            "has and the other has not will fail; better install the same minor version"
        )
    return None


def _parse(version: str) -> tuple[int, int] | None:
    """Return major and minor version."""
    match = _VERSION.match(version)
    return None if match is None else (int(match[1]), int(match[2] or 0))
