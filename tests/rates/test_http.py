"""Limits over HTTP: the burst, the time after it, others, headers, and what is exempt."""

from __future__ import annotations

import pytest

from tests.metrics.kit import scrape
from tests.rates.kit import ELSEWHERE, Clock, client_at, say, statuses
from tests.rest.kit import MESSAGES
from tests.serving import note, question, serving

FIVE = {"rate_burst_seconds": 5}
HEALTH = "/api/v1/health"


async def test_a_burst_and_then_the_rate(clock: Clock) -> None:
    """The burst passes, the next is refused, and after the time told it passes."""
    async with serving(rate_messages=1, **FIVE) as server:
        assert await statuses(server.http, 5) == [201] * 5
        refused = await say(server.http)
        assert refused.status_code == 429
        body = refused.json()
        assert {key: body[key] for key in ("code", "rate", "retry_after")} == {
            "code": "rate_limited",
            "rate": "messages",
            "retry_after": 1,
        }
        assert "1 a second" in body["error"]
        assert refused.headers["Retry-After"] == "1"
        clock.now += 2
        assert await statuses(server.http, 3) == [201, 201, 429]
        stats = (await server.http.get("/api/channels/a/stats")).json()
    assert stats["message_count"] == 7


async def test_other_clients_and_channels(clock: Clock) -> None:
    """What one client has used up is still there for another, on every channel."""
    async with (
        serving(rate_messages=1, **FIVE) as server,
        client_at(server, ELSEWHERE) as other,
    ):
        assert (await statuses(server.http, 6))[-1] == 429
        assert (await say(server.http, "b")).status_code == 429
        assert await statuses(other, 5) == [201] * 5


async def test_a_channel_is_of_all_clients(clock: Clock) -> None:
    """A full channel takes no more from anybody, and other channels do not notice."""
    settings = {"rate_channel_messages": 1, **FIVE}
    async with serving(**settings) as server, client_at(server, ELSEWHERE) as other:
        assert await statuses(server.http, 3) == [201] * 3
        assert await statuses(other, 3) == [201, 201, 429]
        refused = await say(server.http)
        assert refused.json()["rate"] == "channel_messages"
        assert refused.json()["channel"] == "a"
        assert await statuses(server.http, 5, "b") == [201] * 5


@pytest.mark.parametrize(
    ("limit", "burst", "messages"),
    [
        ("prompts", 5, [question()]),
        ("channel_prompts", 5, [question()]),
        ("bytes", 5 * 300, [note(text="x" * 400)]),
        ("channel_bytes", 5 * 300, [note(text="x" * 400)]),
        ("messages", 5, [note("a"), note("b")]),
    ],
)
async def test_each_limit(clock: Clock, limit: str, burst: int, messages: list[object]) -> None:
    """It refuses by its own name, and tells its policy in the headers of each answer."""
    async with serving(**{f"rate_{limit}": burst / 5}, **FIVE) as server:
        answers = [await server.http.post(MESSAGES, json=messages) for _ in range(6)]
        health = (await server.http.get(HEALTH)).json()
    refused = [one for one in answers if one.status_code == 429]
    assert answers[0].status_code == 201
    assert refused
    assert {one.json()["rate"] for one in refused} == {limit}
    for one in answers:
        assert one.headers["RateLimit-Policy"].startswith(f'"{limit}";q={burst};')
        assert one.headers["RateLimit-Policy"].endswith(";w=5")
        assert one.headers["RateLimit"].startswith(f'"{limit}";r=')
    assert health["rates"] == {
        limit: {"rate": burst / 5, "burst": burst, "refused": len(refused)}
    }


async def test_other_messages_do_not_count(clock: Clock) -> None:
    """A limit of prompts is none of notifications."""
    async with serving(rate_prompts=0.2, **FIVE) as server:
        answer = await server.http.post(MESSAGES, json=question())
        assert answer.headers["RateLimit-Policy"] == '"prompts";q=1;qu="prompts";w=5'
        assert answer.headers["RateLimit"] == '"prompts";r=0;t=5'
        assert await statuses(server.http, 20) == [201] * 20
        assert "RateLimit" not in (await say(server.http)).headers


async def test_a_batch(clock: Clock) -> None:
    """It counts as its messages, all or none; one that can never pass is told so."""
    async with serving(rate_messages=1, **FIVE) as server:
        assert (await say(server.http, count=3)).status_code == 201
        assert (await say(server.http, count=3)).status_code == 429
        assert (await say(server.http, count=2)).headers["RateLimit"] == '"messages";r=0;t=1'
        clock.now += 60
        refused = await say(server.http, count=6)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
        assert "rate_messages lets through 5" in refused.json()["error"]
        assert "Retry-After" not in refused.headers
        assert (await say(server.http, count=5)).status_code == 201
        stats = (await server.http.get("/api/channels/a/stats")).json()
    assert stats["message_count"] == 10


async def test_what_is_refused_takes_nothing(clock: Clock) -> None:
    """Where one limit refuses, all others have what they had."""
    async with serving(rate_messages=2, rate_channel_messages=1, **FIVE) as server:
        assert (await say(server.http, count=4)).status_code == 201
        for _ in range(10):
            assert (await say(server.http, count=2)).status_code == 429
        mixed = await server.http.post(MESSAGES, json=[note("a"), note("a"), note("b")])
        assert mixed.json()["rate"] == "channel_messages"
        assert mixed.headers["RateLimit"] == '"messages";r=6;t=1, "channel_messages";r=1;t=1'
        assert (await say(server.http, "b", count=5)).status_code == 201
        assert (await say(server.http, "a")).status_code == 201


async def test_requests(clock: Clock) -> None:
    """Every request counts, but for those that ask whether the server is well."""
    async with (
        serving(rate_requests=1, **FIVE) as server,
        client_at(server, ELSEWHERE) as other,
    ):
        answers = [await server.http.get("/api/channels") for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        assert answers[1].headers["RateLimit-Policy"] == '"requests";q=5;w=5'
        assert [one.headers["RateLimit"] for one in answers[:2]] == [
            '"requests";r=4;t=1',
            '"requests";r=3;t=1',
        ]
        assert answers[-1].headers["RateLimit"] == '"requests";r=0;t=1'
        for path in ("/", "/nowhere", MESSAGES):
            assert (await server.http.get(path)).status_code == 429
        health = await server.http.get(HEALTH)
        assert health.status_code == 200
        assert "RateLimit" not in health.headers
        assert (await other.get("/api/channels")).status_code == 200
        clock.now += 1
        assert (await server.http.get("/api/channels")).status_code == 200


async def test_both_are_told(clock: Clock) -> None:
    """An answer names every limit that its request came under."""
    async with serving(rate_requests=2, rate_bytes=1000, **FIVE) as server:
        answer = await say(server.http)
        size = len(answer.content)
    assert answer.headers["RateLimit-Policy"] == (
        '"requests";q=10;w=5, "bytes";q=5000;qu="content-bytes";w=5'
    )
    assert answer.headers["RateLimit"] == f'"requests";r=9;t=1, "bytes";r={5000 - size};t=1'


async def test_off(clock: Clock) -> None:
    """Without a limit nothing is refused, told or remembered."""
    async with serving() as server:
        assert await statuses(server.http, 50) == [201] * 50
        answer = await say(server.http)
        assert not [name for name in answer.headers if name.lower().startswith("ratelimit")]
        health = (await server.http.get(HEALTH)).json()
        assert health["rates"] == {}
        assert health["queues"]["fullest_rates"]["used"] == 0


async def test_metrics(clock: Clock) -> None:
    """Each limit has a series, on or off, and the fullest memory a fill."""
    async with serving(rate_messages=1, rate_remembered=7, **FIVE) as server:
        before = await scrape(server)
        await statuses(server.http, 8)
        after = await scrape(server)
    name = "ailoop_rate_limited_total"
    assert {labels["limit"] for labels in before.labels[name]} == {
        *("messages", "prompts", "bytes", "responses", "connections", "requests"),
        *("channel_messages", "channel_prompts", "channel_bytes"),
    }
    assert before.of(name, limit="messages") == 0
    assert after.of(name, limit="messages") == 3
    assert after.of("ailoop_refusals_total", code="rate_limited") == 3
    assert after.of("ailoop_buffer_used", buffer="fullest_rates") == 1
    assert after.of("ailoop_buffer_limit", buffer="fullest_rates") == 7
