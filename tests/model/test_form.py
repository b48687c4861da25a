"""Forms: what is a schema here, what answers it, and what is said where something is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from ailoop.model.codec import dump_message, encode, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.field import BooleanField, ChoiceField, NumberField, Option, TextField
from ailoop.model.form import Form, FormError, json_text
from tests.model.form_strategies import forms, json_values


def form(**properties):
    """Return a schema with these fields."""
    return {"type": "object", "properties": properties}


def refusal_of(schema, answer):
    """Return how an answer is refused, if it is."""
    try:
        Form.of(schema).fit(answer)
    except Refusal as refusal:
        return refusal
    return None


def problems_of(schema, answer):
    """Return what an answer is refused for: paths and sentences."""
    refusal = refusal_of(schema, answer)
    assert refusal.code == "invalid_answer"
    return {one["path"]: one["error"] for one in refusal.details["problems"]}


def error_of(schema):
    """Return why a schema is none, if that is so."""
    try:
        Form.of(schema)
    except FormError as error:
        return error
    return None


@given(forms())
def test_what_fits_is_accepted(made):
    """Any form is read, travels unchanged, and takes any answer that fits it."""
    schema, answer = made
    posted = {"channel": "a", "content": {"type": "question", "text": "?", "schema": schema}}
    message = load_message(load_json(encode(load_message(posted))))
    assert dump_message(message)["content"]["schema"] == load_json(json_text(schema))
    fitted = Form.of(message.content.schema).fit(load_json(json_text(answer)))
    assert fitted == answer
    assert list(fitted) == [name for name in schema["properties"] if name in answer]
    assert Form.of(schema).fit(load_json(json_text(fitted))) == fitted


@given(forms(), st.data())
def test_what_does_not_fit_is_refused(made, data):
    """Whatever becomes of an answer, it is taken just where JSON Schema says that it fits."""
    schema, answer = made
    name = data.draw(st.sampled_from([*schema["properties"], "another"]))
    if data.draw(st.booleans()):
        answer = {**answer, name: data.draw(json_values)}
    else:
        answer = {k: v for k, v in answer.items() if k != name}
    oracle = Draft202012Validator(
        _without_formats(schema), format_checker=FormatChecker(formats=())
    )
    formatted = "format" in schema["properties"].get(name, {})
    refusal = refusal_of(schema, load_json(json_text(answer)))
    if refusal is None:
        assert oracle.is_valid(answer)
    else:
        assert refusal.details["path"] == f"$.content.answer.{name}"
        assert formatted or not oracle.is_valid(answer)


def _without_formats(schema):
    properties = {
        name: {k: v for k, v in part.items() if k != "format"}
        for name, part in schema["properties"].items()
    }
    return {**schema, "properties": properties}


@given(json_values)
def test_anything_else_is_no_answer(value):
    """Of whatever JSON comes as an answer, an object of the fields alone is one."""
    assert problems_of(form(x={"type": "boolean"}), [value])
    assert "$.content.answer" in problems_of(form(x={"type": "boolean"}), str(value))


_keywords = st.sampled_from(
    [
        *(
            "type",
            "title",
            "description",
            "default",
            "enum",
            "oneOf",
            "anyOf",
            "items",
            "format",
        ),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"),
        *("properties", "required", "const", "uniqueItems", "$ref"),
    ]
)
_kinds = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "date"])
_odd = st.recursive(
    st.none() | _kinds | json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keywords, inner, max_size=5),
    max_leaves=8,
)


@given(_odd, st.dictionaries(_keywords, _odd, max_size=6), _kinds)
def test_whatever_comes_as_a_schema(odd, part, kind):
    """It is read, or refused with a path and a sentence; nothing else ever happens."""
    for schema in (
        odd,
        {"type": "object", **part},
        form(x={**part, "type": kind}),
        form(x=odd),
    ):
        error = error_of(schema)
        assert error is None or error.sentence
        assert error is None or not error.path or error.path.startswith(".")


def test_fields():
    """A form tells a surface all that it has to show."""
    schema = form(
        name={"type": "string", "title": "Your name", "maxLength": 9, "default": "ann"},
        size={"type": "string", "oneOf": [{"const": "s", "title": "Small"}]},
        count={"type": "integer", "minimum": 1},
        sure={"type": "boolean", "description": "Really?"},
    )
    assert Form.of({**schema, "required": ["size"]}).fields == (
        TextField(name="name", title="Your name", most=9, default="ann"),
        ChoiceField(name="size", options=(Option("s", "Small"),), required=True),
        NumberField(name="count", whole=True, minimum=1),
        BooleanField(name="sure", description="Really?"),
    )


def test_all_that_is_wrong_is_told_at_once():
    """Each field that is wrong is named, in the words of its label's owner."""
    schema = form(
        count={"type": "integer", "minimum": 1, "maximum": 3},
        sure={"type": "boolean"},
        size={"type": "string", "enum": ["s", "m"]},
        word={"type": "string", "minLength": 1},
    )
    answer = {"count": 4, "size": "xl", "word": "", "more": 1}
    assert problems_of({**schema, "required": ["sure"]}, answer) == {
        "$.content.answer.count": "must be at most 3",
        "$.content.answer.sure": "is required",
        "$.content.answer.size": "must be one of s, m",
        "$.content.answer.word": "must have at least 1 character",
        "$.content.answer.more": "is no field of this form",
    }


@pytest.mark.parametrize(
    ("field", "fits", "does_not"),
    [
        ({"type": "integer", "minimum": 2, "maximum": 4}, [2, 4], [1, 5]),
        ({"type": "number", "minimum": 0.5, "maximum": 2}, [0.5, 2], [0.499, 2.001]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ["ab", "abc"], ["a", "abcd"]),
        (
            {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 1, "maxItems": 2},
            [["a"], ["c", "a"]],
            [[], ["a", "b", "c"], ["a", "a"]],
        ),
    ],
    ids=["integer", "number", "text", "choices"],
)
def test_bounds(field, fits, does_not):
    """A bound belongs to what fits, and what is just beyond it does not."""
    for value in fits:
        assert Form.of(form(x=field)).fit({"x": value}) == {"x": value}
    for value in does_not:
        assert problems_of(form(x=field), {"x": value})


@pytest.mark.parametrize("number", [2**53, 1e300, -(2**60)])
def test_whole_numbers_that_not_every_reader_reads(number):
    """A whole number that JavaScript would change is refused; a number is a double there."""
    assert problems_of(form(x={"type": "integer"}), {"x": number})
    assert Form.of(form(x={"type": "number"})).fit({"x": number}) == {"x": number}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("email", ["a@b", "a.b+c@d.example"], ["a", "@b", "a@", "a b@c", "a@b@c", "a@b\n"]),
        (
            "uri",
            ["https://a/", "mailto:a@b", "urn:x:y"],
            ["a", "/a", "http:// a", "://a", "a:"],
        ),
        (
            "date",
            ["2024-02-29"],
            ["2023-02-29", "20240229", "2024-W01-1", "2024-2-9", "\uff12024-02-29"],
        ),
        (
            "date-time",
            ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456789+02:00"],
            ["2026-01-31", "2026-01-31T12:00:00", "2026-01-31T25:00:00Z", "2026-01-31T12:00Z"],
        ),
    ],
)
def test_formats(name, good, bad):
    """A format is held as its standard says."""
    schema = form(x={"type": "string", "format": name})
    for text in good:
        assert Form.of(schema).fit({"x": text}) == {"x": text}
    for text in bad:
        assert "must be" in problems_of(schema, {"x": text})["$.content.answer.x"]


def test_a_refusal_does_not_outgrow_what_is_refused():
    """Of a thousand wrong fields some are told."""
    told = problems_of(form(), {f"field {n}": 1 for n in range(1000)})
    assert len(told) == 10


@pytest.mark.parametrize("keyword", ["minimum", "maximum", "default"])
def test_a_number_beyond_all(keyword):
    """A program may have a whole number that no float holds; it is refused in words."""
    for kind in ("integer", "number"):
        error = error_of(form(n={"type": kind, keyword: 10**400}))
        assert error.path == f".properties.n.{keyword}"
        assert "that JSON has" in error.sentence
