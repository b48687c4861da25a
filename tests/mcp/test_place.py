"""Which daemon ``ailoop mcp`` asks: named, found, or its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
import trio
from mcp import Client

from tests.cli.commands import ailoop
from tests.client.kit import Call
from tests.mcp.kit import over_stdio, told, use

PORTS = ("--rest-port", "0", "--ws-port", "0")


def _home(folder: Path) -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}


async def _answer(page: str, answer: str) -> None:
    """Answer the one prompt that waits at a page, once it does."""
    async with httpx2.AsyncClient(base_url=page, verify=False) as http:
        with trio.fail_after(20):
            while not (items := (await http.get("/api/v1/pending")).json()["items"]):
                await trio.lowlevel.checkpoint()
        path = f"/api/v1/messages/{items[0]['message_id']}/response"
        assert (await http.post(path, json={"answer": answer})).status_code == 200


def _page(client: Client) -> str:
    instructions = str(client.instructions)
    return instructions.rpartition("answers at ")[2]


async def test_with_none_running_it_runs_one(tmp_path: Path) -> None:
    async with over_stdio(*PORTS, env=_home(tmp_path)) as client:
        async with trio.open_nursery() as nursery:
            waiting = Call(nursery, client.call_tool, "ask_human", {"question": "Which?"})
            await _answer(_page(client), "blue")
            assert (await waiting.result()).structured_content["answer"] == "blue"
        note = orjson.loads((tmp_path / "ailoop" / "mcp.json").read_bytes())
        assert _page(client) == f"{note['rest']}/"
    assert not (tmp_path / "ailoop" / "mcp.json").exists()
    mode = (tmp_path / "ailoop").stat().st_mode
    assert mode & 0o777 == 0o700


async def test_a_second_one_uses_the_first_and_outlives_it(tmp_path: Path) -> None:
    async with over_stdio(*PORTS, env=_home(tmp_path)) as second_to_be:
        page = _page(second_to_be)
    async with trio.open_nursery() as nursery:
        ending, ended, first = trio.Event(), trio.Event(), _First()

        async def run_first(task_status: Any) -> None:
            async with over_stdio(*PORTS, env=_home(tmp_path)) as client:
                first.client = client
                task_status.started()
                await ending.wait()
            ended.set()

        await nursery.start(run_first)
        async with over_stdio(*PORTS, env=_home(tmp_path)) as second:
            assert first.client is not None
            assert _page(second) == _page(first.client) != page
            await use(second, "notify_human", text="through the first")
            ending.set()
            await ended.wait()
            for _ in range(3):
                result = await second.call_tool("notify_human", {"text": "on its own"})
                if not result.is_error:
                    break
            assert not result.is_error, result.content
            note = orjson.loads((tmp_path / "ailoop" / "mcp.json").read_bytes())
            assert f"{note['rest']}/" != page


class _First:
    client: Client | None = None


async def test_a_named_one_that_is_away_is_told_of(tmp_path: Path) -> None:
    """It is not replaced: the people who answer are at the other one."""
    arguments = ("--server", "http://127.0.0.1:9")
    async with over_stdio(*arguments, env=_home(tmp_path)) as client:
        assert (await client.list_tools()).tools
        sentence = await told(client, "notify_human", text="x")
    assert "cannot reach ailoop at http://127.0.0.1:9" in sentence
    assert not (tmp_path / "ailoop").exists()


def test_its_input_may_end_at_once(tmp_path: Path) -> None:
    done = ailoop("mcp", *PORTS, env=_home(tmp_path))
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr.startswith("ailoop mcp: people answer at http://127.0.0.1:")


def test_a_lock_that_cannot_be_taken_keeps_nobody_from_asking(tmp_path: Path) -> None:
    (tmp_path / "ailoop" / "mcp.lock").mkdir(parents=True, mode=0o700)
    (tmp_path / "ailoop").chmod(0o700)
    done = ailoop("mcp", *PORTS, env=_home(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)


def test_what_is_no_message_is_passed_over(tmp_path: Path) -> None:
    typed = 'nonsense\n\n{"jsonrpc":"2.0"}\n\xff\n'
    done = ailoop("mcp", *PORTS, typed=typed, env=_home(tmp_path))
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--ticket-after", "--rest-port", "--channel"])
def test_wrong_options_are_named(option: str) -> None:
    done = ailoop("mcp", option, "-1")
    assert done.returncode == 2
    assert option in done.stderr


def test_without_the_extra_one_line_tells_the_way() -> None:
    code = (
        "import sys; sys.modules['mcp'] = None; sys.argv = ['ailoop', 'mcp']\n"
        "from ailoop.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'ailoop[mcp]'" in done.stderr
