"""Each example does what it says, run as its user would run it, against a real daemon."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ailoop.model.message import Authorization, Message, Question
from tests.examples.people import ROOT, approve, run_example
from tests.needs import needs
from tests.serving import serving
from tests.typescript.kit import built, needs_typescript

EXAMPLES = ROOT / "examples"


def deny(_: Message) -> dict[str, Any]:
    return {"response_type": "authorization_denied", "reason": "not today"}


async def test_asking_goes_on_with_the_answers() -> None:
    """The answers of two questions end up in what the agent prints."""

    def decide(message: Message) -> dict[str, Any]:
        assert isinstance(message.content, Question)
        return {"answer": "2" if message.content.choices else "fix-login"}

    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "ask_a_question.py"], served.daemon.rest_url, decide
        )
    assert done.stdout == b"git switch -c fix-login release\n", done.stderr


async def test_a_form_and_an_edit_arrive_as_data() -> None:
    """What was filled in is an instance, and the mail is the one that was approved."""

    def decide(message: Message) -> dict[str, Any]:
        if isinstance(message.content, Question):
            return {"answer": {"version": "1.4", "region": "eu", "replicas": 2}}
        assert isinstance(message.content, Authorization)
        edited = {**message.content.context, "to": ["ann@example.org"]}
        return {**approve(message), "answer": edited}

    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "fill_in_a_form.py"], served.daemon.rest_url, decide
        )
    assert done.stdout.decode().splitlines() == [
        "deploy 1.4 to eu on 2 machines",
        "mail ['ann@example.org']: 1.4 is out",
    ], done.stderr


async def test_an_approved_command_runs_as_it_was_shown() -> None:
    """The person sees the very command, and its output and exit code come back."""
    shown: list[Any] = []

    def decide(message: Message) -> dict[str, Any]:
        assert isinstance(message.content, Authorization)
        shown.append((message.content.action, message.content.context))
        return approve(message)

    command = ["sh", "-c", "echo done; exit 7"]
    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "authorize_shell.py", *command],
            served.daemon.rest_url,
            decide,
        )
    assert shown == [("run: sh -c 'echo done; exit 7'", {"argv": command})]
    assert (done.stdout, done.returncode) == (b"done\n", 7)


async def test_a_denied_command_does_not_run() -> None:
    """Without approval there is no output of the command, exit code 1, and the reason."""
    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "authorize_shell.py", "echo", "ran"],
            served.daemon.rest_url,
            deny,
        )
    assert (done.stdout, done.returncode) == (b"", 1)
    assert b"not today" in done.stderr


async def test_an_agent_on_asyncio_asks_two_things_at_once() -> None:
    """Both answers arrive, each at its question."""

    def decide(message: Message) -> dict[str, Any]:
        assert isinstance(message.content, Question)
        return {"answer": "us" if message.content.choices else "main"}

    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "asyncio_agent.py"], served.daemon.rest_url, decide
        )
    assert done.stdout == b"deploying main to us\n", done.stderr


@pytest.mark.parametrize(
    ("allow", "printed", "status"),
    [(approve, b"find /var/cache/example -mtime +30 -delete\n", 0), (deny, b"", 1)],
)
async def test_a_plain_script_acts_only_when_approved(
    allow: Any, printed: bytes, status: int
) -> None:
    """An answer is in what is asked next; without approval nothing is done."""

    def decide(message: Message) -> dict[str, Any]:
        if isinstance(message.content, Question):
            return {"answer": "30"}
        assert message.content.label == "delete what is older than 30 days"
        return allow(message)  # type: ignore[no-any-return]

    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "plain_script.py"], served.daemon.rest_url, decide
        )
    assert (done.stdout, done.returncode) == (printed, status), done.stderr


async def test_several_agents_each_get_their_own_answer() -> None:
    """Answers never cross channels."""

    def decide(message: Message) -> dict[str, Any]:
        return {"answer": f"for {message.channel}"}

    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "several_agents.py"], served.daemon.rest_url, decide
        )
    assert sorted(done.stdout.decode().splitlines()) == [
        "backend: for backend",
        "docs: for docs",
        "frontend: for frontend",
    ]


@needs_typescript
async def test_an_agent_in_node_and_one_in_python_go_by_one_answer() -> None:
    """Both act on what the person said once; what one is denied the other may still do."""
    built()
    asked: list[str] = []

    def decide(message: Message) -> dict[str, Any]:
        assert message.channel == "release"
        asked.append(message.content.label)  # type: ignore[union-attr]
        if isinstance(message.content, Question):
            return {"answer": "2"}
        return deny(message) if "npm" in asked[-1] else approve(message)

    async with serving() as served:
        done = await run_example(
            [sys.executable, EXAMPLES / "python_beside_node.py"], served.daemon.rest_url, decide
        )
    lines = sorted(done.stdout.decode().splitlines())
    assert lines == ["2.0 stays off npm", "published 2.0 on PyPI"], done.stderr
    assert asked.count("Which version?") == 1


@needs("curl", "apt-get install curl")
@pytest.mark.parametrize(("answer", "printed"), [("2", b"tonight\n"), ("now", b"now\n")])
async def test_curl_alone_is_an_agent(answer: str, printed: bytes) -> None:
    """A shell script with curl asks, waits and prints the choice."""
    async with serving() as served:
        done = await run_example(
            [EXAMPLES / "curl.sh"], served.daemon.rest_url, lambda _: {"answer": answer}
        )
    assert (done.stdout, done.returncode) == (printed, 0), done.stderr


@needs("curl", "apt-get install curl")
async def test_curl_says_when_nobody_answered() -> None:
    """A cancelled question is no answer: exit code 1."""
    async with serving() as served:
        done = await run_example(
            [EXAMPLES / "curl.sh"],
            served.daemon.rest_url,
            lambda _: {"response_type": "cancelled"},
        )
    assert (done.stdout, done.returncode) == (b"", 1)
