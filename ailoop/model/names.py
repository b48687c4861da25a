"""Which names a channel may have."""

from __future__ import annotations

import re

from ailoop.model.errors import Refusal

__all__ = ["RESERVED_CHANNELS", "check_channel"]

RESERVED_CHANNELS = frozenset({"system", "admin", "internal", "reserved", "ailoop"})

_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def check_channel(name: object) -> str:
    """Return ``name`` if it may name a channel, raise a ``bad_channel`` refusal if not."""
    if (
        isinstance(name, str)
        and _CHANNEL.fullmatch(name)
        and name.lower() not in RESERVED_CHANNELS
    ):
        return name
    raise Refusal("bad_channel", channel=name[:100] if isinstance(name, str) else None)
