"""Receipts of encrypted prompts: the daemon signs the ciphertext, the agent knows the words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
import trio
from attrs import evolve, frozen

import ailoop.sync
from ailoop import AiloopClient, NotAuthorized, ReceiptInvalid, Ticket, UnreadAnswer
from ailoop.client.opened import OpenedResponse
from ailoop.model.message import ResponseMessage
from ailoop.trust.canonical import content_hash
from ailoop.trust.hidden import sealed_hash
from ailoop.trust.receipt_check import ReceiptVerifier
from tests.client.faces import EACH_FACE, OpenClient, but
from tests.client.kit import Call, asked
from tests.sealed.kit import People
from tests.serving import Served, serving
from tests.trust.kit import key_files
from tests.trust.test_client import GUARDS, elsewhere, fault_of

ACTION, CONTEXT = "pay 4,200 to K. Meyer", {"from": "payroll", "share": 0.5}
APPROVED, DENIED = "authorization_approved", "authorization_denied"


@frozen
class House:
    """A daemon that signs, an agent that seals and verifies, and ann who reads."""

    server: Served
    agent: Any
    ann: AiloopClient
    people: People
    private: str
    public: str

    def other_agent(self, **how: Any) -> AiloopClient:
        """Make one more client that has the public key of receipts."""
        url = self.server.daemon.rest_url
        return AiloopClient(url, transport="rest", receipt_key=self.public, **how)

    async def decide(self, kind: str = APPROVED, *args: Any) -> None:
        """Have ann read and decide the newest prompt."""
        prompt = await asked(self.server)
        await self.ann.respond(prompt.entry.id, *args, response_type=kind, responder="ann")

    async def approval(self, nursery: trio.Nursery, *args: Any, **how: Any) -> Any:
        call = Call(nursery, lambda: self.agent.authorize("a", *(args or (ACTION,)), **how))
        await self.decide()
        return await call.result()

    def recorded(self, prompt_id: Any) -> tuple[Any, Any]:
        """Return a prompt and its response, as the server has them."""
        prompt = self.server.broker.prompt(prompt_id)
        return prompt.message, prompt.response_message


@pytest.fixture
async def house(
    tmp_path: Path, face: OpenClient, transport: Literal["websocket", "rest"]
) -> AsyncIterator[House]:
    private, public = key_files(tmp_path)
    people = People(tmp_path, "ann", "agent")
    async with serving(receipt_signing_key=private) as server:
        url = server.daemon.rest_url
        async with (
            face(
                url,
                transport=transport,
                receipt_key=public,
                seal_for=people.public("ann"),
                keys=people.private("agent"),
            ) as agent,
            AiloopClient(
                url, transport="rest", role="human", keys=people.private("ann")
            ) as ann,
        ):
            yield House(server, agent, ann, people, private, public)


one_face = pytest.mark.parametrize(
    ("face", "transport"), [("trio", "rest")], indirect=True, ids=["trio-rest"]
)
"""For what does not depend on the face."""

each_language = pytest.mark.parametrize(
    ("face", "transport"),
    [
        pytest.param(one.id, "rest", marks=one.marks, id=one.id)
        for one in EACH_FACE
        if one.id in ("trio", "node")
    ],
    indirect=True,
)
"""For what each implementation has to refuse."""


async def test_approved(house: House, nursery: trio.Nursery) -> None:
    """It is redeemed once, for exactly what was encrypted, of which the server sees nothing."""
    approval = await house.approval(nursery, context=CONTEXT)
    assert approval
    assert approval.receipt.sealed
    assert approval.receipt.approver == approval.responder == "ann"
    for action, context in ((f"{ACTION}!", CONTEXT), (ACTION, None)):
        with pytest.raises(ReceiptInvalid, match="not what is about to be done") as caught:
            approval.redeem(action, context)
        assert fault_of(caught) == "other_action"
    assert approval.redeem(ACTION, dict(reversed(CONTEXT.items()))) == approval.receipt
    with pytest.raises(ReceiptInvalid) as caught:
        approval.redeem(ACTION, CONTEXT)
    assert fault_of(caught) == "used"
    prompt, _ = house.recorded(approval.response.correlation_id)
    part = prompt.metadata["sealed"]
    assert approval.receipt.action_hash == sealed_hash("authorization", part)
    seen = b"".join(entry.encoded for entry in house.server.broker.tables.messages.values())
    assert b"Meyer" not in seen
    # A hash of what was encrypted would give it away to who can guess.
    for text in (approval.receipt.action_hash, repr(approval), repr(approval.response)):
        assert content_hash(evolve(prompt.content, action=ACTION, context=CONTEXT)) not in text


async def test_denied(house: House, nursery: trio.Nursery) -> None:
    """A denial by a reader, or in the clear, is a no without an error; so is no answer."""
    call = Call(nursery, lambda: house.agent.authorize("a", ACTION))
    await house.decide(DENIED)
    approval = await call.result()
    assert not approval
    with pytest.raises(NotAuthorized):
        approval.redeem(ACTION)
    call = Call(nursery, lambda: house.agent.authorize("a", ACTION))
    prompt = await asked(house.server)
    await house.server.respond({"id": str(prompt.entry.id)}, response_type=DENIED)
    assert not await call.result()
    assert not await house.agent.authorize("a", ACTION, timeout=1)


async def test_an_approval_with_words(house: House, nursery: trio.Nursery) -> None:
    """The words that were sealed are those that the receipt is about, by their ciphertext."""
    call = Call(nursery, lambda: house.agent.authorize("a", ACTION))
    await house.decide(APPROVED, "but slowly")
    approval = await call.result()
    assert approval.response.content.answer == "but slowly"
    _, response = house.recorded(approval.response.correlation_id)
    assert approval.receipt.answer_hash == sealed_hash("response", response.metadata["sealed"])
    approval.redeem(ACTION)


async def test_in_steps(house: House, nursery: trio.Nursery) -> None:
    """A ticket tells another process, which seals nothing itself, what was encrypted."""
    ticket = await house.agent.post_authorization("a", ACTION, context=CONTEXT)
    kept = Ticket.load(str(ticket))
    assert kept == ticket
    assert ticket.content_hash is not None
    assert ticket.content_hash not in repr(ticket)
    call = Call(nursery, lambda: house.agent.wait(ticket.id))
    await house.decide()
    inner = getattr(house.agent, "_inner", house.agent)
    async with house.other_agent() as other:
        for prove, response in (
            (inner.approval_of, await call.result()),
            (other.approval_of, await other.wait(kept)),
        ):
            for channel, action, fault in (
                ("b", ACTION, "other_channel"),
                ("a", "x", "other_action"),
            ):
                with pytest.raises(ReceiptInvalid) as caught:
                    prove(response, channel, action, context=CONTEXT)
                assert fault_of(caught) == fault
            assert prove(response, "a", ACTION, context=CONTEXT).redeem(ACTION, CONTEXT)
        blind = evolve(kept, content_hash=None, prompt_hash=None)
        with pytest.raises(ReceiptInvalid) as caught:
            other.approval_of(await other.wait(blind), "a", ACTION, context=CONTEXT)
        assert fault_of(caught) == "sealed"


async def test_the_same_key_again(house: House, nursery: trio.Nursery) -> None:
    """Sealed anew after a restart, it is the prompt of before, with its receipt."""
    first = await house.approval(nursery, key="run 7")
    again = await house.agent.authorize("a", ACTION, key="run 7")
    assert again.receipt == first.receipt
    how = {"seal_for": house.people.public("ann"), "keys": house.people.private("agent")}
    async with house.other_agent(**how) as restarted:
        approval = await restarted.authorize("a", ACTION, key="run 7")
        with pytest.raises(ReceiptInvalid) as caught:
            approval.redeem("something else")
        assert fault_of(caught) == "other_action"
        assert approval.redeem(ACTION) == first.receipt
    first.redeem(ACTION)
    with pytest.raises(ReceiptInvalid) as caught:
        again.redeem(ACTION)
    assert fault_of(caught) == "used"


@but(**GUARDS)
async def test_a_guard_redeems(house: House, nursery: trio.Nursery) -> None:
    """What is called with other arguments than were encrypted is not done."""
    inner = getattr(house.agent, "_inner", house.agent)
    done: list[str] = []
    guard = inner.requires_authorization("deploy {version}", channel="a")
    if isinstance(inner, ailoop.sync.AiloopClient):

        @guard
        def deploy(version: list[str]) -> None:
            done.extend(version)
    else:

        @guard
        async def deploy(version: list[str]) -> None:
            done.extend(version)

    version = ["1.4"]
    call = Call(nursery, lambda: elsewhere(house.agent, deploy, version))
    await house.decide()
    await call.result()
    assert done == ["1.4"]
    call = Call(nursery, lambda: elsewhere(house.agent, deploy, version))
    await asked(house.server)
    version[0] = "6.6.6"
    await house.decide()
    with pytest.raises(ReceiptInvalid) as caught:
        await call.result()
    assert fault_of(caught) == "other_action"
    assert done == ["1.4"]


async def test_what_cannot_be_signed_is_not_asked(house: House) -> None:
    """The server cannot refuse what it does not see; the client does, also in steps."""
    for ask in (house.agent.authorize, house.agent.post_authorization):
        with pytest.raises(ValueError, match=r"amount is a whole number beyond 2\^53"):
            await ask("a", ACTION, context={"amount": 2**60})
    assert not house.server.broker.channels


# -- what is not to be believed ---------------------------------------------------------------


def of_another_prompt(theirs: OpenedResponse, ours: OpenedResponse) -> OpenedResponse:
    """The true receipt of another prompt that asked for the very same."""
    return evolve(ours, metadata=theirs.metadata)


def of_another_ciphertext(theirs: OpenedResponse, ours: OpenedResponse) -> OpenedResponse:
    """A true receipt of this prompt, for an agent that has sealed something else as it."""
    return evolve(ours, hidden=evolve(ours.hidden, prompt_hash=theirs.hidden.prompt_hash))


def of_another_answer(theirs: OpenedResponse, ours: OpenedResponse) -> OpenedResponse:
    """A true receipt of this prompt, with the answer of another in the place of its own."""
    return evolve(ours, hidden=evolve(ours.hidden, answer_hash=theirs.hidden.answer_hash))


def taken_for_another(theirs: OpenedResponse, ours: OpenedResponse) -> OpenedResponse:
    """A response that claims to be that of another prompt."""
    return evolve(ours, correlation_id=uuid4())


def without(_: OpenedResponse, ours: OpenedResponse) -> OpenedResponse:
    """A response that a proxy has taken the receipt from."""
    return evolve(ours, metadata=None)


def that_nobody_knows(_: OpenedResponse, ours: OpenedResponse) -> OpenedResponse:
    """A prompt of which this client does not know what it said."""
    return evolve(ours, hidden=evolve(ours.hidden, content_hash=None))


@one_face
@pytest.mark.parametrize(
    ("alter", "fault"),
    [
        (of_another_prompt, "other_prompt"),
        (of_another_ciphertext, "other_action"),
        (of_another_answer, "other_decision"),
        (taken_for_another, "other_prompt"),
        (without, "missing"),
        (that_nobody_knows, "sealed"),
    ],
)
async def test_a_receipt_of_something_else(
    house: House, alter: Callable[..., OpenedResponse], fault: str
) -> None:
    """Of two prompts with the same words neither receipt verifies for the other."""
    opened = []
    for _ in range(2):
        ticket = await house.agent.post_authorization("a", ACTION)
        await house.ann.respond(ticket, response_type=APPROVED)
        opened.append(await house.agent.wait(ticket))
    assert all(house.agent.approval_of(one, "a", ACTION) for one in opened)
    with pytest.raises(ReceiptInvalid) as caught:
        house.agent.approval_of(alter(*opened), "a", ACTION)
    assert fault_of(caught) == fault


@one_face
async def test_a_ciphertext_elsewhere(house: House, nursery: trio.Nursery) -> None:
    """Posted under another id or on another channel, it is signed as that alone."""
    approval = await house.approval(nursery)
    prompt, response = house.recorded(approval.response.correlation_id)
    for channel in ("a", "b"):
        posted = await house.server.post(
            {
                "channel": channel,
                "content": {"type": "authorization", "action": ACTION},
                "metadata": prompt.metadata,
            }
        )
        moved = await house.server.respond(
            posted, response_type=APPROVED, sealed=response.metadata["sealed"]
        )
        token = moved.json()["metadata"]["receipt"]
        read = ReceiptVerifier(house.public).read(token)
        assert (read.channel, str(read.prompt_id)) == (channel, posted["id"])
        assert read.action_hash == approval.receipt.action_hash
        metadata = {**approval.response.metadata, "receipt": token}
        with pytest.raises(ReceiptInvalid) as caught:
            house.agent.approval_of(evolve(approval.response, metadata=metadata), "a", ACTION)
        assert fault_of(caught) == "other_prompt"


@each_language
async def test_a_true_receipt_of_an_unread_approval(
    house: House, nursery: trio.Nursery
) -> None:
    """Both have to hold: the daemon signs what it cannot open, and the agent refuses it."""
    call = Call(nursery, lambda: house.agent.authorize("a", ACTION))
    prompt = await asked(house.server)
    forged = {"ciphertext": "AA", "recipients": [{"header": {"kid": "reply"}}]}
    where = {"id": str(prompt.entry.id)}
    taken = await house.server.respond(where, response_type=APPROVED, sealed=forged)
    assert ReceiptVerifier(house.public).read(taken.json()["metadata"]["receipt"]).sealed
    with pytest.raises(UnreadAnswer):
        await call.result()
    _, response = house.recorded(prompt.entry.id)
    async with house.other_agent() as other:
        for client in (house.agent, other):
            with pytest.raises(UnreadAnswer):
                client.approval_of(ResponseMessage.of(response), "a", ACTION)


@each_language
async def test_a_genuine_answer_without_a_receipt(
    house: House, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the other way round: what ann has read and approved is none while nobody signs it."""
    monkeypatch.setattr(house.server.broker._registry, "issuer", None)
    call = Call(nursery, lambda: house.agent.authorize("b", ACTION))
    await house.decide()
    with pytest.raises(ReceiptInvalid) as caught:
        await call.result()
    assert fault_of(caught) == "missing"


@one_face
async def test_it_is_no_receipt_of_the_cover(house: House, nursery: trio.Nursery) -> None:
    """An agent that encrypts nothing cannot redeem it for the sentence that all can see."""
    approval = await house.approval(nursery)
    prompt, response = house.recorded(approval.response.correlation_id)
    clear = evolve(
        ResponseMessage.of(response), metadata={"receipt": response.metadata["receipt"]}
    )
    async with house.other_agent() as other:
        with pytest.raises(ReceiptInvalid) as caught:
            other.approval_of(clear, "a", prompt.content.action)
        assert fault_of(caught) == "sealed"


@one_face
async def test_a_cover_that_cannot_be_signed(house: House) -> None:
    """A ciphertext that is none of ours and has no canonical form is refused with its place."""
    answer = await house.server.http.post(
        "/api/v1/messages",
        json={
            "channel": "a",
            "content": {"type": "authorization", "action": "x"},
            "metadata": {"sealed": {"ciphertext": [2**60]}},
        },
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["path"] == "$.metadata.sealed.ciphertext[0]"
