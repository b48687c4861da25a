"""The screen and its server: who is before a prompt, and what a lost connection does."""

from __future__ import annotations

import signal
from typing import Any

from tests.cli.screens import DOWN, END, OpenScreen, inbox_screen
from tests.daemon.api import Api
from tests.daemon.process import launched, running_daemon


def delivery(api: Api, prompt: str) -> dict[str, Any]:
    return api.get(f"/api/v1/messages/{prompt}/delivery").json()


def test_presence(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """What is listed is delivered, what is shown was seen, and who types is told to others."""
    first = api.ask(channel, "first", timeout_seconds=100)
    second = api.ask(channel, "second", timeout_seconds=1000)
    assert delivery(api, first)["delivered_at"] is None
    with open_screen(name="ada") as ada:
        api.eventually(lambda api: delivery(api, first)["seen_by"] == ["ada"], "seen by ada")
        api.eventually(lambda api: delivery(api, second)["delivered_at"], "second delivered")
        assert delivery(api, second)["seen_by"] == []
        with open_screen(name="bob") as bob:
            bob.wait_for("seen by ada")
            ada.wait_for("seen by bob")
            assert "ada" not in ada.screen.splitlines()[4]
            ada.wait_for("Enter answer")
            ada.enter("")
            ada.wait_for("Answer:")
            ada.type("half of")
            bob.wait_for("ada is typing")
            assert delivery(api, first)["typing"] == ["ada"]
            bob.wait_gone("ada is typing")  # five seconds after the last key
            ada.type(" it")
            bob.wait_for("ada is typing")
            ada.popen.send_signal(signal.SIGKILL)
            bob.wait_gone("ada is typing")
            bob.type(DOWN)
            api.eventually(lambda api: delivery(api, second)["seen_by"] == ["bob"], "seen")


def test_the_daemon_restarts() -> None:
    """The connection is made again by itself, which is said, and what waits then is shown.

    Until then nothing is sent, and what was typed is kept.
    """
    with running_daemon() as first:
        ports = [first.ws.rpartition(":")[2], first.rest.rpartition(":")[2]]
        api = Api(first.rest)
        api.ask("shop", "what was before")
        with inbox_screen(first.rest) as inbox:
            inbox.wait_for("Enter answer")
            inbox.enter("")
            inbox.wait_for("Answer:")
            inbox.type("typed")
            first.signal(signal.SIGKILL)
            inbox.wait_for("NO CONNECTION, trying again", "Answer: typed")
            inbox.enter("")
            inbox.wait_for("Not recorded: there is no connection")
            with launched("--ws-port", ports[0], "--rest-port", ports[1]) as second:
                second.wait_ready()
                inbox.wait_for("connected", "It waits no more; the server does not know it.")
                prompt = api.request_permission("shop", "what is now")
                inbox.wait_for("1 waiting", "permission  what is now")
                inbox.wait_until(lambda: inbox.title == "(1) ailoop", "the title")
                inbox.type("n")
                inbox.wait_for("a approve   d deny")
                inbox.type("d")
                inbox.wait_for("DENY")
                inbox.enter("")
                assert api.response_to(prompt)["metadata"]["surface"] == "terminal"
                api.close()


def test_what_was_answered_meanwhile() -> None:
    """A prompt that settled while there was no connection is taken back with its outcome."""
    with running_daemon() as daemon:
        api = Api(daemon.rest)
        prompt = api.ask("shop", "answered meanwhile", timeout_seconds=50)
        api.ask("shop", "selected", timeout_seconds=40)
        with inbox_screen(daemon.rest) as inbox:
            inbox.wait_for("2 waiting", "answered meanwhile")
            inbox.popen.send_signal(signal.SIGSTOP)
            api.respond(prompt, response_type="text", answer="x", responder="bob")
            inbox.popen.send_signal(signal.SIGCONT)
            inbox.wait_for("1 waiting", "answered meanwhile: answered “x” by bob")
        api.close()


def test_presence_tells_no_more_than_is_shown(
    api: Api, channel: str, open_screen: OpenScreen
) -> None:
    """A row without room is not delivered, and what was not read to its end was not seen."""
    long = api.request_permission(channel, "far\n" * 200, timeout_seconds=100)
    others = [api.ask(channel, "Which?", timeout_seconds=1000 + n) for n in range(40)]
    with open_screen() as inbox:
        inbox.wait_for("more in the list", "more below")
        api.eventually(lambda api: delivery(api, long)["delivered_at"], "the first delivered")
        api.eventually(lambda api: delivery(api, others[5])["delivered_at"], "the sixth, too")
        assert delivery(api, others[-1])["delivered_at"] is None
        assert delivery(api, long)["seen_by"] == []
        inbox.type(END)
        inbox.wait_gone("more below")
        api.eventually(lambda api: delivery(api, long)["seen_by"] == ["ada"], "seen")
