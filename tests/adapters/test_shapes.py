"""What each shape of an interrupt asks, and what the graph gets for each outcome."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ailoop.adapters.interrupts import plan
from ailoop.adapters.outcomes import Approved, Denied, NoDecision, Outcome, Said, Silent
from ailoop.adapters.values import load_exactly
from ailoop.model.codec import encode, load_json, load_message
from ailoop.model.message import Authorization, Message

ARGS = {"to": "ann"}
YES, EDITED = Approved(), Approved({"to": "ben"}, edited=True)
NO, WHY = Denied(), Denied("too late")
LATE = Silent("nobody decided in time")
NOBODY = "Not approved: nobody decided in time."
NO_REASON = "A person denied this and gave no reason."


def inbox(*allowed: str, args: Any = ARGS) -> dict[str, Any]:
    """Make a ``HumanInterrupt``."""
    config = {f"allow_{one}": one in allowed for one in ("accept", "edit", "respond", "ignore")}
    return {"action_request": {"action": "mail", "args": args}, "config": config}


def tools(*allowed: str) -> dict[str, Any]:
    """Make what the middleware interrupts with for one call."""
    return {
        "action_requests": [{"name": "mail", "args": ARGS, "description": "Sure?"}],
        "review_configs": [{"action_name": "mail", "allowed_decisions": [*allowed]}],
    }


def answer_to(value: Any, *outcomes: Outcome) -> Any:
    """Return what the graph gets, or the reason why it gets nothing."""
    try:
        return plan(value, None, "key").resume(outcomes)
    except NoDecision as error:
        return error.why


EDIT = {"action": "mail", "args": {"to": "ben"}}
SAME = {"action": "mail", "args": ARGS}
INBOX = [
    (("accept", "ignore"), YES, ("accept", None)),
    (("accept", "ignore"), NO, ("ignore", None)),
    (("accept", "ignore"), WHY, ("ignore", None)),
    (("accept", "ignore"), LATE, ("ignore", None)),
    (("accept", "edit"), EDITED, ("edit", EDIT)),
    (("accept", "edit"), YES, ("accept", None)),
    (("edit",), YES, ("edit", SAME)),
    (("edit",), NO, "denied"),
    (("accept", "respond", "ignore"), WHY, ("response", "too late")),
    (("accept", "respond", "ignore"), NO, ("ignore", None)),
    (("accept", "respond", "ignore"), LATE, ("ignore", None)),
    (("accept", "respond"), NO, ("response", NO_REASON)),
    (("accept", "respond"), LATE, ("response", NOBODY)),
    (("accept",), WHY, "too late"),
    (("accept",), LATE, "nobody decided in time"),
    (("respond",), Said("Hm"), ("response", "Hm")),
    (("respond", "ignore"), Said({"response": "Hm"}), ("response", "Hm")),
    (("respond", "ignore"), Said({"response": "Hm", "instead": True}), ("ignore", None)),
    (("respond", "ignore"), Said({"response": ""}), ("ignore", None)),
    (("respond", "ignore"), Said({}), ("ignore", None)),
    (("respond", "ignore"), LATE, ("ignore", None)),
    (("ignore",), Said("Ignore"), ("ignore", None)),
]


@pytest.mark.parametrize(
    ("allowed", "outcome", "answer"), INBOX, ids=map(str, range(len(INBOX)))
)
def test_what_the_agent_inbox_would_have_answered(
    allowed: tuple[str, ...], outcome: Outcome, answer: Any
) -> None:
    """A graph gets the types that it allows, of one interrupt as of a list of them."""
    expected = {"type": answer[0], "args": answer[1]} if isinstance(answer, tuple) else answer
    assert answer_to(inbox(*allowed), outcome) == expected
    if isinstance(expected, dict):
        assert answer_to([inbox(*allowed)], outcome) == [expected]


REJECT = {"type": "reject"}
TOOLS = [
    (("approve", "reject"), YES, {"type": "approve"}),
    (("approve", "reject"), NO, REJECT),
    (("approve", "reject"), WHY, {**REJECT, "message": "too late"}),
    (("approve", "reject"), LATE, {**REJECT, "message": NOBODY}),
    (("approve", "edit", "reject", "respond"), WHY, {**REJECT, "message": "too late"}),
    (
        ("approve", "edit"),
        EDITED,
        {"type": "edit", "edited_action": {"name": "mail", "args": {"to": "ben"}}},
    ),
    (("edit",), YES, {"type": "edit", "edited_action": {"name": "mail", "args": ARGS}}),
    (("approve", "respond"), WHY, {"type": "respond", "message": "too late"}),
    (("approve", "respond"), LATE, "nobody decided in time"),
    (("respond",), Said("Hm"), {"type": "respond", "message": "Hm"}),
    (("respond", "reject"), Said({"response": "Hm"}), {"type": "respond", "message": "Hm"}),
    (
        ("respond", "reject"),
        Said({"response": "Hm", "instead": True}),
        {**REJECT, "message": "Hm"},
    ),
    (("reject",), Said("Reject"), REJECT),
    (("approve",), NO, "denied"),
]


@pytest.mark.parametrize(
    ("allowed", "outcome", "answer"), TOOLS, ids=map(str, range(len(TOOLS)))
)
def test_what_the_middleware_takes(
    allowed: tuple[str, ...], outcome: Outcome, answer: Any
) -> None:
    """A call of a tool gets one of the decisions that are allowed for it."""
    expected = {"decisions": [answer]} if isinstance(answer, dict) else answer
    assert answer_to(tools(*allowed), outcome) == expected


KINDS = [
    (inbox("accept"), "authorization", False),
    (inbox("accept", "edit"), "authorization", True),
    (inbox("edit", "respond"), "authorization", True),
    (inbox("accept", "edit", args={"on": date(2026, 1, 2)}), "authorization", False),
    (inbox("accept", "edit", args="text"), "authorization", False),
    (inbox("respond"), "question", False),
    (inbox("respond", "ignore"), "question", False),
    (inbox("ignore"), "question", False),
]


@pytest.mark.parametrize(("value", "kind", "editable"), KINDS, ids=map(str, range(len(KINDS))))
def test_one_prompt_for_each_action(value: Any, kind: str, editable: bool) -> None:
    """Permission is asked for where it can be given; what JSON cannot hold is not edited."""
    (prompt,) = plan(value, None, "key").prompts
    assert (prompt.kind, prompt.editable) == (kind, editable)
    assert prompt.key == "key 0"
    refusable = value["config"]["allow_respond"] and value["config"]["allow_ignore"]
    assert (prompt.schema is not None) == (refusable and kind == "question")


def test_the_middleware_s_own_words_are_not_said_twice() -> None:
    """The call is before the person as a context; the description need not repeat it."""
    value = tools("approve")
    value["action_requests"][0]["description"] = f"Sure?\n\nTool: mail\nArgs: {ARGS}"
    (prompt,) = plan(value, None, "key").prompts
    assert (prompt.text, prompt.context) == ("mail: Sure?", ARGS)


@pytest.mark.parametrize(
    "value",
    [
        inbox(),
        {"action_request": {"action": "mail"}, "config": {}},
        {**tools("approve"), "review_configs": []},
        {"type": "tool_approval", "name": "mail", "args": {}},
        [{"action_request": 1, "config": 2}],
    ],
    ids=["nothing allowed", "no args", "no config", "no schema", "no objects"],
)
def test_a_shape_that_is_not_kept_to(value: Any) -> None:
    """What looks like a known shape and is not asks nobody anything."""
    with pytest.raises(ValueError, match="interrupt"):
        plan(value, None, "key")


CHOICE = {"type": "string", "enum": ["red", "blue"]}
FORM = {"type": "object", "properties": {"colour": CHOICE}, "required": ["colour"]}


@pytest.mark.parametrize(
    ("schema", "said", "answer"),
    [
        (None, "red", "red"),
        (FORM, {"colour": "red"}, {"colour": "red"}),
        (CHOICE, {"answer": "red"}, "red"),
        ({"type": "boolean"}, {"answer": False}, False),
        ({"type": "array", "items": FORM}, '[{"colour": "red"}]', [{"colour": "red"}]),
        ({"type": "array", "items": FORM}, "red", "red"),
        ({"type": "array", "items": FORM}, "[" * 60_000, "[" * 60_000),
    ],
    ids=["words", "form", "choice", "yes or no", "JSON", "no JSON", "too deep"],
)
def test_any_other_value_is_a_question(schema: Any, said: Any, answer: Any) -> None:
    """It is answered with words, or with what a form of its schema holds."""
    made = plan("Which colour?", schema, "key")
    (prompt,) = made.prompts
    assert prompt.text.startswith("Which colour?")
    assert (prompt.schema is None) == isinstance(said, str)
    assert made.resume([Said(said)]) == answer
    with pytest.raises(NoDecision, match="nobody decided in time"):
        made.resume([LATE])


def test_what_did_not_fit_is_said() -> None:
    """The prompt that asks again says what was wrong."""
    (prompt,) = plan("Which?", None, "key", "no such colour").prompts
    assert prompt.text == "Which?\n\nThe last answer did not fit: no such colour"


def test_numbers_that_no_message_has() -> None:
    """They are shown in full, as texts; so nobody can edit them, and what was asked is done."""
    args = {"wei": 10**30, "least": -(2**63), "most": 2**64 - 1, "rate": float("inf")}
    made = plan([inbox("accept", "edit", args=args)], None, "key")
    (prompt,) = made.prompts
    shown = {"wei": "1" + "0" * 30, "rate": "Infinity"}
    assert prompt.context == args | shown
    assert not prompt.editable
    asked = Message(channel="a", content=Authorization(action="mail", context=prompt.context))
    assert load_message(load_json(encode(asked))).content == asked.content
    assert made.resume([YES]) == [{"type": "accept", "args": None}]


@pytest.mark.parametrize("text", ["[" * 60_000, "{", "9" * 5000], ids=["deep", "cut", "long"])
def test_arguments_of_a_model(text: str) -> None:
    """Whatever it writes is JSON or is not, and nothing else is raised."""
    if text.isdecimal():
        assert load_exactly(text) == text
    else:
        with pytest.raises(ValueError, match=r"."):
            load_exactly(text)
