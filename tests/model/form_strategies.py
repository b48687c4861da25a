"""Every form there can be, with answers that fit it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from tests.model.strategies import anything, words

names = words.filter(lambda text: text.isprintable() and text != "__proto__")
integers = st.integers(1 - 2**53, 2**53 - 1)
numbers = integers | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def _bounds(draw: st.DrawFn, low: str, high: str, of: Any) -> dict[str, Any]:
    ends = sorted([draw(of), draw(of)])
    kept = draw(st.sets(st.sampled_from([low, high])))
    return {k: v for k, v in zip((low, high), ends, strict=True) if k in kept}


@st.composite
def _texts(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    bounds = draw(_bounds("minLength", "maxLength", st.integers(0, 20)))
    least, most = bounds.get("minLength", 0), bounds.get("maxLength")
    value = st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=most)
    return {"type": "string", **bounds}, draw(value)


_FORMATS = {
    "email": st.from_regex(r"[a-z.]{1,9}@[a-z]{1,9}\.org", fullmatch=True),
    "uri": st.from_regex(r"(https?|ftp)://[a-z]{1,9}(/[a-z?#=]{0,9})?", fullmatch=True),
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
}


@st.composite
def _formatted(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    name = draw(st.sampled_from(sorted(_FORMATS)))
    return {"type": "string", "format": name}, draw(_FORMATS[name])


@st.composite
def _numbers(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    kind, of = draw(st.sampled_from([("integer", integers), ("number", numbers)]))
    bounds = draw(_bounds("minimum", "maximum", of))
    value = draw(of)
    value = max(value, bounds.get("minimum", value))
    return {"type": kind, **bounds}, min(value, bounds.get("maximum", value))


@st.composite
def _options(draw: st.DrawFn, titled: str) -> tuple[dict[str, Any], list[str]]:
    values = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    if draw(st.booleans()):
        return {"enum": values}, values
    return {titled: [{"const": one, "title": draw(words)} for one in values]}, values


@st.composite
def _choices(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    part, values = draw(_options("oneOf"))
    return {"type": "string", **part}, draw(st.sampled_from(values))


@st.composite
def _several(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    part, values = draw(_options("anyOf"))
    bounds = draw(_bounds("minItems", "maxItems", st.integers(0, len(values))))
    least, most = bounds.get("minItems", 0), bounds.get("maxItems", len(values))
    chosen = st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True)
    return {"type": "array", "uniqueItems": True, "items": part, **bounds}, draw(chosen)


_booleans = st.tuples(st.just({"type": "boolean"}), st.booleans())


@st.composite
def fields(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Return the schema of a field, and a value that fits it."""
    kinds = st.one_of(_texts(), _formatted(), _numbers(), _booleans, _choices(), _several())
    schema, value = draw(kinds)
    about = {
        name: draw(words) for name in draw(st.sets(st.sampled_from(["title", "description"])))
    }
    if draw(st.booleans()):
        about["default"] = value
    return {**schema, **about}, value


@st.composite
def forms(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of a form, and an answer that fits it."""
    parts = draw(st.dictionaries(names, fields(), max_size=5))
    required = [name for name in parts if draw(st.booleans())]
    answer = {
        name: value
        for name, (_, value) in parts.items()
        if name in required or draw(st.booleans())
    }
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: schema for name, (schema, _) in parts.items()},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema, answer


json_values = st.recursive(
    st.booleans() | numbers | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=4,
)
