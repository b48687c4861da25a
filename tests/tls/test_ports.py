"""Both ports over TLS: who is let in, who is not, and that nobody is held up by another."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import pytest
import trio
from structlog.testing import capture_logs

from tests.serving import PATIENCE, PORTS, V1, Served, note, question, serving
from tests.tls.kit import Papers, shaken


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    """Name one of the two ports."""
    return str(request.param)


@asynccontextmanager
async def raw(server: Served, port: str) -> AsyncIterator[trio.SocketStream]:
    """Open a connection without TLS."""
    stream = await trio.open_tcp_stream(*server.address(port))
    try:
        yield stream
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


async def read_to_end(stream: trio.abc.ReceiveStream) -> bytes:
    said = b""
    with trio.fail_after(PATIENCE), suppress(trio.BrokenResourceError):
        while more := await stream.receive_some():
            said += more
    return said


async def test_a_prompt_is_answered(papers: Papers, port: str) -> None:
    """Asked over REST, shown and answered over a WebSocket, all of it over TLS."""
    async with papers.serving() as server:
        assert server.daemon.rest_url.startswith("https://127.0.0.1:")
        assert server.daemon.ws_url.startswith("wss://127.0.0.1:")
        async with papers.talking(server, port, subprotocol=V1, role="human") as talk:
            await talk.call("subscribe", ref=1, channels=["a"])
            prompt = await server.post(question())
            assert (await talk.receive())["message"]["id"] == prompt["id"]
            await talk.send({"op": "respond", "ref": 2, "id": prompt["id"], "answer": "yes"})
            with trio.fail_after(PATIENCE):
                path = f"/api/v1/messages/{prompt['id']}/response?wait=10"
                answer = (await server.http.get(path)).json()
            assert answer["content"]["answer"] == "yes"


async def test_old_versions_are_refused(papers: Papers, port: str) -> None:
    """TLS 1.2 and 1.3 are spoken, 1.1 is not."""
    async with papers.serving() as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            trust = papers.trust()
            trust.minimum_version = trust.maximum_version = version
            async with shaken(server.address(port), trust) as stream:
                assert stream.version() == version.name.replace("_", ".")
        old = papers.trust()
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(trio.BrokenResourceError):
            async with shaken(server.address(port), old):
                pass


async def test_plain_http_is_told(papers: Papers, port: str) -> None:
    """Who speaks HTTP without TLS reads in HTTP what is wrong."""
    async with papers.serving() as server, raw(server, port) as stream:
        await stream.send_all(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head, _, body = (await read_to_end(stream)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert orjson.loads(body)["code"] == "tls_required"


async def test_tls_at_a_plain_port(port: str, papers: Papers) -> None:
    """A daemon without a certificate is as it was, and no fault of its is logged."""
    with capture_logs() as logs:
        async with serving() as server:
            with pytest.raises(trio.BrokenResourceError):
                async with shaken(server.address(port), papers.trust()):
                    pass
            assert (await server.http.get("/api/v1/health")).status_code == 200
    assert [one for one in logs if one["log_level"] in ("error", "critical")] == []


async def test_a_handshake_has_a_time_limit(
    papers: Papers, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who connects and says nothing, or half of it, is shown the door."""
    monkeypatch.setattr("ailoop.transport.tls._HANDSHAKE_SECONDS", 0.05)
    for said in (b"", b"\x16\x03\x01\x02\x00\x01"):
        with capture_logs() as logs:
            async with papers.serving() as server, raw(server, port) as stream:
                await stream.send_all(said)
                assert await read_to_end(stream) == b""
        assert [one["why"] for one in logs if one["event"] == "handshake_failed"] == [
            "too slow"
        ]


async def test_failed_handshakes_hold_up_nobody(papers: Papers, port: str) -> None:
    """Silence, garbage and distrust stay with their connections, and are no errors."""
    stranger = ssl.create_default_context()
    with capture_logs() as logs:
        async with papers.serving() as server, trio.open_nursery() as nursery:

            async def loiter(said: bytes) -> None:
                async with raw(server, port) as stream:
                    await stream.send_all(said)
                    await trio.sleep_forever()

            for number in range(20):
                nursery.start_soon(loiter, b"\x16\x03\x01" if number % 2 else b"")
            async with raw(server, port) as stream:
                await stream.send_all(b"\0" * 100_000)
                await read_to_end(stream)
            with pytest.raises(trio.BrokenResourceError):
                async with shaken(server.address(port), stranger):
                    pass
            async with papers.talking(server, port) as talk:
                await talk.send({"subscribe": "*"}, note())
                while (await talk.receive()).get("content", {}).get("text") != "hello":
                    pass
            nursery.cancel_scope.cancel()
    assert {one["log_level"] for one in logs if one["event"] == "handshake_failed"} == {"debug"}
    assert [one for one in logs if one["log_level"] in ("error", "critical")] == []


async def test_a_client_certificate_is_required(papers: Papers, port: str) -> None:
    """With authorities for clients, only who has a certificate by one of them gets in."""
    own = papers.trust(client=True)
    foreign = Papers(papers.folder / "foreign")
    forged = papers.trust()
    forged.load_cert_chain(*foreign.issue("client.example", to="client"))
    async with papers.serving(tls_client_ca=str(papers.ca), trust=own) as server:
        assert (await server.http.get("/api/v1/health")).status_code == 200
        for context, reason in (
            (papers.trust(), "CERTIFICATE_REQUIRED"),
            (forged, "UNKNOWN_CA"),
        ):
            with pytest.raises(trio.BrokenResourceError) as refused:  # noqa: PT012
                async with shaken(server.address(port), context) as stream:
                    await stream.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    with trio.fail_after(PATIENCE):
                        await stream.receive_some()
            assert reason in str(refused.value.__cause__)
        async with shaken(server.address(port), own) as stream:
            await stream.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with trio.fail_after(PATIENCE):
                assert (await stream.receive_some()).startswith(b"HTTP/1.1")


async def test_client_certificates_are_an_authentication(papers: Papers) -> None:
    """With them, a daemon may be reached by others, and does not warn that nobody has to."""
    own = papers.trust(client=True)
    with capture_logs() as logs:
        async with papers.serving(
            host="0.0.0.0",
            tls_client_ca=str(papers.ca),
            trust=own,
        ):
            pass
    assert "no_authentication" not in {one["event"] for one in logs}


async def test_the_end_is_told(papers: Papers, port: str) -> None:
    """A connection that the server closes ends as TLS says it should, not just like that."""
    async with (
        papers.serving() as server,
        shaken(server.address(port), papers.trust()) as stream,
    ):
        stream._https_compatible = False  # then an end without notice is an error
        await stream.send_all(
            b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        with trio.fail_after(PATIENCE):
            said = b""
            while more := await stream.receive_some():
                said += more
        assert said.startswith(b"HTTP/1.1 4")
