"""What each agent's lines become, and that no line at all does any harm."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ailoop.forward.buffer import Item
from ailoop.forward.event import Event, Kind
from ailoop.forward.messages import Messages
from ailoop.forward.parser import AGENTS, AUTO, BadLineError, Parser
from ailoop.forward.text import clean, cut, last_shown
from ailoop.model.codec import encode, load_json, load_message
from ailoop.model.limits import MessageLimits, apply_limits
from ailoop.model.message import Notification
from tests.forward.samples import (
    CLAUDE,
    CURSOR,
    OPENCODE,
    SESSION,
    claude,
    claude_says,
    cursor,
    stream,
)


def read(values: list[Any], agent: str = AUTO) -> list[Event]:
    """Read values as one stream."""
    parser = Parser(agent)
    return [event for value in values for _, event in parser.read(stream(value))]


def told(values: list[Any], agent: str = AUTO) -> list[tuple[str, str]]:
    return [(event.kind.value, event.text) for event in read(values, agent)]


@pytest.mark.parametrize("agent", ["claude", AUTO])
def test_claude(agent: str) -> None:
    """Blocks of a message are events of their own; a tool's result knows the tool's name."""
    assert told(CLAUDE, agent) == [
        ("start", "Started in /home/ann/shop"),
        ("thinking", "The test fails."),
        ("text", "I run the tests."),
        ("tool", "Bash: pytest -q"),
        ("tool_result", "Bash failed: 1 failed\n[image]"),
        ("other", "The conversation was compacted"),
        ("result", "Fixed."),
    ]
    events = read(CLAUDE, agent)
    assert {one.session_id for one in events} == {SESSION}
    assert events[0].model == "claude-opus-4-5"
    assert (events[-1].cost, events[-1].duration) == (0.0125, 4.2)
    priorities = [one.priority_or(Messages(channel="a").priority).value for one in events]
    assert priorities == ["low", "low", "low", "low", "normal", "low", "normal"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            claude("result", subtype="error_max_turns", is_error=False, duration_ms=1),
            "Failed (error_max_turns)",
        ),
        (
            claude("result", subtype="success", is_error=True, result="Credit is low"),
            "Failed: Credit is low",
        ),
        (
            claude("result", subtype="error_during_execution", errors=["a", "b"]),
            "Failed (error_during_execution): a\nb",
        ),
    ],
)
def test_a_run_that_failed_is_loud(value: Any, text: str) -> None:
    """However it says so, it is an error of high priority."""
    (event,) = read([value])
    assert (event.kind, event.text) == (Kind.ERROR, text)
    assert event.priority_or(Messages(channel="a").priority).value == "high"


def test_claude_nested() -> None:
    """Content may be a text, a list, or deeper; what is odd is told, what is empty is not."""
    deep = {
        "type": "tool_result",
        "tool_use_id": "t",
        "content": [[{"content": [{"text": "x"}]}]],
    }
    values = [
        claude("user", message={"role": "user", "content": "plain"}),
        claude_says(deep, role="user"),
        claude_says({"type": "web_search_tool_result", "tool_use_id": "t", "content": []}),
        claude_says({"type": "novel", "text": "unheard of"}),
        claude_says("no block", None, 5),
        claude("assistant", message=None, error="rate_limit"),
        claude("user", message={"content": "look around"}, parent_tool_use_id="t"),
        claude("system", subtype="api_retry", attempt=1, error_status=529, error="overloaded"),
        claude("system", subtype="api_retry", attempt=2, error_status=None, error="unknown"),
    ]
    assert told(values, "claude") == [
        ("user", "plain"),
        ("tool_result", "a tool returned: x"),
        ("tool_result", "a tool returned"),
        ("other", "unheard of"),
        ("error", "The model could not go on: rate_limit"),
        ("other", "To a subagent: look around"),
        ("other", "The model does not answer (HTTP 529); it is asked again"),
        ("other", "The model does not answer (unknown); it is asked again"),
    ]


@pytest.mark.parametrize("agent", ["cursor", AUTO])
def test_cursor(agent: str) -> None:
    """Pieces of a message are left for the whole; a tool's name and outcome are found."""
    assert told(CURSOR, agent) == [
        ("start", "Started in /home/ann/shop"),
        ("user", "fix it"),
        ("thinking", "Let me look."),
        ("text", "I run it."),
        ("tool", "shell: npm test"),
        ("tool_result", "shell failed: 2 failed\nnpm ERR!"),
        ("tool_result", "read returned: let a"),
        ("tool_result", "edit failed: no"),
        ("tool", "lookup: x"),
        ("tool", "grep: x"),
        ("result", "Done it."),
    ]
    events = read(CURSOR, agent)
    assert {one.session_id for one in events} == {SESSION}
    assert [one.tool for one in events[4:9]] == ["shell", "shell", "read", "edit", "lookup"]
    assert events[5].duration == 1.5


@pytest.mark.parametrize("agent", ["opencode", AUTO])
def test_opencode(agent: str) -> None:
    """A tool's one line is two events; only the last step is a result."""
    assert told(OPENCODE, agent) == [
        ("thinking", "Hm."),
        ("tool", "bash: List files"),
        ("tool_result", "bash returned: a.py\n"),
        ("tool", "read: /x"),
        ("tool_result", "read failed: no such file"),
        ("text", "Here it is."),
        ("result", "Done"),
        ("error", "overloaded"),
    ]
    events = read(OPENCODE, agent)
    assert {one.session_id for one in events} == {"ses_1"}
    assert (events[2].duration, events[6].cost) == (0.25, 0.002)


@pytest.mark.parametrize(
    ("value", "kind", "text", "priority"),
    [
        ({"text": "a"}, "text", "a", "low"),
        ({"msg": "a", "level": 30}, "text", "a", "low"),
        ({"msg": "a", "level": 50}, "error", "a", "high"),
        ({"message": "a", "level": "WARN"}, "text", "a", "normal"),
        ({"message": "a", "severity": "ERROR"}, "error", "a", "high"),
        ({"message": "a", "level": "alert"}, "error", "a", "urgent"),
        ({"message": {"content": [{"text": "a"}, {"text": "b"}]}}, "text", "a\nb", "low"),
        ({"role": "assistant", "content": ["a"]}, "text", "a", "low"),
        ({"error": {"message": "a"}}, "error", "a", "high"),
        ({"msg": "a", "error": "b"}, "error", "a: b", "high"),
        ({"x": 1}, "other", '{"x":1}', "low"),
    ],
    ids=lambda value: orjson.dumps(value).decode() if isinstance(value, dict) else None,
)
def test_jsonl(value: Any, kind: str, text: str, priority: str) -> None:
    """The usual names of text and level are found, nested or not."""
    (event,) = read([value])
    assert (event.kind, event.text) == (kind, text)
    assert event.priority_or(Messages(channel="a").priority) == priority


def test_jsonl_metadata() -> None:
    """Session, tool, model, cost and duration go along where they have a usual name."""
    value = {
        "text": "a",
        "sessionId": "s",
        "tool": "t",
        "model": "m",
        "cost": 1,
        "duration_ms": 5,
    }
    (event,) = read([value])
    assert event.metadata("jsonl") == {
        "agent": "jsonl",
        "kind": "text",
        "session_id": "s",
        "tool": "t",
        "model": "m",
        "cost": 1,
        "duration": 0.005,
    }


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"plain", "plain"),
        (b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\r\n", "red x"),
        (b"10%\r50%\r100%", "100%"),
        (b"nul\x00 and \xff", "nul and �"),
        (b'{"text": "half', '{"text": "half'),
        (b"[1, 2]", "[1, 2]"),
        (b"null", "null"),
        (b"NaN", "NaN"),
        (b'{"text": "\\ud800"}', '{"text": "\\ud800"}'),
        (b"\xef\xbb\xbf" + b'{"text": "after a mark"}', "after a mark"),
    ],
)
def test_a_line_that_is_something_else(line: bytes, text: str) -> None:
    """It goes as text, without what a terminal would act on."""
    (item,) = Messages(channel="a").of_line(Parser(), line, None)
    assert isinstance(item.message.content, Notification)
    assert item.message.content.text == text


def test_a_bad_line_between_good_ones() -> None:
    """It is counted, keeps its agent, and what follows is read as before."""
    parser = Parser()
    for value in CURSOR[:2]:
        parser.read(stream(value))
    assert parser.bad == 0
    ((agent, event),) = parser.read(b"Killed\n")
    assert (agent, event.kind, event.text, parser.bad) == ("cursor", "line", "Killed", 1)
    ((agent, event),) = parser.read(stream(CURSOR[-1]))
    assert (agent, event.text) == ("cursor", "Done it.")


def test_strict() -> None:
    """A strict parser ends at such a line, and only there."""
    parser = Parser(strict=True)
    assert parser.read(b"  \n") == []
    assert parser.read(stream({"text": "a"}))
    with pytest.raises(BadLineError, match="not an object"):
        parser.read(b"[]")


def test_nesting_without_end() -> None:
    """Neither reading nor finding the text in it runs out of stack."""
    for depth in (100, 1000, 100_000):
        for pair in (b"[]", b'{"content":}'):
            head, tail = pair[:-1], pair[-1:]
            inside = head * depth + b'"x"' + tail * depth
            for agent in AGENTS:
                line = b'{"type":"user","session_id":"s","part":1,"message":' + inside + b"}"
                items = [*Messages(channel="a").of_line(Parser(agent), line, None)]
                assert all(len(encode(item.message)) < 10_000 for item in items)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_WORDS = (
    "system user assistant result tool_call thinking error text tool started completed init "
    "success step-finish tool_use tool_result"
)
_NAMES = (
    "type subtype message content part state tool_call text level args result session_id "
    "sessionID id name input error function"
)
_words = st.sampled_from(_WORDS.split())
_names = st.sampled_from(_NAMES.split())
_shaped = st.recursive(
    _words | _json,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=6),
    max_leaves=25,
)
_lines = st.binary() | st.dictionaries(_names, _shaped).map(
    lambda value: (
        orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
        if _fits(value)
        else repr(value).encode(errors="replace")
    )
)


def _fits(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


@given(agent=st.sampled_from(AGENTS), lines=st.lists(_lines, max_size=3))
@settings(max_examples=50)
def test_no_line_does_harm(agent: str, lines: list[bytes]) -> None:
    """Whatever comes becomes messages that a server takes, or none."""
    parser = Parser(agent)
    messages = Messages(channel="a", most=500)
    for line in lines:
        for item in messages.of_line(parser, line.replace(b"\n", b""), None):
            message = load_message(load_json(encode(item.message)))
            apply_limits(message, MessageLimits(text_bytes=500, metadata_depth=2))
            assert isinstance(message.content, Notification)
            assert message.content.text.strip()
            assert "\x1b" not in message.content.text


@given(text=st.text(), most=st.integers(100, 200))
def test_cutting(text: str, most: int) -> None:
    """What fits stays; what does not is cut, and says how long it was."""
    short = cut(text * 20, most)
    assert len(short.encode()) <= most
    assert short == text * 20 or f"{len((text * 20).encode())} bytes in all" in short


@given(st.text(alphabet="\x1b[]0;mPX\\\x07\x9bab\r\n"))
def test_no_escape_survives(text: str) -> None:
    """No piece of a sequence, however it is broken, leaves what a terminal acts on."""
    assert not set(clean(text)) & set("\x1b\x9b\x07\r")
    assert "\r" not in last_shown(text.replace("\n", ""))


def test_kinds() -> None:
    """Only the kinds that are wanted become messages."""
    parser = Parser()
    wanted = Messages(channel="a", kinds={Kind.TEXT, Kind.RESULT})
    made: list[Item] = []
    for value in CLAUDE:
        made += wanted.of_line(parser, stream(value), None)
    assert [item.message.metadata["kind"] for item in made] == ["text", "result"]  # type: ignore[index]


def test_a_session_with_numbers_for_names() -> None:
    """Members of another type than they should be count as not there."""
    assert told(
        [cursor("tool_call", subtype=5, tool_call={"x": {"args": 7, "result": []}})]
    ) == [("tool_result", "x returned")]
