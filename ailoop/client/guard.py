"""What is done only with permission: a decorator, and a block."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from string import Formatter
from typing import Any, ParamSpec, TypeVar

from ailoop.client.approval import Approval
from ailoop.client.errors import NotAuthorized

__all__ = ["BlockingGuard", "Guard"]

P = ParamSpec("P")
R = TypeVar("R")


class Guard:
    """Asks for permission before each call of an ``async`` function, or before a block.

    :param action: what the person is asked; in a decorator ``{name}`` is the argument of
        that name, as the function gets it.
    :param authorize: asks.
    """

    def __init__(self, action: str, authorize: Callable[[str], Awaitable[Approval]]) -> None:
        self._action = action
        self._authorize = authorize

    def __call__(
        self, function: Callable[P, Coroutine[Any, Any, R]]
    ) -> Callable[P, Coroutine[Any, Any, R]]:
        """Guard an ``async def`` function.

        :raises TypeError: it is none, or has no parameter that the action names.
        """
        if not inspect.iscoroutinefunction(function):
            raise TypeError(f"only an async function can wait for permission, not {function!r}")
        describe = _describer(self._action, function)

        @wraps(function)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            approval = await self._insist(describe(*args, **kwargs))
            _redeem(approval, lambda: describe(*args, **kwargs))
            return await function(*args, **kwargs)

        return guarded

    async def __aenter__(self) -> Approval:
        approval = await self._insist(self._action)
        _redeem(approval, lambda: self._action)
        return approval

    async def __aexit__(self, *_: object) -> None:
        """Leave the block; there is nothing to give back."""

    async def _insist(self, action: str) -> Approval:
        return _checked(action, await self._authorize(action))


class BlockingGuard:
    """Asks for permission before each call of a plain function, or before a block.

    :param action: as that of :class:`Guard`.
    :param authorize: asks.
    """

    def __init__(self, action: str, authorize: Callable[[str], Approval]) -> None:
        self._action = action
        self._authorize = authorize

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Guard a function.

        :raises TypeError: it is an ``async`` one, or has no parameter that the action names.
        """
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"an async function needs a client that waits, not {function!r}")
        describe = _describer(self._action, function)

        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            approval = self._insist(describe(*args, **kwargs))
            _redeem(approval, lambda: describe(*args, **kwargs))
            return function(*args, **kwargs)

        return guarded

    def __enter__(self) -> Approval:
        approval = self._insist(self._action)
        _redeem(approval, lambda: self._action)
        return approval

    def __exit__(self, *_: object) -> None:
        """Leave the block; there is nothing to give back."""

    def _insist(self, action: str) -> Approval:
        return _checked(action, self._authorize(action))


def _describer(action: str, function: Callable[..., Any]) -> Callable[..., str]:
    """Return what writes down a call of a function for the person who decides.

    :raises TypeError: the action names what is no parameter: a mistake must not show when it
        is too late.
    """
    signature = inspect.signature(function)
    for _, name, _, _ in Formatter().parse(action):
        if name is not None and name not in signature.parameters:
            raise TypeError(f"{function.__qualname__} has no parameter {name!r}")

    def describe(*args: Any, **kwargs: Any) -> str:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return action.format_map(bound.arguments)

    return describe


def _checked(action: str, approval: Approval) -> Approval:
    if not approval:
        raise NotAuthorized(action, approval)
    return approval


def _redeem(approval: Approval, describe: Callable[[], str]) -> None:
    """Use up an approval that has a receipt, for what would be done now.

    Arguments may have changed while the person thought.
    """
    if approval.receipt is not None:
        approval.redeem(describe())
