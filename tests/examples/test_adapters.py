"""The examples with agents of other libraries, run as their user would run them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ailoop.model.message import Authorization, Message, Question
from tests.adapters.kit import AGENTS_PYTHON
from tests.examples.people import ROOT, approve, run_example
from tests.needs import needs
from tests.serving import serving

pytestmark = pytest.mark.timeout(240)

DENIED = {"response_type": "authorization_denied"}


async def run(name: str, decide: Any, python: str | Path = sys.executable) -> str:
    """Run an example beside a person and return what it printed."""
    async with serving() as served:
        done = await run_example(
            [python, ROOT / "examples" / name],
            served.daemon.rest_url,
            decide,
            patience=100,
            PYTHONPATH=str(ROOT),
        )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("decision", "printed"),
    [(approve, "Nine lives is out\n"), (lambda _: DENIED, "Nine lives stays in the drawer\n")],
    ids=["approved", "denied"],
)
async def test_a_graph_asks_and_has_it_reviewed(decision: Any, printed: str) -> None:
    """The words of a person go into what is reviewed, and only an approval publishes it."""

    def decide(message: Message) -> dict[str, Any]:
        if isinstance(message.content, Question):
            assert message.content.text == "What shall the text about cats be called?"
            return {"answer": "Nine lives"}
        assert isinstance(message.content, Authorization)
        assert message.content.action == "publish: Everybody will read it"
        assert message.content.context == {"title": "Nine lives"}
        return dict(decision(message))

    assert await run("langgraph_interrupt.py", decide) == printed


async def test_a_letter_is_sent_as_it_was_edited() -> None:
    """What the person has made of it is what runs."""

    def decide(message: Message) -> dict[str, Any]:
        assert isinstance(message.content, Authorization)
        assert message.content.context == {"to": "ann", "text": "We are late."}
        return {**approve(message), "answer": {"to": "ann", "text": "We will be late."}}

    printed = await run("langchain_agent.py", decide)
    assert printed == "to ann: We will be late.\nThat is all.\n"


@needs(str(AGENTS_PYTHON), "python3 tasks.py test")
async def test_only_what_was_approved_is_removed() -> None:
    """Each call is decided by itself."""

    def decide(message: Message) -> dict[str, Any]:
        assert isinstance(message.content, Authorization)
        assert message.content.action == "Cleaner: remove"
        return approve(message) if message.content.context["path"] == "old.log" else DENIED

    printed = await run("openai_agent.py", decide, AGENTS_PYTHON)
    assert printed == "rm old.log\nThat is all.\n"
