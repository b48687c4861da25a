"""The three faces of the client over TLS: whom they trust, and what they say if they do not."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trio

from ailoop import AiloopClient, AiloopError, ConnectionState, Lost, Patience, Tls, Unreachable
from ailoop.client.tls_faults import tls_fault
from tests.client.faces import FACES, PYTHON, OpenClient
from tests.client.places import Node
from tests.client.typescript import in_node, opened
from tests.needs import needs, needs_npm_ci
from tests.serving import PATIENCE, Served, serving, until
from tests.tls.kit import Papers


@pytest.fixture(params=PYTHON)
def face(request: pytest.FixtureRequest) -> OpenClient:
    """Return what opens a client of Python's; others have no ``Tls`` of their own."""
    return FACES[request.param]


@pytest.fixture(params=("websocket", "rest"))
def transport(request: pytest.FixtureRequest) -> str:
    """Name how the client speaks."""
    return str(request.param)


async def refusal(face: OpenClient, url: str, **arguments: Any) -> str:
    """Open a client that cannot be opened, and return what it says."""
    with trio.fail_after(PATIENCE), pytest.raises(Unreachable) as refused:
        async with face(url, **arguments):
            pass
    return str(refused.value)


async def test_ask_and_answer(papers: Papers, face: OpenClient, transport: str) -> None:
    """A client that trusts the authority asks, and one answers."""
    tls = Tls(ca_file=papers.ca)
    async with papers.serving() as server:
        url = server.daemon.rest_url
        async with face(url, transport=transport, tls=tls) as client:
            ticket = await client.post_question("a", "Which?")
            prompt = (await client.pending("a"))[0]
            await client.respond(prompt["message"].id, "this one")
            assert (await client.wait(ticket)).content.answer == "this one"
            assert client.state is ConnectionState.CONNECTED


@needs("node", "apt-get install nodejs npm")
@needs_npm_ci
async def test_in_node(papers: Papers, transport: str) -> None:
    """What Node is told to trust its client trusts, and nothing else; it says so at once."""
    node = Node(NODE_EXTRA_CA_CERTS=str(papers.ca))
    try:
        async with papers.serving() as server:
            url = server.daemon.rest_url
            async with opened(node, url, transport=transport) as client:
                ticket = await client.post_question("a", "Which?")
                await client.respond(ticket, "this one")
                assert (await client.wait(ticket)).content.answer == "this one"
            said = await refusal(in_node, url, transport=transport)
            assert url in said
            assert "certificate" in said, said
    finally:
        with trio.move_on_after(PATIENCE, shield=True):
            await trio.to_thread.run_sync(node.close)


async def test_the_environment(
    papers: Papers, face: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the program does not say, the environment does."""
    cert, key = papers.issue("agent", to="agent")
    async with papers.serving(
        tls_client_ca=str(papers.ca), trust=papers.trust(client=True)
    ) as server:
        monkeypatch.setenv("AILOOP_CA_FILE", str(papers.ca))
        said = await refusal(face, server.daemon.rest_url)
        assert "AILOOP_CERT_FILE" in said, said
        monkeypatch.setenv("AILOOP_CERT_FILE", str(cert))
        monkeypatch.setenv("AILOOP_KEY_FILE", str(key))
        async with face(server.daemon.rest_url) as client:
            assert (await client.health())["status"] == "healthy"


async def test_a_client_certificate(papers: Papers, face: OpenClient, transport: str) -> None:
    """A server that asks for one takes one by its authority, and no other."""
    cert, key = papers.issue("agent", to="agent")
    foreign = Papers(papers.folder / "foreign").issue("agent", to="agent")
    both = papers.folder / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    async with papers.serving(
        tls_client_ca=str(papers.ca), trust=papers.trust(client=True)
    ) as server:
        url = server.daemon.rest_url
        for own in (
            Tls(ca_file=papers.ca, cert_file=cert, key_file=key),
            Tls(ca_file=papers.ca, cert_file=both),
        ):
            async with face(url, transport=transport, tls=own) as client:
                assert (await client.health())["status"] == "healthy"
        said = await refusal(face, url, transport=transport, tls=Tls(ca_file=papers.ca))
        assert "asks for a client certificate" in said, said
        forged = Tls(ca_file=papers.ca, cert_file=foreign[0], key_file=foreign[1])
        said = await refusal(face, url, transport=transport, tls=forged)
        assert "does not take this client's certificate (unknown ca)" in said, said


async def test_an_unknown_authority(papers: Papers, face: OpenClient, transport: str) -> None:
    """Who vouches for the server is not trusted: told at once, with what to do."""
    other = Papers(papers.folder / "other")
    async with papers.serving() as server:
        for tls in (Tls(ca_file=other.ca), None):
            url = server.daemon.rest_url
            said = await refusal(face, url, transport=transport, tls=tls)
            assert url in said
            assert "AILOOP_CA_FILE" in said, said


async def test_another_name(papers: Papers, face: OpenClient) -> None:
    """A certificate for another name is none for this server."""
    for name in ("other.example", "10.1.2.3"):
        papers.issue(name)
        async with papers.serving() as server:
            tls = Tls(ca_file=papers.ca)
            said = await refusal(face, server.daemon.rest_url, tls=tls)
            assert "is not for 127.0.0.1" in said, said


async def test_an_expired_certificate(papers: Papers, face: OpenClient) -> None:
    """A certificate whose time is over is none any more."""
    papers.issue(until=datetime(2020, 1, 1, tzinfo=UTC))
    async with papers.serving() as server:
        said = await refusal(face, server.daemon.rest_url, tls=Tls(ca_file=papers.ca))
        assert "has expired" in said, said


async def test_a_server_without_tls(papers: Papers, face: OpenClient) -> None:
    """To speak TLS with who does not, and the other way round, is told as that."""
    async with serving() as server:
        url = f"https{server.daemon.rest_url.removeprefix('http')}"
        said = await refusal(face, url, tls=Tls(ca_file=papers.ca))
        assert "use http://" in said, said
    async with papers.serving() as server:
        url = f"http{server.daemon.rest_url.removeprefix('https')}"
        with trio.fail_after(PATIENCE), pytest.raises(AiloopError, match="use https://"):
            async with face(url):
                pass


async def test_tls_for_plain_http() -> None:
    """Whom to trust is nothing to say to an address without TLS; it may have been a slip."""
    with pytest.raises(ValueError, match="https://"):
        AiloopClient("http://127.0.0.1:8081", tls=Tls())


@pytest.mark.parametrize("name", ["ca_file", "cert_file", "key_file"])
async def test_files_that_cannot_be_used(papers: Papers, face: OpenClient, name: str) -> None:
    """The one that is missing, and the one that is something else, is named."""
    cert, key = papers.issue("agent", to="agent")
    good = {"ca_file": papers.ca, "cert_file": cert, "key_file": key}
    nonsense = papers.folder / "nonsense.pem"
    nonsense.write_text("nonsense")
    for bad in (papers.folder / "missing.pem", nonsense, papers.folder):
        tls = Tls(**{**good, name: bad})
        with pytest.raises(AiloopError) as refused:
            async with face("https://127.0.0.1:1", tls=tls):
                pass
        assert not isinstance(refused.value, Unreachable)
        assert "_file " in str(refused.value)


async def test_the_key_of_another_certificate(papers: Papers) -> None:
    """It is told as that; and a key without a certificate is a mistake, too."""
    cert, _ = papers.issue("agent", to="agent")
    _, other = papers.issue("other", to="other")
    with pytest.raises(AiloopError, match="is not the key of"):
        Tls(cert_file=cert, key_file=other).context()
    with pytest.raises(ValueError, match="needs cert_file"):
        Tls(key_file=other)
    with pytest.raises(AiloopError, match="AILOOP_CERT_FILE"):
        Tls.from_environment({"AILOOP_KEY_FILE": str(other)})


async def test_a_bad_certificate_later_is_tried_again(papers: Papers) -> None:
    """A server that comes back with a certificate that is no good is a loss like another."""
    lost: list[str] = []
    ended: list[int] = []

    def note(event: object) -> None:
        if isinstance(event, Lost):
            lost.append(str(event.why))

    async def run(
        scope: trio.CancelScope, port: int, *, task_status: trio.TaskStatus[Served]
    ) -> None:
        with scope:
            async with papers.serving(rest_port=port) as server:
                task_status.started(server)
                await trio.sleep_forever()
        ended.append(port)

    tls, patience = Tls(ca_file=papers.ca), Patience(first_seconds=0.01, longest_seconds=0.05)
    scopes = [trio.CancelScope() for _ in range(3)]
    async with trio.open_nursery() as nursery:
        server = await nursery.start(run, scopes[0], 0)
        port = server.address("rest")[1]
        url = server.daemon.rest_url
        async with AiloopClient(url, tls=tls, patience=patience, on_event=note) as client:
            scopes[0].cancel()
            papers.issue("other.example")
            await until(lambda: len(ended) == 1)
            await nursery.start(run, scopes[1], port)
            await until(lambda: any("is not for 127.0.0.1" in why for why in lost))
            scopes[1].cancel()
            papers.issue()
            await until(lambda: len(ended) == 2)
            await nursery.start(run, scopes[2], port)
            await until(lambda: client.state is ConnectionState.CONNECTED)
            await client.post_question("a", "Which?")
            assert len(await client.pending("a")) == 1
        nursery.cancel_scope.cancel()


def test_what_is_no_fault_of_tls() -> None:
    """Other errors have no words of TLS; those of TLS have some, however rare."""
    assert tls_fault("https://x", OSError("gone")) is None
    error = ssl.SSLError(1, "what")
    error.reason = "NO_SHARED_CIPHER"
    wrapped = OSError()
    wrapped.__cause__ = error
    assert tls_fault("https://x", wrapped) == "TLS failed: no shared cipher"


def test_plain_http_loads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of a server without TLS reads none of what it would trust."""
    monkeypatch.setattr(ssl, "create_default_context", _fail)
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", _fail)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", _fail)
    monkeypatch.setenv("AILOOP_CA_FILE", str(Path("missing.pem")))

    async def main() -> None:
        async with serving() as server, AiloopClient(server.daemon.rest_url) as client:
            assert (await client.health())["status"] == "healthy"

    trio.run(main)


def _fail(*_: object, **__: object) -> None:
    raise AssertionError("certificates were loaded")
