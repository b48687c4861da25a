"""``ailoop audit``: who asked, who was shown it and who answered, from a real daemon's file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.commands import Done, ailoop
from tests.daemon.api import Api
from tests.daemon.process import eventually, running_daemon

QUICK = ("--journal-pause-seconds", "0.05")


def tell(api: Api, prompt: str, **word: str) -> None:
    """Tell, as a surface does, how a prompt stands with it."""
    answer = api._http.post(f"/api/v1/messages/{prompt}/delivery", json=word)
    assert answer.status_code == 200, answer.text


def ask(api: Api, channel: str, **content: Any) -> str:
    """Ask with metadata."""
    body = {"channel": channel, "content": content, "metadata": {"agent": "builder"}}
    answer = api.post_many(body)  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a denied authorization, a question that timed out, and an open one."""
    file = tmp_path_factory.mktemp("audit") / "j.db"
    flags = ("--journal", f"sqlite:{file}", *QUICK)
    with running_daemon(*flags) as daemon, closing(Api(daemon.rest)) as api:
        denied = ask(
            api, "deploys", type="authorization", action="drop", context={"t": "users"}
        )
        tell(api, denied, state="delivered", surface="page")
        tell(api, denied, state="seen", name="ann")
        deny = {"response_type": "authorization_denied", "reason": "not today"}
        assert api.respond(denied, **deny, responder="ann", surface="page").status_code == 200
        late = {"response_type": "authorization_approved", "responder": "bob"}
        assert api.respond(denied, **late).status_code == 409
        short = ask(api, "docs", type="question", text="Quick?", timeout_seconds=1)
        api.response_to(short)
        assert api.respond(short, answer="x", responder="bob").status_code == 409
        ask(api, "docs", type="question", text="Which?", choices=["a", "b"])
    return file


def run(*arguments: str | Path, code: int = 0) -> Done:
    done = ailoop("audit", *map(str, arguments))
    assert done.returncode == code, done.stderr
    return done


def test_for_people(path: Path) -> None:
    """A paragraph a prompt: what, by whom, shown to whom, answered by whom and from where."""
    first, second, third = run(path).stdout.strip().split("\n\n")
    head, *lines = first.splitlines()
    assert head.startswith("deploys ")
    assert head.endswith(": denied")
    told = [line.strip().partition(" ")[2] for line in lines]
    assert told == [
        "asked by AGENT, agent builder: drop",
        '{"t":"users"}',
        "delivered to page",
        "seen by ann",
        "denied, by HUMAN, reason not today, responder ann, surface page",
        "approved, by HUMAN, responder bob (refused: it had settled)",
    ]
    assert second.splitlines()[0].endswith(": timeout")
    assert "timeout, by SYSTEM, reason timeout" in second
    assert "answered “x”, by HUMAN, responder bob (refused: after the deadline)" in second
    assert third.splitlines()[0].endswith(": pending")
    assert 'choices: ["a","b"]' in third


def test_as_json(path: Path) -> None:
    """A line a prompt, with everything; times are as on the wire, in their order."""
    denied, late, waiting = map(orjson.loads, run(path, "--json").stdout.splitlines())
    assert (denied["channel"], denied["state"]) == ("deploys", "denied")
    assert denied["metadata"] == {"agent": "builder"}
    assert denied["content"]["action"] == "drop"
    assert [(one["state"], one["name"]) for one in denied["shown"]] == [
        ("delivered", "page"),
        ("seen", "ann"),
    ]
    first, second = denied["responses"]
    assert (first["verdict"], second["verdict"]) == ("settled", "already_settled")
    assert first["metadata"] == {"responder": "ann", "surface": "page", "reason": "not today"}
    times = [denied["asked_at"], *(one["at"] for one in denied["shown"]), first["at"]]
    assert times == sorted(times)
    assert [one["verdict"] for one in late["responses"]] == ["settled", "expired"]
    assert late["responses"][0]["sender_type"] == "SYSTEM"
    assert late["deadline"] > late["asked_at"]
    assert (waiting["state"], waiting["responses"], waiting["shown"]) == ("pending", [], [])


def test_one_channel(path: Path) -> None:
    """``-c`` leaves out the others; one that is not there has nothing."""
    lines = run(path, "--json", "-c", "docs").stdout.splitlines()
    assert [orjson.loads(line)["channel"] for line in lines] == ["docs", "docs"]
    assert run(path, "-c", "none").stdout == ""


def test_no_file(tmp_path: Path) -> None:
    """One line, exit 2."""
    done = run(tmp_path / "none.db", code=2)
    assert done.stderr == f"ailoop: there is no journal {tmp_path / 'none.db'}\n"


def test_what_is_shown_is_in_the_file_soon(tmp_path: Path) -> None:
    """Without any other traffic, and before the daemon stops; a kill leaves it there."""
    path = tmp_path / "j.db"
    flags = ("--journal", f"sqlite:{path}", *QUICK)
    with running_daemon(*flags) as daemon, closing(Api(daemon.rest)) as api:
        tell(api, api.ask("docs"), state="seen", name="ann")

        def shown() -> list[Any]:
            return orjson.loads(run(path, "--json").stdout)["shown"]

        eventually(lambda: len(shown()) == 2, "notes in the file")
        daemon.kill()
    assert [one["state"] for one in shown()] == ["delivered", "seen"]
