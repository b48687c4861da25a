"""What a hook of Claude Code says, once, whatever happens to it.

Claude Code goes on with a tool when its hook ends with any code but 0 and 2, is killed, or
takes too long. So an answer is given in every case that a process can still act in: JSON and
exit code 0, or exit code 2, which blocks, where nothing can be written. A signal or an alarm
denies.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

import orjson
from attrs import frozen

from ailoop.cli.text import one_line
from ailoop.policy import Decision
from ailoop.policy.claude_code import EVENT

__all__ = ["Answer", "arm", "block", "deny", "disarm", "leave"]

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LONGEST = 2000


@frozen
class Answer:
    """What becomes of the tool's call.

    :param decision: ``abstain`` leaves it to Claude Code.
    :param reason: for the agent if it is denied, else for the user.
    :param updated: what the tool is called with instead.
    """

    decision: Decision
    reason: str
    updated: dict[str, Any] | None = None

    def encode(self) -> bytes:
        """Write it as Claude Code reads it."""
        if self.decision is Decision.ABSTAIN:
            return b"{}\n"
        told: dict[str, Any] = {
            "hookEventName": EVENT,
            "permissionDecision": self.decision.value,
            "permissionDecisionReason": one_line(self.reason)[:_LONGEST],
        }
        if self.updated is not None:
            told["updatedInput"] = self.updated
        return orjson.dumps({"hookSpecificOutput": told}) + b"\n"


def deny(reason: str) -> Answer:
    """Return a denial."""
    return Answer(Decision.DENY, reason)


def leave(answer: Answer) -> NoReturn:
    """Give the answer and end the process; nothing that is left to do can change it."""
    disarm()
    try:
        rest = answer.encode()
        while rest:
            rest = rest[os.write(1, rest) :]
    except (OSError, TypeError, ValueError):
        block("the answer could not be written")
    os._exit(0)


def block(sentence: str) -> NoReturn:
    """Have Claude Code block the tool, without JSON."""
    disarm()
    with suppress(OSError):
        os.write(2, f"ailoop: {one_line(sentence)}\n".encode(errors="replace"))
    os._exit(2)


def arm(seconds: float, sentence: str) -> None:
    """Deny when a signal comes, or after so many seconds, whatever the process is doing then.

    :param sentence: why, if it takes too long.
    """

    def end(number: int, _: FrameType | None) -> None:
        late = number == signal.SIGALRM
        leave(
            deny(
                sentence if late else "Denied: the hook was stopped before anybody had answered"
            )
        )

    for one in _ENDING:
        signal.signal(one, end)
    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def disarm() -> None:
    """Let nothing interrupt an answer that is being given."""
    for one in (*_ENDING, signal.SIGALRM):
        signal.signal(one, signal.SIG_IGN)
