"""``authorize`` with both keys, and what ``receipt verify`` makes of its receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.cli.commands import Done, ailoop, finish, started
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon
from tests.sealed.kit import People
from tests.trust.kit import key_files

CONTEXT = ("--context", '{"version": "1.4"}')


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The files of a private and a public key of receipts."""
    return key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def signing(keys: tuple[str, str]) -> Iterator[DaemonProcess]:
    with running_daemon("--receipt-signing-key", keys[0]) as process:
        yield process


def verify(public: str, *arguments: str) -> Done:
    return ailoop("receipt", "verify", "--key", public, *arguments)


def fault(done: Done) -> str:
    """Return what the one line of a refusal ends in."""
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr.split("(")[-1].removesuffix(")\n")


def test_authorize_and_verify(
    signing: DaemonProcess, keys: tuple[str, str], channel: str, tmp_path: Path
) -> None:
    """Exit 0; the receipt is that of a ciphertext, and is said to be no more than that."""
    people = People(tmp_path, "ann")
    where = ("--server", signing.rest)
    flags = ("--receipt-key", keys[1], "--seal-for", people.public("ann"), *CONTEXT, "--json")
    api = Api(signing.rest)
    with started("authorize", "deploy", "-c", channel, *flags, *where) as agent:
        (item,) = api.wait_pending(channel)
        person = ("--key", people.private("ann"), "--as", "ann", *where)
        assert ailoop("approve", item["message_id"], *person).returncode == 0
        done = finish(agent)
    assert (done.returncode, done.stderr) == (0, "")
    told = orjson.loads(done.stdout)
    assert (told["authorized"], told["action"]) == (True, "deploy")

    shown = verify(keys[1], "-c", channel, told["receipt"])
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "approver     ann" in shown.stdout
    last = shown.stdout.splitlines()[-1]
    assert last.startswith("It holds. The prompt was encrypted: who decided, when, how and on")
    assert orjson.loads(verify(keys[1], "--json", told["receipt"]).stdout)["sealed"] is True
    # Neither right nor wrong: it cannot be told from the receipt.
    for action in ("deploy", "x"):
        refused = verify(keys[1], "--action", action, *CONTEXT, told["receipt"])
        assert "the prompt was encrypted" in refused.stderr
        assert fault(refused) == "sealed"

    prompt, other = tmp_path / "prompt.json", tmp_path / "other.json"
    prompt.write_bytes(orjson.dumps(item["message"]))
    shown = verify(keys[1], "--prompt", str(prompt), told["receipt"])
    assert shown.returncode == 0
    assert "It holds, for this prompt's ciphertext. The prompt was enc" in shown.stdout
    sealed = {**item["message"]["metadata"]["sealed"], "ciphertext": "AAAA"}
    for change, why in (
        ({"metadata": {"sealed": sealed}}, "other_action"),
        ({"metadata": None}, "other_action"),
        ({"channel": "elsewhere"}, "other_channel"),
        ({"id": api.request_permission(channel)}, "other_prompt"),
    ):
        other.write_bytes(orjson.dumps({**item["message"], **change}))
        assert fault(verify(keys[1], "--prompt", str(other), told["receipt"])) == why
    api.close()


def test_a_prompt_in_the_clear(
    signing: DaemonProcess, keys: tuple[str, str], channel: str, tmp_path: Path
) -> None:
    """It can be compared in the same way; what is no prompt is wrong use."""
    api = Api(signing.rest)
    api.request_permission(channel)
    (item,) = api.pending(channel)
    prompt = item["message"]
    answer = api.respond(prompt["id"], response_type="authorization_approved").json()
    api.close()
    token = answer["metadata"]["receipt"]
    path = tmp_path / "prompt.json"
    path.write_bytes(orjson.dumps(prompt))
    shown = verify(keys[1], "--prompt", str(path), token)
    assert shown.returncode == 0
    assert shown.stdout.endswith("It holds, for this prompt.\n")
    content = {**prompt["content"], "action": "something else"}
    path.write_bytes(orjson.dumps({**prompt, "content": content}))
    assert fault(verify(keys[1], "--prompt", str(path), token)) == "other_action"
    done = verify(keys[1], "--prompt", str(tmp_path / "none"), token)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file" in done.stderr
    for text in (b"{", b"[]", orjson.dumps(answer), b'{"content": {"type": "x"}}'):
        path.write_bytes(text)
        done = verify(keys[1], "--prompt", str(path), token)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--prompt" in done.stderr
        assert "Traceback" not in done.stderr
