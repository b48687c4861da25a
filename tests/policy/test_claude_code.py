"""What Claude Code tells a hook, read strictly."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.policy.claude_code import BadInput, OtherEvent, read_occasion

TOLD = {
    "session_id": "s",
    "cwd": "/p",
    "permission_mode": "plan",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "make"},
    "tool_use_id": "t",
    "effort": {"level": "high"},
}


def read(**more: Any) -> Any:
    told = {**TOLD, **more}
    return read_occasion(orjson.dumps({k: v for k, v in told.items() if v is not None}))


def test_all_of_it() -> None:
    """The call, what tells it from others, and what people may want to know of it."""
    occasion = read()
    assert (occasion.call.tool, occasion.call.arguments) == ("Bash", {"command": "make"})
    assert (occasion.call.cwd, occasion.key) == ("/p", "s t")
    assert occasion.about == {
        "agent": "claude-code",
        "session": "s",
        "tool_use": "t",
        "cwd": "/p",
        "mode": "plan",
    }


def test_what_may_be_missing() -> None:
    """Without an id there is no key: each time is another call."""
    occasion = read(session_id=None, cwd=None, permission_mode=None, tool_use_id=None)
    assert occasion.key is None
    assert read(hook_event_name=None).key == "s t"


BAD = [
    *(b"", b"x", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000),
    b'{"tool_name": "Bash"}',
    b'{"tool_name": "", "tool_input": {}}',
    b'{"tool_name": 7, "tool_input": {}}',
    b'{"tool_name": "Bash", "tool_input": "make"}',
    b'{"tool_name": "Bash", "tool_input": ["make"]}',
    b'{"tool_name": "Bash", "tool_input": {"command": "\\ud800"}}',
    b'{"tool_name": "Bash", "tool_input": ' + b'{"a":' * 200 + b"1" + b"}" * 201,
]


@pytest.mark.parametrize("data", BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_is_no_call(data: bytes) -> None:
    """It is an error, and no call with something left out."""
    with pytest.raises(BadInput):
        read_occasion(data)


def test_another_hook() -> None:
    """The input of another event is told apart."""
    with pytest.raises(OtherEvent, match="for PreToolUse, not for Stop"):
        read(hook_event_name="Stop")


@given(
    st.dictionaries(
        st.sampled_from([*TOLD]), st.none() | st.text() | st.booleans() | st.lists(st.text())
    )
)
def test_any_values(values: dict[str, Any]) -> None:
    """Whatever the fields hold, there is a call or a :class:`BadInput`."""
    try:
        occasion = read_occasion(orjson.dumps({**TOLD, **values}))
    except BadInput:
        return
    assert occasion.call.tool
