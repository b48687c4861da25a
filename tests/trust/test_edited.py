"""Receipts of authorizations that a person has edited are about what was made of them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
import trio
from attrs import evolve

from ailoop import Approval, ReceiptInvalid, Ticket, UnreadAnswer
from ailoop.model.form import json_text
from ailoop.model.message import Authorization, Question
from ailoop.trust.canonical import content_hash
from tests.client.kit import Call, asked
from tests.serving import APPROVE, authorization
from tests.trust.test_client import Signed, fault_of, signed
from tests.trust.test_sealed import House, each_language, house, one_face

__all__ = ["house", "signed"]

ACTION, CONTEXT = "send mails", {"to": ["ann", "bob"], "limit": 5}
EDITED = {"to": ["ann"], "limit": 0.5}


def check_redeemed(approval: Approval, action: str = ACTION, context: Any = EDITED) -> None:
    """See that an approval is good for one thing, once."""
    assert approval.context == context
    for other, another in ((f"{action}!", context), (action, CONTEXT), (action, None)):
        if (other, another) != (action, context):
            with pytest.raises(ReceiptInvalid) as caught:
                approval.redeem(other, another)
            assert caught.value.fault == "other_action"
    assert approval.redeem(action, dict(reversed(context.items()))) == approval.receipt
    with pytest.raises(ReceiptInvalid) as caught:
        approval.redeem(action, context)
    assert caught.value.fault == "used"


async def test_edited(signed: Signed, nursery: trio.Nursery) -> None:
    """The daemon signs the edited context, and the approval is redeemed with that alone."""
    decision: dict[str, Any] = {**APPROVE, "answer": EDITED}
    approval = await signed.decided(nursery, decision, ACTION, context=CONTEXT, editable=True)
    assert approval.edited
    about = Authorization(action=ACTION, context=EDITED)
    assert approval.receipt.action_hash == content_hash(about)
    check_redeemed(approval)


async def test_as_asked(signed: Signed, nursery: trio.Nursery) -> None:
    """What could have been edited and was not is about what was asked."""
    approval = await signed.approval(nursery, ACTION, context=CONTEXT, editable=True)
    assert not approval.edited
    check_redeemed(approval, context=CONTEXT)


async def test_an_edit_on_its_way(signed: Signed, nursery: trio.Nursery) -> None:
    """An edit that somebody changes after it was signed is no approval."""
    call = Call(
        nursery,
        lambda: signed.client.post_authorization("a", ACTION, context=CONTEXT, editable=True),
    )
    ticket = await call.result()
    await signed.server.respond({"id": str(ticket.id)}, **APPROVE, answer=EDITED)
    response = await signed.client.wait(ticket)
    inner = getattr(signed.client, "_inner", signed.client)
    for answer in ({**EDITED, "limit": 1000}, CONTEXT, "x", None):
        text = json_text(answer) if isinstance(answer, dict) else answer
        other = evolve(response, content=evolve(response.content, answer=text))
        with pytest.raises(ReceiptInvalid) as caught:
            inner.approval_of(other, "a", ACTION, context=CONTEXT)
        assert fault_of(caught) == "other_decision"
    response.metadata["value"] = CONTEXT  # what surfaces show proves nothing
    check_redeemed(inner.approval_of(response, "a", ACTION, context=CONTEXT))


@one_face
async def test_an_edit_that_cannot_be_signed(signed: Signed, nursery: trio.Nursery) -> None:
    """It is refused while the prompt is open, so that no approval comes without its receipt."""
    asking = authorization(context={}, editable=True)
    prompt = await signed.server.post(asking)
    told = await signed.server.respond(prompt, **APPROVE, answer={"n": [2**53]})
    assert told.json()["code"] == "invalid_answer"
    assert "$.content.context.n[0] is a whole number beyond" in told.json()["error"]
    assert await signed.server.state_of(prompt) == "pending"


def test_the_hash_of_a_form() -> None:
    """The schema belongs to what is asked; without one a question has the hash it had."""
    plain = content_hash(Question(text="?"))
    written = b'{"choices":null,"text":"?","type":"question"}'
    assert plain == f"sha-256:{sha256(written).hexdigest()}"
    schema: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "string"}}}
    form = content_hash(Question(text="?", schema=schema))
    assert form != plain
    assert form == content_hash(Question(text="?", schema=dict(reversed(schema.items()))))
    more = {"type": "object", "properties": {"x": {"type": "integer"}}}
    assert form != content_hash(Question(text="?", schema=more))


async def decide(house: House, answer: Any) -> None:
    """Have ann, who reads it, approve the newest prompt with another context."""
    prompt = await asked(house.server)
    await house.ann.respond(prompt.entry.id, answer, **APPROVE, responder="ann")


async def test_edited_unseen(house: House, nursery: trio.Nursery) -> None:
    """Encrypted, an edit is seen by the agent alone, and redeemed as any other."""
    call = Call(
        nursery,
        lambda: house.agent.authorize("a", ACTION, context=CONTEXT, editable=True),
    )
    await decide(house, EDITED)
    approval = await call.result()
    assert approval.edited
    assert approval.receipt.sealed
    check_redeemed(approval)
    seen = b"".join(entry.encoded for entry in house.server.broker.tables.messages.values())
    for words in (b"mails", b"editable", b"limit", b"0.5"):
        assert words not in seen


async def test_a_ticket_knows_what_may_be_edited(house: House) -> None:
    """Another process, with the ticket alone, redeems what was approved and nothing else."""
    ticket = await house.agent.post_authorization("a", ACTION, context=CONTEXT, editable=True)
    await house.ann.respond(ticket.id, EDITED, **APPROVE)
    async with house.other_agent(keys=house.people.private("agent")) as other:
        response = await other.wait(Ticket.load(str(ticket)))
        check_redeemed(other.approval_of(response, "a", ACTION, context=CONTEXT))
        with pytest.raises(ReceiptInvalid) as caught:
            other.approval_of(response, "a", "send more mails", context=CONTEXT)
        assert fault_of(caught) == "other_action"


@each_language
async def test_an_edit_that_is_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an agent cannot read as a context does not approve what was asked."""
    monkeypatch.setattr("ailoop.client.opening.fit_answer", lambda _, said: (said, {}))
    ticket = await house.agent.post_authorization("a", ACTION, context=CONTEXT, editable=True)
    await house.ann.respond(ticket.id, "as I said", **APPROVE)
    with pytest.raises(UnreadAnswer, match="its edited context is not understood"):
        await house.agent.wait(ticket)


@each_language
async def test_an_edit_of_what_is_not_editable(
    house: House, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's client refuses it; one that does not gets no approval out of it."""
    ticket = await house.agent.post_authorization("a", ACTION, context=CONTEXT)
    with pytest.raises(Exception, match="is not editable"):
        await house.ann.respond(ticket.id, EDITED, **APPROVE)
    monkeypatch.setattr(
        "ailoop.client.opening.fit_answer", lambda _, said: (said, {"value": EDITED})
    )
    await house.ann.respond(ticket.id, EDITED, **APPROVE)
    response = await house.agent.wait(ticket)
    with pytest.raises(ReceiptInvalid) as caught:
        house.agent.approval_of(response, "a", ACTION, context=CONTEXT)
    assert fault_of(caught) == "other_action"
    call = Call(nursery, lambda: house.agent.authorize("a", ACTION, context=CONTEXT))
    await decide(house, EDITED)
    approval = await call.result()
    assert not approval
    assert "edited" in approval.doubt
