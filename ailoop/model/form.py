"""Questions with fields: a form of a schema, and answers that fit it.

The schemas are a flat part of JSON Schema, what MCP calls an elicitation: an object of texts,
numbers, yes or no, and choices. A surface shows the fields; the answer is a JSON object that
has been checked. ``pattern`` is none of it: some regular expressions take for ever.
"""

from __future__ import annotations

from typing import Any

import orjson
from attrs import frozen

from ailoop.model.errors import Refusal
from ailoop.model.field import Field, Unfit
from ailoop.model.form_schema import read_schema
from ailoop.model.schema_part import FormError

__all__ = ["Form", "FormError", "json_text", "refuse_answer"]

_UNKNOWN_SHOWN = 10
"""Of so many unknown fields the error names each; it is not to outgrow the message."""


def json_text(value: dict[str, Any]) -> str:
    """Write an object as a response's ``answer`` has it: compact JSON."""
    return orjson.dumps(value).decode()


@frozen
class Form:
    """The fields of a form, in their order."""

    fields: tuple[Field, ...]

    @classmethod
    def of(cls, schema: Any) -> Form:
        """Read a schema.

        :raises FormError: it is outside the part that forms are made of.
        """
        return cls(read_schema(schema))

    def fit(self, value: Any) -> dict[str, Any]:
        """Return an answer as it is recorded: its fields in the order of the form.

        A field that is ``null`` counts as left out.

        :raises Refusal: ``invalid_answer`` with all that is wrong.
        """
        if not isinstance(value, dict):
            names = ", ".join(one.name for one in self.fields)
            raise refuse_answer(
                ("", f"This question is a form: its answer is an object of {names:.500}")
            )
        given = {name: one for name, one in value.items() if one is not None}
        fitted: dict[str, Any] = {}
        problems: list[tuple[str, str]] = []
        for field in self.fields:
            try:
                if field.name in given:
                    fitted[field.name] = field.fit(given.pop(field.name))
                elif field.required:
                    problems.append((field.name, "is required"))
            except Unfit as unfit:
                problems.append((field.name, str(unfit)))
        unknown = sorted(map(str, given))[:_UNKNOWN_SHOWN]
        problems += [(f"{name:.100}", "is no field of this form") for name in unknown]
        if problems:
            raise refuse_answer(*problems)
        return fitted


def refuse_answer(*problems: tuple[str, str]) -> Refusal:
    """Return one refusal of an answer that names each field that is wrong.

    :param problems: the name of a field, or nothing for the whole, and what is wrong with it.
    """
    told = [
        {"path": "$.content.answer" + (f".{name}" if name else ""), "error": sentence}
        for name, sentence in problems
    ]
    name, sentence = problems[0]
    said = f"{name} {sentence}" if name else sentence
    return Refusal("invalid_answer", said, path=told[0]["path"], problems=told)
