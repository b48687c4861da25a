"""``ailoop inbox --plain`` on a terminal: prompts appear, and are answered in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tests.cli.terminal import CTRL_C, CTRL_D, Terminal, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess

Open = Callable[[], AbstractContextManager[Terminal]]


@pytest.fixture
def open_inbox(daemon: DaemonProcess, channel: str) -> Open:
    """Opens an inbox of this test's channel; entered when it takes input."""

    @contextmanager
    def open_inbox() -> Iterator[Terminal]:
        where = ("-c", channel, "--server", daemon.rest, "--as", "ada")
        with on_terminal("inbox", "--plain", *where) as terminal:
            terminal.wait_for("help shows how")
            yield terminal

    return open_inbox


def said(response: dict[str, Any]) -> tuple[str, str | None, Any]:
    """Return what a response says, and by whom."""
    content = response["content"]
    metadata = response["metadata"]
    return content["response_type"], content.get("answer"), metadata.get("responder")


def test_what_waited_and_what_comes(api: Api, channel: str, open_inbox: Open) -> None:
    """A prompt from before is shown, one that comes is shown live, with its id and choices."""
    before = api.ask(channel, "Which region?", choices=["eu", "us"], timeout_seconds=77)
    with open_inbox() as inbox:
        inbox.wait_for("#1 [")
        assert "an agent asks (77 s)" in inbox.screen
        assert "Which region?" in inbox.screen
        assert "2) us" in inbox.screen
        assert before in inbox.screen
        api.request_permission(channel, "deploy", context={"version": "1.4.2"})
        inbox.wait_for('"version": "1.4.2"')
        assert "#2 [" in inbox.screen
        api.post(channel, type="notification", text="hello", priority="high")
        inbox.wait_for(f"[{channel}] hello (high)")


def test_an_answer_typed(api: Api, channel: str, open_inbox: Open) -> None:
    """A line answers the first question, in the person's name; the outcome is shown."""
    prompt = api.ask(channel)
    with open_inbox() as inbox:
        inbox.enter("use the blue one")
        inbox.wait_for("#1 answered “use the blue one” by ada")
        assert said(api.response_to(prompt)) == ("text", "use the blue one", "ada")


def test_a_choice_typed_by_number(api: Api, channel: str, open_inbox: Open) -> None:
    """A number is the choice; what is none is refused with the choices, and may be retried."""
    prompt = api.ask(channel, choices=["eu", "us"])
    with open_inbox() as inbox:
        inbox.enter("3")
        inbox.wait_for("#1 not recorded: The answer is not one of the choices: eu, us")
        inbox.enter("2")
        inbox.wait_for("#1 answered “us” by ada")
        assert said(api.response_to(prompt)) == ("text", "us", "ada")


def test_an_address(api: Api, channel: str, open_inbox: Open) -> None:
    """``#2 …`` is about prompt number 2, whatever else waits."""
    first, second = api.ask(channel, "One?"), api.ask(channel, "Two?")
    with open_inbox() as inbox:
        inbox.enter("#2 the second")
        inbox.wait_for("#2 answered")
        assert said(api.response_to(second)) == ("text", "the second", "ada")
        assert api.state(first) == "pending"
        inbox.enter("#2 again")
        inbox.wait_for("There is no #2.")
        inbox.enter("#x nonsense")
        inbox.wait_for("no number of a prompt")
        assert api.state(first) == "pending"


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("y", "authorization_approved", None),
        ("YES  looks good", "authorization_approved", "looks good"),
        ("n", "authorization_denied", None),
        ("#1 no not before Monday", "authorization_denied", "not before Monday"),
    ],
)
def test_a_decision(
    api: Api, channel: str, open_inbox: Open, line: str, kind: str, reason: str | None
) -> None:
    """``y`` approves and ``n`` denies, with a reason if one is given."""
    prompt = api.request_permission(channel)
    with open_inbox() as inbox:
        inbox.enter(line)
        inbox.wait_for("by ada")
        response = api.response_to(prompt)
        assert said(response) == (kind, None, "ada")
        assert response["metadata"].get("reason") == reason


def test_what_decides_nothing(api: Api, channel: str, open_inbox: Open) -> None:
    """Neither an empty line nor gibberish, nor an unconfirmed ``y``, decides anything."""
    prompt = api.request_permission(channel)
    with open_inbox() as inbox:
        for count, line in enumerate(("ok", "yy", "yep", "1", "approve", "#1"), 1):
            inbox.enter(line)
            inbox.wait_until(
                lambda count=count: inbox.screen.count("#1 takes y or n") == count,
                f"{line!r} was refused",
            )
        inbox.enter("")
        inbox.type(f"y{CTRL_D}{CTRL_D}")
        assert inbox.wait() == 0
    assert api.state(prompt) == "pending"


def test_answered_elsewhere(api: Api, channel: str, open_inbox: Open) -> None:
    """A prompt that somebody else settles is taken away, with who and what."""
    prompt = api.ask(channel)
    with open_inbox() as inbox:
        inbox.wait_for("#1")
        api.respond(prompt, response_type="text", answer="mine", responder="bob")
        inbox.wait_for("#1 answered “mine” by bob")
        inbox.enter("too late")
        inbox.wait_for("Nothing is waiting.")


def test_a_line_is_not_shared_out(api: Api, channel: str, open_inbox: Open) -> None:
    """While a question and an authorization wait, no line is taken for either by its words."""
    permission = api.request_permission(channel, "drop the database")
    asked = api.ask(channel, "Should the docs mention it?")
    with open_inbox() as inbox:
        for count, line in enumerate(("yes mention it in the intro", "y", "n"), 1):
            inbox.enter(line)
            inbox.wait_until(
                lambda count=count: inbox.screen.count("begin with the number") == count,
                f"{line!r} was not taken",
            )
        assert api.state(permission) == "pending"
        assert api.state(asked) == "pending"
        inbox.enter("#2 yes mention it")
        inbox.wait_for("#2 answered “yes mention it” by ada")
        assert api.state(permission) == "pending"


def test_a_line_is_not_moved_to_another_prompt(
    api: Api, channel: str, open_inbox: Open
) -> None:
    """A yes begun for the first prompt does not approve the next when the first has gone."""
    first = api.request_permission(channel, "read a file")
    second = api.request_permission(channel, "drop the table")
    with open_inbox() as inbox:
        inbox.wait_for("#2 [")
        inbox.type("y")
        api.respond(first, response_type="authorization_denied")
        inbox.wait_for("#1 denied")
        inbox.enter("")
        inbox.wait_for("Not taken: it is #2 that waits now")
        assert api.state(second) == "pending"
        inbox.enter("n not that one")
        inbox.wait_for("#2 denied by ada via terminal (not that one)")


def test_timed_out_while_shown(api: Api, channel: str, open_inbox: Open) -> None:
    """A prompt whose time is over is taken away too."""
    with open_inbox() as inbox:
        api.ask(channel, timeout_seconds=1)
        inbox.wait_for("#1 timeout (timeout)")


def test_list_help_quit(api: Api, channel: str, open_inbox: Open) -> None:
    """The three words are commands, not answers."""
    prompt = api.ask(channel, "Which region?")
    with open_inbox() as inbox:
        inbox.enter("list")
        inbox.wait_for(f"#1 [{channel}] Which region?")
        inbox.enter("help")
        inbox.wait_for("needed when more than one waits")
        inbox.enter("quit")
        assert inbox.wait() == 0
    assert api.state(prompt) == "pending"


@pytest.mark.parametrize(
    ("key", "code"), [(CTRL_C, 130), (CTRL_D, 0)], ids=["Ctrl-C", "Ctrl-D"]
)
def test_leaving(api: Api, channel: str, open_inbox: Open, key: str, code: int) -> None:
    """Ctrl-C and Ctrl-D leave the inbox without a traceback, and the prompts open."""
    prompt = api.ask(channel)
    with open_inbox() as inbox:
        inbox.type(key)
        assert inbox.wait() == code
        assert "Traceback" not in inbox.screen
    assert api.state(prompt) == "pending"


def test_a_form(api: Api, channel: str, open_inbox: Open) -> None:
    """Its fields are filled in on one line; what is wrong is said, and may be retried."""
    properties = {"name": {"type": "string"}, "count": {"type": "integer", "maximum": 5}}
    schema = {"type": "object", "properties": properties, "required": ["name"]}
    prompt = api.ask(channel, schema=schema)
    with open_inbox() as inbox:
        inbox.wait_for("name: text, required")
        inbox.enter("count: 3")
        inbox.wait_for("#1 not taken: name is required")
        inbox.enter("name: ab; count: 3")
        assert api.response_to(prompt)["metadata"]["value"] == {"name": "ab", "count": 3}


def test_a_context_changed(api: Api, channel: str, open_inbox: Open) -> None:
    """``edit`` approves with another context, where that is allowed."""
    prompt = api.request_permission(channel, context={"path": "/a"}, editable=True)
    with open_inbox() as inbox:
        inbox.wait_for("it may be changed")
        inbox.enter("edit [1]")
        inbox.wait_for("#1 not taken: a context is a JSON object")
        inbox.enter('edit {"path": "/b"}')
        assert api.response_to(prompt)["metadata"]["value"] == {"path": "/b"}
    fixed = api.request_permission(channel, context={"path": "/a"})
    with open_inbox() as inbox:
        inbox.enter('edit {"path": "/b"}')
        inbox.wait_for("#1 takes y or n")
        assert api.state(fixed) == "pending"
