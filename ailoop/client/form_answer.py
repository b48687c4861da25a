"""The answer to a form, as the program wants it: a dict, or an instance of its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from attrs import field, fields, frozen

from ailoop.client.errors import UnfitAnswer, refusal_of
from ailoop.client.form_class import FormClass
from ailoop.model.errors import Refusal
from ailoop.model.fitting import parse_answer
from ailoop.model.form import Form, FormError
from ailoop.model.message import Message, ResponseMessage, ResponseType

__all__ = ["FormAnswer", "Schema", "WantedForm"]

T = TypeVar("T")

Schema = Mapping[str, Any] | type[Any]
"""A form: a JSON Schema of the flat part, or an attrs class that stands for one."""


@frozen(kw_only=True)
class FormAnswer(ResponseMessage, Generic[T]):
    """A response to a form.

    :param value: what was filled in; ``None`` unless somebody answered.
    """

    value: T | None = field(default=None, eq=False)


@frozen
class WantedForm(Generic[T]):
    """A form, and what is made of its answer.

    :param schema: as it travels.
    """

    schema: dict[str, Any]
    _form: Form
    _make: Callable[[dict[str, Any]], T]

    @classmethod
    def of(cls, wanted: Schema) -> WantedForm[Any]:
        """Return a schema or a class as a form.

        :raises Invalid: the schema is outside the part that forms are made of.
        :raises TypeError: the class has a field that no form has.
        """
        if isinstance(wanted, Mapping):
            return cls._checked(dict(wanted), dict)
        form_class = FormClass.of(wanted)
        return cls._checked(form_class.schema, form_class.make)

    @classmethod
    def _checked(
        cls, schema: dict[str, Any], make: Callable[[dict[str, Any]], Any]
    ) -> WantedForm[Any]:
        try:
            return WantedForm(schema, Form.of(schema), make)
        except FormError as error:
            # In the server's words; what goes encrypted no server checks.
            path = f"$.content.schema{error.path}"
            said = f"{path}: {error.sentence}"
            raise refusal_of(Refusal("invalid_message", said, path=path).body()) from None

    def answer(self, response: ResponseMessage) -> FormAnswer[T]:
        """Return a response with its value.

        :raises UnfitAnswer: it does not fit the form.
        """
        members = {one.name: getattr(response, one.name) for one in fields(Message) if one.init}
        return FormAnswer(**members, value=self._value(response))

    def _value(self, response: ResponseMessage) -> T | None:
        said = response.content
        if said.response_type is not ResponseType.TEXT:
            return None
        try:
            fitted = self._form.fit(parse_answer(said.answer or ""))
        except Refusal as refusal:
            raise UnfitAnswer(response, refusal.sentence) from None
        try:
            return self._make(fitted)
        except (ValueError, TypeError) as error:
            # A validator of the class; those of attrs tell more than a sentence.
            raise UnfitAnswer(response, str(error.args[0] if error.args else error)) from error
