"""``ailoop receipt``, and ``authorize`` with a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.commands import Done, ailoop, finish, started
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon

CONTEXT = '{"version": "1.4", "share": 0.50}'


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The files of a private and a public key, made by the command."""
    path = tmp_path_factory.mktemp("keys") / "receipts.key"
    done = ailoop("receipt", "keygen", str(path))
    assert done.returncode == 0, done.stderr
    return str(path), f"{path}.pub"


@pytest.fixture(scope="module")
def signing(keys: tuple[str, str]) -> Iterator[DaemonProcess]:
    with running_daemon("--receipt-signing-key", keys[0]) as process:
        yield process


def authorize(
    daemon: DaemonProcess, channel: str, *flags: str, person: str = "approve"
) -> Done:
    """Run ``authorize`` while a person decides."""
    api = Api(daemon.rest)
    with started(
        "authorize", "deploy", "-c", channel, "--server", daemon.rest, *flags
    ) as agent:
        (item,) = api.wait_pending(channel)
        done = ailoop(person, item["message_id"], "--as", "ann", "--server", daemon.rest)
        assert done.returncode == 0, done.stderr
        api.close()
        return finish(agent)


def verify(public: str, *arguments: str, typed: str = "") -> Done:
    return ailoop("receipt", "verify", "--key", public, *arguments, typed=typed)


def test_keygen(tmp_path: Path) -> None:
    """Two files, told apart in the output; a second time nothing is written over."""
    path = tmp_path / "k"
    done = ailoop("receipt", "keygen", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[1] for line in done.stdout.splitlines()[:2]] == ["private:", "public:"]
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert b'"d"' in before
    assert before not in done.stdout.encode()
    again = ailoop("receipt", "keygen", str(path))
    assert (again.returncode, again.stdout) == (2, "")
    assert "nothing was written over" in again.stderr
    assert path.read_bytes() == before
    nowhere = ailoop("receipt", "keygen", str(tmp_path / "none" / "k"))
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (2, 1)


def test_authorize_with_a_key(
    signing: DaemonProcess, keys: tuple[str, str], channel: str
) -> None:
    """Exit 0 with a receipt that ``receipt verify`` reads, in each form it is handed over."""
    flags = ("--receipt-key", keys[1], "--context", CONTEXT)
    done = authorize(signing, channel, *flags, "--json")
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    assert list(told) == ["authorized", "action", "channel", "timestamp", "receipt"]
    exact = ("--action", "deploy", "--context", '{"share":0.5,"version":"1.4"}', "-c", channel)
    for shown in (
        verify(keys[1], *exact, told["receipt"]),
        verify(keys[1], *exact, typed=told["receipt"] + "\n"),
        verify(keys[1], *exact, "-", typed=done.stdout),
        verify(keys[1], *exact, typed=orjson.dumps({"metadata": told}).decode()),
    ):
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "approver     ann" in shown.stdout
        assert shown.stdout.endswith("It holds, for this action.\n")
    plain = verify(keys[1], told["receipt"], "--json")
    members = orjson.loads(plain.stdout)
    assert members["valid"] is True
    assert members["decision"] == "authorization_approved"
    assert "not compared" in verify(keys[1], told["receipt"]).stdout
    for other, fault in (
        (("--action", "deploy"), "other_action"),
        (("--action", "Deploy", "--context", CONTEXT), "other_action"),
        (("-c", "elsewhere"), "other_channel"),
    ):
        refused = verify(keys[1], *other, told["receipt"])
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.endswith(f"({fault})\n")
    as_json = orjson.loads(verify(keys[1], "--json", "--action", "x", told["receipt"]).stdout)
    assert (as_json["valid"], as_json["fault"]) == (False, "other_action")


def test_a_denial_is_signed_and_is_no_approval(
    signing: DaemonProcess, keys: tuple[str, str], channel: str
) -> None:
    """Exit 1 from both; its receipt holds as that of a denial alone."""
    done = authorize(signing, channel, "--receipt-key", keys[1], "--json", person="deny")
    assert done.returncode == 1
    told = orjson.loads(done.stdout)
    assert told["authorized"] is False
    assert verify(keys[1], told["receipt"]).returncode == 0
    refused = verify(keys[1], "--action", "deploy", told["receipt"])
    assert refused.returncode == 1
    assert "other_decision" in refused.stderr


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_server_that_does_not_sign(
    daemon: DaemonProcess, keys: tuple[str, str], channel: str, json: list[str]
) -> None:
    """Its approval is none: exit 1, nothing on stdout that says so, one line on stderr."""
    done = authorize(daemon, channel, "--receipt-key", keys[1], *json)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not authorized: deploy" in done.stderr.splitlines()[-1]
    assert "there is none" in done.stderr


def usage(*arguments: str, env: dict[str, str] | None = None) -> str:
    done = ailoop(*arguments, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_used_wrongly(signing: DaemonProcess, keys: tuple[str, str], tmp_path: Path) -> None:
    """Exit 2 and what is wrong, before anybody is asked."""
    server = ("--server", signing.rest)
    private, public = keys
    assert "private key" in usage("authorize", "x", "--receipt-key", private, *server)
    assert "No such file" in usage("authorize", "x", "--receipt-key", "none", *server)
    variable = {"AILOOP_RECEIPT_KEY": public}
    assert "needs --server" in usage("authorize", "x", env=variable)
    large = ("--context", '{"n": 9007199254740993}', "--receipt-key", public, *server)
    assert "2^53" in usage("authorize", "x", *large)
    assert "--key" in usage("receipt", "verify", "x")
    assert "private key" in usage("receipt", "verify", "--key", private, "x")
    assert "goes with --action" in usage(
        "receipt", "verify", "--key", public, "--context", "1", "x"
    )
    assert "not JSON" in usage(
        "receipt", "verify", "--key", public, "--action", "a", "--context", "{", "x"
    )


@pytest.mark.parametrize(
    "typed", ["", "x", "a.b.c", "{", "{}", '{"receipt": 5}', '{"metadata": {}}', "\x1b[31m"]
)
def test_no_receipt_at_all(keys: tuple[str, str], typed: str) -> None:
    """Exit 1 and one line, whatever comes."""
    done = verify(keys[1], typed=typed)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


def test_an_expired_receipt(keys: tuple[str, str], channel: str) -> None:
    """It holds no more, but for an audit, that says so."""
    flags = ("--receipt-signing-key", keys[0], "--receipt-seconds", "1")
    with running_daemon(*flags) as daemon:
        api = Api(daemon.rest)
        prompt = api.request_permission(channel)
        token = api.respond(prompt, response_type="authorization_approved").json()["metadata"][
            "receipt"
        ]

        def expired(_: Api) -> Any:
            done = verify(keys[1], token)
            return done if done.returncode else None

        done = api.eventually(expired, "the end of its second")
        api.close()
    assert (done.returncode, done.stdout) == (1, "")
    assert "(expired)" in done.stderr
    shown = verify(keys[1], "--expired-too", token)
    assert shown.returncode == 0
    assert "It holds" in shown.stdout


def test_a_daemon_whose_key_others_can_read(keys: tuple[str, str], tmp_path: Path) -> None:
    """It does not start: exit 3, one line that says what to do."""
    path = tmp_path / "k"
    path.write_bytes(Path(keys[0]).read_bytes())
    path.chmod(0o644)
    done = ailoop(
        "serve", "--ws-port", "0", "--rest-port", "0", "--receipt-signing-key", str(path)
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "chmod 600" in done.stderr
    assert done.stderr.count("\n") == 1
