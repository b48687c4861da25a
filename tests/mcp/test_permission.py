"""The permission prompt of Claude Code, called by the official client over a real process."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from mcp import ClientSession, StdioServerParameters, stdio_client

from tests.daemon.process import environment
from tests.serving import APPROVE, DENY, Served, server, until

__all__ = ["server"]

TOOL = "permission_prompt"
PATIENCE = 40

POLICY = """
timeout = 30
channel = "claude"

[[rule]]
decision = "allow"
tool = "Bash"
arguments = { command = "git status *" }

[[rule]]
decision = "deny"
tool = "Bash"
arguments = { command = "rm *" }
reason = "nothing is deleted from here"
"""


@asynccontextmanager
async def claude(
    url: str,
    policy: Path | None = None,
    *,
    flags: tuple[str, ...] = ("--permission-prompt",),
    env: dict[str, str] | None = None,
) -> AsyncIterator[ClientSession]:
    """Open a session with ``ailoop mcp``, as Claude Code has one."""
    more = ("--policy", str(policy)) if policy else ()
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ailoop", "mcp", "--server", url, *flags, *more],
        env=environment({"CLAUDE_PROJECT_DIR": "/home/ann/project", **(env or {})}),
    )
    with trio.fail_after(PATIENCE):
        async with (
            stdio_client(parameters) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            yield session


async def permission(session: ClientSession, command: str, **more: Any) -> dict[str, Any]:
    """Ask as Claude Code does, and read the answer as it does: the text alone."""
    given = {"tool_name": "Bash", "input": {"command": command}, "tool_use_id": "t", **more}
    result = await session.call_tool(TOOL, given)
    assert not result.is_error, result
    (block,) = result.content
    assert block.type == "text"
    return dict(orjson.loads(block.text))


async def answering(
    served: Served, decide: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Have a person act on the first prompt, over REST."""
    await until(lambda: [*served.broker.pending()])
    items = (await served.http.get("/api/v1/pending")).json()["items"]
    await decide(items[0]["message"])


DECISIONS = [
    (APPROVE, {"behavior": "allow", "updatedInput": {"command": "make"}}),
    (
        {**APPROVE, "answer": {"command": "make test", "timeout": 5}},
        {"behavior": "allow", "updatedInput": {"command": "make test", "timeout": 5}},
    ),
    ({**DENY, "reason": "not now", "responder": "ann"}, {"behavior": "deny"}),
    ({**APPROVE, "answer": {"command": "rm x"}}, {"behavior": "deny"}),
]


@pytest.mark.parametrize(
    ("decision", "told"), DECISIONS, ids=["approve", "edit", "deny", "edit-denied"]
)
async def test_a_person_decides(
    server: Served, tmp_path: Path, decision: dict[str, Any], told: dict[str, Any]
) -> None:
    """An approval gives the input as it was, or as it was edited; a denial gives the reason."""
    policy = tmp_path / "p.toml"
    policy.write_text(POLICY)
    seen: list[dict[str, Any]] = []

    async def decide(prompt: dict[str, Any]) -> None:
        seen.append(prompt)
        assert (await server.respond(prompt, **decision)).status_code == 200

    async with (
        claude(server.daemon.rest_url, policy) as session,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(answering, server, decide)
        answer = await permission(session, "make")
    message = answer.pop("message", "")
    assert answer == told
    if decision.get("reason"):
        assert message.startswith("Denied by ann: not now. Do not try")
    elif told["behavior"] == "deny":
        assert "nothing is deleted from here" in message
    (prompt,) = seen
    assert prompt["content"] == {
        "type": "authorization",
        "action": "Bash: make",
        "timeout_seconds": 30,
        "context": {"command": "make"},
        "editable": True,
    }
    assert prompt["metadata"]["tool_use"] == "t"
    assert prompt["metadata"]["policy"]["decision"] == "ask"


async def test_a_rule_decides(server: Served, tmp_path: Path) -> None:
    """Nobody is asked, and the channel has a record of both decisions."""
    policy = tmp_path / "p.toml"
    policy.write_text(POLICY)
    async with claude(server.daemon.rest_url, policy) as session:
        allowed = await permission(session, "git status", permission_suggestions=[])
        denied = await permission(session, "git status; rm x")
    assert allowed == {"behavior": "allow", "updatedInput": {"command": "git status"}}
    assert denied["behavior"] == "deny"
    assert "nothing is deleted from here" in denied["message"]
    messages = (await server.http.get("/api/channels/claude/messages")).json()["messages"]
    assert [one["metadata"]["policy"]["decision"] for one in messages] == ["allow", "deny"]
    assert [one["content"]["type"] for one in messages] == ["notification"] * 2


async def test_a_policy_that_breaks_and_is_mended(server: Served, tmp_path: Path) -> None:
    """It is read for each call: broken it denies, mended it counts."""
    policy = tmp_path / "p.toml"
    policy.write_text("rule = 1")
    async with claude(server.daemon.rest_url, policy) as session:
        answer = await permission(session, "git status")
        assert answer["behavior"] == "deny"
        assert "cannot be used" in answer["message"]
        policy.write_text(POLICY)
        assert (await permission(session, "git status"))["behavior"] == "allow"


async def test_nobody_answers(server: Served, tmp_path: Path) -> None:
    """It is denied when the time is over."""
    policy = tmp_path / "p.toml"
    policy.write_text("timeout = 1")
    async with claude(server.daemon.rest_url, policy) as session:
        answer = await permission(session, "make")
    assert answer["behavior"] == "deny"
    assert answer["message"].startswith("Nobody answered within 1 s")


async def test_nobody_is_asked_for_longer_than_claude_code_waits(
    server: Served, tmp_path: Path
) -> None:
    """Its user may have set a limit for tools, which the policy cannot lift."""
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    async with claude(
        server.daemon.rest_url, policy, env={"MCP_TOOL_TIMEOUT": "2000"}
    ) as session:
        told = await permission(session, "make")
    assert told["behavior"] == "deny"
    assert told["message"].startswith("Nobody answered within 1 s")


async def test_a_cancelled_call_is_taken_back(server: Served, tmp_path: Path) -> None:
    """Nobody is left to approve what Claude Code does not wait for any more."""
    async with claude(server.daemon.rest_url) as session, trio.open_nursery() as nursery:
        nursery.start_soon(permission, session, "make")
        await until(lambda: [*server.broker.pending()])
        (prompt,) = server.broker.pending()
        nursery.cancel_scope.cancel()
    await until(lambda: not [*server.broker.pending()])
    assert await server.state_of({"id": str(prompt.entry.id)}) == "cancelled"


async def test_what_is_too_large(server: Served) -> None:
    """What no person can be shown as a whole is denied."""
    async with claude(server.daemon.rest_url) as session:
        answer = await permission(session, "x" * 100_000)
    assert answer["behavior"] == "deny"


async def test_who_wants_it(server: Served) -> None:
    """The tool is there for whom it is for; no model of another client is confused by it."""
    async with claude(server.daemon.rest_url) as session:
        assert TOOL in {tool.name for tool in (await session.list_tools()).tools}
    async with claude(server.daemon.rest_url, flags=()) as session:
        assert TOOL not in {tool.name for tool in (await session.list_tools()).tools}
