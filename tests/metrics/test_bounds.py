"""Metrics stay few and true: buffers with their limits, labels nobody can make up."""

from __future__ import annotations

from ailoop.model.errors import CATALOGUE
from tests.broker.kit import Reader
from tests.metrics.kit import scrape
from tests.rest.kit import MESSAGES
from tests.serving import PORTS, V1, Served, message, note, question, serving, talking, until


async def test_buffers_are_the_queues_of_the_health() -> None:
    """Both show the same buffers, with the same figures."""
    async with serving(max_prompts=7, history_messages=5, feed_messages=9) as server:
        await server.post(*[question(channel) for channel in "aab"])
        Reader(server.broker, "a").read()
        await server.post(note())
        answer = await scrape(server)
        queues = (await server.http.get("/api/v1/health")).json()["queues"]
    for metric, member in (("used", "used"), ("limit", "limit")):
        told = {one["buffer"] for one in answer.labels[f"ailoop_buffer_{metric}"]}
        assert told == set(queues)
        for name, queue in queues.items():
            assert answer.of(f"ailoop_buffer_{metric}", buffer=name) == queue[member], name
    assert queues["prompts"] == {"used": 3, "limit": 7}
    assert queues["fullest_prompts"]["used"] == 2
    assert queues["fullest_history"] == {"used": 3, "limit": 5}
    assert queues["fullest_feed"] == {"used": 1, "limit": 9}
    assert 0 < queues["fullest_feed_bytes"]["used"] < queues["fullest_history_bytes"]["used"]


async def test_history(server: Served) -> None:
    """The totals are those of all channels together."""
    await server.post(note("a"), note("b"), note("b"))
    answer = await scrape(server)
    assert answer.of("ailoop_history_messages") == 3
    sizes = [len(channel.history.latest(9)[0].encoded) for _, channel in _live(server)]
    assert answer.of("ailoop_history_bytes") == sizes[0] + 2 * sizes[1]


def _live(server: Served) -> list[tuple[str, object]]:
    return sorted(server.broker.channels.items())


async def test_the_oldest_prompt(server: Served) -> None:
    """It is the one that waits longest in any channel; 0 when none waits."""
    first = await server.post(question("b"))
    second = await server.post(question("a"))
    waited = (await scrape(server)).of("ailoop_oldest_prompt_seconds")
    assert 0 < waited < 10
    clock = server.broker.clock
    asked = server.broker.prompt(next(iter(server.broker.channels["b"].state.open))).entry.at
    assert waited <= clock.now() - asked
    await server.respond(first, answer="x")
    assert (await scrape(server)).of("ailoop_oldest_prompt_seconds") > 0
    await server.respond(second, answer="x")
    assert (await scrape(server)).of("ailoop_oldest_prompt_seconds") == 0


async def test_hostile_names(server: Served) -> None:
    """Whatever a stranger makes up, no series appears, and his words are nowhere."""
    before = await scrape(server)
    http = server.http
    for number in range(20):
        name = f"evil{number}"
        await server.post(question(name, f"evil {number}"))
        await http.post(MESSAGES, json=note(f"evil {number}"))
        await http.post(MESSAGES, json=message({"type": name}))
        await http.post(MESSAGES, json={**note(), "sender_type": name})
        await http.get(f"/{name}")
        await http.request(name.upper(), MESSAGES)
        await http.get("/metrics", headers={"Accept": name, "User-Agent": name})
        await http.get("/api/channels", headers={"Host": f"{name}.example"})
    after = await scrape(server)
    assert set(after.values) == set(before.values)
    assert not [one for one in after.values if "evil" in one]
    codes = {labels["code"] for labels in after.labels["ailoop_refusals_total"]}
    assert codes == set(CATALOGUE)


async def test_hostile_sockets(server: Served) -> None:
    """Neither subprotocol nor role nor close code can be made up."""
    for port in PORTS:
        for number in range(5):
            url = server.socket_url(port)
            async with talking(url, f"evil{number}") as talk:
                await talk.call_plain({"op": "hello", "role": f"evil{number}"})
                await talk.socket.aclose(4100 + number, "evil")
            async with talking(url, V1) as talk:
                await talk.call("hello", role=f"evil{number}")
                await scrape(server)
    await until(lambda: not len(server.daemon.gateway.presence))
    answer = await scrape(server)
    closed = {labels["code"] for labels in answer.labels["ailoop_connections_closed_total"]}
    assert closed <= {
        "1000",
        "1001",
        "1005",
        "1006",
        "1009",
        "1011",
        "4001",
        "4008",
        "other",
        "unknown",
    }
    assert not [one for one in answer.values if "evil" in one or "410" in one]
    assert sum(server.daemon.gateway.presence.closed.values()) == 20
