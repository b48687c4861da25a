"""An answer is taken only for the prompt that it answers."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ailoop.client.answer import read_answer
from ailoop.client.errors import Incompatible
from ailoop.client.session import ClientSession
from ailoop.model.codec import dump_message, encode
from ailoop.model.message import Message, Notification, Response, ResponseMessage

PROMPT, OTHER = uuid4(), uuid4()
APPROVAL = ResponseMessage(
    channel="a",
    content=Response(response_type="authorization_approved"),  # type: ignore[arg-type]
    correlation_id=PROMPT,
)


def test_its_own() -> None:
    """The response to the prompt is what it is."""
    assert read_answer(PROMPT, dump_message(APPROVAL)) == APPROVAL


def test_of_another() -> None:
    """An approval of something else, however it came here, approves nothing."""
    with pytest.raises(Incompatible, match="where that to"):
        read_answer(OTHER, dump_message(APPROVAL))


@pytest.mark.parametrize(
    "body",
    [None, [], {}, "x", dump_message(Message(channel="a", content=Notification(text="x")))],
)
def test_none(body: object) -> None:
    """What is no response is not taken for one."""
    with pytest.raises(Incompatible, match="not understood"):
        read_answer(PROMPT, body)


def test_in_a_frame() -> None:
    """Nor is one that a frame attributes to another prompt."""
    session = ClientSession()
    session.opened(0)
    session.watch(OTHER, taken=True)
    message = encode(APPROVAL).decode()
    frame = f'{{"op":"response","id":"{OTHER}","message":{message}}}'
    with pytest.raises(Incompatible):
        session.receive(frame, 0)
