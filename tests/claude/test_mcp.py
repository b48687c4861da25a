"""The tools of ``ailoop mcp`` in the real Claude Code, as it is installed there."""

from __future__ import annotations

import orjson

from tests.claude.kit import Project
from tests.claude.model import Say, Use
from tests.daemon.api import Api
from tests.needs import CLAUDE

pytestmark = CLAUDE


def test_a_person_answers_the_model(api: Api, project: Project) -> None:
    """The model's first turn has the tools, and the person's words come back to it."""
    project.ailoop("mcp", "install", "claude", "-c", "mcp", "--server", project.server)
    turns = [Use("mcp__ailoop__ask_human", {"question": "Which colour?"}), Say("Thanks.")]
    with project.claude(turns, "--allowedTools", "mcp__ailoop__*") as run:
        (item,) = api.wait_pending("mcp")
        assert item["message"]["content"]["text"] == "Which colour?"
        api.respond(item["message_id"], response_type="text", answer="blue")
        run.lines()
    tools = {one["name"] for one in run.model.asked[0]["tools"]}
    assert {"mcp__ailoop__ask_human", "mcp__ailoop__check_answer"} <= tools
    ((told, failed),) = run.model.results()
    assert not failed
    assert orjson.loads(told)["answer"] == "blue"
