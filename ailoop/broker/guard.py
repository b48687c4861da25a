"""What the broker asks before it does something for somebody; by default nobody is stopped."""

from __future__ import annotations

from typing import Any, Protocol

from ailoop.broker.prompt import Prompt
from ailoop.model.message import Message

__all__ = ["OPEN", "Guard", "Open"]


class Guard(Protocol):
    """What somebody may do. Each method refuses, or lets through what it returns.

    It stands in the broker, behind every route and frame, so that a new one cannot forget it.
    """

    restricts: bool
    """Whether there may be channels that are not to be read."""

    def may_read(self, channel: str) -> bool:
        """Whether a channel and what is on it may be known."""
        ...

    def check_read(self, channel: str) -> None:
        """Refuse to read a channel that has been named.

        The refusal depends on the name alone, so that it tells nothing of what there is.
        """
        ...

    def admit(self, message: Message) -> Message:
        """Let a message of an agent through, with who sends it."""
        ...

    def check_respond(self, prompt: Prompt) -> None:
        """Refuse a response to a prompt, or word of having shown it."""
        ...

    def check_withdraw(self, prompt: Prompt) -> None:
        """Refuse to take back a prompt."""
        ...

    def speaker(self, claimed: str | None) -> str | None:
        """Return what a person is called, whatever it says of itself."""
        ...

    def sign(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata of a response, with who responds."""
        ...


class Open:
    """Lets everybody do everything, under the name they give."""

    restricts = False

    def may_read(self, _: str) -> bool:
        """Say yes."""
        return True

    def check_read(self, channel: str) -> None:
        """Let through."""

    def admit(self, message: Message) -> Message:
        """Let through."""
        return message

    def check_respond(self, prompt: Prompt) -> None:
        """Let through."""

    def check_withdraw(self, prompt: Prompt) -> None:
        """Let through."""

    def speaker(self, claimed: str | None) -> str | None:
        """Believe it."""
        return claimed

    def sign(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Believe it."""
        return metadata


OPEN = Open()
