"""A form as text: what its lines say, and what a field makes of typed words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.cli.form_text import field_lines, form_template, read_context, read_form

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Release", "minLength": 2, "maxLength": 9},
        "count": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
        "dry": {"type": "boolean", "default": True},
        "region": {"type": "string", "enum": ["eu", "us"], "description": "Where to"},
        "color": {
            "type": "string",
            "oneOf": [{"const": "#f00", "title": "Red"}, {"const": "#0f0", "title": "Green"}],
        },
        "teams": {
            "type": "array",
            "items": {"type": "string", "enum": ["ops", "web", "a, b"]},
            "default": ["ops", "web"],
        },
        "note: more": {"type": "string"},
    },
    "required": ["name"],
}


def test_what_a_form_takes() -> None:
    """Each field has a line that says all that a person needs."""
    assert field_lines(SCHEMA) == [
        "name: Release, text (at least 2 and at most 9 characters), required",
        "count: a whole number (at least 1 and at most 5)",
        "dry: yes or no",
        "region: one of eu | us. Where to",
        "color: one of #f00 (Red) | #0f0 (Green)",
        "teams: any of ops | web | a, b",
        "note: more: text",
    ]


def test_what_is_filled_in_already() -> None:
    """Defaults stand where they will be read."""
    lines = form_template(SCHEMA).splitlines()
    assert lines == [
        *("name: ", "count: 2", "dry: yes", "region: ", "color: ", "teams: ops, web"),
        "note: more: ",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name: ab", {"name": "ab"}),
        ("name: ab; count: 3 ;dry:no", {"name": "ab", "count": 3, "dry": False}),
        ("  dry: FALSE\n\nname: a;b\n", {"name": "a;b", "dry": False}),
        ("name: ab\nregion: 2\ncolor: red", {"name": "ab", "region": "us", "color": "#f00"}),
        ("name: ab\nteams: web,1", {"name": "ab", "teams": ["web", "ops"]}),
        ('name: ab\nteams: ["a, b"]', {"name": "ab", "teams": ["a, b"]}),
        ('name: "a\\nb"', {"name": "a\nb"}),
        ("name: ab\nnote: more: x", {"name": "ab", "note: more": "x"}),
        ('{"name": "ab", "count": 5}', {"name": "ab", "count": 5}),
    ],
)
def test_what_is_read(text: str, value: dict[str, Any]) -> None:
    """Lines, one line, or JSON; a choice by its value, title or number."""
    assert json.loads(read_form(SCHEMA, text)) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "name is required"),
        ("aurora", "begin each line with a field: name, count"),
        ("name: a", "name must have at least 2 characters"),
        ("name: ab; count: many", "count must be a number"),
        ("name: ab; count: 9", "count must be at most 5"),
        ("name: ab; dry: maybe", "dry must be yes or no"),
        ("name: ab; region: 3", "region must be one of eu, us"),
        ("name: ab; teams: [", "teams "),
        ('{"name": "ab", "more": 1}', "more is no field of this form"),
        ("{", "JSON"),
    ],
)
def test_what_is_not_taken(text: str, sentence: str) -> None:
    """What is wrong is said with the field's name."""
    with pytest.raises(ValueError, match=r".+") as caught:
        read_form(SCHEMA, text)
    assert sentence in str(caught.value)


@given(st.text())
def test_anything_may_be_typed(text: str) -> None:
    """It is an answer that fits, or a sentence."""
    try:
        value = json.loads(read_form(SCHEMA, text))
    except ValueError:
        return
    assert 2 <= len(value["name"]) <= 9


def test_a_default_of_several_lines() -> None:
    """What a line cannot hold is written as JSON, and read again as it was."""
    text = "a\nb: c"
    schema = {"type": "object", "properties": {"x": {"type": "string", "default": text}}}
    assert json.loads(read_form(schema, form_template(schema))) == {"x": text}


def test_a_context() -> None:
    """Only an object is one; it is sent as it was written, but for the space between."""
    assert read_context('{"a":\n 1.50, "b \\\\": " \\" c"}') == '{"a":1.50,"b \\\\":" \\" c"}'
    for wrong in ("", "[1]", "{", "yes"):
        with pytest.raises(ValueError, match=r".+"):
            read_context(wrong)


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ({"type": "string"}, '"quoted"'),
        ({"type": "string"}, "a; count: 4"),
        ({"type": "string"}, "two\nlines \u202e"),
        ({"type": "string", "enum": ["one  two", " eu "]}, " eu "),
        ({"type": "array", "items": {"enum": ["a, b", "[c]"]}}, ["a, b"]),
        ({"type": "array", "items": {"enum": ["a, b", "[c]"]}}, ["[c]"]),
        ({"type": "array", "items": {"enum": ["a"]}}, []),
        ({"type": "number"}, 1e21),
    ],
    ids=["quotes", "semicolon", "lines", "spaces", "comma", "bracket", "none", "large"],
)
def test_who_changes_nothing_sends_the_defaults(field: dict[str, Any], default: Any) -> None:
    """What stands there already is read as what it stands for."""
    field = field | {"default": default}
    count = {"type": "integer", "default": 2}
    schema = {"type": "object", "properties": {"field": field, "count": count}}
    text = form_template(schema)
    assert "\u202e" not in text
    assert json.loads(read_form(schema, text)) == {"field": default, "count": 2}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: ab\ncount: " + "9" * 400, "count must be a whole number that JSON has"),
        ("name: ab\nregion: 0000000019", "region must be one of eu, us"),
        ("name: ab\nname: cd", "name is there twice"),
    ],
    ids=["count", "region", "name"],
)
def test_what_is_typed_to_do_harm(text: str, sentence: str) -> None:
    """It is refused in words, and of two lines for one field none is picked."""
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        read_form(SCHEMA, text)
