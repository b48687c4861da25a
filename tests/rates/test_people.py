"""A person's decision gets through whatever agents do; names count apart, grants first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metrics.kit import read
from tests.rates.kit import ELSEWHERE, Clock, client_at, make_keys, say, statuses
from tests.rest.kit import MESSAGES
from tests.serving import V1, question, response, serving, talking

FIVE = {"rate_burst_seconds": 5}
ALL = {
    f"rate_{name}": 0.2
    for name in ("messages", "prompts", "channel_messages", "channel_prompts", "requests")
} | {"rate_bytes": 200, "rate_channel_bytes": 200, **FIVE}
"""A burst of one for everything."""


@pytest.mark.parametrize("door", ["rest", "v1", "message", "plain"])
async def test_a_decision_gets_through(clock: Clock, door: str) -> None:
    """Everything is used up at this very address, and the answer is taken all the same."""
    async with (
        serving(**ALL) as server,
        talking(server.socket_url("ws"), V1, role="human") as person,
        talking(server.socket_url("ws")) as plain,
    ):
        asked = await server.post(question())
        assert (await say(server.http)).status_code == 429
        assert (await server.http.get("/api/channels")).status_code == 429
        match door:
            case "rest":
                assert (await server.respond(asked, answer="yes")).status_code == 200
            case "v1":
                told = await person.call("respond", id=asked["id"], answer="yes")
                assert told["op"] == "ack"
            case "message":
                assert (await person.call("send", message=response(asked)))["op"] == "ack"
            case _:
                assert await plain.call_plain(response(asked)) == []
        prompt = server.broker.prompt(next(iter(server.broker.tables.prompts)))
        assert prompt.state == "answered"


async def test_responses_have_a_bucket_of_their_own(clock: Clock) -> None:
    """Limited, they are limited by responses alone, at each door."""
    async with (
        serving(rate_responses=1, **FIVE) as server,
        talking(server.socket_url("ws"), V1, role="human") as person,
    ):
        asked = await server.post(question())
        assert (await server.respond(asked, answer="yes")).status_code == 200
        assert await statuses(server.http, 20) == [201] * 20
        for _ in range(2):
            told = await person.call("respond", id=asked["id"], answer="yes")
            assert told["op"] == "ack"
            assert (await person.call("send", message=response(asked)))["op"] == "ack"
        for told in (
            await person.call("respond", id=asked["id"], answer="yes"),
            await person.call("send", message=response(asked)),
            (await server.respond(asked, answer="yes")).json(),
        ):
            assert (told["code"], told["rate"]) == ("rate_limited", "responses")


async def test_names_count_apart(clock: Clock, tmp_path: Path) -> None:
    """Behind one address each name has its own; where it comes from does not matter."""
    file = tmp_path / "keys.json"
    keys = make_keys(file, one="agent:*", two="agent:*")
    async with serving(auth_keys=str(file), rate_messages=1, **FIVE) as server:
        for name in keys:
            async with (
                client_at(server, key=keys[name]) as here,
                client_at(server, "127.0.0.2", keys[name]) as there,
            ):
                assert await statuses(here, 3) == [201] * 3
                assert await statuses(there, 3) == [201, 201, 429]
        headers = [("Authorization", f"Bearer {keys['one']}")]
        async with talking(server.socket_url("ws"), V1, headers=headers) as talk:
            told = await talk.call("send", message=question())
        assert told["code"] == "rate_limited"


async def test_strangers_count_by_their_address(clock: Clock, tmp_path: Path) -> None:
    """Who does not say who they are is limited all the same, and takes nothing from a name."""
    file = tmp_path / "keys.json"
    keys = make_keys(file, bot="agent:a")
    async with (
        serving(auth_keys=str(file), rate_requests=1, **FIVE) as server,
        client_at(server, ELSEWHERE) as elsewhere,
        client_at(server, key=keys["bot"]) as bot,
        client_at(server, key="nonsense") as liar,
    ):
        assert await statuses(server.http, 4) == [401] * 4
        assert await statuses(liar, 2) == [401, 429]
        refused = await say(server.http)
        assert (refused.status_code, refused.json()["rate"]) == (429, "requests")
        assert await statuses(elsewhere, 1) == [401]
        assert await statuses(bot, 5) == [201] * 5


async def test_no_grant_no_tokens(clock: Clock, tmp_path: Path) -> None:
    """Who may not send to a channel takes nothing from those who may."""
    file = tmp_path / "keys.json"
    keys = make_keys(file, stranger="agent:b", owner="agent:a")
    settings = {"auth_keys": str(file), "rate_channel_messages": 1, **FIVE}
    async with (
        serving(**settings) as server,
        client_at(server, key=keys["stranger"]) as stranger,
        client_at(server, key=keys["owner"]) as owner,
    ):
        assert await statuses(stranger, 20) == [403] * 20
        assert await statuses(owner, 5) == [201] * 5


async def test_what_watches_over_credentials(clock: Clock, tmp_path: Path) -> None:
    """Bad credentials are counted, and pages that are signed in fill a buffer."""
    file = tmp_path / "keys.json"
    keys = make_keys(file, boss="admin:*")
    settings = {"auth_keys": str(file), "max_sessions": 9}
    async with serving(**settings) as server, client_at(server, key=keys["boss"]) as boss:
        for _ in range(3):
            bad = {"Authorization": "Bearer nonsense"}
            await server.http.post(MESSAGES, json=question(), headers=bad)
        signed = await server.http.post("/api/v1/session", json={"credential": keys["boss"]})
        assert signed.status_code == 200
        health = (await boss.get("/api/v1/health")).json()
        answer = read((await boss.get("/metrics")).text)
    assert health["queues"]["sessions"] == {"used": 1, "limit": 9}
    assert answer.of("ailoop_bad_credentials_total") == 3
    assert answer.of("ailoop_buffer_used", buffer="sessions") == 1
