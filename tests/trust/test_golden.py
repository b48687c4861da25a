"""The golden frames of receipts, which every SDK verifies, and refuses, alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from ailoop.model.converter import structure_as
from ailoop.model.message import CONTENT_TYPES, PROMPT_TYPES, Content, Response
from ailoop.trust.canonical import (
    CanonicalError,
    canonical_hash,
    canonical_json,
    content_hash,
)
from ailoop.trust.faults import Fault, ReceiptError
from ailoop.trust.hidden import Hidden
from ailoop.trust.receipt_check import Expected, ReceiptVerifier

FRAMES = orjson.loads((Path(__file__).parents[1] / "wire" / "receipts.json").read_bytes())


def frames(group: str) -> list[Any]:
    """Return one group as named test cases."""
    return [pytest.param(row, id=row["name"]) for row in FRAMES[group]]


def content_of(members: dict[str, Any]) -> Any:
    """Read a content."""
    kind: type[Content] = CONTENT_TYPES[members["type"]]
    return structure_as(kind, {k: v for k, v in members.items() if k != "type"})


@pytest.mark.parametrize("frame", frames("canonical"))
def test_canonical(frame: dict[str, Any]) -> None:
    """The same JSON is written in the same way, and so comes to the same hash."""
    value = orjson.loads(frame["text"])
    assert canonical_json(value).decode() == frame["canonical"]
    assert canonical_hash(value) == frame["hash"]


@pytest.mark.parametrize("frame", frames("uncanonical"))
def test_uncanonical(frame: dict[str, Any]) -> None:
    """What has no canonical form is refused with the place where that is."""
    with pytest.raises(CanonicalError) as caught:
        canonical_json(orjson.loads(frame["text"]))
    assert caught.value.path == frame["path"]


@pytest.mark.parametrize("frame", frames("contents"))
def test_contents(frame: dict[str, Any]) -> None:
    """What is asked has the same hash everywhere."""
    content = content_of(frame["content"])
    assert isinstance(content, PROMPT_TYPES)
    assert content_hash(content) == frame["hash"]


@pytest.mark.parametrize("frame", frames("receipts"))
def test_receipts(frame: dict[str, Any]) -> None:
    """A receipt is believed, or refused for the same reason."""
    wanted = frame["expected"]
    response = content_of(wanted["response"])
    assert isinstance(response, Response)
    expected = Expected(
        prompt_id=UUID(wanted["prompt_id"]),
        channel=wanted["channel"],
        content=content_of(wanted["content"]),
        response=response,
        hidden=Hidden(**wanted["hidden"]) if "hidden" in wanted else None,
    )
    verifier = ReceiptVerifier({"keys": FRAMES["keys"]}, now=lambda: float(frame["now"]))
    if "fault" in frame:
        with pytest.raises(ReceiptError) as caught:
            verifier.check(frame["token"], expected)
        assert caught.value.fault == frame["fault"]
        return
    receipt = verifier.redeem(frame["token"], expected)
    for name, value in frame["receipt"].items():
        told = getattr(receipt, name)
        assert (str(told) if isinstance(told, UUID) else told) == value
    with pytest.raises(ReceiptError) as caught:
        verifier.redeem(frame["token"], expected)
    assert caught.value.fault is Fault.USED
