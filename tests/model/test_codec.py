"""The codec on any message, and on any other JSON."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ailoop.model.codec import (
    Codec,
    dump_message,
    encode,
    format_time,
    load_json,
    load_message,
)
from ailoop.model.errors import Refusal
from ailoop.model.limits import MessageLimits
from ailoop.model.message import Message, Notification, Response, ResponseMessage
from tests.model.strategies import LIMITS, anything, messages, values

CODEC = Codec(LIMITS)


@given(messages)
def test_round_trip(message):
    """Any valid message is the same after it was written and read, and so is its text."""
    text = encode(message)
    assert load_message(load_json(text)) == message
    assert CODEC.structure(load_json(text)) == message
    assert encode(load_message(load_json(text))) == text


@given(messages)
def test_text_is_compact_and_complete(message):
    """The text is one line of compact JSON, of exactly the members of the contract."""
    text = encode(message)
    assert b"\n" not in text
    assert text.startswith(
        b'{"id":"%s","channel":"%s",'
        % (
            str(message.id).encode(),
            message.channel.encode(),
        )
    )
    members = orjson.loads(text)
    assert orjson.dumps(members) == text
    assert ("metadata" in members) == (message.metadata is not None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", members["timestamp"])


@given(messages, st.dictionaries(anything, values, max_size=3))
def test_unknown_members_are_ignored(message, extra):
    """Whatever else stands beside the known members changes nothing."""
    members = dump_message(message)
    known = {*members, "metadata"}
    added = {name: value for name, value in extra.items() if name not in known}
    assert load_message({**added, **members}) == message


@given(messages, anything, values.filter(lambda value: value is not None))
def test_unknown_fields_of_the_content_are_refused(message, name, value):
    """Whatever else stands in the content is refused by its name; `null` is nothing."""
    members = dump_message(message)
    allowed = {"type", *type(message.content).__annotations__}
    if name in allowed:
        return
    members["content"] = {**members["content"], name: None}
    assert load_message(members) == message
    members["content"] = {**members["content"], name: value}
    with pytest.raises(Refusal) as caught:
        load_message(members)
    assert caught.value.code == "invalid_message"
    assert caught.value.details["path"] == f"$.content.{name:.100}"


@given(values)
def test_any_json_is_read_or_refused(value):
    """No JSON whatever makes the codec do anything but return a message or refuse it."""
    for attempt in (
        value,
        {"channel": "a", "content": value},
        {"channel": "a", "content": {"type": value}},
        {"channel": "a", "content": {"type": "question", "text": value}},
        {"channel": "a", "content": {"type": "question", "text": "?", "choices": value}},
        {
            "channel": "a",
            "content": {"type": "question", "text": "?", "timeout_seconds": value},
        },
        {"channel": "a", "content": {"type": "navigate", "url": value}},
        {"channel": "a", "content": {"type": "response", "answer": value}},
        {"channel": value, "content": {"type": "notification", "text": "x"}},
        *(
            {"channel": "a", "content": {"type": "notification", "text": "x"}, name: value}
            for name in ("id", "sender_type", "timestamp", "correlation_id", "metadata")
        ),
    ):
        with suppress(Refusal):
            assert isinstance(CODEC.structure(attempt), Message)


@given(st.binary() | st.text())
def test_any_bytes_are_json_or_refused(data):
    """No bytes or text whatever make the parser do anything but parse or refuse."""
    with suppress(Refusal):
        load_json(data)


def test_every_problem_is_named():
    """A refusal names every wrong field by its path, not just the first."""
    with pytest.raises(Refusal) as caught:
        load_message(
            {
                "id": "x",
                "channel": "a",
                "content": {"type": "question", "timeout_seconds": -1, "b": 1, "c": 2},
                "metadata": 5,
            }
        )
    problems = caught.value.details["problems"]
    assert {problem["path"] for problem in problems} == {
        "$.id",
        "$.content.text",
        "$.content.timeout_seconds",
        "$.content.b",
        "$.content.c",
        "$.metadata",
    }
    assert all(problem["error"] for problem in problems)


def test_the_error_does_not_outgrow_the_message():
    """Thousands of unknown fields, or one with an endless name, make a short error."""
    many = {str(number): 0 for number in range(5000)}
    for extra in (many, {"x" * 60_000: 0}):
        content = {"type": "notification", "text": "x", **extra}
        with pytest.raises(Refusal) as caught:
            load_message({"channel": "a", "content": content})
        assert len(orjson.dumps(caught.value.body())) < 2000


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),  # noqa: DTZ001
    st.integers(-23 * 60, 23 * 60),
)
def test_times(naive, minutes):
    """Any time zone is turned into UTC; without one a time is UTC already."""
    zone = timezone(timedelta(minutes=minutes))
    aware = naive.replace(tzinfo=zone)
    for written, moment in [
        (aware.isoformat(), aware),
        (naive.isoformat(), naive.replace(tzinfo=UTC)),
        (format_time(aware), aware),
    ]:
        message = load_message(
            {
                "channel": "a",
                "content": {"type": "notification", "text": "x"},
                "timestamp": written,
            }
        )
        assert message.timestamp == moment
        assert message.timestamp.tzinfo is UTC


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no tzset")
def test_the_servers_own_zone_does_not_matter(monkeypatch):
    """A time without a zone is UTC wherever the server stands."""
    written = {
        "channel": "a",
        "content": {"type": "notification", "text": "x"},
        "timestamp": "2026-01-31T12:00:00",
    }
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XST-09:30")
        time.tzset()
        read = load_message(written)
        text = encode(read)
    time.tzset()
    assert read.timestamp == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert b'"2026-01-31T12:00:00.000000Z"' in text


def test_what_the_server_fills_in():
    """Each message without an id or a time gets its own."""
    least = {"channel": "a", "content": {"type": "notification", "text": "x"}}
    before = datetime.now(UTC)
    first, second = CODEC.structure_all([least, least])
    assert first.id != second.id
    assert before <= first.timestamp <= second.timestamp <= datetime.now(UTC)


def test_an_array_is_taken_as_a_whole():
    """One bad message refuses all, and the refusal says which; so does one too many."""
    good = {"channel": "a", "content": {"type": "notification", "text": "x"}}
    codec = Codec(MessageLimits(batch_messages=3))
    assert len(codec.structure_all([good] * 3)) == 3
    assert len(codec.structure_all(good)) == 1
    for bad, code in [
        ({**good, "id": 1}, "invalid_message"),
        ({**good, "channel": "*"}, "bad_channel"),
        ({**good, "content": {"type": "dance"}}, "unknown_content"),
        ({**good, "metadata": {"x": "y" * 70_000}}, "too_large"),
        ([good], "invalid_message"),
    ]:
        with pytest.raises(Refusal) as caught:
            codec.structure_all([good, good, bad])
        assert (caught.value.code, caught.value.details["index"]) == (code, 2)
        assert caught.value.sentence.startswith("Message 2: ")
    for count in (0, 4):
        with pytest.raises(Refusal) as caught:
            codec.structure_all([good] * count)
        assert caught.value.code == "invalid_message"


def test_a_response_is_known_as_one():
    """A message that settles a prompt can be had as what it is; any other cannot."""
    response = Message(channel="a", content=Response(answer="x"))
    typed = ResponseMessage.of(response)
    assert typed.content is response.content
    assert encode(typed) == encode(response)
    with pytest.raises(TypeError, match="notification"):
        ResponseMessage.of(Message(channel="a", content=Notification(text="x")))


def test_messages_are_immutable():
    """A message cannot be changed, only made anew."""
    message = Message(channel="a", content=Notification(text="x"))
    with pytest.raises(AttributeError):
        message.channel = "b"
    with pytest.raises(AttributeError):
        message.content.text = "y"
    assert evolve(message, channel="b").id == message.id
