"""Where people have to say who they are, tools do too, and are held to their grants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio

from tests.access.kit import Guarded, bearer, guarded
from tests.client.kit import Call, asked
from tests.mcp.kit import over_http, over_stdio, told
from tests.rest.kit import check_error
from tests.serving import APPROVE, until

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}
_PING = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Guarded]:
    """Run a daemon that wants to know who is there."""
    async with guarded(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("credential", [None, "ailoop_wrong"], ids=["none", "wrong"])
async def test_strangers_are_refused_as_everywhere(
    house: Guarded, credential: str | None
) -> None:
    headers = _HEADERS | (bearer(credential) if credential else {})
    answer = await house.server.http.post("/mcp", content=_PING, headers=headers)
    check_error(answer, "bad_credential" if credential else "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("door", ["stdio", "http"])
async def test_the_agent_is_who_its_key_says(house: Guarded, door: str) -> None:
    url = house.server.daemon.rest_url
    opening: Any
    if door == "stdio":
        env = {"AILOOP_TOKEN": house.keys["bot"]}
        opening = over_stdio("--server", url, "--channel", "a1", env=env)
    else:
        opening = over_http(f"{url}/mcp?channel=a1", headers=bearer(house.keys["bot"]))
    async with opening as client, trio.open_nursery() as nursery:
        waiting = Call(nursery, client.call_tool, "request_authorization", {"action": "Deploy"})
        prompt = await asked(house.server)
        assert prompt.entry.channel == "a1"
        assert prompt.message.metadata == {"sender": "bot"}
        path = f"/api/v1/messages/{prompt.entry.id}/response"
        check_error(await house["bot"].post(path, json=APPROVE), "not_granted")
        assert (await house["ann"].post(path, json=APPROVE)).status_code == 200
        said = (await waiting.result()).structured_content
        assert (said["status"], said["responder"]) == ("approved", "ann")
        sentence = await told(client, "ask_human", question="Which?", channel="b")
        assert "no grant" in sentence


async def test_a_person_s_key_does_not_ask(house: Guarded) -> None:
    url = house.server.daemon.rest_url
    async with over_http(f"{url}/mcp?channel=a1", headers=bearer(house.keys["ann"])) as client:
        assert "no grant" in await told(client, "notify_human", text="I am a bot")


async def test_what_another_may_not_read_is_not_there(house: Guarded) -> None:
    url = house.server.daemon.rest_url
    prompt = await house.ask(
        {"channel": "b", "content": {"type": "question", "text": "Which?"}}, "rival"
    )
    async with over_http(f"{url}/mcp", headers=bearer(house.keys["bot"])) as client:
        sentence = await told(client, "check_answer", prompt_id=prompt["id"])
    assert sentence == "Message not found"


async def test_a_call_of_one_is_cancelled_by_no_other(house: Guarded) -> None:
    """A session's name is no credential: with another key it finds nothing."""
    url = f"{house.server.daemon.rest_url}/mcp?channel=a1"
    async with trio.open_nursery() as nursery:
        ask = orjson.dumps(
            {
                "jsonrpc": "2.0",
                "id": 7,
                "method": "tools/call",
                "params": {"name": "ask_human", "arguments": {"question": "Which?"}},
            }
        )
        headers = {**_HEADERS, "Mcp-Session-Id": "mine"}

        async def call() -> Any:
            return await house["bot"].post(url, content=ask, headers=headers, timeout=60)

        waiting = Call(nursery, call)
        prompt = await asked(house.server)
        cancel = orjson.dumps(
            {
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": {"requestId": 7},
            }
        )
        for name in ("rival", "root", "bot"):
            answer = await house[name].post(url, content=cancel, headers=headers)
            assert answer.status_code == 202
            if name != "bot":
                await trio.testing.wait_all_tasks_blocked()
                assert prompt.response is None
        await until(lambda: prompt.response is not None)
        await waiting.result()
