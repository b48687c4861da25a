"""What the daemon says on stderr, and what it never says there."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx2
import orjson
import pytest
import trio

from tests.cli.terminal import on_terminal
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, FREE_PORTS, eventually, launched, running_daemon
from tests.daemon.sockets import websocket

SECRET = "hunter2-never-in-a-log"
_BREAK = """
import sys
from ailoop.broker import Broker
from ailoop.cli import main

def fail(self, *args, **kwargs):
    secret_local = args, kwargs
    raise RuntimeError("broken on purpose")

Broker.{verb} = fail
sys.argv[0] = "ailoop"
main()
"""


def broken(verb: str) -> tuple[str, ...]:
    """Return a command that serves with one verb of the broker failing."""
    return (sys.executable, "-c", _BREAK.format(verb=verb), "serve")


def test_lines_of_json() -> None:
    """Not on a terminal, each line is an object with an event, a level and a UTC time."""
    with running_daemon() as daemon:
        daemon.popen.terminate()
        assert daemon.wait() == 0
        lines = daemon.log()
    assert [line["event"] for line in lines] == ["ready", "stopping", "stopped"]
    assert all(line["level"] == "info" for line in lines)
    assert all(re.fullmatch(r"[0-9T:.-]+Z", line["timestamp"]) for line in lines)


def test_the_level() -> None:
    """``--log-level warning`` leaves out what is only informative."""
    with running_daemon("--log-level", "warning") as daemon:
        daemon.popen.terminate()
        assert daemon.wait() == 0
        assert daemon.stderr == ""


async def test_no_content() -> None:
    """Neither question, choices, answer, reason nor a refused frame is ever logged at info."""
    with running_daemon() as daemon:
        with closing(Api(daemon.rest)) as api:
            question = api.ask("shop", f"{SECRET}?", choices=[SECRET, "b"])
            api.respond(question, response_type="text", answer=f"not {SECRET}")
            api.respond(question, response_type="text", answer="1")
            permission = api.request_permission("shop", SECRET, context={SECRET: SECRET})
            api.respond(permission, response_type="authorization_denied", reason=SECRET)
            api.post("shop", type="notification", text=SECRET)
            api.post_many([{"channel": SECRET + "?", "content": {"type": SECRET}}])
            async with websocket(daemon.ws) as connection:
                for frame in (f"{{{SECRET}", f'{{"content": "{SECRET}"}}'):
                    with trio.fail_after(20):
                        await connection.send_message(frame)
                        assert "error" in await connection.get_message()
        daemon.popen.terminate()
        assert daemon.wait() == 0
        assert "stopped" in daemon.stderr
        assert SECRET not in daemon.stderr + daemon.stdout


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_internal_fault(form: str) -> None:
    """A fault of ours is logged with its traceback, and without what was being said.

    The client gets a plain 500; the daemon goes on.
    """
    with launched(*FREE_PORTS, "--log-format", form, command=broken("publish")) as daemon:
        daemon.wait_ready()
        with closing(Api(daemon.rest)) as api:
            body = {"channel": "c", "content": {"type": "question", "text": SECRET}}
            answer = api.post_many([body])
            assert answer.status_code == 500
            assert answer.json()["code"] == "internal"
            assert "broken on purpose" not in answer.text
            assert api.get("/api/v1/health").status_code == 200
        daemon.popen.terminate()
        assert daemon.wait() == 0
        assert "broken on purpose" in daemon.stderr
        assert "RuntimeError" in daemon.stderr
        assert SECRET not in daemon.stderr
        if form == "json":
            assert [line["level"] for line in daemon.log()].count("error") == 1


def test_a_crash() -> None:
    """What cannot be survived ends with 70 and one line of log, not with a bare traceback."""
    program = (
        "import ailoop.cli.serve as serve\n"
        "def fail(settings): raise RuntimeError('broken on purpose')\n"
        "serve.open_daemon = fail\n"
        "serve.serve()"
    )
    with launched(command=(sys.executable, "-c", program)) as daemon:
        assert daemon.wait() == 70
        (line,) = daemon.log()
    assert (line["event"], line["level"]) == ("crashed", "error")
    assert "broken on purpose" in str(line["exception"])


def test_a_log_nobody_reads_any_more() -> None:
    """A broken pipe behind the log stops nothing: those who wait are told, exit 0."""
    reading, writing = os.pipe()
    with launched(*FREE_PORTS, stderr=writing) as daemon:
        os.close(writing)
        daemon.wait_ready()
        os.close(reading)
        with closing(Api(daemon.rest)) as api, ThreadPoolExecutor(1) as pool:
            prompt = api.ask("shop")
            path = f"/api/v1/messages/{prompt}/response"
            waiting = pool.submit(httpx2.get, f"{daemon.rest}{path}?wait=30", timeout=40)
            api.eventually(
                lambda api: api.get("/api/v1/health").json()["queues"]["waiters"]["used"],
                "a long poll",
            )
            daemon.popen.terminate()
            told = waiting.result().json()
        assert told["metadata"] == {"reason": "shutdown"}
        assert daemon.wait() == 0


def test_colours_on_a_terminal() -> None:
    """On a terminal the log is for people, with colours unless ``NO_COLOR`` says otherwise."""
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with on_terminal(
            "serve", *FREE_PORTS, "--no-inbox", env=env, command=AILOOP
        ) as terminal:
            terminal.wait_for("ready rest=")
            terminal.popen.terminate()
            assert terminal.wait() == 0
            assert "stopping" in terminal.screen
            assert (b"\x1b[" in terminal.raw) is coloured


def test_json_on_a_terminal_if_wanted() -> None:
    """``--log-format json`` is JSON everywhere."""
    with on_terminal("serve", *FREE_PORTS, "--no-inbox", "--log-format", "json") as terminal:
        terminal.wait_for("ready rest=")
        terminal.popen.terminate()
        assert terminal.wait() == 0
        logged = [line for line in terminal.raw.decode().splitlines() if line[:1] == "{"]
    assert [orjson.loads(line)["event"] for line in logged] == ["ready", "stopping", "stopped"]


def test_logs_on_standard_output() -> None:
    """With ``--log-to stdout`` there is nothing else: each line is one of the log."""
    with launched(*FREE_PORTS, "--log-to", "stdout") as daemon:
        eventually(lambda: daemon.stdout.endswith("\n"), "the first line")
        ready = orjson.loads(daemon.stdout)
        assert (ready["event"], ready["rest"][:17]) == ("ready", "http://127.0.0.1:")
        daemon.popen.terminate()
        assert daemon.wait() == 0
        events = [orjson.loads(line)["event"] for line in daemon.stdout.splitlines()]
        assert (events, daemon.stderr) == (["ready", "stopping", "stopped"], "")
