"""JSON Schemas of the schemas that forms have, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ailoop.model.form_schema import MOST_FIELDS, MOST_OPTIONS, NAME_LENGTH
from ailoop.model.formats import FORMATS
from ailoop.model.schema_part import TEXT_LENGTH

__all__ = ["form_schemas"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": TEXT_LENGTH}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_ABOUT: Schema = {"title": _TEXT, "description": _TEXT}


def _object(required: list[str], properties: Schema, **more: Any) -> Schema:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def _several(items: Schema) -> Schema:
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_OPTIONS,
        "uniqueItems": True,
        "items": items,
    }


def form_schemas() -> dict[str, Schema]:
    """Return the component schemas by their names."""
    option = _object(["const", "title"], {"const": _TEXT, "title": _TEXT})
    plain, titled = _several(_TEXT), _several({"$ref": "#/components/schemas/FormOption"})
    items = {
        "anyOf": [
            _object(["enum"], {"type": {"const": "string"}, "enum": plain}),
            _object(["anyOf"], {"anyOf": titled}),
        ]
    }
    kinds: dict[str, Schema] = {
        "FormText": {
            "type": {"const": "string"},
            "minLength": _COUNT,
            "maxLength": _COUNT,
            "format": {"enum": list(FORMATS)},
            "default": {"type": "string"},
        },
        "FormNumber": {
            "type": {"enum": ["number", "integer"]},
            "minimum": _NUMBER,
            "maximum": _NUMBER,
            "default": _NUMBER,
        },
        "FormBoolean": {"type": {"const": "boolean"}, "default": {"type": "boolean"}},
        "FormChoice": {
            "type": {"const": "string"},
            "enum": plain,
            "oneOf": titled,
            "default": {"type": "string"},
        },
        "FormChoices": {
            "type": {"const": "array"},
            "items": items,
            "minItems": _COUNT,
            "maxItems": _COUNT,
            "uniqueItems": {"const": True},
            "default": {"type": "array", "items": {"type": "string"}},
        },
    }
    more: dict[str, Schema] = {
        "FormChoice": {"oneOf": [{"required": ["enum"]}, {"required": ["oneOf"]}]},
    }
    needed = {"FormChoices": ["type", "items"]}
    fields = {
        name: _object(
            needed.get(name, ["type"]), {**_ABOUT, **properties}, **more.get(name, {})
        )
        for name, properties in kinds.items()
    }
    form = _object(
        ["type", "properties"],
        {
            "$schema": _TEXT,
            "type": {"const": "object"},
            **_ABOUT,
            "properties": {
                "type": "object",
                "maxProperties": MOST_FIELDS,
                "propertyNames": {"pattern": r"\S", "maxLength": NAME_LENGTH},
                "additionalProperties": {
                    "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in fields]
                },
            },
            "required": {"type": "array", "items": {"type": "string"}},
            "additionalProperties": {"const": False},
        },
        description="What a form asks for: a flat part of JSON Schema.",
    )
    return {"FormOption": option, **fields, "Form": form}
