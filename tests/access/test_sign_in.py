"""How a page signs in: the cookie, what guards it, and when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2
import pytest
from trio_websocket import ConnectionRejected

from tests.access.kit import Guarded, guarded
from tests.serving import APPROVE, V1, authorization, question, talking

SESSION = "/api/v1/session"


@asynccontextmanager
async def page(house: Guarded) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client that keeps cookies and tells where it comes from, as a page's does."""
    url = house.server.daemon.rest_url
    async with httpx2.AsyncClient(base_url=url, headers={"Origin": url}, timeout=10) as http:
        yield http


async def sign_in(http: httpx2.AsyncClient, key: str) -> dict[str, Any]:
    """Sign in; return what the page is told, and repeats from now on."""
    answer = await http.post(SESSION, json={"credential": key})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    http.headers["X-Ailoop-Csrf"] = told["csrf"]
    return told


def socket_headers(house: Guarded, http: httpx2.AsyncClient) -> list[tuple[str, str]]:
    """Return what the page's WebSocket carries, but for the token."""
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    return [("Cookie", cookie), ("Origin", house.server.daemon.rest_url)]


def offered(http: httpx2.AsyncClient) -> list[str]:
    """Return the subprotocols that a page which has signed in offers."""
    return [V1, f"ailoop.csrf.{http.headers['X-Ailoop-Csrf']}"]


async def test_the_cookie(house: Guarded) -> None:
    """No script can read it, no other site's page has it sent, and it is not the key."""
    async with page(house) as http:
        answer = await http.post(SESSION, json={"credential": f" {house.keys['ann']}\n"})
        (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"]) == ("Strict", "/")
        assert int(cookie["max-age"]) == pytest.approx(12 * 3600, abs=60)
        assert not cookie["secure"]
        assert cookie.key == f"ailoop_{house.server.address('rest')[1]}"
        assert len(cookie.value) == 43
        told = answer.json()
        assert (told["name"], told["grants"]) == ("ann", ["human:a*"])
        proof = {"X-Ailoop-Csrf": told["csrf"]}
        assert (await http.get(SESSION, headers=proof)).json() == told
        for secret in (house.keys["ann"], cookie.value):
            assert secret not in answer.text
    async with page(house) as http:
        origin = "https://" + house.server.daemon.rest_url.removeprefix("http://")
        key = {"credential": house.keys["ann"]}
        answer = await http.post(SESSION, json=key, headers={"Origin": origin})
        assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"credential": "nobody"}, 401, "bad_credential"),
        ({"credential": ""}, 401, "bad_credential"),
        ({"credential": 5}, 400, "bad_request"),
        ({}, 400, "bad_request"),
        ([], 400, "bad_request"),
    ],
)
async def test_a_bad_credential(house: Guarded, body: Any, status: int, code: str) -> None:
    """It is refused, and there is no cookie."""
    async with page(house) as http:
        answer = await http.post(SESSION, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "Set-Cookie" not in answer.headers


async def test_what_a_page_may_do(house: Guarded) -> None:
    """With the cookie, and the token beside it, it reads and answers."""
    prompt = await house.ask(authorization())
    path = f"/api/v1/messages/{prompt['id']}/response"
    async with page(house) as http:
        await sign_in(http, house.keys["ann"])
        assert (await http.get("/api/v1/pending")).json()["total_count"] == 1
        answer = await http.post(path, json=APPROVE)
        assert answer.json()["metadata"]["responder"] == "ann"


async def test_csrf(house: Guarded) -> None:
    """A form or script of another site that has the cookie sent along changes nothing."""
    prompt = await house.ask(authorization())
    path = f"/api/v1/messages/{prompt['id']}"
    async with page(house) as http:
        told = await sign_in(http, house.keys["ann"])
        del http.headers["X-Ailoop-Csrf"]
        for headers in (
            {},
            {"X-Ailoop-Csrf": ""},
            {"X-Ailoop-Csrf": "guess"},
            {"X-Ailoop-Csrf": told["csrf"][:-1]},
            {"X-Ailoop-Csrf": "é"},
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
        ):
            encoded = {name: value.encode() for name, value in headers.items()}
            for method, where in (
                ("POST", f"{path}/response"),
                ("POST", f"{path}/delivery"),
                ("POST", "/api/v1/messages"),
                ("DELETE", path),
                ("DELETE", SESSION),
            ):
                answer = await http.request(method, where, json=APPROVE, headers=encoded)
                assert (answer.status_code, answer.json()["code"]) == (403, "bad_csrf")
        evil = {"Origin": "https://evil.example", "X-Ailoop-Csrf": told["csrf"]}
        answer = await http.post(f"{path}/response", json=APPROVE, headers=evil)
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_origin")
        answer = await http.post(
            SESSION,
            json={"credential": house.keys["bot"]},
            headers={"Origin": "https://evil.example"},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_origin")
    assert await house.state_of(prompt) == "pending"


async def test_the_pages_socket(house: Guarded) -> None:
    """The cookie opens the WebSocket beside the page, if the Origin is told and is ours."""
    url = house.server.socket_url("rest")
    async with page(house) as http:
        await sign_in(http, house.keys["ann"])
        own, protocols = socket_headers(house, http), offered(http)
    cookie = own[0]
    async with talking(url, protocols, headers=own) as talk:
        assert talk.socket.subprotocol == V1
        assert (await talk.call("auth", ref=1))["name"] == "ann"
    for headers, told in (
        ([cookie], protocols),
        ([cookie, ("Origin", "https://evil.example")], protocols),
        (own, [V1]),
        (own, [V1, "ailoop.csrf.", "ailoop.csrf.guess"]),
    ):
        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionRejected), flatten_subgroups=True):
            async with talking(url, told, headers=headers):
                pass
    # The WebSocket port has no page, and knows no cookies.
    other = house.server.socket_url("ws")
    async with talking(other, protocols, headers=own) as talk:
        assert (await talk.call("ping"))["code"] == "unauthenticated"


async def test_signing_out(house: Guarded) -> None:
    """The cookie is good no longer, neither here nor in another copy."""
    async with page(house) as http, page(house) as copy:
        told = await sign_in(http, house.keys["ann"])
        copy.cookies.update(dict(http.cookies))
        copy.headers["X-Ailoop-Csrf"] = told["csrf"]
        assert (await copy.get("/api/v1/pending")).status_code == 200
        answer = await http.delete(SESSION, headers={"X-Ailoop-Csrf": told["csrf"]})
        assert answer.status_code == 200
        assert not http.cookies
        for client in (http, copy):
            assert (await client.get("/api/v1/pending")).status_code == 401


async def test_a_revoked_key_signs_out(house: Guarded) -> None:
    """A cookie is as good as the key that it was made with."""
    async with page(house) as http:
        await sign_in(http, house.keys["ann"])
        (ann,) = [key for key in house.file.listed() if key.name == "ann"]
        house.file.revoke(ann.id)
        house.file._looked_at = -1e9
        provider = house.server.daemon.gateway.authenticator._providers[0]
        provider._looked_at = -1e9
        assert (await http.get("/api/v1/pending")).status_code == 401


async def test_a_bound(tmp_path: Path) -> None:
    """When too many have signed in the next is refused, until one of them has signed out."""
    async with guarded(tmp_path, max_sessions=2) as house, page(house) as http:
        first = await sign_in(http, house.keys["ann"])
        async with page(house) as other:
            await sign_in(other, house.keys["olga"])
        async with page(house) as third:
            answer = await third.post(SESSION, json={"credential": house.keys["root"]})
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_sessions")
            await http.delete(SESSION, headers={"X-Ailoop-Csrf": first["csrf"]})
            await sign_in(third, house.keys["root"])


async def test_nobody_takes_all_there_are(tmp_path: Path) -> None:
    """Who signs in again and again ends their own sign-ins, and keeps nobody out."""
    async with guarded(tmp_path, max_sessions=20) as house:
        async with page(house) as first:
            await sign_in(first, house.keys["bot"])
            for _ in range(20):
                async with page(house) as other:
                    await sign_in(other, house.keys["bot"])
            assert (await first.get(SESSION)).status_code == 401
        async with page(house) as http:
            await sign_in(http, house.keys["ann"])
        assert len(house.server.daemon.gateway.authenticator.sign_ins) == 3


async def test_a_session_ends(tmp_path: Path) -> None:
    """After its time a cookie is good no longer."""
    async with guarded(tmp_path, session_seconds=1e-6) as house, page(house) as http:
        await sign_in(http, house.keys["ann"])
        http.cookies.clear()
        async with page(house) as again:
            answer = await again.post(SESSION, json={"credential": house.keys["ann"]})
            (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
            headers = {
                "Cookie": f"{cookie.key}={cookie.value}",
                "X-Ailoop-Csrf": answer.json()["csrf"],
            }
            assert (await http.get("/api/v1/pending", headers=headers)).status_code == 401


async def test_an_old_cookie(house: Guarded) -> None:
    """A page whose cookie is not good any more signs in again."""
    async with page(house) as http:
        old = {"Cookie": f"ailoop_{house.server.address('rest')[1]}=old"}
        answer = await http.post(SESSION, json={"credential": house.keys["ann"]}, headers=old)
        assert answer.status_code == 200
        await house.ask(question())
        proof = {"X-Ailoop-Csrf": answer.json()["csrf"]}
        answer = await http.get("/api/v1/pending", headers=proof)
        assert answer.json()["total_count"] == 1


async def test_a_cookie_in_other_hands(house: Guarded) -> None:
    """A browser hands the cookie to any server of this host, and it is worth nothing there."""
    prompt = await house.ask(authorization())
    path = f"/api/v1/messages/{prompt['id']}"
    url = house.server.daemon.rest_url
    async with page(house) as http, httpx2.AsyncClient(base_url=url) as thief:
        await sign_in(http, house.keys["ann"])
        thief.cookies.update(http.cookies)
        answer = await thief.get(SESSION)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert "csrf" not in answer.json()
        for where in ("/api/v1/pending", path, "/api/channels/a/messages"):
            assert (await thief.get(where)).status_code == 401
        answer = await thief.post(f"{path}/response", json=APPROVE)
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_csrf")
        # Whoever has lost the token signs in again.
        await sign_in(thief, house.keys["ann"])
        assert (await thief.get(SESSION)).status_code == 200
    assert await house.state_of(prompt) == "pending"
