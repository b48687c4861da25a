"""The commands: make a key, ask encrypted, list, answer; with a key, another key and none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import ailoop, finish, started
from tests.cli.conftest import api, channel, daemon
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, eventually, running_daemon
from tests.sealed.kit import WORDS, People

__all__ = ["api", "channel", "daemon"]


def waiting(api: Api, channel: str) -> str:
    """Return the id of the prompt that a command has posted."""
    (item,) = eventually(lambda: api.pending(channel), "a prompt")
    assert WORDS not in json.dumps(item)
    return str(item["message_id"])


def test_keygen(tmp_path: Path) -> None:
    """Both files are written and named; the second time nothing is."""
    done = ailoop("keygen", "ann", "--dir", str(tmp_path))
    assert done.returncode == 0
    files = [tmp_path / "ann.private.jwk", tmp_path / "ann.public.jwk"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == [*map(str, files)]
    before = [one.read_bytes() for one in files]
    again = ailoop("keygen", "ann", "--dir", str(tmp_path))
    assert again.returncode == 2
    assert "is there already; no key is written over" in again.stderr
    assert [one.read_bytes() for one in files] == before


@pytest.mark.parametrize("name", ["../ann", "", "-x"])
def test_keygen_names(tmp_path: Path, name: str) -> None:
    """A name that is no file's is refused."""
    done = ailoop("keygen", "--dir", str(tmp_path), "--", name)
    assert done.returncode == 2
    assert "a name has 1 to 64" in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_ask_and_answer(daemon: DaemonProcess, api: Api, channel: str, people: People) -> None:
    """An encrypted question is answered by its choice's number, and the answer comes out."""
    where = ("--server", daemon.rest)
    ask = ("ask", WORDS, "--choice", "red", "--choice", "blue", "-c", channel, *where)
    with started(*ask, "--seal-for", people.public("ann")) as asking:
        prompt = waiting(api, channel)
        none = ailoop("answer", prompt, "2", *where)
        assert none.returncode == 2
        assert "only a surface that has the key" in none.stderr
        other = ailoop("answer", prompt, "2", "--key", people.private("bob"), *where)
        assert other.returncode == 1
        assert "nothing was sent: this prompt cannot be read here" in other.stderr
        wrong = ailoop("answer", prompt, "9", "--key", people.private("ann"), *where)
        assert wrong.returncode == 2
        assert "red, blue" in wrong.stderr
        right = ailoop("answer", prompt, "2", "--key", people.private("ann"), *where)
        assert (right.returncode, right.stdout) == (0, f"recorded on {channel}: encrypted\n")
        done = finish(asking)
    assert (done.returncode, done.stdout) == (0, "blue\n")


@pytest.mark.parametrize(("verb", "code"), [("approve", 0), ("deny", 1)])
def test_authorize(
    daemon: DaemonProcess, api: Api, channel: str, people: People, verb: str, code: int
) -> None:
    """The exit code tells the decision, the reason comes through."""
    env = {"AILOOP_SERVER": daemon.rest, "AILOOP_SEAL_FOR": people.public("ann")}
    with started("authorize", WORDS, "-c", channel, env=env) as asking:
        prompt = waiting(api, channel)
        env = {"AILOOP_SERVER": daemon.rest, "AILOOP_KEYS": people.private("ann")}
        assert ailoop(verb, prompt, "-r", "secret reason", env=env).returncode == 0
        done = finish(asking)
    assert done.returncode == code
    assert "secret reason" in done.stdout
    assert "secret reason" not in json.dumps(api.response_to(prompt))


def test_a_forged_approval(
    daemon: DaemonProcess, api: Api, channel: str, people: People
) -> None:
    """``authorize`` exits 1 and says so when the approval came from no reader."""
    where = ("-c", channel, "--server", daemon.rest, "--seal-for", people.public("ann"))
    with started("authorize", WORDS, *where) as asking:
        prompt = waiting(api, channel)
        part = {"ciphertext": "AA", "recipients": []}
        api.respond(prompt, response_type="authorization_approved", sealed=part)
        done = finish(asking)
    assert (done.returncode, done.stdout) == (1, "")
    assert "came from somebody who had not read it" in done.stderr


def test_lists(daemon: DaemonProcess, channel: str, people: People) -> None:
    """``inbox --once`` and ``history`` show the words to who has the key, and say so."""
    where = ("-c", channel, "--server", daemon.rest)
    assert ailoop("say", WORDS, *where, "--seal-for", people.public("ann")).returncode == 0
    with started("ask", WORDS, *where, "--seal-for", people.public("ann")):

        def listed() -> str:
            done = ailoop("inbox", "--once", *where, "--key", people.private("ann"))
            return done.stdout

        with_key = eventually(listed, "the prompt")
        assert f"question: {WORDS} (encrypted for ann)" in with_key
        without = ailoop("inbox", "--once", *where).stdout
        assert "it cannot be read here: it is encrypted, and there is no key here" in without
        other = ailoop("inbox", "--once", *where, "--key", people.private("bob")).stdout
        assert f"it is for {people.keys['ann'].kid}, and none of the keys is theirs" in other
        assert WORDS not in without + other
        history = ailoop("history", *where, "--key", people.private("ann")).stdout
        assert history.count(WORDS) == 2
        assert WORDS not in ailoop("history", *where).stdout


def test_the_line_inbox(daemon: DaemonProcess, channel: str, people: People) -> None:
    """In lines, too, what cannot be read takes ``n`` alone."""
    where = ("-c", channel, "--server", daemon.rest)
    from tests.cli.terminal import on_terminal

    with started("authorize", WORDS, *where, "--seal-for", people.public("ann")) as asking:
        with on_terminal("inbox", "--plain", *where) as inbox:
            inbox.wait_for("it cannot be read here", "Encrypted: open it")
            inbox.enter("y")
            inbox.wait_for("cannot be read here, so it takes n alone")
            inbox.enter("n no key")
            inbox.wait_for("denied")
        assert finish(asking).returncode == 1
    with started("authorize", WORDS, *where, "--seal-for", people.public("ann")) as asking:
        with on_terminal("inbox", "--plain", *where, "--key", people.private("ann")) as inbox:
            inbox.wait_for("(encrypted for ann)", WORDS)
            inbox.enter("y")
            inbox.wait_for("approved")
        assert finish(asking).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("ask", "x", "--seal-for", "{none}"), {}),
        (("say", "x", "--seal-for", "{private}"), {}),
        (("inbox", "--once", "--key", "{public}"), {}),
        (("approve", "0190f3a2-0000-7000-8000-000000000000", "--key", "{none}"), {}),
        (("health",), {"AILOOP_KEYS": "{none}"}),
    ],
)
def test_bad_files(
    daemon: DaemonProcess,
    people: People,
    tmp_path: Path,
    arguments: tuple[str, ...],
    env: dict[str, str],
) -> None:
    """A file that does not do is told in one line, with exit code 2."""
    names = {
        "none": str(tmp_path / "none"),
        "private": people.private("ann"),
        "public": people.public("ann"),
    }
    filled = [one.format(**names) for one in arguments]
    extra = {name: one.format(**names) for name, one in env.items()}
    done = ailoop(*filled, env={"AILOOP_SERVER": daemon.rest, **extra})
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("ailoop: ")
    assert "jwk" in line or "none" in line


def test_a_bad_file_at_a_daemon(tmp_path: Path) -> None:
    """The inbox of a daemon's own terminal says what is wrong; the daemon goes on."""
    env = {"AILOOP_KEYS": str(tmp_path / "none")}
    with running_daemon("--inbox", "--log-format", "json", env=env) as process:
        told = eventually(
            lambda: [one for one in process.log() if one["event"] == "inbox_failed"], "the log"
        )
        assert "cannot be read: No such file" in told[0]["why"]
        assert "exception" not in told[0]
        health = ailoop("health", "--server", process.rest)
        assert health.returncode == 0, health.stderr


def test_here_nothing_is_encrypted(people: People) -> None:
    """Without a server the words leave no terminal; the variable does not stand in the way."""
    env = {"AILOOP_SEAL_FOR": people.public("ann")}
    done = ailoop("ask", "Which?", typed="blue\n", env=env)
    assert (done.returncode, done.stdout) == (0, "blue\n")
