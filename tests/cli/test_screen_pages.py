"""What else the screen of ``ailoop inbox`` shows: history, channels, what has happened."""

from __future__ import annotations

from tests.cli.screens import DOWN, ESC, OpenScreen, inbox_screen
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess


def test_history(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Each prompt stands with its response; what comes is added; Esc goes back."""
    prompt = api.ask(channel, "Which?", choices=["eu", "us"])
    api.post(channel, type="notification", text="between")
    decision = {"answer": "us", "responder": "bob", "surface": "web page"}
    api.respond(prompt, response_type="text", **decision)
    with open_screen() as inbox:
        inbox.type("h")
        inbox.wait_for(f"history of {channel}", "notification, normal", "between")
        rows = inbox.screen.splitlines()
        at = rows.index("Which?")
        assert rows[at + 1 : at + 4] == [
            "  1) eu",
            "  2) us",
            "  -> answered “us” by bob via web page",
        ]
        coming = api.request_permission(channel, "drop the table", context={"rows": 3})
        inbox.wait_for("drop the table", '"rows": 3', "no response yet")
        api.respond(coming, response_type="authorization_denied", reason="no", responder="bob")
        inbox.wait_for("-> denied by bob (no)")
        inbox.type(ESC)
        inbox.wait_gone("between")


def test_channels(daemon: DaemonProcess, api: Api, channel: str) -> None:
    """One channel is listed at a time, or all; the rest is counted and does not ring."""
    other = f"{channel}-other"
    api.ask(channel, "asked here")
    api.ask(other, "asked there", timeout_seconds=5000)
    with inbox_screen(daemon.rest, "-c", channel) as inbox:
        inbox.wait_for("1 waiting", "elsewhere", "asked here")
        assert "asked there" not in inbox.screen
        api.ask(other, "asked there again", timeout_seconds=5000)
        inbox.type("c")
        inbox.wait_for("> " + channel, f"{other}   2 waiting   messages: ")
        while f"> {other}" not in inbox.screen:
            place = inbox.screen.index("> ")
            inbox.type(DOWN)
            inbox.wait_until(lambda place=place: inbox.screen.index("> ") > place, "next")
        inbox.enter("")
        inbox.wait_for("2 waiting", "asked there", "asked there again")
        assert "asked here" not in inbox.screen
        assert inbox.bells == 0


def test_what_has_happened(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """The last line tells what came last; ``l`` all of it, newest last."""
    with open_screen() as inbox:
        inbox.wait_for("Nothing is waiting")
        api.post(channel, type="notification", text="first news")
        inbox.wait_for(f"[{channel}] first news")
        api.post(channel, type="notification", text="second news", priority="high")
        inbox.wait_for(f"[{channel}] second news (high)")
        assert "first news" not in inbox.screen
        inbox.type("l")
        inbox.wait_for("first news", "second news (high)", "Esc back")


def test_help(open_screen: OpenScreen) -> None:
    """``?`` tells the keys."""
    with open_screen() as inbox:
        inbox.type("?")
        inbox.wait_for("approve, deny: a reason may follow, Enter sends")
        inbox.type("q")
        inbox.wait_for("Nothing is waiting")
        inbox.type("q")
        assert inbox.wait() == 0
