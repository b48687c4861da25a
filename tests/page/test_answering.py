"""A person answers: by keyboard alone, and by pointer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER


def test_a_choice_by_its_number(api, inbox):
    """A number key answers the selected question, and tells who answered and where."""
    prompt = post(api, choices=["eu", "us"])
    inbox.select(prompt)
    inbox.press("2")
    inbox.expect_outcome(prompt, "Answered by you")
    response = api.response_to(prompt)
    assert response["content"]["answer"] == "us"
    assert response["metadata"]["responder"] == "ann"
    assert response["metadata"]["surface"] == "web page"


def test_choices_that_read_the_same(api, inbox):
    """The one that was pressed is recorded, though the server takes the first that fits."""
    prompt = post(api, choices=["Yes", "yes", "3", "no"])
    inbox.card(prompt).get_by_role("button", name="yes", exact=True).click()
    assert api.response_to(prompt)["metadata"]["index"] == 1


def test_a_choice_that_is_a_number(api, inbox):
    """A choice's text wins over another one's number."""
    prompt = post(api, choices=["2", "1"])
    inbox.select(prompt)
    inbox.press("1")
    assert api.response_to(prompt)["metadata"] == {
        "responder": "ann",
        "surface": "web page",
        "index": 0,
        "value": "2",
    }


@pytest.mark.parametrize(
    ("choices", "number"), [(["STRASSE", "Straße"], 2), (["3", "a", "A"], 3)]
)
def test_a_choice_is_sent_as_it_is_written(api, inbox, choices, number):
    """However like another one, or another one's number, it is."""
    prompt = post(api, choices=choices)
    inbox.select(prompt)
    inbox.press(str(number))
    response = api.response_to(prompt)
    assert response["content"]["answer"] == choices[number - 1]
    assert response["metadata"]["index"] == number - 1


def test_free_text(api, inbox):
    """Enter opens the field, further ones are new lines, and Ctrl+Enter sends."""
    prompt = post(api)
    inbox.select(prompt)
    inbox.press("Enter")
    inbox.page.keyboard.type("first a j 1 ?")
    inbox.press("Enter")
    inbox.page.keyboard.type("second")
    assert api.state(prompt) == "pending"
    inbox.press("Control+Enter")
    inbox.expect_outcome(prompt, "second")
    assert api.response_to(prompt)["content"]["answer"] == "first a j 1 ?\nsecond"


def test_an_empty_answer_is_none(api, inbox):
    """Nothing written sends nothing, and says so."""
    prompt = post(api)
    inbox.select(prompt)
    inbox.press("r", "Meta+Enter")
    expect(inbox.card(prompt).get_by_role("alert")).to_have_text("Write an answer first.")
    assert api.state(prompt) == "pending"


def test_an_answer_is_sent_once(api, inbox):
    """The keys that sent it mean nothing more, and complain of nothing."""
    prompt = post(api)
    inbox.field(prompt).fill("yes")
    inbox.field(prompt).press("Control+Enter")
    inbox.expect_outcome(prompt, "Answered by you")
    inbox.field(prompt).press("Control+Enter")
    expect(inbox.card(prompt).get_by_role("alert")).to_have_count(0)


def test_approve(api, inbox):
    """One key approves the selected prompt."""
    prompt = post(api, "authorization")
    inbox.select(prompt)
    inbox.press("a")
    inbox.expect_outcome(prompt, "Approved by you")
    assert api.state(prompt) == "approved"


def test_deny_with_a_reason(api, inbox):
    """A reason decides nothing, not even with Ctrl+Enter; only the key that follows does."""
    prompt = post(api, "authorization")
    inbox.select(prompt)
    inbox.press("r")
    inbox.page.keyboard.type("a bad day for it")
    inbox.press("Control+Enter")
    expect(inbox.focused).to_have_attribute("data-id", prompt)
    expect(inbox.field(prompt)).not_to_be_focused()
    expect(inbox.page.locator("#announce")).to_contain_text("approve with a, or deny with d")
    assert api.state(prompt) == "pending"
    inbox.press("d")
    inbox.expect_outcome(prompt, "Reason: a bad day for it")
    response = api.response_to(prompt)
    assert response["content"]["response_type"] == "authorization_denied"
    assert response["metadata"]["reason"] == "a bad day for it"


def test_by_pointer(api, inbox):
    """Buttons do the same."""
    approved, denied = post(api, "authorization"), post(api, "navigate")
    question = post(api, text="Name?")
    inbox.card(approved).get_by_role("button", name="Approve").click()
    inbox.expect_outcome(approved, "Approved")
    inbox.card(denied).get_by_role("button", name="Deny").click()
    inbox.expect_outcome(denied, "Denied")
    inbox.field(question).fill("hal")
    inbox.card(question).get_by_role("button", name="Send answer").click()
    assert api.response_to(question)["content"]["answer"] == "hal"
    assert (api.state(approved), api.state(denied)) == ("approved", "denied")


def test_keys_act_on_the_selected_prompt_only(api, inbox):
    """Without a selected prompt they decide nothing, and with one only that."""
    first, second = post(api, "authorization"), post(api, "authorization", action="other")
    expect(inbox.cards).to_have_count(2)
    inbox.press("a", "1")
    expect(inbox.page.locator("#announce")).to_contain_text("No prompt is selected")
    inbox.select(second)
    inbox.press("a")
    inbox.expect_outcome(second, "Approved by you")
    assert (api.state(first), api.state(second)) == ("pending", "approved")


def test_nothing_is_decided_out_of_sight(api, inbox):
    """A prompt that was scrolled away is shown again first."""
    prompt = post(api, "authorization", action="far\n" * 100)
    post(api, text="long\n\n" * 200)
    inbox.select(prompt)
    inbox.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(inbox.card(prompt)).not_to_be_in_viewport()
    inbox.press("a")
    expect(inbox.card(prompt)).to_be_in_viewport()
    expect(inbox.page.locator("#announce")).to_contain_text("press again")
    assert api.state(prompt) == "pending"


@pytest.mark.parametrize(
    ("key", "button", "content", "outcome"),
    [
        ("a", "Approve", {"action": "far\n" * 200}, "Approved"),
        ("a", "Approve", {"context": {"harmless": [*range(90)], "also": "rm"}}, "Approved"),
        ("d", "Deny", {"action": "far\n" * 200}, "Denied"),
        ("2", "delete", {"text": "far\n\n" * 200, "choices": ["keep", "delete"]}, "delete"),
    ],
)
def test_what_is_long_is_decided_at_its_end(api, inbox, key, button, content, outcome):
    """A key decides only what has been gone past; the buttons are below all of it."""
    prompt = post(api, "question" if "choices" in content else "authorization", **content)
    inbox.select(prompt)
    inbox.page.evaluate("scrollTo(0, 0)")
    inbox.press(key)
    expect(inbox.card(prompt).get_by_role("alert")).to_contain_text("scroll to its end first")
    assert api.state(prompt) == "pending"
    inbox.card(prompt).get_by_role("button", name=button).scroll_into_view_if_needed()
    inbox.press(key)
    inbox.expect_outcome(prompt, outcome)


def test_keys_can_be_switched_off(api, inbox):
    """Who dictates, or has a cat, answers by the buttons alone."""
    prompt = post(api, "authorization")
    inbox.page.locator(".settings summary").click()
    inbox.page.get_by_label("Single keys").uncheck()
    inbox.card(prompt).locator("article").focus()
    inbox.press("a")
    inbox.card(prompt).get_by_role("button", name="Deny").press("Enter")
    inbox.expect_outcome(prompt, "Denied by you")
    assert api.state(prompt) == "denied"


def test_help(inbox):
    """? lists the keys, and Escape gives the page back."""
    inbox.press("?")
    help_dialog = inbox.page.get_by_role("dialog", name="Keys")
    expect(help_dialog).to_be_visible()
    inbox.press("Escape")
    expect(help_dialog).to_be_hidden()


def test_focus_after_an_answer(api, open_inbox):
    """The focus goes to no other prompt by itself; the next key finds the one that is next."""
    inbox = open_inbox(clock=True)
    first = post(api, "authorization", priority="urgent")
    second = post(api, "authorization")
    third = post(api, "authorization", priority="low")
    expect(inbox.cards).to_have_count(3)
    inbox.select(second)
    inbox.press("a")
    inbox.expect_outcome(second, "Approved by you")
    expect(inbox.card(second)).to_have_attribute("class", "prompt settled")
    inbox.pass_time(5)
    expect(inbox.card(second)).to_have_count(0)
    expect(inbox.page.locator("#waiting-title")).to_be_focused()
    inbox.press("a", "j")
    expect(inbox.focused).to_have_attribute("data-id", third)
    assert (api.state(first), api.state(third)) == ("pending", "pending")


def test_a_refusal_is_shown_and_nothing_is_lost(api, inbox):
    """What the server says stands at the card, and the text stays."""
    prompt = post(api)
    text = "x" * 70_000
    inbox.field(prompt).fill(text)
    inbox.field(prompt).press("Control+Enter")
    expect(inbox.card(prompt).get_by_role("alert")).to_contain_text("bytes")
    expect(inbox.field(prompt)).to_have_value(text)
    assert api.state(prompt) == "pending"
