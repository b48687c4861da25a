"""The golden frames of encryption: what any SDK has sealed opens here, and says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ailoop import UnreadAnswer
from ailoop.client.kept import Kept
from ailoop.client.opened import OpenedResponse, open_answer
from ailoop.client.opening import Keyring, SealedMessage, seal_decision
from ailoop.client.sealing import place_of
from ailoop.model.codec import dump_message, load_message
from ailoop.model.message import PROMPT_TYPES, Message, ResponseMessage
from ailoop.trust.canonical import content_hash
from ailoop.trust.hidden import sealed_hash
from ailoop.trust.keys import Key
from ailoop.trust.reply import ReplySecret

FRAMES = orjson.loads((Path(__file__).parents[1] / "wire" / "sealed.json").read_bytes())
KEYS = {name: Key.load(members) for name, members in FRAMES["keys"].items()}
PROMPTS = {(row["name"], row["by"]): row for row in FRAMES["prompts"]}


def frames(group: str, *having: str) -> list[Any]:
    """Return one group as named test cases."""
    return [
        pytest.param(row, id=f"{row['name']} {row.get('by', '')}".strip())
        for row in FRAMES[group]
        if all(name in row for name in having)
    ]


def open_as(name: str, message: dict[str, Any]) -> Message:
    """Open a message with somebody's key."""
    keyring = Keyring([])
    keyring.keys = [KEYS[name]]
    return keyring.open(load_message(message))


def kept_of(name: str) -> Kept:
    """Return what the agent has kept of a prompt."""
    row = PROMPTS[name, "python"]
    return Kept(bytes.fromhex(row["secret"]), row["content_hash"], row["prompt_hash"])


def opened(recorded: dict[str, Any], prompt: str) -> ResponseMessage:
    """Open an answer as the agent that asked."""
    return open_answer(ResponseMessage.of(load_message(recorded)), kept_of(prompt))


def told(response: ResponseMessage) -> dict[str, Any]:
    """Return what a response says, as the frames write it."""
    members = dump_message(response)
    return {"content": members["content"], "metadata": members.get("metadata")}


@pytest.mark.parametrize("name", ["ann", "bob"])
@pytest.mark.parametrize("frame", frames("prompts"))
def test_recipients_read_it(frame: dict[str, Any], name: str) -> None:
    """Each recipient reads what was said."""
    message = open_as(name, frame["sealed"])
    assert isinstance(message, SealedMessage)
    assert (message.key_name, message.trouble) == (name, None)
    assert dump_message(message) == frame["clear"]
    stranger = open_as("agent", frame["sealed"])
    assert isinstance(stranger, SealedMessage)
    assert not stranger.is_open


@pytest.mark.parametrize("frame", frames("prompts", "secret"))
def test_all_follows_from_who_asks_what(frame: dict[str, Any]) -> None:
    """Whatever SDK asks, it derives the same secret, and from that the same of the rest."""
    clear = load_message(frame["clear"])
    said = ("content", "metadata")
    inner = {name: value for name, value in frame["clear"].items() if name in said}
    secret = ReplySecret.of(KEYS["agent"].derive("replies"), place_of(clear), inner)
    assert secret.secret.hex() == frame["secret"]
    assert (secret.nonce, secret.fingerprint) == (frame["nonce"], frame["fingerprint"])
    assert secret.key.dump() == frame["reply_to"]
    assert isinstance(clear.content, PROMPT_TYPES)
    assert content_hash(clear.content) == frame["content_hash"]
    part = frame["sealed"]["metadata"]["sealed"]
    assert part["fingerprint"] == frame["fingerprint"]
    assert sealed_hash(clear.content.type, part) == frame["prompt_hash"]


@pytest.mark.parametrize("frame", frames("unopened"))
def test_it_is_not_opened(frame: dict[str, Any]) -> None:
    """What was damaged, moved or made otherwise is not shown."""
    message = open_as("ann", frame["message"])
    assert isinstance(message, SealedMessage)
    assert message.trouble == frame["trouble"]


@pytest.mark.parametrize("frame", frames("answers"))
def test_an_answer(frame: dict[str, Any]) -> None:
    """The agent reads what a person has answered, on whatever surface."""
    response = opened(frame["recorded"], frame["prompt"])
    assert told(response) == frame["opened"]
    hidden = response.hidden if isinstance(response, OpenedResponse) else None
    assert (hidden.answer_hash if hidden else None) == frame.get("answer_hash")


@pytest.mark.parametrize("by", ["python", "typescript"])
@pytest.mark.parametrize("frame", frames("answers", "told"))
def test_it_is_answered(frame: dict[str, Any], by: str) -> None:
    """A prompt by either SDK takes the answer, which says the same."""
    prompt = open_as("ann", PROMPTS[frame["prompt"], by]["sealed"])
    assert isinstance(prompt, SealedMessage)
    part = seal_decision(prompt, frame["told"])["sealed"]
    recorded = frame["recorded"]
    recorded = {**recorded, "metadata": {**recorded["metadata"], "sealed": part}}
    assert told(opened(recorded, frame["prompt"])) == frame["opened"]


@pytest.mark.parametrize("frame", frames("unread"))
def test_it_is_not_believed(frame: dict[str, Any]) -> None:
    """An answer by whoever has not read the prompt is none."""
    with pytest.raises(UnreadAnswer) as caught:
        opened(frame["recorded"], frame["prompt"])
    assert frame["why"] in str(caught.value)


def test_there_are_frames_of_each() -> None:
    """No SDK's frames are missing; there is none of another."""
    for group in ("prompts", "answers"):
        assert {row["by"] for row in FRAMES[group]} == {"python", "typescript"}
