"""Which web pages get through, on every route that changes state: ours, and those listed."""

from __future__ import annotations

import httpx2
import pytest

from ailoop.model.errors import Refusal
from ailoop.transport.origin import OriginPolicy
from tests.rest.kit import MESSAGES, READING, check_error, http_routes, path_of
from tests.serving import APPROVE, Served, authorization, note, serving

FOREIGN = ("https://evil.example", "http://evil.example:8081", "null", "http://[", "x" * 500)


def own(server: Served, port: str, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.address(port)[1]}"


async def test_every_writing_route(server: Served) -> None:
    """A page of another origin is refused wherever state could change."""
    writing = [route for route in http_routes(server.daemon.gateway) if route[0] not in READING]
    assert len(writing) >= 4
    for method, rule in writing:
        answer = await server.http.request(
            method, path_of(rule), json=note(), headers={"Origin": FOREIGN[0]}
        )
        check_error(answer, "bad_origin", origin=FOREIGN[0])
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


@pytest.mark.parametrize("origin", FOREIGN)
async def test_foreign_page_cannot_approve(server: Served, origin: str) -> None:
    """Whatever such a page calls itself, a prompt stays open."""
    asked = await server.post(authorization())
    path = f"{MESSAGES}/{asked['id']}/response"
    answer = await server.http.post(path, json=APPROVE, headers={"Origin": origin})
    check_error(answer, "bad_origin", origin=origin[:200])
    assert await server.state_of(asked) == "pending"


async def test_other_local_pages(server: Served) -> None:
    """A page that another local server shows is foreign too: port and name must be ours."""
    strange = (
        f"http://127.0.0.1:{server.address('rest')[1] + 1}",
        "http://127.0.0.1",
        own(server, "rest", "localhost"),
        own(server, "rest", "127.0.0.2"),
    )
    for origin in strange:
        answer = await server.http.post(MESSAGES, json=note(), headers={"Origin": origin})
        check_error(answer, "bad_origin", origin=origin)


async def test_own_pages(server: Served) -> None:
    """Pages of either port of this server get through, and who sends no Origin."""
    for origin in (own(server, "rest"), own(server, "ws"), own(server, "rest").upper()):
        answer = await server.http.post(MESSAGES, json=note(), headers={"Origin": origin})
        assert answer.status_code == 201, origin
    assert (await server.http.post(MESSAGES, json=note())).status_code == 201


async def test_own_page_by_name(server: Served) -> None:
    """A page opened as localhost may use the server as localhost."""
    host = f"localhost:{server.address('rest')[1]}"
    headers = {"Host": host, "Origin": f"http://{host}"}
    answer = await server.http.post(MESSAGES, json=note(), headers=headers)
    assert answer.status_code == 201


async def test_allow_list() -> None:
    """An origin on the list gets through as it stands, in any case; its neighbours do not."""
    async with serving(allowed_origins=("https://Inbox.example.org/",)) as server:

        async def post(origin: str) -> httpx2.Response:
            return await server.http.post(MESSAGES, json=note(), headers={"Origin": origin})

        assert (await post("https://inbox.example.org")).status_code == 201
        assert (await post("HTTPS://INBOX.example.org")).status_code == 201
        for origin in (
            "http://inbox.example.org",
            "https://inbox.example.org:8443",
            "https://x.inbox.example.org",
            "https://inbox.example.org.evil.example",
        ):
            check_error(await post(origin), "bad_origin", origin=origin)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "localhost.evil.example", "[", "0x7f.1"]
)
async def test_rebound_name(server: Served, host: str) -> None:
    """A name that was made to point here gets nothing, not even by reading."""
    await server.post(authorization())
    for path in ("/api/v1/pending", "/api/channels/a/messages", "/", "/openapi.json"):
        check_error(await server.http.get(path, headers={"Host": host}), "bad_host", host=host)
    answer = await server.http.post(MESSAGES, json=note(), headers={"Host": host})
    check_error(answer, "bad_host", host=host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8081", "a.localhost"])
async def test_loopback_names(server: Served, host: str) -> None:
    """Addresses and localhost are names of this machine."""
    answer = await server.http.get("/api/v1/health", headers={"Host": host})
    assert answer.status_code == 200


async def test_no_permission_is_handed_out(server: Served) -> None:
    """No answer tells a browser that another origin may read it, asked first or not."""
    for method, path in (("OPTIONS", MESSAGES), ("GET", "/api/v1/pending")):
        headers = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        answer = await server.http.request(method, path, headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_any_name_beyond_loopback() -> None:
    """A server that listens on more than loopback cannot know by which names it is called."""
    policy = OriginPolicy(loopback=False)
    policy.check_host("ailoop.example.org")
    policy.check_origin("http://ailoop.example.org:8081", "ailoop.example.org:8081")
    with pytest.raises(Refusal, match="origin"):
        policy.check_origin("http://evil.example:8081", "ailoop.example.org:8081")


@pytest.mark.parametrize("host", ["LOCALHOST", "127.1", "127.0.0.2"])
async def test_loopback_by_any_name(host: str) -> None:
    """It is the address that counts for the check of Host, not how a setting spells it."""
    async with serving(host=host) as server:
        answer = await server.http.get("/api/v1/pending", headers={"Host": "evil.example"})
        check_error(answer, "bad_host", host="evil.example")


async def test_a_listed_page_may_read_the_answer() -> None:
    """Its browser is told so, also before the request; another page's browser is not."""
    listed = "https://inbox.example"
    async with serving(allowed_origins=(listed,)) as server:
        for method, path in (("GET", "/api/v1/pending"), ("OPTIONS", MESSAGES)):
            answer = await server.http.request(method, path, headers={"Origin": listed})
            assert answer.headers["access-control-allow-origin"] == listed
            assert answer.headers["vary"] == "Origin"
            answer = await server.http.request(method, path, headers={"Origin": FOREIGN[0]})
            assert "access-control-allow-origin" not in answer.headers
