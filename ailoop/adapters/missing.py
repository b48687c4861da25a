"""What is said where a library that an adapter is for is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["explain_missing"]


@contextmanager
def explain_missing(extra: str, module: str = "") -> Iterator[None]:
    """Name the extra that brings a missing module.

    :param module: the module, where its name is not the extra's.
    :raises ModuleNotFoundError: it is missing; the sentence says what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != (module or extra):
            raise  # it is there, and lacks something itself
        raise ModuleNotFoundError(
            f"ailoop[{extra}] is not installed; try: pip install 'ailoop[{extra}]'",
            name=error.name,
        ) from None
