"""People take longer than a tool call may: progress, tickets, keys, and absurd numbers."""

from __future__ import annotations

import math

import pytest
import trio

from ailoop.transport.mcp.call import Waits
from tests.client.kit import Call, asked, settle
from tests.mcp.kit import DOORS, asking, at_door, over_http, over_stdio, shown, told, use
from tests.serving import PATIENCE, Served, serving


@pytest.mark.parametrize("door", DOORS)
async def test_a_client_that_wants_progress_hears_of_it(server: Served, door: str) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))
        (prompt,) = server.broker.pending()
        await settle(server, prompt, answer="blue")

    async with at_door(door, server) as client:
        result = await client.call_tool(
            "ask_human", {"question": "Which?"}, progress_callback=hear
        )
    assert result.structured_content["answer"] == "blue"
    (_, total, message), *_ = heard
    assert total == 600
    assert message is not None
    assert server.daemon.rest_url in message


async def test_progress_goes_on_for_as_long_as_the_wait() -> None:
    """Each word is further than the one before, as the protocol wants it."""
    heard: list[float] = []
    enough = trio.Event()

    async def hear(progress: float, *_: object) -> None:
        heard.append(progress)
        if len(heard) == 3:
            enough.set()

    async with (
        serving(mcp_tick_seconds=0.01) as server,
        over_http(server.daemon.rest_url) as client,
        trio.open_nursery() as nursery,
    ):

        async def call() -> object:
            asks = {"question": "Which?"}
            return await client.call_tool("ask_human", asks, progress_callback=hear)

        waiting = Call(nursery, call)
        prompt = await asked(server)
        with trio.fail_after(10):
            await enough.wait()
        await settle(server, prompt, answer="blue")
        await waiting.result()
    assert heard == sorted(set(heard))


async def _ticket(server: Served, door: str) -> None:
    if door == "stdio":
        opening = over_stdio("--server", server.daemon.rest_url, "--ticket-after", "0.05")
    else:
        mode = "legacy" if door == "http" else "2026-07-28"
        opening = over_http(server.daemon.rest_url, mode=mode)
    async with opening as client, trio.open_nursery() as nursery:
        first = await use(client, "ask_human", question="Which?")
        assert (first["status"], first["open"]) == ("undelivered", True)
        assert server.daemon.rest_url in first["next"]
        (prompt,) = server.broker.pending()
        await shown(server, prompt)
        again = await use(client, "check_answer", prompt_id=first["prompt_id"], wait_seconds=0)
        assert again["status"] == "pending"
        assert "check_answer" in again["next"]

        async def check() -> dict[str, object]:
            return await use(client, "check_answer", prompt_id=first["prompt_id"])

        waiting = Call(nursery, check)
        await settle(server, await asked(server), answer="blue")
        assert (await waiting.result())["answer"] == "blue"
        for seconds in (0, -1, 1e300):
            known = await use(
                client, "check_answer", prompt_id=first["prompt_id"], wait_seconds=seconds
            )
            assert known["answer"] == "blue"


@pytest.mark.parametrize("door", DOORS)
async def test_a_client_without_progress_gets_a_ticket(door: str) -> None:
    async with serving(mcp_ticket_seconds=0.05) as server:
        await _ticket(server, door)


async def test_a_client_that_gives_up_early_gets_one_too(server: Served) -> None:
    """Claude Code tells after how many milliseconds, and progress does not hold it up."""

    async def hear(*_: object) -> None:
        pass

    url = server.daemon.rest_url
    async with over_stdio("--server", url, env={"MCP_TOOL_TIMEOUT": "100"}) as client:
        with trio.fail_after(PATIENCE):
            asks = {"question": "Which?"}
            result = await client.call_tool("ask_human", asks, progress_callback=hear)
            first = result.structured_content
            assert (first["status"], first["open"]) == ("undelivered", True)
            again = await use(client, "check_answer", prompt_id=first["prompt_id"])
            assert again["status"] == "undelivered"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [(1, 30), (0, 30), (-5, 30), (45.9, 45), (1e300, 86400), (None, 600)],
    ids=["one", "zero", "negative", "fraction", "huge", "absent"],
)
async def test_a_person_has_a_sensible_time(
    server: Served, wanted: float | None, given: int
) -> None:
    async with over_http(server.daemon.rest_url) as client, trio.open_nursery() as nursery:
        asks = {} if wanted is None else {"timeout_seconds": wanted}
        call, prompt = await asking(
            nursery, server, client, "ask_human", question="Which?", **asks
        )
        assert prompt.content.timeout_seconds == given
        await settle(server, prompt, answer="blue")
        await call.result()


def test_no_number_is_no_time() -> None:
    """NaN, which some write into JSON, is in no order to anything."""
    assert Waits().timeout(math.nan, 600) == 30


@pytest.mark.parametrize("door", DOORS)
async def test_a_key_asks_once(server: Served, door: str) -> None:
    """A model that was restarted asks with the same key, and gets the answer again."""
    async with trio.open_nursery() as nursery:
        async with at_door(door, server) as client:
            call, prompt = await asking(
                nursery, server, client, "ask_human", question="Which?", key="one"
            )
            await settle(server, prompt, answer="blue")
            first = await call.result()
        async with at_door(door, server) as client:
            assert await use(client, "ask_human", question="Which?", key="one") == first
            sentence = await told(client, "ask_human", question="What else?", key="one")
            assert "id" in sentence
