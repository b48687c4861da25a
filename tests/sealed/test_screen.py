"""The inbox on a screen: what is encrypted is read with the key, and else only denied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.cli.commands import started
from tests.cli.conftest import api, channel, daemon, open_screen
from tests.cli.screens import OpenScreen
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, eventually
from tests.sealed.kit import WORDS, People

__all__ = ["api", "channel", "daemon", "open_screen"]

Ask = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def ask(daemon: DaemonProcess, api: Api, channel: str, people: People) -> Ask:
    """Ask encrypted, and give the prompt's id."""

    @contextmanager
    def asking(*command: str) -> Iterator[str]:
        where = ("-c", channel, "--server", daemon.rest)
        with started(*command, *where, "--seal-for", people.public("ann")):
            (item,) = eventually(lambda: api.pending(channel), "a prompt")
            yield str(item["message_id"])

    return asking


def test_with_the_key(api: Api, people: People, open_screen: OpenScreen, ask: Ask) -> None:
    """The words are shown, marked; the approval is taken as any other, and sealed."""
    with (
        ask("authorize", WORDS) as prompt,
        open_screen("--key", people.private("ann")) as inbox,
    ):
        inbox.wait_for(WORDS, "encrypted for ann", "a approve   d deny")
        inbox.type("a")
        inbox.wait_for("APPROVE")
        inbox.enter("fine")
        recorded = api.response_to(prompt)
    assert recorded["content"]["response_type"] == "authorization_approved"
    assert recorded["metadata"].keys() == {"responder", "surface", "sealed"}


def test_a_question_with_the_key(
    api: Api, people: People, open_screen: OpenScreen, ask
) -> None:  # type: ignore[no-untyped-def]
    """Choices are shown and chosen by number."""
    with (
        ask("ask", WORDS, "--choice", "red", "--choice", "blue") as prompt,
        open_screen("--key", people.private("ann")) as inbox,
    ):
        inbox.wait_for("2) blue", "1-9 choose")
        inbox.type("2")
        inbox.wait_for("Choice, by number or text: 2")
        inbox.enter("")
        recorded = api.response_to(prompt)
    assert recorded["content"]["answer"] == "encrypted"


@pytest.mark.parametrize("whose", ["nobody", "bob"])
@pytest.mark.parametrize("command", ["authorize", "ask"])
def test_unread(
    api: Api, people: People, open_screen: OpenScreen, ask: Ask, whose: str, command: str
) -> None:
    """Without the key it says so, and no key approves or answers; ``d`` denies."""
    flags = ("--key", people.private(whose)) if whose == "bob" else ()
    with ask(command, WORDS) as prompt, open_screen(*flags) as inbox:
        inbox.wait_for("CANNOT BE READ HERE", "cannot be approved unread")
        assert WORDS not in inbox.screen
        inbox.type("a")
        inbox.wait_for("Not taken: it cannot be read here, only denied.")
        inbox.type("\r")
        inbox.type("1\r")
        assert "APPROVE" not in inbox.screen
        assert "Answer:" not in inbox.screen
        assert api.state(prompt) == "pending"
        inbox.type("d")
        inbox.wait_for("DENY. Reason, if any:")
        inbox.enter("")
        kind = "authorization_denied" if command == "authorize" else "cancelled"
        assert api.response_to(prompt)["content"]["response_type"] == kind
