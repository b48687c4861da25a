"""Makes inputs: JSON of any shape, frames that are nearly right, and bytes that are broken.

Everything is drawn from one source of chance, which may be Hypothesis's: then a failure is
made as small as it gets.
"""

from __future__ import annotations

from random import Random
from typing import Any

import orjson

__all__ = ["Maker"]

CHANNELS = ("a", "b", "c-1", "D_2", "x" * 64, "admin", "", "*", "a b", "ä", "..", "a\n")
TEXTS = ("", " ", "x", "yes", "1", "2", "0", "-1", "hello", "\0", "\x1b[2J", "\u202e", "é" * 50)
LONG = ("x" * 20_000, "y" * 70_000)
IDS = (
    "00000000-0000-0000-0000-000000000000",
    "0198f3a2-7c1d-7b3e-9a55-1f2e3d4c5b6a",
    "{0198f3a2-7c1d-7b3e-9a55-1f2e3d4c5b6a}",
    "0198f3a27c1d7b3e9a551f2e3d4c5b6a",
    "urn:uuid:0198f3a2-7c1d-7b3e-9a55-1f2e3d4c5b6a",
    "no-id",
)
TIMES = (
    "2026-01-31T12:00:00Z",
    "2026-01-31T12:00:00.123456+14:00",
    "2026-01-31",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "20260131T120000Z",
    "2026-W05-6",
    "12:00",
)
NUMBERS = (0, 1, -1, 60, 3.0, 0.5, -0.0, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64 - 1, 1e308)
KEYS = (
    *("id", "channel", "sender_type", "content", "timestamp", "correlation_id", "metadata"),
    *("type", "text", "action", "url", "choices", "context", "priority", "timeout_seconds"),
    *("answer", "response_type", "op", "ref", "ids", "channels", "after", "replay", "role"),
    *("message", "messages", "subscribe", "unsubscribe", "state", "name", "surface", "reason"),
    *("responder", "delivery", "prompt_id", "__proto__", "", "x"),
)
FIELD_KEYS = (
    *("type", "title", "description", "default", "enum", "oneOf", "anyOf", "items", "format"),
    *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"),
)
FIELDS = (
    {"type": "string", "maxLength": 4, "format": "date"},
    {"type": "integer", "minimum": 0, "maximum": 3},
    {"type": "number"},
    {"type": "boolean", "default": True},
    {"type": "string", "enum": ["yes", "x"]},
    {"type": "array", "items": {"enum": ["yes", "x"]}, "maxItems": 1},
)
TYPES = ("question", "authorization", "notification", "response", "navigate", "dance", "")
RESPONSES = (
    *("text", "authorization_approved", "authorization_denied", "timeout", "cancelled"),
    *("TEXT", "maybe"),
)
OPS = (
    *("hello", "send", "subscribe", "unsubscribe", "respond", "withdraw", "watch", "unwatch"),
    *("show", "ping", "nothing", "_send", "handle", "__class__"),
)
URLS = ("https://example.org/", "http://[::1]/", "javascript:alert(1)", "https://", "http://[")


class Maker:
    """Makes one input after the other.

    :param chance: where every choice comes from.
    """

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.known: list[str] = []
        """Ids of messages that are there, to be answered, withdrawn and watched."""

    def some(self, odds: int) -> bool:
        """Say yes once in so many times."""
        return self.chance.randrange(odds) == 0

    def pick(self, *choices: Any) -> Any:
        """Return one of several."""
        return choices[self.chance.randrange(len(choices))]

    # -- JSON of any shape -------------------------------------------------------------

    def value(self, depth: int = 3) -> Any:
        """Return any JSON value."""
        kind = self.chance.randrange(9 if depth else 6)
        match kind:
            case 0:
                return self.pick(None, True, False)
            case 1:
                return self.pick(*NUMBERS)
            case 2:
                return self.pick(*TEXTS)
            case 3:
                return self.id()
            case 4:
                return self.pick(*CHANNELS)
            case 5:
                return self.pick(*TYPES, *RESPONSES, *OPS, *TIMES)
            case 6:
                return [self.value(depth - 1) for _ in range(self.chance.randrange(4))]
            case _:
                return {
                    self.pick(*KEYS): self.value(depth - 1)
                    for _ in range(self.chance.randrange(5))
                }

    def id(self) -> Any:
        """Return an id, often of a message that is there."""
        if self.known and not self.some(3):
            return self.pick(*self.known)
        return self.pick(*IDS)

    def deep(self) -> Any:
        """Return something that is nested about as deeply as it may be."""
        value: Any = 1
        for _ in range(self.pick(15, 16, 17, 60, 64, 65, 100)):
            value = [value] if self.some(2) else {"a": value}
        return value

    # -- what is nearly right ----------------------------------------------------------

    def text(self) -> Any:
        """Return a text, rarely a very long one."""
        return self.pick(*LONG) if self.some(300) else self.pick(*TEXTS, "Which?", "Deploy")

    def content(self) -> dict[str, Any]:
        """Return the content of a message."""
        kind = self.pick(*TYPES[:5])
        content: dict[str, Any] = {"type": kind}
        match kind:
            case "question":
                content["text"] = self.text()
                if self.some(2):
                    content["choices"] = [self.text() for _ in range(self.pick(0, 1, 2, 3, 51))]
                elif self.some(2):
                    content["schema"] = self.form()
            case "authorization":
                content["action"] = self.text()
                if self.some(2):
                    content |= {
                        "editable": self.pick(True, True, False, 1),
                        "context": {"x": 1},
                    }
            case "navigate":
                content["url"] = self.pick(*URLS)
            case "notification":
                content |= {"text": self.text(), "priority": self.pick("low", "URGENT", "x")}
            case _:
                content |= {"answer": self.answer(), "response_type": self.pick(*RESPONSES)}
        if self.some(3):
            content["timeout_seconds"] = self.pick(*NUMBERS)
        if self.some(4):
            content["context"] = self.deep() if self.some(4) else self.value()
        return self.spoil(content)

    def form(self) -> dict[str, Any]:
        """Return the schema of a form."""
        fields = {}
        for name in ("x", "y", "", "__proto__")[: self.pick(0, 1, 1, 2, 2, 2, 3, 4)]:
            field = dict(self.pick(*FIELDS))
            if self.some(6):
                field[self.pick(*FIELD_KEYS)] = self.value()
            fields[name] = self.spoil(field)
        schema = {
            "type": "object",
            "properties": fields,
            "required": self.pick(["x"], [], ["z"]),
        }
        return self.spoil(schema)

    def answer(self) -> Any:
        """Return words, or an object that may be the answer to a form, or its text."""
        if not self.some(2):
            return self.text()
        values = ("yes", "2026-01-31", 1, 2.5, True, ["x"], *NUMBERS, self.value())
        filled = {name: self.pick(*values) for name in ("x", "y", "z")[: self.pick(0, 1, 2, 3)]}
        if self.some(20):
            return self.deep()
        return filled if self.some(2) else orjson.dumps(filled).decode()

    def message(self) -> Any:
        """Return a message."""
        message: dict[str, Any] = {
            "channel": self.pick(*CHANNELS[:4]) if not self.some(6) else self.pick(*CHANNELS),
            "content": self.content(),
        }
        if self.some(3):
            message["id"] = self.id()
        if self.some(3) or message["content"].get("type") == "response":
            message["correlation_id"] = self.id()
        if self.some(3):
            message["sender_type"] = self.pick(
                "AGENT", "human", "SYSTEM", "agent", "HUMAN", "x"
            )
        if self.some(4):
            message["timestamp"] = (
                self.pick(*TIMES[:3]) if not self.some(3) else self.pick(*TIMES)
            )
        if self.some(4):
            message["metadata"] = {"a": self.deep() if self.some(4) else self.value()}
        return self.spoil(message)

    def messages(self) -> Any:
        """Return a message, or several."""
        if self.some(6):
            return [self.message() for _ in range(self.pick(0, 1, 2, 5))]
        return self.message()

    def decision(self) -> dict[str, Any]:
        """Return what a person decides."""
        decision = {"response_type": self.pick(*RESPONSES), "answer": self.answer()}
        for name in ("reason", "responder", "surface"):
            if self.some(4):
                decision[name] = self.text()
        return self.spoil(decision)

    def plain(self) -> Any:
        """Return a frame of an earlier client."""
        if self.some(5):
            wanted = self.pick("*", ["*"], "a", ["a", "b"], [], self.value(1))
            return self.pick(
                {"subscribe": wanted},
                {"unsubscribe": wanted},
                {"type": "subscribe", "channel": wanted},
                {"type": "unsubscribe", "channel": wanted},
            )
        return self.messages()

    def v1(self) -> Any:
        """Return a frame of ``ailoop.v1``."""
        op = self.pick(*OPS[:10], "send", "send", "send")
        if self.some(20):
            op = self.pick(*OPS)
        frame: dict[str, Any] = {"op": op}
        if self.some(2):
            frame["ref"] = self.pick(1, "r", 2**64 - 1, "r" * 128, "r" * 129, 1.5, [], None)
        match op:
            case "hello":
                frame["role"] = self.pick(*["human"] * 9, "agent", "observer", "x", None)
            case "send":
                frame[self.pick("message", "messages")] = self.messages()
            case "subscribe" | "unsubscribe":
                frame["channels"] = self.pick("*", ["*"], ["a"], ["a", "b", "a"], [], "a", [1])
                if self.some(2):
                    frame["after"] = self.pick({"a": 1}, {"*": 0}, {"a": -1}, *NUMBERS)
                if self.some(2):
                    frame["replay"] = self.pick(*NUMBERS)
            case "respond":
                frame |= {"id": self.id(), **self.decision()}
            case "withdraw":
                frame["id"] = self.id()
            case "watch" | "unwatch" | "show":
                frame["ids"] = [self.id() for _ in range(self.chance.randrange(4))]
                frame["delivery"] = self.pick(True, False, 1)
                frame["state"] = self.pick("shown", "seen", "typing", "idle", "x")
                frame["name"] = self.text()
        return self.spoil(frame)

    # -- and not quite -----------------------------------------------------------------

    def spoil(self, members: dict[str, Any]) -> dict[str, Any]:
        """Now and then, leave out a member, add one, or put something else in its place."""
        if self.some(20):
            del members[self.pick(*members)]
        if self.some(20):
            members[self.pick(*KEYS)] = self.value(2)
        if members and self.some(20):
            members[self.pick(*members)] = self.value(2)
        return members

    def raw(self, value: Any) -> bytes:
        """Return JSON, now and then broken."""
        data = orjson.dumps(value)
        if not self.some(20):
            return data
        place = self.chance.randrange(len(data) + 1)
        match self.chance.randrange(5):
            case 0:
                return data[:place]
            case 1:
                byte = bytes([self.chance.randrange(256)])
                return data[:place] + byte + data[place + 1 :]
            case 2:
                return (
                    data[:place] + data[: self.chance.randrange(len(data) + 1)] + data[place:]
                )
            case 3:
                return data + self.pick(b",", b"\0", b"\xff", b"{}", b"\xef\xbb\xbf")
            case _:
                return self.pick(
                    b"[" * 2000, b'{"a":' * 500, b"1e999", b"NaN", b"", b'"\\ud800"'
                )
