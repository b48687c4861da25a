"""Several people before one prompt: one answer counts, and everybody sees whose."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER


def test_two_browsers_race(api, open_inbox):
    """Both answers are on their way at once: one wins, the other side is told who and where."""
    one, other = open_inbox("ann"), open_inbox("bob")
    prompt = post(api)
    underway: list[Route] = []
    for inbox, answer in ((one, "eu"), (other, "us")):
        inbox.page.route("**/response", lambda route: underway.append(route))
        inbox.field(prompt).fill(answer)
        inbox.field(prompt).press("Control+Enter")
        expect(inbox.card(prompt).locator("article")).to_have_attribute("aria-busy", "true")
    while len(underway) < 2:
        one.page.wait_for_timeout(10)
    for route in underway:
        route.continue_()
    response = api.response_to(prompt)
    winner, loser = (one, other) if response["metadata"]["responder"] == "ann" else (other, one)
    name, answer = response["metadata"]["responder"], response["content"]["answer"]
    winner.expect_outcome(prompt, "Answered by you")
    loser.expect_outcome(prompt, f"Answered by {name} (web page)")
    loser.expect_outcome(prompt, answer)
    expect(loser.card(prompt).get_by_role("alert")).to_contain_text("was not recorded")
    expect(loser.field(prompt)).to_have_value("us" if answer == "eu" else "eu")


def test_an_answer_given_elsewhere_retracts_the_prompt(api, open_inbox):
    """At once it can be answered no more, it says who and where, and then it goes."""
    inbox = open_inbox(clock=True)
    prompt = post(api, choices=["eu", "us"])
    expect(inbox.card(prompt).get_by_role("button", name="eu")).to_be_visible()
    inbox.expect_count(1)
    api.respond(prompt, answer="2", responder="bob", surface="terminal")
    inbox.expect_outcome(prompt, "Answered by bob (terminal)")
    expect(inbox.card(prompt).get_by_role("button")).to_have_count(0)
    inbox.expect_count(0)
    inbox.pass_time(5)
    expect(inbox.card(prompt)).to_have_count(0)
    expect(inbox.threads.first).to_contain_text("Answered by bob (terminal)")


def test_it_says_what_ended_it(api, inbox):
    """Withdrawn by the agent, and expired, are no answers."""
    withdrawn = post(api)
    expired = post(api, "authorization", timeout_seconds=1)
    expect(inbox.cards).to_have_count(2)
    api._http.delete(f"/api/v1/messages/{withdrawn}")
    inbox.expect_outcome(withdrawn, "Withdrawn by the agent")
    inbox.expect_outcome(expired, "Expired, so denied")


def test_one_prompt_goes_while_another_is_answered(api, inbox):
    """What is settled elsewhere moves nothing under the pointer of who uses the list."""
    above = post(api, "authorization", priority="urgent")
    below = post(api, "authorization")
    button = inbox.card(below).get_by_role("button", name="Approve")
    button.hover()
    before = button.bounding_box()
    api.respond(above, response_type="authorization_denied", responder="bob")
    inbox.expect_outcome(above, "Denied by bob")
    assert button.bounding_box() == before
    assert inbox.card(above).get_by_role("button").count() == 0
