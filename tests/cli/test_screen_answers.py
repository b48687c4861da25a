"""``ailoop inbox`` on a screen: what waits is shown, and decided with a few keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import ALT_ENTER, DOWN, ESC, PAGE_DOWN, TAB, OpenScreen, pasted, row_of
from tests.daemon.api import Api
from tests.daemon.process import eventually


def decided(api: Api, prompt: str) -> tuple[Any, ...]:
    """Return what was decided, with who, where and why."""
    response = api.response_to(prompt)
    content, metadata = response["content"], response["metadata"]
    assert (metadata["responder"], metadata["surface"]) == ("ada", "terminal")
    return content["response_type"], content.get("answer"), metadata.get("reason")


def test_what_waited_and_what_comes(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """The list holds what waits, the most urgent first and then what ends soonest."""
    api.ask(channel, "soon", timeout_seconds=100)
    api.ask(channel, "later", timeout_seconds=1000)
    with open_screen() as inbox:
        inbox.wait_for("2 waiting", "soon", "later", "question on")
        message = {
            "channel": channel,
            "content": {"type": "authorization", "action": "now", "context": {"v": "1.4"}},
            "metadata": {"priority": "urgent"},
        }
        assert api.post_many([message]).status_code == 201
        inbox.wait_for("3 waiting", "!!")
        first = [row_of(inbox, text) for text in ("permission  now", "  soon", "  later")]
        assert first == sorted(first)
        inbox.type("p")
        inbox.wait_for('"v": "1.4"', f"permission on {channel}, urgent", "(5:00 left)")


def test_an_answer_in_words(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Enter begins an answer, Alt-Enter a line of it, and Enter sends it."""
    prompt = api.ask(channel)
    with open_screen() as inbox:
        inbox.wait_for("Enter answer")
        inbox.enter("")
        inbox.wait_for("Answer:")
        inbox.type(f"use the bluë one{ALT_ENTER}" + pasted("or\r好"))
        inbox.wait_for("use the bluë one\nor\n好")
        inbox.enter("")
        assert decided(api, prompt) == ("text", "use the bluë one\nor\n好", None)
        inbox.wait_for("0 waiting", "answered", "by ada via terminal")


def test_an_empty_answer_is_none(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Enter twice sends nothing."""
    prompt = api.ask(channel)
    with open_screen() as inbox:
        inbox.wait_for("Enter answer")
        inbox.enter("\r")
        inbox.wait_for("Nothing is typed yet.")
        assert api.state(prompt) == "pending"


def test_a_choice_by_number(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """A digit begins the choice, Enter sends it; what is none may be retried."""
    prompt = api.ask(channel, choices=["eu", "us"])
    with open_screen() as inbox:
        inbox.wait_for("1-9 choose", "2) us")
        inbox.type("3")
        inbox.wait_for("Choice, by number or text: 3")
        inbox.enter("")
        inbox.wait_for("Not recorded: The answer is not one of the choices: eu, us")
        inbox.type("2")
        inbox.wait_for("Choice, by number or text: 2")
        inbox.enter("")
        assert decided(api, prompt) == ("text", "us", None)


@pytest.mark.parametrize(
    ("key", "form", "kind"),
    [("a", "APPROVE", "authorization_approved"), ("d", "DENY", "authorization_denied")],
)
@pytest.mark.parametrize("reason", [None, "not before Monday"])
def test_a_decision(
    api: Api, channel: str, open_screen: OpenScreen, key: str, form: str, kind: str, reason: Any
) -> None:
    """``a`` approves and ``d`` denies, each with Enter, and with a reason if one is typed."""
    prompt = api.request_permission(channel)
    with open_screen() as inbox:
        inbox.wait_for("a approve   d deny")
        inbox.type(key)
        inbox.wait_for(f"{form}. Reason, if any:")
        assert api.state(prompt) == "pending"
        inbox.enter(reason or "")
        assert decided(api, prompt) == (kind, None, reason)


def test_what_decides_nothing(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Neither other keys nor a paste, nor an approval that is left with Esc."""
    prompt = api.request_permission(channel)
    with open_screen() as inbox:
        inbox.wait_for("a approve   d deny")
        inbox.enter("")
        inbox.wait_for("a approves, d denies")
        inbox.type("yY1" + pasted("a\r") + "s")
        inbox.wait_for("a approve   d deny")
        inbox.type("a")
        inbox.wait_for("APPROVE")
        inbox.type(ESC)
        inbox.wait_gone("APPROVE")
        inbox.enter("")
        inbox.wait_for("a approves, d denies")
        assert api.state(prompt) == "pending"


def test_a_page_to_open(
    api: Api, channel: str, open_screen: OpenScreen, tmp_path: Path
) -> None:
    """The whole address is shown, and opened by ``o`` only; saying so is another key."""
    url = f"https://a.example/{'path/' * 60}end"
    prompt = api.post(channel, type="navigate", url=url)["id"]
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    with open_screen(env={"BROWSER": str(browser)}) as inbox:
        inbox.wait_for("o open in the browser")
        assert url in inbox.screen.replace("\n", "")
        assert not opened.exists()
        inbox.type("o")
        eventually(opened.exists, "the page was opened")
        assert opened.read_text() == f"{url}\n"
        inbox.wait_for("Opened.")
        assert api.state(prompt) == "pending"
        inbox.type("a")
        inbox.wait_for("APPROVE")
        inbox.enter("")
        assert decided(api, prompt)[0] == "authorization_approved"


def test_drafts_are_kept(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Turning to another prompt keeps what was typed, and ``q`` does not drop it unasked."""
    api.ask(channel, "One?", timeout_seconds=100)
    second = api.ask(channel, "Two?", timeout_seconds=200)
    with open_screen() as inbox:
        inbox.wait_for("Enter answer", "One?", "Two?")
        inbox.enter("")
        inbox.wait_for("Answer:")
        inbox.type("half of")
        inbox.wait_for("Answer: half of")
        inbox.type(TAB)
        inbox.wait_for("draft One?", "Enter answer")
        inbox.enter("")
        inbox.wait_for("Answer:")
        inbox.enter("whole")
        assert decided(api, second)[1] == "whole"
        inbox.wait_for("1 waiting")
        inbox.type("p")
        inbox.wait_for("Enter goes on with your draft")
        inbox.enter("")
        inbox.wait_for("Answer: half of")
        inbox.type(ESC)
        inbox.wait_gone("Answer: half of")
        inbox.type("q")
        inbox.wait_for("An answer has not been sent")
        inbox.type("q")
        assert inbox.wait() == 0


def test_a_long_text_is_scrolled(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Page Down goes on to the end of a long question."""
    api.ask(channel, "\n".join(f"line {number}." for number in range(100)))
    with open_screen() as inbox:
        inbox.wait_for("line 0.", "more below")
        inbox.type(PAGE_DOWN * 4)
        inbox.wait_for("line 99.")
        inbox.wait_gone("more below")
        inbox.type(DOWN)
        inbox.wait_for("line 99.")
