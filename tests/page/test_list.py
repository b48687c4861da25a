"""The list of what waits: its order, its channels, and that it holds still in use."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER


def order_of(inbox) -> list[str]:
    """Return the prompts' ids from the top."""
    return [card.get_attribute("data-id") for card in inbox.cards.all()]


def test_urgent_first_or_newest_first(api, inbox):
    """Urgent first, of the same priority what ends first; or else by age; it is remembered."""
    low = post(api, priority="low", timeout_seconds=30)
    late = post(api, timeout_seconds=300)
    soon = post(api, timeout_seconds=100, channel="b")
    urgent = post(api, priority="urgent", timeout_seconds=900, channel="c")
    expect(inbox.cards).to_have_count(4)
    assert order_of(inbox) == [urgent, soon, late, low]
    inbox.page.get_by_label("Sort").select_option("newest first")
    assert order_of(inbox) == [urgent, soon, late, low]
    newest = post(api, priority="low")
    expect(inbox.cards).to_have_count(5)
    assert order_of(inbox) == [newest, urgent, soon, late, low]
    inbox.page.reload()
    expect(inbox.cards).to_have_count(5)
    assert order_of(inbox) == [newest, urgent, soon, late, low]


def test_the_countdown(api, open_inbox):
    """It runs, and says when it is nearly over."""
    inbox = open_inbox(clock=True)
    prompt = post(api, timeout_seconds=90)
    left = inbox.card(prompt).locator(".left")
    expect(left).to_have_text(re.compile("^(90|89) s left$"))
    inbox.pass_time(20)
    expect(left).to_have_text(re.compile("^(70|69|68) s left$"))
    short = post(api, timeout_seconds=25)
    expect(inbox.card(short)).to_have_class("prompt soon")
    long = post(api, timeout_seconds=7200)
    expect(inbox.card(long).locator(".left")).to_contain_text("1 h 59 min left")
    inbox.pass_time(25)
    expect(inbox.card(short).locator(".left")).to_have_text("This prompt's time is over.")


def test_a_new_prompt_moves_nothing_under_the_pointer(api, inbox):
    """It waits behind a button until the pointer has gone, or it is asked for."""
    prompt = post(api, "authorization")
    approve = inbox.card(prompt).get_by_role("button", name="Approve")
    approve.hover()
    before = approve.bounding_box()
    urgent = post(api, "authorization", priority="urgent", action="drop it all")
    pill = inbox.page.get_by_role("button", name="1 new prompt")
    expect(pill).to_be_visible()
    inbox.expect_count(2)
    assert approve.bounding_box() == before
    expect(inbox.card(urgent)).to_have_count(0)
    pill.click()
    expect(inbox.card(urgent)).to_be_visible()
    expect(pill).to_be_hidden()
    assert order_of(inbox) == [urgent, prompt]


def test_held_prompts_come_by_themselves(api, open_inbox):
    """When the pointer leaves, or rests: nothing stays unseen because of a still mouse."""
    inbox = open_inbox(clock=True)
    prompt = post(api)
    inbox.card(prompt).hover()
    second = post(api, priority="urgent")
    expect(inbox.page.get_by_role("button", name="1 new prompt")).to_be_visible()
    inbox.page.mouse.move(2, 2)
    expect(inbox.card(second)).to_be_visible()
    inbox.card(second).hover()
    third = post(api, priority="urgent", timeout_seconds=10)
    expect(inbox.page.get_by_role("button", name="1 new prompt")).to_be_visible()
    inbox.pass_time(3)
    expect(inbox.card(third)).to_be_visible()


def test_a_press_just_after_the_list_moved(api, open_inbox):
    """It is not taken for a decision about what has come under the pointer."""
    inbox = open_inbox(clock=True)
    first = post(api, "authorization")
    inbox.card(first).get_by_role("button", name="Approve").hover()
    second = post(api, "authorization", priority="urgent")
    # It comes in when the pointer has rested; the press follows in the same moment.
    inbox.expect_count(2)
    inbox.page.evaluate(
        """id => void new MutationObserver((_, watching) => {
            const card = document.querySelector(`[data-id="${id}"]`);
            if (!card) return;
            watching.disconnect();
            const approve = card.querySelector(".approve");
            approve.dispatchEvent(new PointerEvent("pointerdown",
                {bubbles: true, pointerType: "mouse"}));
            approve.dispatchEvent(new MouseEvent("click", {bubbles: true, detail: 1}));
        }).observe(document.getElementById("prompts"), {childList: true})""",
        second,
    )
    expect(inbox.card(second)).to_have_count(0)
    inbox.pass_time(3)
    expect(inbox.page.locator("#announce")).to_contain_text("Press again")
    assert api.state(second) == "pending"


def test_typing_is_not_disturbed(api, inbox):
    """What comes in above does not take the focus, nor move the field on the screen."""
    prompt = post(api, text="long\n\n" * 60)
    inbox.field(prompt).click()
    inbox.page.keyboard.type("some")
    before = inbox.field(prompt).bounding_box()
    urgent = post(api, priority="urgent")
    expect(inbox.page.get_by_role("button", name="1 new prompt")).to_be_visible()
    inbox.page.mouse.move(2, 2)
    expect(inbox.card(urgent)).to_have_count(1)
    inbox.page.keyboard.type(" more")
    expect(inbox.field(prompt)).to_be_focused()
    expect(inbox.field(prompt)).to_have_value("some more")
    after = inbox.field(prompt).bounding_box()
    assert after["y"] == pytest.approx(before["y"], abs=1)


def test_channels(api, inbox):
    """Counts live, search, and a channel's own prompts and history."""
    one, two = post(api, channel="Alpha"), post(api, channel="beta-2")
    post(api, channel="beta-2")
    nav = inbox.page.get_by_role("navigation", name="Channels")
    expect(nav.get_by_role("button", name="All channels 3 waiting")).to_be_visible()
    expect(nav.get_by_role("button", name="beta-2 2 waiting")).to_be_visible()
    nav.get_by_role("button", name="Alpha").click()
    expect(nav.get_by_role("button", name="Alpha")).to_have_attribute("aria-pressed", "true")
    expect(inbox.card(one)).to_be_visible()
    expect(inbox.card(two)).to_be_hidden()
    expect(inbox.page.locator("#more")).to_have_text("2 more on other channels.")
    inbox.expect_count(3)
    api.respond(one, answer="x")
    expect(nav.get_by_role("button", name="Alpha 1")).to_be_visible()
    nav.get_by_label("Search channels").fill("BETA")
    expect(nav.get_by_role("button")).to_have_text(
        ["All channels2 waiting", "beta-22 waiting", "Alpha1"]
    )
    nav.get_by_label("Search channels").fill("")
    nav.get_by_role("button", name="All channels").click()
    nav.get_by_label("Waiting only").check()
    expect(nav.get_by_role("button")).to_have_text(["All channels2 waiting", "beta-22 waiting"])


def test_a_hundred_at_a_time(api, inbox):
    """Of more prompts than a person can look at, the rest is counted and comes in its turn."""
    messages = [
        {"channel": "many", "content": {"type": "question", "text": f"q {n}"}}
        for n in range(130)
    ]
    assert api.post_many(messages).status_code == 201
    inbox.expect_count(130)
    expect(inbox.cards).to_have_count(100)
    expect(inbox.page.locator("#more")).to_contain_text("30 more wait")
    for item in api.pending("many")[:40]:
        api.respond(item["message_id"], answer="x")
    inbox.expect_count(90)
    expect(inbox.page.locator("#prompts > li:not(.settled)")).to_have_count(90)


def ask_many(api, count: int, priority: str) -> list[str]:
    """Post so many questions, and return their ids as they are listed."""
    messages = [
        {
            "channel": "many",
            "content": {"type": "question", "text": f"q {n}", "timeout_seconds": 3000 + n},
            "metadata": {"priority": priority},
        }
        for n in range(count)
    ]
    answer = api.post_many(messages)
    assert answer.status_code == 201, answer.text
    return [one["id"] for one in answer.json()]


def test_what_is_urgent_gets_in(api, open_inbox):
    """It takes the place of what comes last, but not of what somebody is at."""
    inbox = open_inbox(clock=True)
    low = ask_many(api, 100, "low")
    expect(inbox.cards).to_have_count(100)
    inbox.field(low[99]).fill("mine")
    inbox.card(low[98]).locator("article").focus()
    urgent = post(api, "authorization", channel="prod", priority="urgent")
    inbox.expect_count(101)
    inbox.pass_time(4)
    expect(inbox.card(urgent)).to_have_count(1)
    expect(inbox.cards).to_have_count(100)
    expect(inbox.card(low[97])).to_have_count(0)
    expect(inbox.field(low[99])).to_have_value("mine")
    expect(inbox.focused).to_have_attribute("data-id", low[98])
    expect(inbox.page.locator("#more")).to_contain_text("1 more wait")
    inbox.expect_count(101)
    # It waits still, and is back when there is room.
    api.respond(urgent, response_type="authorization_denied")
    inbox.expect_outcome(urgent, "Denied")
    inbox.pass_time(4)
    expect(inbox.card(low[97])).to_have_count(1)


def test_a_channel_has_room_of_its_own(api, inbox):
    """What waits elsewhere hides nothing of it, and only a channel without prompts is empty."""
    ask_many(api, 100, "high")
    quiet = post(api, channel="quiet", priority="low")
    post(api, "notification", channel="idle")
    inbox.expect_count(101)
    expect(inbox.cards).to_have_count(100)
    expect(inbox.card(quiet)).to_have_count(0)
    nav = inbox.page.get_by_role("navigation", name="Channels")
    nav.get_by_role("button", name="quiet").click()
    expect(inbox.card(quiet)).to_be_visible()
    empty = inbox.page.locator("#empty")
    expect(empty).to_be_hidden()
    expect(inbox.page.locator("#more")).to_have_text("100 more on other channels.")
    nav.get_by_role("button", name="idle").click()
    expect(empty).to_be_visible()
    nav.get_by_role("button", name="All channels").click()
    expect(empty).to_be_hidden()
    expect(inbox.cards).to_have_count(100)
    expect(inbox.card(quiet)).to_have_count(0)
