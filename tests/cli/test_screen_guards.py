"""Nothing is approved by accident, and nothing vanishes under a person's fingers."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.screens import DOWN, PAGE_DOWN, OpenScreen, click, row_of
from tests.cli.terminal import COLUMNS, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, eventually


def test_what_does_not_fit_is_read_first(
    api: Api, channel: str, open_screen: OpenScreen
) -> None:
    """``a`` is taken once the last line has been on the screen; a denial needs none of it."""
    context = {f"step {number}": number for number in range(60)}
    prompt = api.request_permission(channel, context=context)
    with open_screen() as inbox:
        inbox.wait_for("more below", "Page Down read on; then you can approve   d deny")
        inbox.type("a")
        inbox.wait_for("Not taken: read it to the end first")
        assert "APPROVE" not in inbox.screen
        inbox.type(PAGE_DOWN * 2)
        inbox.wait_for("a approve   d deny")
        inbox.type("a")
        inbox.wait_for("APPROVE")
        assert api.state(prompt) == "pending"
        inbox.enter("")
        assert api.response_to(prompt)["content"]["response_type"] == "authorization_approved"


def test_keys_from_before_it_appeared(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """What was typed before a prompt came does not decide it, though both arrive together."""
    with open_screen() as inbox:
        inbox.wait_for("Nothing is waiting")
        inbox.popen.send_signal(signal.SIGSTOP)
        prompt = api.request_permission(channel)
        inbox.type("a\r" * 20)
        inbox.popen.send_signal(signal.SIGCONT)
        inbox.wait_for("a approve   d deny")
        assert "APPROVE" not in inbox.screen
        assert api.state(prompt) == "pending"


def test_the_selection_stays(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """While more urgent ones come and others go, the keys are about the same prompt."""
    first = api.request_permission(channel, "the first", timeout_seconds=50)
    second = api.request_permission(channel, "the second", timeout_seconds=500)
    with open_screen() as inbox:
        inbox.wait_for("a approve", "2 waiting")
        inbox.type(DOWN)
        inbox.wait_for(">        8:", "a approve")
        message = {"type": "authorization", "action": "urgent one"}
        more = [
            {"channel": channel, "content": message, "metadata": {"priority": "urgent"}}
        ] * 3
        assert api.post_many(more).status_code == 201
        api.respond(first, response_type="authorization_denied", responder="bob")
        inbox.wait_for("4 waiting", "denied by bob")
        assert ">        8:" in inbox.screen
        inbox.type("a")
        inbox.wait_for("APPROVE")
        inbox.enter("")
        assert api.response_to(second)["content"]["response_type"] == "authorization_approved"
        inbox.wait_for("3 waiting")
        assert {item["label"] for item in api.pending(channel)} == {"urgent one"}


def test_the_next_is_not_approved_by_the_same_keys(
    api: Api, channel: str, open_screen: OpenScreen
) -> None:
    """After a decision nothing else is selected by itself; the same keys again do nothing."""
    first = api.request_permission(channel, "the first", timeout_seconds=50)
    second = api.request_permission(channel, "the second", timeout_seconds=500)
    with open_screen() as inbox:
        inbox.wait_for("a approve", "2 waiting")
        inbox.type("a")
        inbox.wait_for("APPROVE")
        inbox.type("\r" + "a\r" * 10)
        assert api.response_to(first)["metadata"]["responder"] == "ada"
        inbox.wait_for("1 waiting", "approved by ada")
        inbox.type("a\r" * 10)
        inbox.wait_for("Not taken: it waits no more")
        assert api.state(second) == "pending"


def test_quitting_loses_no_decision(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """``q`` right after Enter leaves once the server has what was decided."""
    prompt = api.request_permission(channel)
    with open_screen() as inbox:
        inbox.wait_for("a approve   d deny")
        inbox.type("d\rq")
        assert inbox.wait() == 0
    assert api.response_to(prompt)["metadata"]["responder"] == "ada"


def test_answered_elsewhere(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """A prompt that others settle is taken back at once, with who, where and what."""
    api.ask(channel, "stays", timeout_seconds=50)
    other = api.ask(channel, "goes", timeout_seconds=500)
    with open_screen() as inbox:
        inbox.wait_for("2 waiting")
        decision = {"answer": "mine", "responder": "bob", "surface": "web page"}
        api.respond(other, response_type="text", **decision)
        inbox.wait_for("1 waiting", "goes: answered “mine” by bob via web page")
        assert "question  goes" not in inbox.screen


def test_answered_while_typing(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """A prompt that a person is at stays, marked, with what they have typed."""
    prompt = api.ask(channel)
    with open_screen() as inbox:
        inbox.wait_for("Enter answer")
        inbox.enter("")
        inbox.wait_for("Answer:")
        inbox.type("half of")
        inbox.wait_for("Answer: half of")
        api.respond(prompt, response_type="text", answer="whole", responder="bob")
        inbox.wait_for("answered “whole” by bob", "0 waiting")
        assert "Answer: half of" in inbox.screen
        inbox.enter(" it")
        inbox.wait_for("Answer: half of it", "Not taken: it waits no more")
        assert api.response_to(prompt)["content"]["answer"] == "whole"
        inbox.type("\t")
        inbox.wait_for("Nothing is waiting")


def test_expired_while_typing(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """So does one whose time is over."""
    with open_screen() as inbox:
        inbox.wait_for("Nothing is waiting")
        api.ask(channel, timeout_seconds=2)
        inbox.wait_for("Enter answer")
        inbox.enter("")
        inbox.wait_for("Answer:")
        inbox.type("half of")
        inbox.wait_for("timeout", "expired", "Answer: half of")


def test_two_at_once(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Of two people who decide the same prompt one is told what the other has said."""
    prompt = api.request_permission(channel)
    with open_screen(name="ada") as ada, open_screen(name="bob") as bob:
        for inbox, key in ((ada, "a"), (bob, "d")):
            inbox.wait_for("a approve   d deny")
            inbox.type(key)
            inbox.wait_for("Reason, if any:")
        ada.enter("")
        bob.enter("")
        response = api.response_to(prompt)
        kind = response["content"]["response_type"].removeprefix("authorization_")
        for inbox in (ada, bob):
            inbox.wait_for(f"{kind} by {response['metadata']['responder']} via terminal")


def test_a_click_selects_and_decides_nothing(
    api: Api, channel: str, open_screen: OpenScreen
) -> None:
    """A click on a row shows that prompt; the wheel scrolls; ``--no-mouse`` leaves both."""
    api.ask(channel, "first\n" + "\n".join(f"line {number}." for number in range(60)))
    api.ask(channel, "second", timeout_seconds=5000)
    with open_screen() as inbox:
        inbox.wait_for("2 waiting", "line 1.")
        assert {1000, 1006} <= inbox.modes
        inbox.type("\x1b[<65;5;20M" * 30)
        inbox.wait_for("line 59.")
        inbox.type(click(30, row_of(inbox, "question  second")))
        inbox.wait_gone("line 59.")
        assert inbox.lines[row_of(inbox, "question  second")].startswith(">")
        inbox.type("m")
        inbox.wait_for("the mouse is left to the terminal")
        assert not inbox.modes & {1000, 1002, 1006}
    with open_screen("--no-mouse") as inbox:
        inbox.wait_for("2 waiting")
        assert not inbox.modes & {1000, 1002, 1006}


@pytest.mark.parametrize("rows", [4, 5, 6])
def test_a_small_terminal(api: Api, channel: str, open_screen: OpenScreen, rows: int) -> None:
    """What has no room for the prompt and what the keys do decides nothing."""
    prompt = api.request_permission(channel, "drop the table")
    with open_screen() as inbox:
        inbox.wait_for("a approve   d deny")
        inbox.resize(COLUMNS, rows)
        inbox.wait_until(lambda: inbox.lines[0].startswith(" ailoop"), "drawn anew")
        inbox.type("adq")  # had a form been opened, q would be a letter of the reason
        assert inbox.wait() == 0
        assert api.state(prompt) == "pending"


def test_the_smallest_terminal(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Eight rows are enough for all of it, and then it decides."""
    prompt = api.request_permission(channel, "drop the table")
    with open_screen() as inbox:
        inbox.resize(COLUMNS, 8)
        inbox.wait_for(" ailoop", "drop the table", "a approve   d deny")
        inbox.type("a")
        inbox.wait_for("drop the table", "APPROVE", "Enter sends")
        inbox.enter("")
        assert api.response_to(prompt)["metadata"]["responder"] == "ada"


def test_a_number_is_an_answer(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """To a question without choices a digit begins the answer."""
    prompt = api.ask(channel, "Which port?")
    with open_screen() as inbox:
        inbox.wait_for("Enter answer")
        inbox.type("42\r")
        assert api.response_to(prompt)["content"]["answer"] == "42"


def test_where_nobody_can_see_it(
    api: Api, daemon: DaemonProcess, channel: str, tmp_path: Path
) -> None:
    """With the output elsewhere than on the terminal nothing that is typed decides."""
    out = tmp_path / "out"
    prompt = api.request_permission(channel)
    with on_terminal("inbox", "-c", channel, "--server", daemon.rest, stdout=out) as terminal:
        eventually(lambda: "wants to" in out.read_text(), "the prompt in the file")
        terminal.enter("y")
        last = api.request_permission(channel, "another")
        eventually(lambda: "another" in out.read_text(), "the next one, too")
        assert (api.state(prompt), api.state(last)) == ("pending", "pending")
