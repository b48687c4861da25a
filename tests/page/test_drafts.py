"""What a person has written is never lost, whatever becomes of the prompt or the page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER


def test_a_draft_survives_a_reload(api, inbox):
    """It stands in its field again, and goes with the answer."""
    prompt = post(api)
    inbox.field(prompt).fill("half a thou")
    inbox.page.reload()
    expect(inbox.field(prompt)).to_have_value("half a thou")
    inbox.field(prompt).press("Control+Enter")
    inbox.expect_outcome(prompt, "Answered by you")
    assert inbox.page.evaluate("Object.keys(localStorage)") == ["ailoop.name"]


def test_a_prompt_does_not_vanish_under_a_writer(api, open_inbox):
    """Answered elsewhere it stays, says so, keeps the text to copy, and goes when dismissed."""
    inbox = open_inbox("ann", clock=True)
    inbox.context.grant_permissions(["clipboard-read", "clipboard-write"])
    prompt = post(api)
    inbox.field(prompt).press_sequentially("my long ans")
    api.respond(prompt, answer="mine first", responder="bob", surface="terminal")
    inbox.expect_outcome(prompt, "Answered by bob (terminal)")
    expect(inbox.field(prompt)).to_be_focused()
    expect(inbox.field(prompt)).to_have_value("my long ans")
    expect(inbox.field(prompt)).to_have_js_property("readOnly", True)
    inbox.page.locator("#search").focus()
    # Longer than a settled card without a draft stays.
    other = post(api)
    expect(inbox.card(other)).to_be_visible()
    api.respond(other, answer="x")
    inbox.expect_outcome(other, "Answered")
    inbox.pass_time(10)
    expect(inbox.card(other)).to_have_count(0)
    expect(inbox.card(prompt)).to_be_visible()
    inbox.card(prompt).get_by_role("button", name="Copy text").click()
    expect(inbox.page.locator("#announce")).to_have_text("Copied.")
    assert inbox.page.evaluate("navigator.clipboard.readText()") == "my long ans"
    inbox.card(prompt).get_by_role("button", name="Dismiss").click()
    expect(inbox.card(prompt)).to_have_count(0)


def test_a_prompt_that_expires_under_a_writer(api, inbox):
    """The same at its deadline."""
    prompt = post(api, timeout_seconds=1)
    inbox.field(prompt).fill("nearly the")
    inbox.expect_outcome(prompt, "Expired")
    expect(inbox.field(prompt)).to_have_value("nearly the")


def test_a_focused_field_alone_keeps_the_card(api, open_inbox):
    """Somebody who is about to write keeps the prompt before their eyes."""
    inbox = open_inbox(clock=True)
    prompt, other = post(api), post(api)
    expect(inbox.cards).to_have_count(2)
    inbox.field(prompt).focus()
    for one in (prompt, other):
        api.respond(one, answer="x", responder="bob")
        inbox.expect_outcome(one, "Answered by bob")
    inbox.pass_time(10)
    expect(inbox.card(other)).to_have_count(0)
    inbox.expect_outcome(prompt, "Answered by bob")
    inbox.page.locator("#search").focus()
    expect(inbox.card(prompt)).to_have_count(0)


def test_a_draft_of_a_prompt_that_ended_while_away(api, inbox):
    """After a reload it is there, with what has become of the prompt."""
    prompt = post(api, text="Which city?")
    inbox.field(prompt).fill("Par")
    inbox.page.goto("about:blank")
    api.respond(prompt, answer="Rome", responder="bob")
    inbox.page.goto(inbox.url)
    inbox.expect_outcome(prompt, "Answered by bob")
    expect(inbox.field(prompt)).to_have_value("Par")
    inbox.card(prompt).get_by_role("button", name="Dismiss").click()
    inbox.page.reload()
    expect(inbox.state).to_have_text("Connected")
    expect(inbox.threads.first).to_be_visible()
    expect(inbox.card(prompt)).to_have_count(0)


def test_a_draft_of_a_prompt_that_the_server_has_forgotten(inbox):
    """What was asked is kept with it, and shown."""
    forgotten = "01990000-0000-7000-8000-0000000000ff"
    inbox.page.evaluate(
        """id => localStorage.setItem(`ailoop.draft.${id}`, JSON.stringify(
            {text: "Par", label: "Which city?", channel: "a", at: Date.now()}))""",
        forgotten,
    )
    inbox.page.reload()
    inbox.expect_outcome(forgotten, "the server does not know it")
    expect(inbox.card(forgotten)).to_contain_text("Which city?")
    expect(inbox.field(forgotten)).to_have_value("Par")


def test_drafts_are_bounded(inbox):
    """Of more than fifty the oldest go, and those of more than a week ago."""
    inbox.page.evaluate(
        """() => {
            for (let n = 0; n < 60; n++) {
                const at = Date.now() - (n < 5 ? 8 * 24 * 3600_000 : n * 1000);
                const id = `01990000-0000-7000-8000-${String(n).padStart(12, "0")}`;
                const draft = {text: "t", label: "l", channel: "a", at};
                localStorage.setItem(`ailoop.draft.${id}`, JSON.stringify(draft));
            }
        }"""
    )
    inbox.page.reload()
    expect(inbox.cards).to_have_count(50)
    assert inbox.page.evaluate("localStorage.length") == 51  # and the name
    kept = inbox.page.evaluate("Object.keys(localStorage).sort()")
    assert kept[0].endswith("05")
    assert kept[49].endswith("54")
