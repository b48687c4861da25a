"""What ends with a credential or a sign-in, and when."""

from __future__ import annotations

import math
import os
import stat
from functools import partial
from pathlib import Path

import orjson
import pytest
import structlog
import trio
from attrs import evolve
from click.testing import CliRunner
from joserfc.jws import serialize_compact

from ailoop.access.authenticator import Authenticator
from ailoop.access.identity import Identity
from ailoop.access.jwks import KeySource, KeySourceError
from ailoop.access.keys import KeyFile, KeyFileError
from ailoop.access.signins import SignIns
from ailoop.access.tokens import Tokens
from ailoop.cli.main import cli
from ailoop.model.errors import CLOSE_UNAUTHENTICATED, Refusal
from ailoop.transport.ws.v1 import V1Session
from tests.access.kit import Guarded, bearer, guarded
from tests.access.test_sign_in import SESSION, offered, page, sign_in, socket_headers
from tests.access.test_tokens import KEYS, RULES, claims, public, raw, sign
from tests.serving import APPROVE, authorization, question, response, serving, talking, until


def revoke(house: Guarded, name: str) -> None:
    """Revoke somebody's key, and have the daemon look at once."""
    (known,) = [one for one in house.file.listed() if one.name == name]
    house.file.revoke(known.id)
    authenticator = house.server.daemon.gateway.authenticator
    assert authenticator is not None
    provider = authenticator._providers[0]
    assert isinstance(provider, KeyFile)
    provider._looked_at = -math.inf


async def test_signing_out_ends_the_pages_sockets(house: Guarded) -> None:
    """Who signs out in one tab is not there any more in the others."""
    async with page(house) as http:
        told = await sign_in(http, house.keys["ann"])
        headers = socket_headers(house, http)
        async with talking(
            house.server.socket_url("rest"), offered(http), headers=headers
        ) as talk:
            assert (await talk.call("auth", ref=1))["name"] == "ann"
            await http.delete(SESSION, headers={"X-Ailoop-Csrf": told["csrf"]})
            assert await talk.closed() == CLOSE_UNAUTHENTICATED
    assert (await house["ann"].get("/api/v1/pending")).status_code == 200


async def test_the_end_of_a_sign_in_ends_its_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time a page is sent away, though the key that it signed in with is good."""
    async with guarded(tmp_path, session_seconds=600) as house, page(house) as http:
        await sign_in(http, house.keys["ann"])
        headers = socket_headers(house, http)
        async with talking(
            house.server.socket_url("rest"), offered(http), headers=headers
        ) as talk:
            assert (await talk.call("auth", ref=1))["name"] == "ann"
            (signed_in,) = house.server.daemon.gateway.authenticator.sign_ins._open.values()
            monkeypatch.setattr(signed_in, "ends_at", 0.0)
            assert await talk.closed() == CLOSE_UNAUTHENTICATED


async def test_a_key_revoked_while_a_body_is_on_its_way(house: Guarded) -> None:
    """What a key was good for when a request began, it is not good for when it has come."""
    prompt = await house.ask(authorization())
    body = orjson.dumps(APPROVE)
    head = (
        f"POST /api/v1/messages/{prompt['id']}/response HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {house.keys['ann']}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()
    authenticator = house.server.daemon.gateway.authenticator
    assert authenticator is not None
    identified = trio.Event()
    inner = authenticator.identify

    async def identify(credential: str, address: str) -> Identity:
        identity = await inner(credential, address)
        identified.set()
        return identity

    authenticator.identify = identify  # type: ignore[method-assign]
    async with await trio.open_tcp_stream(*house.server.address("rest")) as stream:
        await stream.send_all(head + body[:1])
        await identified.wait()
        revoke(house, "ann")
        await stream.send_all(body[1:])
        answer = b"".join([part async for part in stream])
    assert b" 401 " in answer.partition(b"\r\n")[0]
    assert b'"bad_credential"' in answer
    assert await house.state_of(prompt) == "pending"


async def test_frames_that_wait_while_a_key_is_revoked(house: Guarded) -> None:
    """Of a connection that is sent away nothing that has yet to be read is acted on."""
    prompt = await house.ask(authorization())
    gateway = house.server.daemon.gateway
    assert gateway.authenticator is not None
    identity = await gateway.authenticator.identify(house.keys["ann"], "")
    session = V1Session(evolve(gateway, limits=evolve(gateway.limits, replies=2)), identity)
    await session.receive('{"op":"ping"}')
    await session.receive('{"op":"ping"}')
    decision = {"op": "respond", "id": prompt["id"], **APPROVE}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(session.receive, orjson.dumps(decision))
        await until(lambda: session._room is not None)
        session.send_away(Refusal("bad_credential"))
        assert session.take() == []
    assert not session.has_output
    assert await house.state_of(prompt) == "pending"
    session.detach()


async def test_who_is_sent_away_types_no_more(house: Guarded) -> None:
    """Whom a revoked key had typing before a prompt is gone from there at once."""
    prompt = await house.ask(question())
    gateway = house.server.daemon.gateway
    assert gateway.authenticator is not None
    identity = await gateway.authenticator.identify(house.keys["ann"], "")
    session = V1Session(gateway, identity)
    shown = {"op": "show", "ids": [prompt["id"]], "state": "typing"}
    await session.receive(orjson.dumps(shown))
    path = f"/api/v1/messages/{prompt['id']}/delivery"
    assert (await house["bot"].get(path)).json()["typing"] == ["ann"]
    session.send_away(Refusal("bad_credential"))
    assert not session.has_output
    assert (await house["bot"].get(path)).json()["typing"] == []
    session.detach()


async def test_who_leaves_does_not_keep_keys_from_coming() -> None:
    """Keys are fetched to the end, though whoever has made us ask for them has gone."""
    asked, released = trio.Event(), trio.Event()

    async def answer(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some(65536)
            asked.set()
            await released.wait()
            body = public(KEYS["ES256"])
            head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            await stream.send_all(head % len(body) + body)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, answer, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        tokens = Tokens(KeySource(f"http://127.0.0.1:{port}/jwks.json", 300), RULES)
        async with trio.open_nursery() as visitors:
            guess = raw({"alg": "ES256", "kid": "nobody's"}, {})
            visitors.start_soon(tokens.identify, guess)
            await asked.wait()
            visitors.cancel_scope.cancel()
            released.set()
        assert await tokens.identify(sign("ES256", claims())) is not None
        nursery.cancel_scope.cancel()


def test_a_lock_that_is_a_link(tmp_path: Path) -> None:
    """Somebody's link in the place of the lock does not have another file emptied."""
    other = tmp_path / "other"
    other.write_text("dear")
    (tmp_path / "keys.json.lock").symlink_to(other)
    with pytest.raises(KeyFileError, match=r"keys\.json\.lock"):
        KeyFile(tmp_path / "keys.json").create("ann", ["human:*"])
    assert other.read_text() == "dear"


async def test_a_revocation_by_way_of_a_link(tmp_path: Path) -> None:
    """Who changes the file by another name of it changes what the daemon reads."""
    (tmp_path / "etc").mkdir()
    file = KeyFile(tmp_path / "etc" / "keys.json")
    text, made = file.create("ann", ["human:*"])
    assert await file.identify(text) is not None
    link = tmp_path / "keys.json"
    link.symlink_to("etc/keys.json")
    KeyFile(link).revoke(made.id)
    assert await file.identify(text) is None
    assert link.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_roots_change_of_anothers_file(tmp_path: Path) -> None:
    """The file stays the daemon's, so that it can read what has been revoked."""
    path = tmp_path / "keys.json"
    _, made = KeyFile(path).create("ann", ["human:*"])
    os.chown(path, 12345, 54321)
    KeyFile(path).revoke(made.id)
    told = path.stat()
    assert (told.st_uid, told.st_gid, stat.S_IMODE(told.st_mode)) == (12345, 54321, 0o600)


async def test_a_file_that_cannot_be_read_any_more(tmp_path: Path) -> None:
    """It is logged, once: what is revoked in it is good until it can be read."""
    path = tmp_path / "keys.json"
    file = KeyFile(path)
    text, _ = file.create("ann", ["human:*"])
    assert await file.identify(text) is not None
    with structlog.testing.capture_logs() as logged:
        path.write_bytes(b"{")
        for _ in range(3):
            assert await file.identify(text) is not None
    assert [one["event"] for one in logged] == ["key_file_unusable"]
    assert "keys.json" in logged[0]["why"]


async def test_a_response_claims_no_sender(house: Guarded) -> None:
    """A person's response has that person's name, and no other that looks like a record."""
    prompt = await house.ask(question())
    claimed = {"sender": "root", "responder": "root", "note": 1}
    body = {**response(prompt), "metadata": claimed}
    recorded = (await house["ann"].post("/api/v1/messages", json=body)).json()
    assert recorded["metadata"] == {"note": 1, "responder": "ann"}


async def test_odd_claims_of_a_good_issuer(tmp_path: Path) -> None:
    """An end that no calendar has is none; a name that is no line, or a nest, is refused."""
    source = tmp_path / "jwks.json"
    source.write_bytes(public(*KEYS.values()))
    async with serving(
        auth_jwt_keys=str(source),
        auth_jwt_issuer=RULES.issuer,
        auth_jwt_audience=RULES.audience,
    ) as server:
        deep = orjson.dumps(claims())[:-1] + b',"x":' + b"[" * 2000 + b"]" * 2000 + b"}"
        signer = KEYS["ES256"]
        header = {"alg": "ES256", "kid": signer.kid}
        for token, status in (
            (sign("ES256", claims(exp=300_000_000_000)), 200),
            (sign("ES256", claims(exp=10**300)), 200),
            (sign("ES256", claims(sub="a\nb")), 401),
            (sign("ES256", claims(sub="a" * 256)), 401),
            (serialize_compact(header, deep, signer, ["ES256"]), 401),
        ):
            for asked in (
                server.http.get("/api/v1/session", headers=bearer(token)),
                server.http.post("/api/v1/session", json={"credential": token}),
            ):
                answer = await asked
                assert answer.status_code == status, answer.text
            assert answer.json().get("expires_at") or status == 401


def test_a_time_that_no_calendar_has(tmp_path: Path) -> None:
    """It is refused before a key is made; the list would break off at it."""
    where = ["--file", str(tmp_path / "keys.json")]
    asked = ["create", "ann", "--grant", "human:*", "--expires"]
    refused = CliRunner().invoke(cli, ["key", *asked, "999999999d", *where])
    assert (refused.exit_code, "36500d" in refused.output) == (2, True)
    assert not (tmp_path / "keys.json").exists()
    assert CliRunner().invoke(cli, ["key", *asked, "36500d", *where]).exit_code == 0
    assert CliRunner().invoke(cli, ["key", "list", *where]).exit_code == 0


async def test_a_key_that_cannot_be_used(tmp_path: Path) -> None:
    """Keys of a kind that is not known here take nothing from the others of their set."""
    source = tmp_path / "jwks.json"
    (usable,) = orjson.loads(public(KEYS["ES256"]))["keys"]
    strange = [{"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}, {"kty": "AKP"}, 5]
    source.write_bytes(orjson.dumps({"keys": [*strange, usable]}))
    KeySource(str(source), 1).check()
    tokens = Tokens(KeySource(str(source), 1), RULES)
    assert await tokens.identify(sign("ES256", claims())) is not None
    source.write_bytes(orjson.dumps({"keys": strange}))
    with pytest.raises(KeySourceError, match="that can be used"):
        KeySource(str(source), 1).check()


async def test_guessed_tokens_do_not_fill_the_log(tmp_path: Path) -> None:
    """Of a flood of bad tokens no more is logged than of bad keys, with what was wrong."""
    source = tmp_path / "jwks.json"
    source.write_bytes(public(KEYS["ES256"]))
    tokens = Tokens(KeySource(str(source), 1), RULES)
    authenticator = Authenticator([tokens], SignIns(1, 1))
    bad = sign("ES256", claims(aud="somebody else"))
    with structlog.testing.capture_logs() as logged:
        for _ in range(50):
            with pytest.raises(Refusal):
                await authenticator.identify(bad, "192.0.2.1")
    assert 0 < len(logged) <= 21  # a moment may pass, and bring one more
    assert all("aud" in one["why"] for one in logged)
