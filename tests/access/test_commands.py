"""The command line where a server wants to know who is there, and ``ailoop key``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from ailoop.access.keys import KeyFile
from tests.cli.commands import ailoop
from tests.cli.terminal import CTRL_C, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import FREE_PORTS, DaemonProcess, running_daemon


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """Return the file of keys."""
    return str(tmp_path / "keys.json")


@pytest.fixture
def daemon(keys: str) -> Iterator[DaemonProcess]:
    """Run a daemon with two keys."""
    KeyFile(Path(keys)).create("first", ["admin:*"])
    with running_daemon("--auth-keys", keys) as process:
        yield process


def test_from_no_key_to_an_answer(daemon: DaemonProcess, keys: str, tmp_path: Path) -> None:
    """Keys are made, used and revoked while the daemon runs."""
    made = {}
    for name, grant in (("bot", "agent:deploys-*"), ("ann", "human:*")):
        done = ailoop("key", "create", name, "--grant", grant, "--file", keys)
        assert done.returncode == 0, done.stderr
        made[name] = done.stdout.strip()
    server = ("--server", daemon.rest)
    bot, ann = {"AILOOP_TOKEN": made["bot"]}, {"AILOOP_TOKEN": made["ann"]}
    done = ailoop("say", "hello", "-c", "deploys-a", *server)
    assert done.returncode == 2
    assert "AILOOP_TOKEN" in done.stderr
    done = ailoop("say", "hello", "-c", "elsewhere", *server, env=bot)
    assert done.returncode == 2
    assert "no grant to send to the channel elsewhere" in done.stderr
    assert ailoop("say", "hello", "-c", "deploys-a", *server, env=bot).returncode == 0
    (tmp_path / "token").write_text(made["ann"] + "\n")
    read = ailoop(
        "history",
        "-c",
        "deploys-a",
        *server,
        env={"AILOOP_TOKEN_FILE": str(tmp_path / "token")},
    )
    assert "hello" in read.stdout
    assert ailoop("say", "x", "-c", "deploys-a", *server, env=ann).returncode == 2
    listed = orjson.loads(ailoop("key", "list", "--json", "--file", keys).stdout)["keys"]
    assert [one["name"] for one in listed] == ["first", "bot", "ann"]
    assert not any("hash" in one for one in listed)
    assert ailoop("key", "revoke", listed[2]["id"], "--file", keys).returncode == 0
    done = ailoop("history", "-c", "deploys-a", *server, env=ann)
    assert done.returncode == 2
    assert "revoked" in done.stderr
    assert done.stderr.count("\n") == 1
    for secret in made.values():
        assert secret not in daemon.stdout + daemon.stderr


def test_health_for_strangers(daemon: DaemonProcess) -> None:
    """Whether the server is well is told to everybody, and nothing more."""
    done = ailoop("health", "--server", daemon.rest)
    assert done.returncode == 0
    assert "healthy" in done.stdout


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_the_daemons_own_terminal(keys: str, term: str) -> None:
    """Whoever sits at the daemon's terminal answers there, without a key."""
    bot, _ = KeyFile(Path(keys)).create("bot", ["agent:*"])
    root, _ = KeyFile(Path(keys)).create("root", ["admin:*"])
    with on_terminal("serve", *FREE_PORTS, "--auth-keys", keys, env={"TERM": term}) as terminal:
        ready = re.compile(rb"ready rest=(\S+) ws=")
        terminal.wait_until(lambda: bool(ready.search(terminal.raw)), "the ready line")
        url = ready.findall(terminal.raw)[0].decode()
        with closing(Api(url)) as api, closing(Api(url)) as admin:
            api._http.headers["X-Api-Key"] = bot
            admin._http.headers["X-Api-Key"] = root
            admin.eventually(
                lambda api: api.get("/api/stats").json()["viewer_connections"] == 1,
                "the inbox is there",
            )
            api.request_permission("shop", "deploy the shop")
            terminal.wait_for("deploy the shop")
        terminal.type(CTRL_C)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["create", "x", "--grant", "boss:*"], "a grant is ROLE:PATTERN"),
        (["create", "x"], "--grant"),
        (["create", "", "--grant", "human:*"], "1 to 100 characters"),
        (["create", "x", "--grant", "human:*", "--expires", "soon"], "such as 30d"),
        (["expire", "nobody", "1d"], "no key 'nobody'"),
        (["revoke", "nobody"], "no key 'nobody'"),
    ],
)
def test_used_wrongly(keys: str, args: list[str], said: str) -> None:
    """Each mistake is one sentence, and exit code 2."""
    done = ailoop("key", *args, "--file", keys)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_daemon_that_cannot_start(tmp_path: Path) -> None:
    """Settings that would let in nobody, or somebody else, are refused with what to do."""
    keys = str(tmp_path / "keys.json")
    jwks = tmp_path / "jwks.json"
    jwks.write_text('{"keys": [{"kty": "oct", "k": "c2hvcnQ"}]}')
    for flags, said in [
        (["--auth-keys", keys], "ailoop key create"),
        (["--auth-jwt-keys", str(jwks)], "auth_jwt_issuer is missing"),
        (
            ["--auth-jwt-keys", str(jwks), "--auth-jwt-issuer", "i"],
            "auth_jwt_audience is missing",
        ),
        (
            [
                "--auth-jwt-keys",
                str(jwks),
                "--auth-jwt-issuer",
                "i",
                "--auth-jwt-audience",
                "a",
            ],
            "less than 32 bytes",
        ),
    ]:
        done = ailoop("serve", *FREE_PORTS, *flags)
        assert done.returncode == 3, done.stderr
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    (tmp_path / "keys.json").write_text("{}")
    done = ailoop("serve", *FREE_PORTS, "--auth-keys", keys)
    assert "no file of keys" in done.stderr
    KeyFile(tmp_path / "good.json").create("a", ["human:*"])
    done = ailoop(
        "serve", *FREE_PORTS, "--auth-keys", str(tmp_path / "good.json"), "--insecure-no-auth"
    )
    assert "exclude each other" in done.stderr


def test_a_token_on_the_command_line_is_no_option() -> None:
    """A process list shows what stands there; so there is no such option."""
    for command in ("ask", "inbox", "history", "serve"):
        told = ailoop(command, "--help").stdout
        assert "--token" not in told
        assert "--api-key" not in told
