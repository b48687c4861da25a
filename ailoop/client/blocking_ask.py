"""What type checkers know of the blocking face's ``ask`` and ``wait``.

Each has a result for each kind of form, which no type checker keeps when a verb is made
blocking. At run time they are made as the other verbs are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar, overload
from uuid import UUID

from ailoop.client.form_answer import FormAnswer
from ailoop.client.ticket import Ticket
from ailoop.model.message import ResponseMessage

__all__ = ["BlockingAsk", "BlockingWait"]

T = TypeVar("T")


class BlockingAsk(Protocol):
    """As :meth:`ailoop.AiloopClient.ask`."""

    @overload
    def __call__(
        self,
        channel: str,
        text: str,
        *,
        choices: Iterable[str] | None = None,
        schema: None = None,
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> ResponseMessage: ...

    @overload
    def __call__(
        self,
        channel: str,
        text: str,
        *,
        schema: type[T],
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> FormAnswer[T]: ...

    @overload
    def __call__(
        self,
        channel: str,
        text: str,
        *,
        schema: Mapping[str, Any],
        timeout: int = 60,
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        leave_open: bool | None = None,
    ) -> FormAnswer[dict[str, Any]]: ...


class BlockingWait(Protocol):
    """As :meth:`ailoop.AiloopClient.wait`."""

    @overload
    def __call__(
        self, prompt: Ticket | UUID | str, *, schema: None = None
    ) -> ResponseMessage: ...

    @overload
    def __call__(self, prompt: Ticket | UUID | str, *, schema: type[T]) -> FormAnswer[T]: ...

    @overload
    def __call__(
        self, prompt: Ticket | UUID | str, *, schema: Mapping[str, Any]
    ) -> FormAnswer[dict[str, Any]]: ...
