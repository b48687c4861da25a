"""The golden frames of ``tests/wire``, read and written by the one codec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ailoop.model.codec import Codec, dump_message, encode, load_json
from ailoop.model.errors import CATALOGUE, Refusal
from ailoop.model.limits import MessageLimits

WIRE = Path(__file__).parents[1] / "wire"
CODEC = Codec(MessageLimits())


def frames(name: str) -> list[Any]:
    """Load one file as named test cases."""
    rows = orjson.loads((WIRE / name).read_bytes())
    return [pytest.param(row, id=row["name"]) for row in rows]


@pytest.mark.parametrize("frame", frames("outgoing.json"))
def test_outgoing(frame):
    """What leaves the server is read by it too, and written again byte for byte."""
    message = CODEC.structure(load_json(frame["text"]))
    assert encode(message) == frame["text"].encode()


@pytest.mark.parametrize("frame", frames("outgoing.json"))
def test_outgoing_members(frame):
    """Members come in the order of the contract, `metadata` only when there is some."""
    message = load_json(frame["text"])
    order = ["id", "channel", "sender_type", "content", "timestamp", "correlation_id"]
    assert list(message) == order + ["metadata"] * ("metadata" in message)
    assert message.get("metadata", {}) is not None
    assert next(iter(message["content"])) == "type"


@pytest.mark.parametrize("frame", frames("incoming.json"))
def test_incoming(frame):
    """What is accepted liberally is understood as the frame says, and nothing is added."""
    members = dump_message(CODEC.structure(frame["in"]))
    filled = {"id", "timestamp"} - set(frame["out"])
    assert {k: v for k, v in members.items() if k not in filled} == frame["out"]
    assert filled <= set(members)


@pytest.mark.parametrize("frame", frames("refused.json"))
def test_refused(frame):
    """What is refused is refused with its code, its status, and the path of the field."""
    with pytest.raises(Refusal) as caught:
        CODEC.structure_all(load_json(frame["text"]) if "text" in frame else frame["in"])
    refusal = caught.value
    assert (refusal.code, refusal.spec.status) == (frame["code"], frame["status"])
    assert refusal.details.get("path") == frame.get("path")
    assert refusal.body()["error"]
    assert len(orjson.dumps(refusal.body())) < 2000


@pytest.mark.parametrize("name", ["outgoing.json", "incoming.json", "refused.json"])
def test_names_are_unique(name):
    """Each frame has a name of its own, so that every SDK can say which one failed."""
    names = [case.id for case in frames(name)]
    assert len(names) == len(set(names))


def test_every_code_has_a_row():
    """No frame names a code that the catalogue does not have."""
    codes = {row["code"] for row in orjson.loads((WIRE / "refused.json").read_bytes())}
    assert codes <= set(CATALOGUE)
