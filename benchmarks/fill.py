"""Fills a server with messages or open prompts, in arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from benchmarks.messages import notification
from benchmarks.talk import Talk

__all__ = ["MESSAGE_BYTES", "fill_history", "fill_prompts"]

MESSAGE_BYTES = 300
"""The size of a stored message, as the server encodes it."""

_ARRAY = 1000
"""The most that one request may hold, unless a server is told otherwise."""

_FIRST_ID = 0x5000_0000_0000
"""Ids that no other load uses."""

_FILLED = "." * (
    MESSAGE_BYTES - len(orjson.dumps(notification(0))) + len(notification(0)["content"]["text"])
)


def fill_history(talk: Talk, channels: Sequence[str], total: int, *, first: int = 0) -> None:
    """Have a server store messages of 300 bytes, spread evenly over channels.

    :param channels: with names of 5 characters, as all sizes here are meant for.
    :param first: the number of the first one, so that ids do not come again.
    """

    def make(number: int, channel: str) -> dict[str, Any]:
        return notification(number, _FILLED, channel)

    talk.post_arrays(_arrays(channels, total, first, make))


def fill_prompts(
    talk: Talk, channels: Sequence[str], total: int, *, timeout_seconds: int, first: int = 0
) -> None:
    """Have a server open prompts, spread evenly over channels, and wait for their answers."""

    def make(number: int, channel: str) -> dict[str, Any]:
        content = {
            "type": "question",
            "text": f"Which of the releases is number {number:09} to become?",
            "timeout_seconds": timeout_seconds,
        }
        return notification(number, "", channel) | {"content": content}

    talk.post_arrays(_arrays(channels, total, first, make))


def _arrays(
    channels: Sequence[str], total: int, first: int, make: Callable[[int, str], dict[str, Any]]
) -> Iterator[list[dict[str, Any]]]:
    """Yield arrays of one channel each, the channels taking turns."""
    share = total // len(channels)
    for start in range(0, share, _ARRAY):
        numbers = range(start, min(start + _ARRAY, share))
        for index, channel in enumerate(channels):
            begin = _FIRST_ID + first + index * share
            yield [make(begin + number, channel) for number in numbers]
