"""A question with a schema is a form; what an authorization is about may be changed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Release name", "maxLength": 20},
        "mail": {"type": "string", "format": "email", "description": "Who is told"},
        "count": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
        "share": {"type": "number"},
        "dry": {"type": "boolean", "default": True},
        "region": {"type": "string", "enum": ["eu", "us"]},
        "color": {
            "type": "string",
            "oneOf": [{"const": "#f00", "title": "Red"}, {"const": "#0f0", "title": "Green"}],
            "default": "#0f0",
        },
        "teams": {
            "type": "array",
            "items": {"type": "string", "enum": ["ops", "web", "data"]},
            "maxItems": 2,
        },
        "day": {"type": "string", "format": "date"},
    },
    "required": ["name", "region"],
}


def ask(api: Any, **members: Any) -> str:
    """Ask what the schema asks for."""
    return post(api, text="Fill in", schema=SCHEMA | members)


def labelled(card: Locator, label: str) -> Locator:
    """Return a field by what it is called."""
    return card.get_by_label(label)


def send(card: Locator) -> None:
    """Press the button."""
    card.get_by_role("button", name="Send answer").click()


def test_every_kind_of_field(api, inbox):
    """What is filled in arrives as data, defaults and all."""
    prompt = ask(api)
    card = inbox.card(prompt)
    labelled(card, "Release name").fill("aurora")
    labelled(card, "mail").fill("ann@example.org")
    labelled(card, "share").fill("0.5")
    labelled(card, "dry").uncheck()
    labelled(card, "region").select_option("us")
    labelled(card, "data").check()
    labelled(card, "day").fill("2026-03-01")
    expect(labelled(card, "mail")).to_have_accessible_description("Who is told")
    send(card)
    inbox.expect_outcome(prompt, "region: us")
    response = api.response_to(prompt)
    assert response["metadata"]["value"] == {
        "name": "aurora",
        "mail": "ann@example.org",
        "count": 2,
        "share": 0.5,
        "dry": False,
        "region": "us",
        "color": "#0f0",
        "teams": ["data"],
        "day": "2026-03-01",
    }
    assert json.loads(response["content"]["answer"]) == response["metadata"]["value"]
    assert response["metadata"]["responder"] == "ann"


def test_by_keyboard(api, inbox):
    """Enter goes to the first field, and Ctrl+Enter sends from any."""
    prompt = ask(api)
    inbox.select(prompt)
    inbox.press("Enter")
    inbox.page.keyboard.type("a1?")
    labelled(inbox.card(prompt), "region").select_option("eu")
    inbox.press("Control+Enter")
    inbox.expect_outcome(prompt, "Answered by you")
    assert api.response_to(prompt)["metadata"]["value"]["name"] == "a1?"


@pytest.mark.parametrize(
    ("label", "entered", "sentence"),
    [
        ("Release name", "", "Release name: this is needed."),
        ("mail", "nobody", "mail: "),
        ("count", "6", "count: "),
        ("count", "", ""),
    ],
)
def test_what_a_field_does_not_take(api, inbox, label, entered, sentence):
    """It is said at the card, the field has the focus, and nothing is sent."""
    prompt = ask(api)
    card = inbox.card(prompt)
    labelled(card, "Release name").fill("aurora")
    labelled(card, "region").select_option("us")
    labelled(card, label).fill(entered)
    send(card)
    if not sentence:
        inbox.expect_outcome(prompt, "Answered")
        assert "count" not in api.response_to(prompt)["metadata"]["value"]
        return
    expect(card.get_by_role("alert")).to_contain_text(sentence)
    expect(labelled(card, label)).to_be_focused()
    expect(labelled(card, label)).to_have_attribute("aria-invalid", "true")
    assert api.state(prompt) == "pending"


def test_too_many(api, inbox):
    """Of several choices no more are taken than may be."""
    prompt = ask(api, required=[])
    card = inbox.card(prompt)
    for team in ("ops", "web", "data"):
        labelled(card, team).check()
    send(card)
    expect(card.get_by_role("alert")).to_have_text("teams: choose at most 2.")
    labelled(card, "web").uncheck()
    send(card)
    inbox.expect_outcome(prompt, "Answered")
    assert api.response_to(prompt)["metadata"]["value"]["teams"] == ["ops", "data"]


def test_what_is_filled_in_outlives_a_reload(api, inbox):
    """Half a form is a draft, as half a sentence is."""
    prompt = ask(api)
    labelled(inbox.card(prompt), "Release name").fill("aurora")
    labelled(inbox.card(prompt), "ops").check()
    inbox.page.reload()
    card = inbox.card(prompt)
    expect(labelled(card, "Release name")).to_have_value("aurora")
    expect(labelled(card, "ops")).to_be_checked()
    expect(labelled(card, "count")).to_have_value("2")


def test_somebody_else_was_faster(api, inbox):
    """What was filled in can still be copied."""
    prompt = ask(api)
    card = inbox.card(prompt)
    labelled(card, "Release name").fill("aurora")
    api.respond(prompt, answer={"name": "b", "region": "eu"}, responder="bob")
    inbox.expect_outcome(prompt, "Answered by bob")
    expect(inbox.field(prompt)).to_have_value(re.compile("aurora"))
    expect(card.get_by_role("button", name="Copy text")).to_be_visible()


def test_a_hostile_schema(api, inbox):
    """What a schema says is shown, and does nothing."""
    nasty = '<img src=x onerror="alert(1)">\u202e'
    schema = {
        "type": "object",
        "properties": {
            "x": {"type": "string", "title": nasty, "description": nasty, "enum": [nasty, "b"]},
            "__proto__x": {"type": "array", "items": {"type": "string", "enum": [nasty]}},
        },
    }
    prompt = post(api, text="?", schema=schema)
    card = inbox.card(prompt)
    expect(card).to_contain_text("onerror")
    expect(card.locator("img")).to_have_count(0)
    labelled(card, "<img").first.select_option(index=1)
    send(card)
    inbox.expect_outcome(prompt, "Answered")
    assert api.response_to(prompt)["metadata"]["value"]["x"] == nasty


CONTEXT = {"path": "/srv/a", "size": 12345678901234567890, "deep": {"list": [1, 2.50]}}


def editable(api: Any) -> str:
    return post(api, "authorization", context=CONTEXT, editable=True)


def test_approved_as_asked(api, inbox):
    """Who changes nothing approves what was asked."""
    prompt = editable(api)
    inbox.select(prompt)
    inbox.press("a")
    inbox.expect_outcome(prompt, "Approved by you")
    assert api.response_to(prompt)["content"]["answer"] is None


def test_approved_with_changes(api, inbox):
    """What was changed comes back whole, and what was not is not touched."""
    prompt = editable(api)
    card = inbox.card(prompt)
    card.get_by_text("Change the context").click()
    editor = labelled(card, "Context to be approved")
    editor.fill(editor.input_value().replace("/srv/a", "/srv/b"))
    card.get_by_role("button", name="Approve with changes").click()
    inbox.expect_outcome(prompt, "/srv/b")
    response = api.response_to(prompt)
    assert response["content"]["response_type"] == "authorization_approved"
    assert response["metadata"]["value"] == CONTEXT | {"path": "/srv/b"}


def test_a_long_context(api, inbox):
    """What fits as it was asked fits as it was changed, though lines make it longer."""
    deep: Any = [1] * 500
    for _ in range(12):
        deep = [deep]
    context = {"deep": deep, "says": 'a  \\" b\\\\', "size": 12345678901234567890}
    prompt = post(api, "authorization", context=context, editable=True)
    card = inbox.card(prompt)
    card.get_by_text("Change the context").click()
    editor = labelled(card, "Context to be approved")
    editor.fill(editor.input_value().replace("says", "said"))
    card.get_by_role("button", name="Approve with changes").click()
    inbox.expect_outcome(prompt, "Approved by you")
    said = context["says"]
    del context["says"]
    assert api.response_to(prompt)["metadata"]["value"] == context | {"said": said}


def test_a_context_that_is_none(api, inbox):
    """Nothing is approved that cannot be read."""
    prompt = editable(api)
    card = inbox.card(prompt)
    card.get_by_text("Change the context").click()
    editor = labelled(card, "Context to be approved")
    for text, sentence in (("{", "no JSON"), ("[1]", "has to be an object")):
        editor.fill(text)
        card.get_by_role("button", name="Approve").click()
        expect(card.get_by_role("alert")).to_contain_text(sentence)
        expect(editor).to_be_focused()
    assert api.state(prompt) == "pending"
    card.get_by_role("button", name="Deny").click()
    inbox.expect_outcome(prompt, "Denied by you")


def test_no_changes_where_none_are_allowed(api, inbox):
    """The offer is not there."""
    prompt = post(api, "authorization", context=CONTEXT)
    expect(inbox.card(prompt).get_by_text("Context", exact=False).first).to_be_visible()
    expect(inbox.card(prompt).get_by_text("Change the context")).to_have_count(0)


def test_numbers_as_other_languages_write_them(api, inbox):
    """A bound or a default of 1.0 is 1, and one that no float holds breaks no card."""
    properties = {
        "share": {"type": "number", "minimum": 0.0, "maximum": 2.0, "default": 1.0},
        "mass": {"type": "number", "maximum": 12345678901234567890},
        "size": {"type": "integer", "minimum": 0.5, "default": 2.0},
        "teams": {
            "type": "array",
            "items": {"type": "string", "enum": ["ops", "web"]},
            "maxItems": 1.0,
        },
        "name": {"type": "string", "maxLength": 3.0},
    }
    prompt = ask(api, properties=properties, required=[])
    card = inbox.card(prompt)
    expect(labelled(card, "share")).to_have_value("1")
    labelled(card, "share").fill("3")
    send(card)
    expect(card.get_by_role("alert")).to_contain_text("share: ")
    labelled(card, "share").fill("1.5")
    labelled(card, "ops").check()
    labelled(card, "web").check()
    send(card)
    expect(card.get_by_role("alert")).to_contain_text("teams: ")
    labelled(card, "web").uncheck()
    send(card)
    inbox.expect_outcome(prompt, "Answered")
    value = api.response_to(prompt)["metadata"]["value"]
    assert value == {"share": 1.5, "size": 2, "teams": ["ops"]}


def test_a_default_of_several_lines(api, inbox):
    """What an agent has proposed comes back as it was, line ends and all."""
    note = "one\n\n  two"
    prompt = ask(api, properties={"note": {"type": "string", "default": note}}, required=[])
    send(inbox.card(prompt))
    inbox.expect_outcome(prompt, "Answered")
    assert api.response_to(prompt)["metadata"]["value"] == {"note": note}
