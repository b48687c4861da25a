"""Options about receipts, read before anything is asked of anybody."""

from __future__ import annotations

from typing import Any

import click
import orjson

from ailoop.cli.text import clean
from ailoop.client import AiloopError
from ailoop.client.receipts import Receipts, open_receipts
from ailoop.model.message import PromptContent

__all__ = ["check_canonical", "read_context", "read_receipt_key"]


def read_receipt_key(path: str | None) -> Receipts | None:
    """Read the file of a public key."""
    if not path:
        return None
    try:
        return open_receipts(path)
    except AiloopError as error:
        sentence = clean(str(error).removeprefix("receipt_key: "))
        raise click.BadParameter(sentence, param_hint="--receipt-key") from None


def read_context(text: str | None) -> Any:
    """Read the JSON of ``--context``."""
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--context") from None


def check_canonical(content: PromptContent) -> None:
    """Refuse what no receipt can be about."""
    from ailoop.trust.canonical import CanonicalError, content_hash

    try:
        content_hash(content)
    except CanonicalError as error:
        raise click.BadParameter(clean(str(error)), param_hint="--context") from None
