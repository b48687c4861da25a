"""For whoever reads the page: with a screen reader, in the dark, on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post
from tests.page.scenes import fill

pytestmark = IN_BROWSER

PHONE = {"width": 320, "height": 640}


def check_with_axe(inbox) -> None:
    """Fail with what axe finds; it is injected, which the page's policy would not allow."""
    found = Axe().run(inbox.page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(api, open_inbox, scheme):
    """With prompts of every kind, history, a settled card with a draft, an error; the help."""
    prompts = fill(api)
    inbox = open_inbox("ann", color_scheme=scheme, bypass_csp=True)
    expect(inbox.cards).to_have_count(len(prompts))
    expect(inbox.threads).not_to_have_count(0)
    check_with_axe(inbox)
    inbox.field(prompts[3]).press("Control+Enter")
    expect(inbox.card(prompts[3]).get_by_role("alert")).to_be_visible()
    inbox.field(prompts[0]).fill("why")
    api.respond(prompts[0], response_type="authorization_denied", responder="bob")
    inbox.expect_outcome(prompts[0], "Denied by bob")
    inbox.page.locator(".settings summary").click()
    check_with_axe(inbox)
    inbox.page.locator(".settings summary").click()
    inbox.page.locator("main").click(position={"x": 1, "y": 1})
    inbox.press("?")
    expect(inbox.page.get_by_role("dialog")).to_be_visible()
    check_with_axe(inbox)


def test_axe_on_a_page_without_anything(open_inbox):
    """Nothing waits, and the connection is lost."""
    inbox = open_inbox(cable=True, bypass_csp=True)
    inbox.cable.cut()
    expect(inbox.state).to_have_text("Not connected, trying again")
    check_with_axe(inbox)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_looks(open_inbox, scheme):
    """It would find a field without a label, and pale letters."""
    inbox = open_inbox(color_scheme=scheme, bypass_csp=True)
    inbox.page.evaluate(
        """() => {
            const pale = document.createElement("p");
            pale.textContent = "pale";
            pale.style.color = "#777";
            document.querySelector("main").append(pale, document.createElement("input"));
        }"""
    )
    found = {one["id"] for one in Axe().run(inbox.page).response["violations"]}
    assert "label" in found
    assert "color-contrast" in found


def test_on_a_phone(api, open_inbox):
    """Nothing is wider than the screen, and everything can be touched."""
    prompts = fill(api)
    prompts.append(post(api, text="w" * 300, choices=["x" * 200, "y"]))
    prompts.append(post(api, "authorization", action="z" * 300, context={"k" * 100: "v" * 300}))
    inbox = open_inbox("Maximiliane von und zu Hohenstein", viewport=PHONE, has_touch=True)
    expect(inbox.cards).to_have_count(len(prompts))
    inbox.page.locator(".settings summary").tap()
    expect(inbox.page.get_by_label("Your name")).to_be_in_viewport(ratio=1)
    assert inbox.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    inbox.page.locator(".settings summary").tap()
    small = inbox.page.evaluate(
        "[...document.querySelectorAll('#prompts button')]"
        ".filter(one => one.offsetHeight && one.offsetHeight < 44).length"
    )
    assert small == 0
    inbox.card(prompts[0]).get_by_role("button", name="Deny").tap()
    inbox.expect_outcome(prompts[0], "Denied by you")
    assert api.state(prompts[0]) == "denied"
    wide = inbox.page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one =>"
        " one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML)"
    )
    assert wide == []


def test_the_state_is_always_in_sight(api, open_inbox):
    """However far one has scrolled."""
    post(api, text="long\n\n" * 300)
    inbox = open_inbox()
    expect(inbox.cards).to_have_count(1)
    inbox.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(inbox.state).to_be_in_viewport()


def test_a_card_is_read_as_a_whole(api, inbox):
    """Its name is what it is, where, and what is asked; its field has a name."""
    prompt = post(api, channel="deploys", text="Which *city*?")
    card = inbox.page.get_by_role("article", name="Question deploys Which city?")
    expect(card).to_be_visible()
    expect(card.get_by_role("textbox", name="Answer")).to_have_count(1)
    inbox.select(prompt)
    expect(card).to_be_focused()
    roles = inbox.page.get_by_role
    expect(roles("main")).to_have_count(1)
    expect(roles("navigation", name="Channels")).to_have_count(1)
    expect(roles("heading", name="Waiting for you")).to_have_count(1)
