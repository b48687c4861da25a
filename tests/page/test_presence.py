"""What the page tells of a prompt's way to a person, and what it shows of others."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER


def delivery(api, prompt: str) -> dict:
    """Return what the server knows of a prompt's way."""
    return api.get(f"/api/v1/messages/{prompt}").json()["prompt"]["delivery"]


def test_seen_and_typing(api, open_inbox):
    """Each sees who else is before the prompt, and not themselves."""
    ann, bob = open_inbox("ann"), open_inbox("bob")
    prompt = post(api)
    others = {one: one.card(prompt).locator(".others") for one in (ann, bob)}
    expect(others[ann]).to_have_text("seen by bob")
    expect(others[bob]).to_have_text("seen by ann")
    ann.field(prompt).press_sequentially("I think")
    expect(others[bob]).to_have_text("ann is typing")
    expect(others[ann]).to_have_text("seen by bob")
    assert delivery(api, prompt)["typing"] == ["ann"]
    ann.page.locator("#search").focus()
    expect(others[bob]).to_have_text("seen by ann")
    assert set(delivery(api, prompt)["seen_by"]) == {"ann", "bob"}


def test_typing_ends_when_the_writer_rests(api, open_inbox):
    """Five seconds without a key."""
    inbox = open_inbox("ann", clock=True)
    prompt = post(api)
    inbox.field(prompt).press_sequentially("hm")
    api.eventually(lambda api: delivery(api, prompt)["typing"] == ["ann"], "typing")
    inbox.pass_time(5)
    api.eventually(lambda api: delivery(api, prompt)["typing"] == [], "no typing")


def test_below_the_window_is_not_seen(api, inbox):
    """What was listed and not looked at is delivered; scrolling to it is seeing it."""
    tall = post(api, text="tall\n\n" * 300, priority="urgent")
    low = post(api, priority="low")
    expect(inbox.card(low)).to_have_count(1)
    api.eventually(lambda api: delivery(api, tall)["seen_by"] == ["ann"], "seen")
    told = delivery(api, low)
    assert told["delivered_at"] is not None
    assert told["seen_at"] is None
    inbox.card(low).scroll_into_view_if_needed()
    api.eventually(lambda api: delivery(api, low)["seen_by"] == ["ann"], "seen")


def test_without_a_name(api, open_inbox):
    """An agent learns that somebody saw it, and two without a name are two to each other."""
    one, other = open_inbox(), open_inbox()
    prompt = post(api)
    somebody = re.compile(r"^somebody [a-z]{3} is typing$")
    one.field(prompt).press_sequentially("I think")
    expect(other.card(prompt).locator(".others")).to_have_text(somebody)
    expect(one.card(prompt).locator(".others")).to_have_text(re.compile("^seen by somebody"))
    api.eventually(lambda api: len(delivery(api, prompt)["seen_by"]) == 2, "seen by two")
    # It is no name to answer with, and stays the same.
    names = delivery(api, prompt)["seen_by"]
    one.page.reload()
    one.field(prompt).press("Control+Enter")
    assert "responder" not in api.response_to(prompt)["metadata"]
    other_one = post(api)
    api.eventually(lambda api: len(delivery(api, other_one)["seen_by"]) == 2, "seen by two")
    assert sorted(delivery(api, other_one)["seen_by"]) == sorted(names)


def test_a_name_that_is_set_later(api, open_inbox):
    """It is told of what is shown already, as a whole, and nobody is shown to themselves."""
    inbox, bob = open_inbox(), open_inbox("bob")
    prompt = post(api)
    others = inbox.card(prompt).locator(".others")
    expect(others).to_have_text("seen by bob")
    inbox.page.locator(".settings summary").click()
    inbox.page.get_by_label("Your name").press_sequentially("Zoe", delay=30)
    expect(bob.card(prompt).locator(".others")).to_contain_text("Zoe")
    assert "Z" not in delivery(api, prompt)["seen_by"]
    bob.field(prompt).press_sequentially("x")
    expect(others).to_have_text("bob is typing")
    bob.page.locator("#search").focus()
    expect(others).to_have_text("seen by bob")


def test_a_name_is_set_once(api, open_inbox):
    """It is kept, and goes with the next answer, also where it was just written."""
    inbox = open_inbox()
    inbox.call_me("Zoë")
    prompt = post(api, "authorization")
    inbox.card(prompt).get_by_role("button", name="Approve").click()
    assert api.response_to(prompt)["metadata"]["responder"] == "Zoë"
    inbox.page.reload()
    expect(inbox.page.locator("#who")).to_have_text("Zoë")


def test_a_tall_prompt_is_seen_where_it_is_read(api, inbox):
    """However little of the whole a window of it is."""
    first = post(api, text="top\n\n" * 40, priority="urgent")
    tall = post(api, text="x\n\n" * 5000)
    api.eventually(lambda api: delivery(api, first)["seen_by"] == ["ann"], "seen")
    expect(inbox.card(tall)).to_have_count(1)
    assert delivery(api, tall)["seen_at"] is None
    inbox.page.evaluate(
        """() => {
            const tall = document.querySelectorAll("#prompts > li")[1];
            scrollBy(0, tall.getBoundingClientRect().top + 300);
        }"""
    )
    api.eventually(lambda api: delivery(api, tall)["seen_by"] == ["ann"], "seen")


def test_a_window_that_nobody_is_at(api, open_inbox):
    """What it shows is seen when somebody comes; and not when they have been gone a while."""
    inbox = open_inbox("ann", script="document.hasFocus = () => false", clock=True)
    prompt = post(api)
    expect(inbox.card(prompt)).to_be_visible()
    api.eventually(lambda api: delivery(api, prompt)["delivered_at"], "delivered")
    inbox.pass_time(1)
    assert delivery(api, prompt)["seen_at"] is None
    inbox.page.mouse.move(2, 2)
    api.eventually(lambda api: delivery(api, prompt)["seen_by"] == ["ann"], "seen")
    inbox.pass_time(30)
    second = post(api)
    api.eventually(lambda api: delivery(api, second)["seen_by"] == ["ann"], "seen")
    inbox.pass_time(61)
    third = post(api)
    api.eventually(lambda api: delivery(api, third)["delivered_at"], "delivered")
    expect(inbox.card(third)).to_be_in_viewport()
    inbox.pass_time(1)
    assert delivery(api, third)["seen_at"] is None


def test_told_again_to_a_new_connection(api, open_inbox):
    """After a reconnect the server knows again what is shown, and tells what changes."""
    inbox = open_inbox("ann", cable=True)
    prompt = post(api)
    expect(inbox.card(prompt)).to_be_visible()
    inbox.cable.cut()
    expect(inbox.state).to_have_text("Not connected, trying again")
    inbox.cable.mend()
    expect(inbox.state).to_have_text("Connected", timeout=10_000)
    bob = open_inbox("bob")
    bob.field(prompt).press_sequentially("x")
    expect(inbox.card(prompt).locator(".others")).to_have_text("bob is typing")
    shown = [frame for frame in inbox.cable.sent if frame["op"] == "show"]
    assert shown[0]["ids"] == [prompt]
    assert shown[0]["surface"] == "web page"
