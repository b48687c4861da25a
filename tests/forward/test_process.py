"""``ailoop forward`` as it is used: a process in a pipe, or beside a file that grows."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.commands import ailoop
from tests.cli.terminal import on_terminal
from tests.daemon.api import Api
from tests.daemon.process import (
    AILOOP,
    PATIENCE,
    DaemonProcess,
    environment,
    eventually,
    launched,
)
from tests.forward.samples import CLAUDE, CURSOR, stream

Running = subprocess.Popen[bytes]


@contextmanager
def forward(url: str, *flags: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    """Start the command; it is gone at the end of the block."""
    popen = subprocess.Popen(
        [*AILOOP, "forward", "--server", url, *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(env),
    )
    with popen:
        try:
            yield popen
        finally:
            popen.kill()


def write(popen: Running, data: bytes) -> None:
    assert popen.stdin is not None
    popen.stdin.write(data)
    popen.stdin.flush()


def end(popen: Running) -> tuple[int, bytes, str]:
    """Wait for the end; return the exit code and what was printed."""
    out, err = popen.communicate(timeout=PATIENCE)
    assert "Traceback" not in err.decode()
    return popen.returncode, out, err.decode()


def texts(api: Api, channel: str) -> list[str]:
    answer = api.get(f"/api/channels/{channel}/messages", limit=1000).json()
    return [message["content"]["text"] for message in answer["messages"]]


def wait_for(api: Api, channel: str, *expected: str) -> None:
    """Wait for so many messages, and compare them."""
    eventually(lambda: len(texts(api, channel)) >= len(expected), f"{len(expected)} messages")
    assert texts(api, channel) == [*expected]


def test_a_pipe(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """Each event arrives as it comes, with what it is; the summary tells the whole."""
    with forward(daemon.rest, "-c", channel, "--json", "--skip", "thinking") as popen:
        write(popen, stream(*CLAUDE[:2]))
        wait_for(
            api, channel, "Started in /home/ann/shop", "I run the tests.", "Bash: pytest -q"
        )
        write(popen, b"\x1b[31mwarning\x1b[0m\n" + stream(*CLAUDE[2:]))
        code, out, err = end(popen)
    assert (code, err) == (0, "")
    assert orjson.loads(out) == {
        "channel": channel,
        "agent": "claude",
        "lines": 7,
        "sent": 7,
        "bad": 1,
        "too_long": 0,
        "dropped": 0,
        "refused": 0,
        "undelivered": 0,
    }
    *_, result = api.messages(channel)
    assert result["content"] == {"type": "notification", "text": "Fixed.", "priority": "normal"}
    assert result["metadata"] == {
        "agent": "claude",
        "kind": "result",
        "session_id": CLAUDE[0]["session_id"],
        "cost": 0.0125,
        "duration": 4.2,
    }
    assert result["sender_type"] == "AGENT"


@pytest.mark.parametrize("way", ["FILE", "--input", "<"])
def test_a_whole_file(
    daemon: DaemonProcess, api: Api, channel: str, tmp_path: Path, way: str
) -> None:
    """A file that is named, or is standard input, is read to its end."""
    path = tmp_path / "agent.jsonl"
    path.write_bytes(stream(*CURSOR))
    flags = {"FILE": [str(path)], "--input": ["--input", str(path)], "<": []}[way]
    command = [*AILOOP, "forward", "-c", channel, "--only", "result", *flags]
    with path.open("rb") as file:
        done = subprocess.run(
            command,
            stdin=file if way == "<" else subprocess.DEVNULL,
            env=environment({"AILOOP_SERVER": daemon.rest}),
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0
    assert texts(api, channel) == ["Done it."]


def test_tee(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """Every byte passes on, odd ones too; the summary is then on standard error."""
    data = b"a\xff\x00\r\n\n" + b"x" * 2_000_000 + b"\nlast, unended"
    with forward(daemon.rest, "-c", channel, "--tee", "--json") as popen:
        out, err = popen.communicate(data, timeout=PATIENCE)
    assert (popen.returncode, out) == (0, data)
    summary, loss = err.decode().splitlines()
    assert orjson.loads(summary)["too_long"] == 1
    assert loss == "ailoop: skipped, because they were too long: 1 line"
    assert [texts(api, channel)[at] for at in (0, -1)] == ["a�", "last, unended"]


def test_who_reads_the_copy_has_gone(daemon: DaemonProcess, channel: str) -> None:
    """As any program in a pipe, it ends without a word."""
    with forward(daemon.rest, "-c", channel, "--tee") as popen:
        assert popen.stdout is not None
        popen.stdout.close()
        popen.stdout = None
        assert popen.stdin is not None
        popen.stdin.write(b"a\n")
        code, _, err = end(popen)
    assert (code, err) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("agent", ["auto", "jsonl"])
def test_strict(daemon: DaemonProcess, api: Api, channel: str, agent: str) -> None:
    """It stops at the line, names it, and what came before has arrived."""
    with forward(daemon.rest, "-c", channel, "--strict", "--agent-type", agent) as popen:
        out, err = popen.communicate(b'{"text": "a"}\nb\n{"text": "c"}\n', timeout=PATIENCE)
    assert (popen.returncode, out) == (1, b"")
    assert err == b"ailoop: line 2: not an object of JSON: b\n"
    assert texts(api, channel) == ["a"]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--follow",), "--follow needs a FILE"),
        (("--state", "x"), "--state needs a FILE"),
        (("a", "--input", "b"), "FILE and --input are the same"),
        (("--only", "notice"), "--only"),
        (("--agent-type", "other"), "--agent-type"),
        (("{tmp}/absent",), "absent: No such file"),
        (("{tmp}",), "Is a directory"),
        (("{tmp}/x", "--state", "{tmp}"), "--state: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_used_wrongly(
    daemon: DaemonProcess, tmp_path: Path, flags: tuple[str, ...], named: str
) -> None:
    """Exit 2, and what is wrong is named."""
    with forward(daemon.rest, *(flag.format(tmp=tmp_path) for flag in flags)) as popen:
        code, out, err = end(popen)
    assert (code, out) == (2, b"")
    assert named in err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_interrupted(
    daemon: DaemonProcess, api: Api, channel: str, number: signal.Signals, code: int
) -> None:
    """It says so by its exit code, and loses nothing that it has read."""
    with forward(daemon.rest, "-c", channel, "--json") as popen:
        write(popen, b"one\ntwo\n")
        wait_for(api, channel, "one", "two")
        popen.send_signal(number)
        popen.wait(PATIENCE)
        assert popen.stdout is not None
        assert orjson.loads(popen.stdout.read())["sent"] == 2
        assert popen.returncode == code


def test_on_a_terminal(daemon: DaemonProcess, channel: str, tmp_path: Path) -> None:
    """There it tells how it goes."""
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    with on_terminal("forward", str(path), "-c", channel, "--server", daemon.rest) as terminal:
        terminal.wait_for("2 sent, 0 waiting")
        assert terminal.wait() == 0


def test_the_daemon_is_killed_and_started_again(tmp_path: Path, channel: str) -> None:
    """What the new process gets goes on where the old one ended: all, once, in order."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    flags = ("--ws-port", "0", "--rest-port", str(port))
    flags = (*flags, "--journal", f"sqlite:{tmp_path / 'journal.db'}")
    lines = [f"line {number}" for number in range(600)]
    data = [f"{line}\n".encode() for line in lines]
    with launched(*flags) as first:
        first.wait_ready()
        with forward(first.rest, "-c", channel) as popen, closing(Api(first.rest)) as api:
            write(popen, b"".join(data[:200]))
            eventually(lambda: texts(api, channel), "the first lines")
            write(popen, b"".join(data[200:400]))
            first.kill()
            write(popen, b"".join(data[400:]))
            with launched(*flags) as second:
                second.wait_ready()
                assert end(popen) == (0, b"", "")
                assert texts(api, channel) == lines


def test_gone_for_good(tmp_path: Path, channel: str) -> None:
    """Beyond patience it says how many were not delivered: exit 3. The copy is whole."""
    data = b"".join(b"line %d\n" % number for number in range(20))
    with launched("--ws-port", "0", "--rest-port", "0") as daemon:
        daemon.wait_ready()
        flags = ("-c", channel, "--patience", "0.5", "--tee")
        with forward(daemon.rest, *flags) as popen, closing(Api(daemon.rest)) as api:
            write(popen, b"first\n")
            wait_for(api, channel, "first")
            daemon.kill()
            out, err = popen.communicate(data, timeout=PATIENCE)
    assert popen.returncode == 3
    assert out == b"first\n" + data
    assert err.decode().startswith("ailoop: cannot reach ailoop at ")
    assert err.decode().endswith("; not delivered: 20 messages\n")


def test_a_line_without_an_end_takes_no_memory(
    daemon: DaemonProcess, api: Api, channel: str
) -> None:
    """However long it is, of a line that is too long nothing is kept."""

    def most_memory() -> int:
        status = Path(f"/proc/{popen.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    with forward(daemon.rest, "-c", channel) as popen:
        write(popen, b"small\n")
        wait_for(api, channel, "small")
        before = most_memory()
        for _ in range(100):
            write(popen, b"x" * 1_000_000)
        write(popen, b"\nafter\n")
        eventually(lambda: "after" in texts(api, channel), "the line after it")
        assert most_memory() - before < 20_000_000
        code, _, err = end(popen)
    assert (code, err) == (0, "ailoop: skipped, because they were too long: 1 line\n")


def test_sealed(daemon: DaemonProcess, api: Api, channel: str, tmp_path: Path) -> None:
    """With ``--seal-for`` its owner alone reads what the agent did."""
    assert ailoop("keygen", "ann", "--dir", str(tmp_path)).returncode == 0
    with forward(
        daemon.rest, "-c", channel, "--seal-for", str(tmp_path / "ann.public.jwk")
    ) as popen:
        out, err = popen.communicate(b"a secret\n", timeout=PATIENCE)
    assert (popen.returncode, out, err) == (0, b"", b"")
    (message,) = api.messages(channel)
    assert b"secret" not in orjson.dumps(message)
    key = str(tmp_path / "ann.private.jwk")
    seen = ailoop("history", "-c", channel, "--key", key, "--server", daemon.rest)
    assert "a secret" in seen.stdout


class Followed:
    """A file that a command follows with a state, however often it is started."""

    def __init__(self, url: str, api: Api, channel: str, folder: Path) -> None:
        self.path = folder / "agent.log"
        self._flags = [str(self.path), "--follow", "--state", str(folder / "position")]
        self._flags += ["-c", channel]
        self._url, self._api, self._channel = url, api, channel
        self.told: list[str] = []

    def add(self, *lines: str) -> None:
        with self.path.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))
        self.told += lines

    def run(self) -> Any:
        return forward(self._url, *self._flags)

    def arrives(self) -> None:
        wait_for(self._api, self._channel, *self.told)


def test_following(daemon: DaemonProcess, api: Api, channel: str, tmp_path: Path) -> None:
    """Killed, started again, truncated, rotated: each line is there once, in order."""
    log = Followed(daemon.rest, api, channel, tmp_path)
    with log.run() as popen:
        log.add("one", "two")
        log.arrives()
        popen.kill()
        popen.wait(PATIENCE)
    log.add("three")
    with log.run() as popen:
        log.add("four")
        log.arrives()
        log.path.write_bytes(b"")
        log.add("five")
        log.arrives()
        log.path.rename(tmp_path / "agent.log.1")
        log.add("six")
        log.arrives()
        popen.kill()
        popen.wait(PATIENCE)
    with log.run() as popen:
        log.add("seven")
        log.arrives()
        popen.send_signal(signal.SIGINT)
        assert popen.wait(PATIENCE) == 130


def test_the_position_is_behind(
    daemon: DaemonProcess, api: Api, channel: str, tmp_path: Path
) -> None:
    """Who dies between an acknowledgement and its note sends it again; it is there once."""
    log = Followed(daemon.rest, api, channel, tmp_path)
    position = tmp_path / "position"
    log.add("one", "two")
    with log.run() as popen:
        log.arrives()
        eventually(lambda: orjson.loads(position.read_bytes())["offset"] == 8, "its note")
        popen.kill()
    behind = {**orjson.loads(position.read_bytes()), "offset": 4}
    position.write_bytes(orjson.dumps({**behind, "head_bytes": 0, "head": _EMPTY}))
    with log.run() as popen:
        log.add("three")
        log.arrives()


_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of nothing."""
