"""Every face of the client where a server wants to know who is there, by keys and by tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from ailoop import AiloopClient, AiloopError, NotAllowed, Unauthenticated
from tests.access.kit import Guarded
from tests.access.test_tokens import KEYS, RULES, claims, public, sign
from tests.client.conftest import face, transport
from tests.client.faces import OpenClient, alone
from tests.client.kit import Call
from tests.sealed.kit import People
from tests.serving import PORTS, serving, until

__all__ = ["face", "transport"]


@asynccontextmanager
async def client(
    house: Guarded, name: str, face: OpenClient = AiloopClient, **more: Any
) -> AsyncIterator[Any]:
    """Open somebody's client, of a face."""
    url = house.server.daemon.rest_url
    async with face(url, token=house.keys.get(name), **more) as opened:
        yield opened


async def test_an_agent_and_a_person(house: Guarded, face: OpenClient, transport: Any) -> None:
    """One asks, the other answers, under their own names."""
    async with (
        client(house, "bot", face, transport=transport) as bot,
        client(house, "ann", face, transport=transport) as ann,
        trio.open_nursery() as nursery,
    ):
        approvals = []

        async def ask() -> None:
            approvals.append(await bot.authorize("a", "Deploy"))

        nursery.start_soon(ask)
        await until(lambda: house.server.broker.tables.open_prompts)
        (waiting,) = await ann.pending()
        assert waiting["message"].metadata == {"sender": "bot"}
        with pytest.raises(NotAllowed, match="grant to answer"):
            await bot.respond(waiting["message_id"], response_type="authorization_approved")
        decision = {"response_type": "authorization_approved", "responder": "the boss"}
        await ann.respond(waiting["message_id"], **decision)
    (approval,) = approvals
    assert approval
    assert approval.responder == "ann"


async def test_no_token(
    house: Guarded, face: OpenClient, transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, and with one that is not good, it is said so at once and for good."""
    url = house.server.daemon.rest_url
    monkeypatch.delenv("AILOOP_TOKEN", raising=False)
    with pytest.raises(Unauthenticated) as raised:
        async with face(url, transport=transport) as nobody:
            await nobody.say("a", "x")
    assert raised.value.code == "unauthenticated"
    with pytest.raises(Unauthenticated) as raised:
        async with face(url, transport=transport, token="nobody") as nobody:
            await nobody.say("a", "x")
    assert raised.value.code == "bad_credential"


@alone("of files, and of an environment that the test changes; TypeScript has no such file")
async def test_where_a_token_comes_from(
    house: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The argument, what it returns, the environment, a file: the first that is there."""
    url = house.server.daemon.rest_url
    file = tmp_path / "token"
    file.write_text(f"{house.keys['bot']}\n")
    monkeypatch.setenv("AILOOP_TOKEN_FILE", str(file))
    async with AiloopClient(url) as by_file:
        await by_file.say("a", "x")
    monkeypatch.setenv("AILOOP_TOKEN", house.keys["bot"])
    file.unlink()
    async with AiloopClient(url) as by_environment:
        await by_environment.say("a", "x")
    monkeypatch.setenv("AILOOP_TOKEN", "nobody")
    async with AiloopClient(url, token=lambda: house.keys["bot"]) as by_call:
        await by_call.say("a", "x")
    monkeypatch.delenv("AILOOP_TOKEN")
    for bad in (lambda: AiloopClient(url), lambda: AiloopClient(url, token="a\r\nX: y")):
        with pytest.raises(AiloopError):
            async with bad():
                pass


async def test_a_token_is_asked_for_anew(house: Guarded, face: OpenClient) -> None:
    """A client whose key has been replaced goes on with the new one, and loses nothing."""
    current = [house.keys["bot"]]
    url = house.server.daemon.rest_url
    async with (
        face(url, token=lambda: current[0]) as bot,
        client(house, "ann") as ann,
        trio.open_nursery() as nursery,
    ):
        answers = []

        async def ask() -> None:
            answers.append((await bot.ask("a", "Which?")).content.answer)

        nursery.start_soon(ask)
        await until(lambda: house.server.broker.tables.open_prompts)
        current[0], _ = house.file.create("bot", ["agent:a*"])
        (old,) = [key for key in house.file.listed() if key.name == "bot"][:1]
        house.file.revoke(old.id)
        presence = house.server.daemon.gateway.presence
        await until(lambda: presence.closed["4001"])
        (waiting,) = await ann.pending()
        await ann.respond(waiting["message_id"], answer="this one")
    assert answers == ["this one"]


async def test_a_revoked_key_ends_a_client(house: Guarded, face: OpenClient) -> None:
    """Whoever waits is told that the key is good no longer, and no other attempt is made."""
    (bot,) = [key for key in house.file.listed() if key.name == "bot"]
    async with client(house, "bot", face) as agent, trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises(Unauthenticated):
                await agent.ask("a", "Which?")

        nursery.start_soon(ask)
        await until(lambda: house.server.broker.tables.open_prompts)
        house.file.revoke(bot.id)


async def test_a_token_of_an_issuer(
    tmp_path: Path, face: OpenClient, transport: Any, nursery: trio.Nursery
) -> None:
    """A JSON Web Token does as well as a key, for as long as it is valid."""
    source = tmp_path / "jwks.json"
    source.write_bytes(public(*KEYS.values()))
    rules = {"auth_jwt_issuer": RULES.issuer, "auth_jwt_audience": RULES.audience}
    async with serving(auth_jwt_keys=str(source), **rules) as server:
        url = server.daemon.rest_url
        agent = sign("Ed25519", claims(sub="bot", ailoop=["agent:a"]))
        person = sign("ES256", claims())
        old = sign("Ed25519", claims(exp=1))
        async with (
            face(url, transport=transport, token=agent) as bot,
            face(url, transport=transport, token=lambda: person) as ann,
        ):
            asking = Call(nursery, bot.ask, "a", "Which?")
            await until(lambda: server.broker.tables.open_prompts)
            (waiting,) = await ann.pending()
            await ann.respond(waiting["message_id"], "this one")
            assert (await asking.result()).metadata["responder"] == "ann"
        with pytest.raises(Unauthenticated):
            async with face(url, transport=transport, token=old) as late:
                await late.say("a", "x")


async def test_a_feed_shows_what_is_granted(
    house: Guarded, face: OpenClient, transport: Any
) -> None:
    """To follow all is to follow what is granted."""
    async with (
        client(house, "rival") as rival,
        client(house, "ann", face, transport=transport) as ann,
        ann.subscribe(replay=10) as feed,
    ):
        await rival.say("b", "secret")
        await rival.say("a", "open")
        assert (await feed.__anext__()).content.text == "open"  # type: ignore[union-attr]
    assert PORTS


@alone("encryption has its own tests of every face, in tests/sealed")
async def test_who_sent_what_is_encrypted(house: Guarded, tmp_path: Path) -> None:
    """It is the authenticated name also where the words are sealed, whatever they claim."""
    people = People(tmp_path, "ann")
    async with (
        client(house, "bot", seal_for=people.public("ann")) as bot,
        client(house, "ann", keys=people.private("ann")) as ann,
    ):
        claims = {"sender": "rival", "ticket": 7}
        for metadata in (claims, None):
            await bot.post_authorization("a", "Deploy", metadata=metadata)
        await bot.say("a", "deploying", metadata=claims)
        told = [item["message"].metadata for item in await ann.pending()]
        *_, said = await ann.history("a")
        assert told == [{**claims, "sender": "bot"}, {"sender": "bot"}]
        assert said.metadata == {**claims, "sender": "bot"}
