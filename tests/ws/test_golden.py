"""The golden conversations of ``tests/wire``, held with a real daemon."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.serving import V1, Served, Talk, talking

GOLDEN = Path(__file__).parents[1] / "wire" / "surfaces.json"
MADE = {
    "$time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"),
    "$id": re.compile(r"[0-9a-f-]{36}"),
    "$seq": re.compile(r"\d{16}"),
}


def fits(golden: Any, real: Any) -> bool:
    """Whether a frame is the golden one, but for what a server makes."""
    if isinstance(golden, dict) and isinstance(real, dict):
        same = list(golden) == list(real)  # members have an order
        return same and all(fits(golden[key], real[key]) for key in golden)
    if isinstance(golden, list) and isinstance(real, list):
        return len(golden) == len(real) and all(map(fits, golden, real))
    if isinstance(golden, str) and golden in MADE:
        return MADE[golden].fullmatch(str(real)) is not None
    return type(golden) is type(real) and golden == real


@pytest.mark.parametrize("one", orjson.loads(GOLDEN.read_bytes()), ids=lambda one: one["name"])
async def test_surfaces(server: Served, one: dict[str, Any]) -> None:
    """Every frame comes as it is written there, and in that order for each speaker."""
    for message in one["posted"]:
        await server.post(message)
    speakers: dict[str, Talk] = {}
    async with AsyncExitStack() as stack:
        for step in one["steps"]:
            name = step["of"]
            if name not in speakers:
                url = server.socket_url("rest")
                speakers[name] = await stack.enter_async_context(talking(url, V1))
            if "sent" in step:
                await speakers[name].send(step["sent"])
            else:
                came = await speakers[name].receive()
                assert fits(step["came"], came), orjson.dumps(came)
