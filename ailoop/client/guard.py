"""What is done only with permission: a decorator, and a block."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from string import Formatter
from typing import ParamSpec, TypeVar

from ailoop.client.approval import Approval
from ailoop.client.errors import NotAuthorized

__all__ = ["Guard"]

P = ParamSpec("P")
R = TypeVar("R")


class Guard:
    """Asks for permission before each call of a function, or before a block.

    :param action: what the person is asked; in a decorator ``{name}`` is the argument of
        that name, as the function gets it.
    :param authorize: asks.
    """

    def __init__(self, action: str, authorize: Callable[[str], Awaitable[Approval]]) -> None:
        self._action = action
        self._authorize = authorize

    def __call__(self, function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        """Guard an ``async def`` function.

        :raises TypeError: it is none, or has no parameter that the action names.
        """
        if not inspect.iscoroutinefunction(function):
            raise TypeError(f"only an async function can wait for permission, not {function!r}")
        signature = inspect.signature(function)
        for _, name, _, _ in Formatter().parse(self._action):
            # Nothing but a parameter's name: a mistake must not show when it is too late.
            if name is not None and name not in signature.parameters:
                raise TypeError(f"{function.__qualname__} has no parameter {name!r}")

        @wraps(function)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            await self._insist(self._action.format_map(bound.arguments))
            return await function(*args, **kwargs)

        return guarded

    async def __aenter__(self) -> Approval:
        return await self._insist(self._action)

    async def __aexit__(self, *_: object) -> None:
        """Leave the block; there is nothing to give back."""

    async def _insist(self, action: str) -> Approval:
        approval = await self._authorize(action)
        if not approval:
            raise NotAuthorized(action, approval)
        return approval
