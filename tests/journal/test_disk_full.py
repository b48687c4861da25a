"""A daemon whose disk fills up: a real file system with little room, or a limit of the process.

Nothing that could not be stored is acknowledged or approved; health tells; when there is room
again all goes on, and a start finds what was acknowledged, once.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.daemon.api import Api
from tests.daemon.process import AILOOP, FREE_PORTS, DaemonProcess, launched, run_serve

SECRET = "the-password-is-swordfish"
TEXT = f"{SECRET} " * 300
LIMIT = 400_000

LIMITED = (
    "import os, resource, signal, sys\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    f"resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, resource.RLIM_INFINITY))\n"
    "sys.argv[0] = 'ailoop'\n"
    "from ailoop.cli import main\n"
    "main()\n"
)
"""Python ignores the signal already, and says so to nobody; here it is to be seen."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Provide a file system of half a megabyte, with ballast on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k,mode=700", "ailoop", folder]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can make a small file system, where it is allowed to")
    (folder / "ballast").write_bytes(b"x" * 250_000)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def flags(path: Path) -> tuple[str, ...]:
    return (*FREE_PORTS, "--journal", f"sqlite:{path}", "--journal-pause-seconds", "0.2")


@contextmanager
def at_work(path: Path, *command: str) -> Iterator[tuple[DaemonProcess, Api]]:
    """Run a daemon on a journal."""
    with launched(*flags(path), command=command or (*AILOOP, "serve")) as daemon:
        daemon.wait_ready()
        with closing(Api(daemon.rest)) as api:
            yield daemon, api


def fill_up(api: Api) -> list[str]:
    """Post messages until not even small ones are taken; return the ids of those that were."""
    taken = []
    for text in (TEXT, "small"):
        refusals = 0
        while refusals < 10:
            body = {"channel": "a", "content": {"type": "notification", "text": text}}
            answer = api.post_many([body])
            if answer.status_code == 201:
                refusals = 0
                taken.append(answer.json()[0]["id"])
            else:
                refusals += 1
                assert answer.status_code == 503
                assert answer.json()["code"] == "journal_unavailable"
                assert "retry-after" in answer.headers
    return taken


def check_full(api: Api, prompt: str) -> None:
    """See that nothing is approved or taken, and that health tells so."""
    for _ in range(3):
        answer = api.respond(prompt, response_type="authorization_approved")
        assert (answer.status_code, answer.json()["code"]) == (503, "journal_unavailable")
    assert api.state(prompt) == "pending"
    body = [{"channel": "a", "content": {"type": "question", "text": TEXT}}]
    assert api.post_many(body).json()["code"] == "journal_unavailable"
    health = api.get("/api/v1/health")
    assert health.status_code == 503
    assert health.json()["status"] != "healthy"
    assert health.json()["journal"]


def check_healed(api: Api, prompt: str, taken: list[str]) -> None:
    """See that health is back without anybody's help, and then everything else."""
    api.eventually(lambda api: api.get("/api/v1/health").status_code == 200, "healthy again")
    assert api.state(prompt) == "pending"
    taken.append(api.post("a", type="notification", text="room again")["id"])
    assert api.respond(prompt, response_type="authorization_denied").status_code == 200
    check_all_there(api, prompt, taken)


def check_all_there(api: Api, prompt: str, taken: list[str]) -> None:
    """See that what was acknowledged is there, once and in order, and nothing else."""
    ids = [message["id"] for message in api.messages("a")]
    assert ids[:-1] == [prompt, *taken][-len(ids) + 1 :]
    assert len(ids) == min(100, len(taken) + 2)
    assert api.state(prompt) == "denied"


def check_log(daemon: DaemonProcess) -> None:
    """See that the log tells of the failure, and nothing of what people say."""
    assert "journal_failing" in daemon.stderr
    assert "journal_healed" in daemon.stderr
    assert SECRET not in daemon.stderr
    assert len(daemon.stderr) < 300_000


def test_a_full_disk(small_disk):
    """On a real full file system: refused, red, healed when something else is removed."""
    path, ballast = small_disk / "journal", small_disk / "ballast"
    with at_work(path) as (daemon, api):
        prompt = api.request_permission("a")
        taken = fill_up(api)
        assert taken
        check_full(api, prompt)
        ballast.unlink()
        check_healed(api, prompt, taken)
        check_log(daemon)
        daemon.kill()
    with at_work(path) as (_, api):
        check_all_there(api, prompt, taken)


def test_a_full_disk_and_a_start(small_disk):
    """A daemon that is killed while the disk is full finds what it had acknowledged."""
    path, ballast = small_disk / "journal", small_disk / "ballast"
    with at_work(path) as (daemon, api):
        prompt = api.request_permission("a")
        taken = fill_up(api)
        check_full(api, prompt)
        daemon.kill()
    ballast.unlink()
    with at_work(path) as (_, api):
        check_healed(api, prompt, taken)


def test_a_limit_of_the_process(tmp_path):
    """The same for a quota, here of the process, that is raised later."""
    path = tmp_path / "journal"
    with at_work(path, sys.executable, "-c", LIMITED, "serve") as (daemon, api):
        prompt = api.request_permission("a")
        taken = fill_up(api)
        check_full(api, prompt)
        everything = resource.RLIM_INFINITY
        resource.prlimit(daemon.popen.pid, resource.RLIMIT_FSIZE, (everything, everything))
        check_healed(api, prompt, taken)
        check_log(daemon)


def test_a_read_only_disk(small_disk):
    """A daemon does not start where it cannot write, and says so."""
    path = small_disk / "journal"
    with at_work(path) as (_, api):
        api.post("a", type="notification", text="kept")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    ended = run_serve(*flags(path))
    assert ended.returncode == 3
    assert f"the journal {path} cannot be used: Read-only file system" in ended.stderr
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with at_work(path) as (_, api):
        assert [message["content"]["text"] for message in api.messages("a")] == ["kept"]
