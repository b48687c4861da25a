"""Fitting what a person said to what was asked: choices, forms, edited authorizations.

The server does it for what it can read; a person's client for what went encrypted.
"""

from __future__ import annotations

from typing import Any

import orjson
from attrs import evolve

from ailoop.model.choices import choose
from ailoop.model.codec import load_json
from ailoop.model.errors import Refusal
from ailoop.model.field import describe
from ailoop.model.form import Form, json_text, refuse_answer
from ailoop.model.limits import MessageLimits, is_deeper
from ailoop.model.message import (
    Authorization,
    PromptContent,
    Question,
    Response,
    ResponseType,
)

__all__ = ["FITTED", "decided", "fit_answer", "is_same_json", "parse_answer"]

FITTED = ("index", "value")
"""Members of a response's metadata that say what the answer means, and come from here alone."""

_APPROVED = ResponseType.AUTHORIZATION_APPROVED
_DEPTH = MessageLimits().metadata_depth


def fit_answer(asked: PromptContent, said: Response) -> tuple[Response, dict[str, Any]]:
    """Fit words to the prompt that they answer; its kind takes this type of response.

    :returns: the response as it will be recorded, and metadata that belongs to it: for a choice
        its ``index`` (from 0) and ``value``, for a form and an edited context the ``value``.
    :raises Refusal: ``wrong_response``, ``not_a_choice`` or ``invalid_answer``.
    """
    if isinstance(asked, Question) and said.response_type is ResponseType.TEXT:
        if said.answer is None:
            raise Refusal("wrong_response", "A question takes an answer", path=_PATH)
        return _fit_words(asked, said.answer)
    if isinstance(asked, Authorization) and said.response_type is _APPROVED:
        return _fit_edit(asked, said)
    return said, {}


def decided(asked: PromptContent, said: Response) -> PromptContent:
    """Return what a response is about: where a person edited the context, with that one.

    :param said: a response that has been fitted.
    """
    if (
        isinstance(asked, Authorization)
        and asked.editable
        and said.response_type is _APPROVED
        and said.answer is not None
    ):
        edited = parse_answer(said.answer)
        if isinstance(edited, dict):
            return evolve(asked, context=edited)
    return asked  # also of what stands there in the place of an encrypted answer


_PATH = "$.content.answer"


def _fit_words(asked: Question, answer: str) -> tuple[Response, dict[str, Any]]:
    if asked.choices is not None:
        index = choose(asked.choices, answer)
        value = asked.choices[index]
        return Response(answer=value), {"index": index, "value": value}
    if asked.schema is not None:
        fitted = Form.of(asked.schema).fit(parse_answer(answer))
        return Response(answer=json_text(fitted)), {"value": fitted}
    return Response(answer=answer), {}


def _fit_edit(asked: Authorization, said: Response) -> tuple[Response, dict[str, Any]]:
    """Take an edited context; one that is as it was is no edit."""
    edited = None if said.answer is None else parse_answer(said.answer)
    if not asked.editable:
        if isinstance(edited, dict):
            raise Refusal(
                "wrong_response",
                "This authorization is not editable: it is approved as asked, or denied",
                path=_PATH,
            )
        return said, {}
    if said.answer is None:
        return said, {}
    if not isinstance(edited, dict):
        raise refuse_answer(
            (
                "",
                f"An edited context is an object, not {describe(edited)}; without an answer "
                "it is approved as asked",
            )
        )
    if is_deeper(edited, _DEPTH):
        raise refuse_answer(("", f"The context is nested more than {_DEPTH} levels deep"))
    if is_same_json(edited, asked.context):
        return evolve(said, answer=None), {}
    return evolve(said, answer=json_text(edited)), {"value": edited}


def parse_answer(answer: str) -> Any:
    """Return what a text is as JSON; what is none stays the text."""
    try:
        return load_json(answer)
    except Refusal:
        return answer


def is_same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same, in whatever order members were written."""
    # Not by ==, for which 1 and true are the same.
    written = [orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for value in (one, other)]
    return written[0] == written[1]
