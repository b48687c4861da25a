"""Forms on a terminal, filled in line by line; contexts that are changed and approved."""

from __future__ import annotations

from tests.cli.screens import DOWN, OpenScreen
from tests.daemon.api import Api

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "count": {"type": "integer", "maximum": 5, "default": 2},
    },
    "required": ["name"],
}


def test_filled_in(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Each field has a line with its default; Enter sends, or says which field is wrong."""
    prompt = api.ask(channel, "Fill in", schema=SCHEMA)
    with open_screen() as inbox:
        inbox.wait_for("name: text (at least 2 characters), required", "Enter fills it in")
        inbox.enter("")
        inbox.wait_for("Fill in, a line for each field:", "count: 2")
        inbox.type("9")
        inbox.enter("")
        inbox.wait_for("Not taken: count must be at most 5")
        inbox.type("\x7f\x7f4")
        inbox.enter("")
        inbox.wait_for("Not taken: name is required")
        inbox.type("\x1b[A\x1b[F" + "ab")
        inbox.enter("")
        response = api.response_to(prompt)
        assert response["metadata"]["value"] == {"name": "ab", "count": 4}
        inbox.wait_for("0 waiting", "answered")


def test_changed_and_approved(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """``e`` opens the context; what is none approves nothing."""
    prompt = api.request_permission(channel, context={"path": "/a"}, editable=True)
    with open_screen() as inbox:
        inbox.wait_for("it may be changed", "e change it")
        inbox.type("e")
        inbox.wait_for("APPROVE WITH CHANGES")
        inbox.type("x")
        inbox.wait_for("}x")
        inbox.enter("")
        inbox.wait_for("Not taken:")
        assert api.state(prompt) == "pending"
        inbox.type("\x7f")
        inbox.type('\x1b[A\x1b[F\x7fb"')
        inbox.wait_for('"path": "/ab"')
        inbox.enter("")
        response = api.response_to(prompt)
        assert response["content"]["response_type"] == "authorization_approved"
        assert response["metadata"]["value"] == {"path": "/ab"}


def test_only_where_it_is_allowed(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """``e`` does nothing to what may not be changed."""
    api.request_permission(channel, context={"path": "/a"})
    with open_screen() as inbox:
        inbox.wait_for("a approve   d deny")
        inbox.type("e")
        inbox.type(DOWN)
        inbox.wait_for("a approve   d deny")
        assert "CHANGES" not in inbox.screen


def test_nothing_is_hidden_in_what_is_changed(
    api: Api, channel: str, open_screen: OpenScreen
) -> None:
    """What a terminal acts on, or nobody sees, stands there by its code; it is no change."""
    context = {"path": "/a\u202e\x9b31m"}
    prompt = api.request_permission(channel, context=context, editable=True)
    with open_screen() as inbox:
        inbox.wait_for("e change it")
        inbox.type("e")
        inbox.wait_for(r"/a\u202e\u009b31m")
        inbox.enter("")
        assert api.response_to(prompt)["content"]["answer"] is None


def test_changes_that_are_left(api: Api, channel: str, open_screen: OpenScreen) -> None:
    """Who has changed the context and then approves without that is told so."""
    prompt = api.request_permission(channel, context={"path": "/a"}, editable=True)
    with open_screen() as inbox:
        inbox.wait_for("e change it")
        inbox.type("e")
        inbox.wait_for("APPROVE WITH CHANGES")
        inbox.type(" ")
        inbox.type("\x1b")
        inbox.wait_for("a approve")
        inbox.type("a")
        inbox.wait_for("APPROVE AS ASKED, without your changes.")
        assert api.state(prompt) == "pending"
