"""A client with a key believes an approval only with its receipt, on every face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import orjson
import pytest
import trio
from attrs import frozen

import ailoop.aio
import ailoop.sync
from ailoop import AiloopError, Approval, NotAuthorized, ReceiptInvalid
from ailoop.client.receipts import open_receipts
from ailoop.model.message import ResponseMessage, ResponseType
from tests.client.faces import OpenClient, but
from tests.client.kit import Call, asked, settle
from tests.serving import APPROVE, DENY, Served, serving
from tests.trust.kit import APPROVED, ASKED, NOW, PROMPT, Signing, key_files

ACTION, CONTEXT = "deploy", {"version": "1.4", "to": ["eu", "us"], "share": 0.5}


@frozen
class Signed:
    """A daemon that signs, and a client that has its key."""

    server: Served
    client: Any
    public: str

    async def approval(self, nursery: trio.Nursery, *args: Any, **how: Any) -> Any:
        """Ask for permission, and have a person approve."""
        return await self.decided(nursery, APPROVE, *args, **how)

    async def decided(
        self, nursery: trio.Nursery, decision: dict[str, str], *args: Any, **how: Any
    ) -> Any:
        call = Call(nursery, lambda: self.client.authorize("a", *(args or (ACTION,)), **how))
        await settle(self.server, await asked(self.server), **decision, responder="ann")
        return await call.result()


@pytest.fixture
async def signed(
    tmp_path: Path, face: OpenClient, transport: Literal["websocket", "rest"]
) -> AsyncIterator[Signed]:
    private, public = key_files(tmp_path)
    async with (
        serving(receipt_signing_key=private) as server,
        face(server.daemon.rest_url, transport=transport, receipt_key=public) as client,
    ):
        yield Signed(server, client, public)


def fault_of(caught: pytest.ExceptionInfo[ReceiptInvalid]) -> str:
    """Return what is wrong; what was raised is no approval in any way."""
    error = caught.value
    assert isinstance(error, NotAuthorized)
    assert isinstance(error, AiloopError)
    assert not error.approval
    assert error.approval.approved is False
    assert str(error).startswith("not authorized: ")
    with pytest.raises(NotAuthorized):
        error.approval.redeem(ACTION, CONTEXT)
    return error.fault


async def test_approved(signed: Signed, nursery: trio.Nursery) -> None:
    """The approval is true, has its receipt, and is redeemed once, for exactly this."""
    approval = await signed.approval(nursery, context=CONTEXT)
    assert approval
    assert approval.receipt.approver == approval.responder == "ann"
    for action, context in (
        ("deploy!", CONTEXT),
        (ACTION, {**CONTEXT, "share": 0.6}),
        (ACTION, None),
    ):
        with pytest.raises(ReceiptInvalid) as caught:
            approval.redeem(action, context)
        assert fault_of(caught) == "other_action"
    assert approval.redeem(ACTION, CONTEXT) == approval.receipt
    with pytest.raises(ReceiptInvalid) as caught:
        approval.redeem(ACTION, CONTEXT)
    assert fault_of(caught) == "used"


async def test_denied(signed: Signed, nursery: trio.Nursery) -> None:
    """A denial is false as ever, and cannot be redeemed."""
    approval = await signed.decided(nursery, DENY, context=CONTEXT)
    assert isinstance(approval, Approval)
    assert not approval
    with pytest.raises(NotAuthorized):
        approval.redeem(ACTION, CONTEXT)


async def test_nobody_answers(signed: Signed) -> None:
    """So is a timeout, which has no receipt."""
    assert not await signed.client.authorize("a", ACTION, timeout=1)


async def test_a_context_that_is_no_json_yet(signed: Signed, nursery: trio.Nursery) -> None:
    """What a client makes of a context on its way is what it redeems."""
    approval = await signed.approval(nursery, context={"to": ("eu", 1.0)})
    approval.redeem(ACTION, {"to": ["eu", 1]})


async def test_what_cannot_be_signed_is_not_asked(signed: Signed) -> None:
    """Nobody is asked about a number that they might be shown otherwise."""
    with pytest.raises(ValueError, match=r"amount is a whole number beyond 2\^53"):
        await signed.client.authorize("a", ACTION, context={"amount": 2**60})
    assert not signed.server.broker.channels


async def test_the_same_key_again(signed: Signed, nursery: trio.Nursery) -> None:
    """A program that asks again under a key gets the same approval until it is redeemed."""
    first = await signed.approval(nursery, key="run 7")
    again = await signed.client.authorize("a", ACTION, key="run 7")
    assert again.receipt == first.receipt
    first.redeem(ACTION)
    with pytest.raises(ReceiptInvalid) as caught:
        again.redeem(ACTION)
    assert fault_of(caught) == "used"
    with pytest.raises(ReceiptInvalid) as caught:
        await signed.client.authorize("a", ACTION, key="run 7")
    assert fault_of(caught) == "used"


async def test_in_steps(signed: Signed, nursery: trio.Nursery) -> None:
    """Who waits for a ticket has the response held against what they are about to do."""
    client = signed.client
    ticket = await client.post_authorization("a", ACTION, context=CONTEXT)
    call = Call(nursery, lambda: client.wait(ticket))
    await settle(signed.server, await asked(signed.server), **APPROVE)
    response = await call.result()
    prove = _method(client, "approval_of")
    assert prove(response, "a", ACTION, context=CONTEXT).redeem(ACTION, CONTEXT)
    for channel, action, fault in (("b", ACTION, "other_channel"), ("a", "x", "other_action")):
        with pytest.raises(ReceiptInvalid) as caught:
            prove(response, channel, action, context=CONTEXT)
        assert fault_of(caught) == fault


def _method(client: Any, name: str) -> Any:
    """Return a method that does not wait, past what has the others called elsewhere."""
    return getattr(getattr(client, "_inner", client), name)


# -- servers that are not to be believed ------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[str, str]]:
    """Two pairs of files: ours, whose public one the client has, and theirs."""
    made = {}
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        made[name] = key_files(tmp_path / name)
    return made


@pytest.mark.parametrize(("signer", "fault"), [("", "missing"), ("theirs", "unknown_key")])
async def test_a_server_that_does_not_sign_for_us(
    keys: dict[str, tuple[str, str]],
    face: OpenClient,
    nursery: trio.Nursery,
    signer: str,
    fault: str,
) -> None:
    """Its approval raises an error, however truly a person has approved."""
    async with (
        serving(receipt_signing_key=keys[signer][0] if signer else "") as server,
        face(server.daemon.rest_url, receipt_key=keys["ours"][1]) as client,
    ):
        call = Call(nursery, lambda: client.authorize("a", ACTION))
        await settle(server, await asked(server), **APPROVE)
        with pytest.raises(ReceiptInvalid) as caught:
            await call.result()
        assert fault_of(caught) == fault


def signed_response(signing: Signing, **changes: Any) -> ResponseMessage:
    """Make the response to :data:`PROMPT`, with a receipt of ours that differs."""
    return ResponseMessage(
        channel="deploys",
        content=APPROVED,
        correlation_id=PROMPT,
        metadata={"receipt": signing.sign(**changes)},
    )


CLOCK = "it cannot be given another clock; the golden frames are of other times"


@but(node=CLOCK, chromium=CLOCK)
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"prompt_id": UUID(int=2)}, "other_prompt"),
        ({"channel": "a"}, "other_channel"),
        ({"decision": "authorization_denied"}, "other_decision"),
        ({"action_hash": "sha-256:00"}, "other_action"),
        ({"expires_at": NOW}, "expired"),
    ],
)
async def test_a_receipt_of_something_else(
    face: OpenClient, changes: dict[str, Any], fault: str
) -> None:
    """A true receipt of another prompt, channel, decision or action, or time, is none."""
    signing = Signing()
    if "decision" in changes:
        changes = {"decision": ResponseType(changes["decision"])}
    async with (
        serving() as server,
        face(server.daemon.rest_url, receipt_key=signing.public) as one,
    ):
        client = getattr(one, "_inner", one)
        getattr(client, "_client", client)._receipts._verifier._now = signing.clock
        told = (signed_response(signing, **changes), "deploys", ASKED.action)
        with pytest.raises(ReceiptInvalid) as caught:
            client.approval_of(*told, context=ASKED.context)
        assert fault_of(caught) == fault
        fine = (signed_response(signing), *told[1:])
        approval = client.approval_of(*fine, context=ASKED.context)
        assert approval
        signing.clock.now += 300
        with pytest.raises(ReceiptInvalid) as caught:
            approval.redeem(ASKED.action, ASKED.context)
        assert fault_of(caught) == "expired"


async def elsewhere(client: Any, function: Any, *args: Any) -> Any:
    """Call something of a face where that face runs."""
    if isinstance(client, ailoop.AiloopClient):
        return await function(*args)
    return await client._call(function, *args)


# -- guards -----------------------------------------------------------------------------------

NONE = "it has no decorators and no blocks; that it redeems is tested above"
GUARDS = {"node": NONE, "chromium": NONE}


@but(**GUARDS)
async def test_a_guard_redeems(signed: Signed, nursery: trio.Nursery) -> None:
    """A decorator and a block use the approval up before anything is done."""
    inner = getattr(signed.client, "_inner", signed.client)
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

    async def run(version: list[str]) -> None:
        await elsewhere(signed.client, deploy, version)

    call = Call(nursery, run, ["1.4"])
    await settle(signed.server, await asked(signed.server), **APPROVE)
    await call.result()
    assert done == ["1.4"]
    verifier = getattr(inner, "_client", inner)._receipts._verifier
    assert len(verifier._used._ids) == 1
    # While the person thinks, the arguments become others.
    version = ["1.5"]
    call = Call(nursery, run, version)
    prompt = await asked(signed.server)
    assert prompt.content.label == "deploy ['1.5']"
    version[0] = "6.6.6"
    await settle(signed.server, prompt, **APPROVE)
    with pytest.raises(ReceiptInvalid) as caught:
        await call.result()
    assert fault_of(caught) == "other_action"
    assert done == ["1.4"]


@but(**GUARDS)
async def test_a_guarded_block_redeems(signed: Signed, nursery: trio.Nursery) -> None:
    """What is in the block runs under an approval that nobody can use again."""
    inner = getattr(signed.client, "_inner", signed.client)
    guard = inner.requires_authorization(ACTION, channel="a")
    enter = getattr(guard, "__aenter__", None) or guard.__enter__
    call = Call(nursery, lambda: elsewhere(signed.client, enter))
    await settle(signed.server, await asked(signed.server), **APPROVE)
    approval = await call.result()
    with pytest.raises(ReceiptInvalid) as caught:
        approval.redeem(ACTION)
    assert fault_of(caught) == "used"


# -- the key ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["path", "text", "key", "set", "environment"])
async def test_where_the_key_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, face: OpenClient
) -> None:
    """A path, a key, a set of keys, or the variable; all of them refuse what has no receipt."""
    _, public = key_files(tmp_path)
    key = orjson.loads(await trio.Path(public).read_bytes())
    given = {"path": Path(public), "text": public, "key": key, "set": {"keys": [key]}}
    if source == "environment":
        monkeypatch.setenv("AILOOP_RECEIPT_KEY", public)
    async with (
        serving() as server,
        face(server.daemon.rest_url, receipt_key=given.get(source)) as client,
        trio.open_nursery() as nursery,
    ):
        call = Call(nursery, lambda: client.authorize("a", ACTION))
        await settle(server, await asked(server), **APPROVE)
        with pytest.raises(ReceiptInvalid):
            await call.result()


@pytest.mark.parametrize(
    "make", [ailoop.AiloopClient, ailoop.aio.AiloopClient, ailoop.sync.AiloopClient]
)
def test_a_key_that_is_none(tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was to verify is not made without what it verifies with."""
    private, _ = key_files(tmp_path)
    for key, said in (
        (private, "private key"),
        (tmp_path / "none", "No such file"),
        ({"a": 1}, "Ed25519"),
    ):
        with pytest.raises(AiloopError, match=f"receipt_key: .*{said}"):
            make(receipt_key=key)
    monkeypatch.setenv("AILOOP_RECEIPT_KEY", str(tmp_path / "none"))
    with pytest.raises(AiloopError, match="No such file"):
        make()
    make(role="human")  # who may not ask needs none


def test_without_a_key() -> None:
    """Nothing changes for a client that was given none; but nothing is redeemed either."""
    assert open_receipts(None) is None
    response = ResponseMessage(channel="a", content=APPROVED, correlation_id=PROMPT)
    approval = Approval(response)
    assert approval
    with pytest.raises(ReceiptInvalid) as caught:
        approval.redeem(ACTION)
    assert fault_of(caught) == "missing"
