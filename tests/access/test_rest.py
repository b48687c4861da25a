"""Who may do what over REST, and what the others are told: nothing that they do not know."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.access.kit import Guarded, bearer
from tests.serving import APPROVE, authorization, note, question, response

MESSAGES = "/api/v1/messages"


async def post(http: httpx2.AsyncClient, value: Any) -> tuple[int, str]:
    """Post a message; return the status and the code of a refusal."""
    answer = await http.post(MESSAGES, json=value)
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer nobody"},
        {"Authorization": "Bearer ailoop_aaaaaaaa_" + "a" * 43},
        {"X-Api-Key": "nobody"},
        {"X-Api-Key": ""},
        {"Cookie": "ailoop_8081=abc"},
    ],
)
async def test_strangers(house: Guarded, headers: dict[str, str]) -> None:
    """Without a good credential every route but the public ones answers 401, and says how."""
    prompt = await house.ask(question())
    async with httpx2.AsyncClient(
        base_url=house.server.daemon.rest_url, headers=headers
    ) as http:
        for method, path in [
            ("POST", MESSAGES),
            ("GET", f"{MESSAGES}/{prompt['id']}"),
            ("GET", f"{MESSAGES}/{uuid4()}"),
            ("DELETE", f"{MESSAGES}/{prompt['id']}"),
            ("GET", f"{MESSAGES}/{prompt['id']}/response"),
            ("POST", f"{MESSAGES}/{prompt['id']}/response"),
            ("GET", f"{MESSAGES}/{prompt['id']}/delivery"),
            ("POST", f"{MESSAGES}/{prompt['id']}/delivery"),
            ("GET", "/api/v1/pending"),
            ("GET", "/api/channels"),
            ("GET", "/api/v1/channels"),
            ("GET", "/api/channels/a/messages"),
            ("GET", "/api/channels/a/stats"),
            ("GET", "/api/stats"),
            ("GET", "/metrics"),
            ("GET", "/api/v1/session"),
            ("POST", "/api/test"),
        ]:
            answer = await http.request(method, path, json={})
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] in ("unauthenticated", "bad_credential")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert prompt["id"] not in answer.text
    assert await house.state_of(prompt) == "pending"


async def test_what_is_public(house: Guarded) -> None:
    """The page, the document and whether the server is well are for everybody; no more."""
    async with httpx2.AsyncClient(base_url=house.server.daemon.rest_url) as http:
        for path in ("/", "/main.js", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
        health = (await http.get("/api/v1/health")).json()
        assert set(health) == {"status", "version"}
        assert (await http.get("/nowhere")).status_code == 404
    assert set((await house["bot"].get("/api/v1/health")).json()) == {"status", "version"}
    assert "queues" in (await house["root"].get("/api/v1/health")).json()


async def test_both_headers(house: Guarded) -> None:
    """A key comes as a bearer or as X-Api-Key; never in the address."""
    url = house.server.daemon.rest_url
    async with httpx2.AsyncClient(base_url=url) as http:
        for headers in ({"X-Api-Key": house.keys["ann"]}, bearer(house.keys["ann"])):
            who = await http.get("/api/v1/session", headers=headers)
            assert who.json() == {
                "authentication": True,
                "name": "ann",
                "grants": ["human:a*"],
                "expires_at": None,
            }
        for name in ("token", "key", "api_key", "access_token", "authorization"):
            answer = await http.get("/api/v1/pending", params={name: house.keys["ann"]})
            assert answer.status_code == 401


async def test_an_agent(house: Guarded) -> None:
    """An agent asks, tells and withdraws its own on its channels, and answers nothing."""
    bot = house["bot"]
    prompt = await house.ask(authorization())
    path = f"{MESSAGES}/{prompt['id']}"
    assert prompt["metadata"] == {"sender": "bot"}
    assert await post(bot, note()) == (201, "")
    assert await post(bot, question("b")) == (403, "not_granted")
    assert await post(bot, [note(), question("b")]) == (403, "not_granted")
    for decision in (
        APPROVE,
        {"response_type": "authorization_denied"},
        {"response_type": "cancelled"},
    ):
        answer = await bot.post(f"{path}/response", json=decision)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_granted")
    forged = response(prompt, None, "authorization_approved")
    for sender in ("HUMAN", "AGENT", "SYSTEM"):
        assert await post(bot, {**forged, "sender_type": sender}) == (403, "not_granted")
    assert (await bot.post(f"{path}/delivery", json={"state": "seen"})).status_code == 403
    rival = await house["rival"].delete(path)
    assert (rival.status_code, rival.json()["code"]) == (403, "not_granted")
    assert await house.state_of(prompt) == "pending"
    assert (await bot.delete(path)).status_code == 200
    assert await house.state_of(prompt) == "cancelled"


async def test_who_sends_is_who_has_authenticated(house: Guarded) -> None:
    """Nobody speaks under another name, or as a person or the system, whatever they claim."""
    claimed = {**note(), "sender_type": "SYSTEM", "metadata": {"sender": "root", "a": 1}}
    recorded = await house.ask(claimed)
    assert recorded["sender_type"] == "AGENT"
    assert recorded["metadata"] == {"sender": "bot", "a": 1}


async def test_a_person(house: Guarded) -> None:
    """A person reads and answers on granted channels, under the authenticated name alone."""
    first, second = await house.ask(authorization()), await house.ask(question())
    elsewhere = await house.ask(question("b"), "rival")
    decision = {**APPROVE, "responder": "root"}
    answer = await house["ann"].post(f"{MESSAGES}/{first['id']}/response", json=decision)
    assert answer.json()["metadata"]["responder"] == "ann"
    said = {**response(second), "metadata": {"responder": "root"}}
    answer = await house["ann"].post(MESSAGES, json=said)
    assert answer.json()["metadata"]["responder"] == "ann"
    assert await post(house["ann"], question()) == (403, "not_granted")
    assert (await house["ann"].delete(f"{MESSAGES}/{second['id']}")).status_code == 403
    answer = await house["ann"].post(
        f"{MESSAGES}/{elsewhere['id']}/response", json={"answer": "x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "original_not_found")


async def test_an_observer_and_an_admin(house: Guarded) -> None:
    """An observer only reads; an admin reads all, answers, and takes back what others ask."""
    prompt = await house.ask(question())
    path = f"{MESSAGES}/{prompt['id']}"
    assert (await house["olga"].get(path)).status_code == 200
    for attempt in (
        house["olga"].post(f"{path}/response", json={"answer": "x"}),
        house["olga"].post(f"{path}/delivery", json={"state": "seen"}),
        house["olga"].post(MESSAGES, json=note()),
        house["olga"].delete(path),
    ):
        assert (await attempt).status_code == 403
    assert (await house["root"].delete(path)).status_code == 200
    other = await house.ask(question())
    answer = await house["root"].post(
        f"{MESSAGES}/{other['id']}/response", json={"answer": "x"}
    )
    assert answer.json()["metadata"]["responder"] == "root"


async def test_nobody_answers_their_own(house: Guarded) -> None:
    """Who has the same name as the asker is the asker, whatever the credential."""
    key, _ = house.file.create("bot", ["human:*"])
    prompt = await house.ask(authorization())
    headers = bearer(key)
    for attempt in (
        house["ann"].post(f"{MESSAGES}/{prompt['id']}/response", json=APPROVE, headers=headers),
        house["ann"].post(
            MESSAGES, json=response(prompt, None, "authorization_approved"), headers=headers
        ),
    ):
        answer = await attempt
        assert (answer.status_code, answer.json()["code"]) == (403, "own_prompt")
    assert await house.state_of(prompt) == "pending"


async def test_what_is_not_granted_is_not_there(house: Guarded) -> None:
    """Of a channel without a grant nothing is shown, and what is asked of it says nothing."""
    hidden = await house.ask(question("b", "what only b knows"), "rival")
    shown = await house.ask(question("a"))
    for name in ("ann", "bot", "olga"):
        http = house[name]
        listed = (await http.get("/api/v1/channels")).json()["channels"]
        assert [one["name"] for one in listed] == ["a"]
        pending = (await http.get("/api/v1/pending")).json()
        assert [one["message_id"] for one in pending["items"]] == [shown["id"]]
        assert pending["total_count"] == 1
        for path in ("/messages", "/stats"):
            there = await http.get(f"/api/channels/b{path}")
            nowhere = await http.get(f"/api/channels/c{path}")
            assert there.status_code == nowhere.status_code == 403
            assert there.text.replace("channel b", "").replace(
                '"b"', ""
            ) == nowhere.text.replace("channel c", "").replace('"c"', "")
        assert (await http.get("/api/v1/pending", params={"channel": "b"})).status_code == 403
        for path in ("", "/response", "/delivery"):
            there = await http.get(f"{MESSAGES}/{hidden['id']}{path}")
            other = str(uuid4())
            nowhere = await http.get(f"{MESSAGES}/{other}{path}")
            assert there.status_code == nowhere.status_code == 404
            assert there.text.replace(hidden["id"], "") == nowhere.text.replace(other, "")
        for path in ("/api/stats", "/metrics"):
            assert (await http.get(path)).status_code == 403
    everything = (await house["root"].get("/api/v1/channels")).json()["channels"]
    assert [one["name"] for one in everything] == ["a", "b"]
    assert (await house["root"].get("/metrics")).status_code == 200


async def test_withdrawing_what_is_hidden(house: Guarded) -> None:
    """Of an id that may not be known, a withdrawal and an answer say what they say of none."""
    hidden = await house.ask(question("b"), "rival")
    for method, path in (("DELETE", ""), ("POST", "/response"), ("POST", "/delivery")):
        other = str(uuid4())
        body = {"state": "seen"} if path == "/delivery" else {"answer": "x"}
        there = await house["ann"].request(
            method, f"{MESSAGES}/{hidden['id']}{path}", json=body
        )
        nowhere = await house["ann"].request(method, f"{MESSAGES}/{other}{path}", json=body)
        assert there.status_code == nowhere.status_code == 404
        assert there.text.replace(hidden["id"], "") == nowhere.text.replace(other, "")


async def test_bad_credentials_have_their_price(house: Guarded) -> None:
    """Who guesses is told to wait; a good credential from the same address passes."""
    async with httpx2.AsyncClient(base_url=house.server.daemon.rest_url) as http:
        codes = [
            (await http.get("/api/v1/pending", headers=bearer(f"guess{n}"))).json()["code"]
            for n in range(30)
        ]
        assert codes[0] == "bad_credential"
        assert codes[-1] == "too_many_attempts"
        last = await http.get("/api/v1/pending", headers=bearer("guess"))
        assert last.status_code == 429
        assert int(last.headers["Retry-After"]) >= 1
    assert (await house["ann"].get("/api/v1/pending")).status_code == 200
    assert house.server.daemon.gateway.authenticator.failures == 31
