"""Encrypted forms: what is asked and what is filled in are for the two of them alone."""

from __future__ import annotations

import pytest
import trio
from attrs import frozen

from ailoop import Invalid, UnfitAnswer
from tests.client.kit import Call, asked
from tests.sealed.kit import WORDS
from tests.trust.test_sealed import House, each_language, house

__all__ = ["house"]

FORM = {
    "type": "object",
    "properties": {WORDS: {"type": "string", "enum": [f"{WORDS}-a", f"{WORDS}-b"]}},
    "required": [WORDS],
}


@frozen
class Order:
    """A form."""

    name: str
    count: int = 1


async def test_filled_in(house: House, nursery: trio.Nursery) -> None:
    """The person's client checks the answer, the agent gets it, the server sees nothing."""
    call = Call(nursery, lambda: house.agent.ask("a", WORDS, schema=FORM))
    prompt = await asked(house.server)
    (item,) = await house.ann.pending()
    assert item["message"].content.schema == FORM
    with pytest.raises(Invalid, match="must be one of") as caught:
        await house.ann.respond(item["message"], {WORDS: "c"})
    assert caught.value.code == "invalid_answer"
    with pytest.raises(Invalid, match="its answer is an object"):
        await house.ann.respond(prompt.entry.id, "the first")
    await house.ann.respond(prompt.entry.id, {WORDS: f"{WORDS}-b"}, responder="ann")
    answer = await call.result()
    assert answer.value == {WORDS: f"{WORDS}-b"}
    assert answer.metadata["value"] == answer.value
    seen = b"".join(entry.encoded for entry in house.server.broker.tables.messages.values())
    assert WORDS.encode() not in seen
    assert b"schema" not in seen


async def test_an_instance(house: House) -> None:
    """In steps, and with a class."""
    ticket = await house.agent.post_question("a", WORDS, schema=Order)
    await house.ann.respond(ticket.id, '{"name": "kumquat"}')
    answer = await house.agent.wait(ticket, schema=Order)
    assert answer.value == Order("kumquat")


@each_language
async def test_the_agent_checks_what_no_server_could(
    house: House, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person's client lets through does not pass the agent's."""
    monkeypatch.setattr("ailoop.client.opening.fit_answer", lambda _, said: (said, {}))
    for answer, why in (
        ({"name": 5}, "name must be text"),
        ({"count": 1}, "name is required"),
        ("as usual", "its answer is an object"),
    ):
        call = Call(nursery, lambda: house.agent.ask("a", WORDS, schema=Order))
        prompt = await asked(house.server)
        await house.ann.respond(prompt.entry.id, answer)
        with pytest.raises(UnfitAnswer, match=why):
            await call.result()


@each_language
async def test_a_deep_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is nested too deep to be handled is not opened."""
    monkeypatch.setattr(
        "ailoop.client.opening.fit_answer", lambda _, said: (said, {"value": deep})
    )
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"x": deep}
    ticket = await house.agent.post_question("a", WORDS, schema=Order)
    await house.ann.respond(ticket.id, "{}")
    with pytest.raises(Exception, match="nested too deep"):
        await house.agent.wait(ticket)
