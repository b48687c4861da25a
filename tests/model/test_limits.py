"""How large a message may be, to the byte."""

from __future__ import annotations

from typing import Any

import pytest

from ailoop.model.codec import Codec, encode
from ailoop.model.errors import Refusal
from ailoop.model.limits import MessageLimits

LIMITS = MessageLimits()
CODEC = Codec(LIMITS)
DAY = 24 * 60 * 60


def read(content: dict[str, Any], **members: Any) -> Any:
    """Read one message."""
    return CODEC.structure({"channel": "a", "content": content, **members})


def path_of_refusal(content: dict[str, Any], **members: Any) -> str:
    """Return the path that a refusal of this message names."""
    with pytest.raises(Refusal) as caught:
        read(content, **members)
    assert caught.value.code == "invalid_message"
    return caught.value.details["path"]


def nested(depth: int, last: Any = 0) -> Any:
    """Make an object in an array in an object, so many deep."""
    value = last
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


def test_the_defaults():
    """The limits are those of the contract."""
    assert LIMITS.message_bytes == 64 * 1024
    assert LIMITS.text_bytes == 16 * 1024
    assert LIMITS.choices == 50
    assert LIMITS.metadata_depth == 16
    assert LIMITS.timeout_seconds == DAY


@pytest.mark.parametrize(
    ("kind", "name", "start"),
    [
        ("question", "text", ""),
        ("authorization", "action", ""),
        ("notification", "text", ""),
        ("navigate", "url", "https://a.test/"),
        ("response", "answer", ""),
    ],
)
def test_text(kind, name, start):
    """A text may have 16 KiB of UTF-8, and not a byte more."""
    longest = start + "x" * (LIMITS.text_bytes - len(start))
    assert read({"type": kind, name: longest})
    assert path_of_refusal({"type": kind, name: longest + "x"}) == f"$.content.{name}"
    wide = start + "é" * ((LIMITS.text_bytes - len(start)) // 2)
    assert read({"type": kind, name: wide})
    assert path_of_refusal({"type": kind, name: wide + "éx"}) == f"$.content.{name}"


def test_choices():
    """There may be 50 choices, each as long as a text."""
    ask = {"type": "question", "text": "?"}
    assert len(read({**ask, "choices": ["x"] * 50}).content.choices) == 50
    assert path_of_refusal({**ask, "choices": ["x"] * 51}) == "$.content.choices"
    assert read({**ask, "choices": ["x", "x" * LIMITS.text_bytes]})
    long = {**ask, "choices": ["x", "x" * (LIMITS.text_bytes + 1)]}
    assert path_of_refusal(long) == "$.content.choices[1]"


@pytest.mark.parametrize("last", [0, None, "x", {}, []])
def test_depth(last):
    """Metadata and contexts may be nested 16 deep, whatever is at the bottom."""
    note = {"type": "notification", "text": "x"}
    containers = LIMITS.metadata_depth - isinstance(last, dict | list)
    deepest = {"in": nested(containers - 1, last)}
    assert read(note, metadata=deepest).metadata == deepest
    assert path_of_refusal(note, metadata={"in": deepest}) == "$.metadata"
    for kind, name in [("authorization", "action"), ("navigate", "url")]:
        content = {"type": kind, name: "https://a.test/"}
        assert read({**content, "context": deepest}).content.context == deepest
        too_deep = {**content, "context": [deepest]}
        assert path_of_refusal(too_deep) == "$.content.context"


def test_depth_beyond_what_could_be_written():
    """Nesting far beyond the limit is refused like nesting just beyond it."""
    for depth in (17, 300, 900):
        note = {"type": "notification", "text": "x"}
        assert path_of_refusal(note, metadata={"in": nested(depth)}) == "$.metadata"


def test_whole_message():
    """A message may have 64 KiB as it is written, and not a byte more."""
    note = {"type": "notification", "text": "x"}
    bare = len(encode(read(note, metadata={"fill": ""})))
    fill = LIMITS.message_bytes - bare
    assert len(encode(read(note, metadata={"fill": "x" * fill}))) == LIMITS.message_bytes
    with pytest.raises(Refusal) as caught:
        read(note, metadata={"fill": "x" * (fill + 1)})
    assert caught.value.code == "too_large"
    assert caught.value.spec.status == 413
    assert caught.value.details["limit"] == LIMITS.message_bytes


@pytest.mark.parametrize(
    ("said", "applied"),
    [(0, DAY), (1, 1), (DAY, DAY), (DAY + 1, DAY), (10**12, DAY), (1e15, DAY), (2.0, 2)],
)
@pytest.mark.parametrize(
    "content",
    [
        {"type": "question", "text": "?"},
        {"type": "authorization", "action": "x"},
        {"type": "navigate", "url": "https://a.test/"},
    ],
    ids=lambda content: content["type"],
)
def test_timeout(content, said, applied):
    """0 means the longest, more than the longest becomes the longest; it is said back."""
    message = read({**content, "timeout_seconds": said})
    assert message.content.timeout_seconds == applied
    assert f'"timeout_seconds":{applied}'.encode() in encode(message)


def test_a_server_with_a_shorter_day():
    """The server's own maximum bounds the defaults too."""
    codec = Codec(MessageLimits(timeout_seconds=30))
    message = codec.structure({"channel": "a", "content": {"type": "question", "text": "?"}})
    assert message.content.timeout_seconds == 30
