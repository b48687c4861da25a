"""The history: prompts with their responses, found again, and no slower when there is much."""

from __future__ import annotations

import re
from contextlib import closing

from playwright.sync_api import expect

from tests.daemon.api import Api
from tests.daemon.process import running_daemon
from tests.page.posting import IN_BROWSER, post, post_notes

pytestmark = IN_BROWSER


def test_threads(api, inbox):
    """A prompt and its response are one; while it waits, it is not history."""
    prompt = post(api, "authorization", channel="threads", action="go on", context={"a": 1})
    expect(inbox.card(prompt)).to_be_visible()
    mine = inbox.threads.filter(has_text="threads")
    expect(mine).to_have_count(0)
    api.respond(
        prompt, response_type="authorization_approved", responder="bob", surface="terminal"
    )
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("go on")
    expect(mine.locator(".response")).to_contain_text("Approved by bob (terminal)")
    expect(mine.locator("time")).to_have_count(2)
    mine.get_by_text("Context").click()
    expect(mine.locator(".json")).to_have_text('{\n  "a": 1\n}', use_inner_text=True)


def test_search_and_filters(api, inbox):
    """By words of what was asked and said, by person and channel; by kind."""
    first = post(api, channel="find-one", text="Which fruit?")
    second = post(api, channel="find-two", text="Which metal?")
    post(api, "notification", channel="find-one", text="Fruit is in")
    api.respond(first, answer="Quince", responder="Edith")
    api._http.delete(f"/api/v1/messages/{second}")
    found = inbox.threads.filter(has_text="find-")
    expect(found).to_have_count(3)
    search = inbox.page.get_by_label("Search the history")
    for words, count in (
        ("FRUIT", 2),
        ("edith", 1),
        ("find-one quince", 1),
        ("quince metal", 0),
    ):
        search.fill(words)
        expect(found).to_have_count(count)
    expect(inbox.page.locator("#found")).to_have_text("Nothing to show.")
    search.fill("find-")
    kinds = inbox.page.get_by_label("Show")
    for kind, count in (("notifications", 1), ("prompts", 2), ("not answered", 1)):
        kinds.select_option(kind)
        expect(inbox.threads).to_have_count(count)
    kinds.select_option("everything")
    inbox.page.get_by_role("navigation").get_by_role("button", name="find-two").click()
    expect(inbox.threads).to_have_count(1)
    inbox.page.locator("main").click(position={"x": 1, "y": 1})
    inbox.press("/")
    expect(search).to_be_focused()


def test_ten_thousand(open_inbox):
    """All are there and found, and the page holds no more elements than for a hundred."""
    with running_daemon() as process, closing(Api(process.rest)) as api:
        for channel in range(20):
            post_notes(api, 600, f"c{channel}")
        inbox = open_inbox(url=process.rest)
        found = inbox.page.locator("#found")
        # The server has more; so much is read at first, a fair share of each channel.
        expect(found).to_have_text("1 to 100 of 10000", timeout=20_000)
        channels = inbox.page.get_by_role("navigation").get_by_role("button")
        expect(channels).to_have_text(["All channels10000", *[re.compile("500$")] * 20])
        expect(inbox.threads).to_have_count(100)
        elements = "document.querySelectorAll('*').length"
        assert inbox.page.evaluate(elements) < 2000
        older = inbox.page.get_by_role("button", name="Older")
        older.click()
        expect(found).to_have_text("101 to 200 of 10000")
        expect(inbox.page.locator("#history-title")).to_be_focused()
        assert inbox.page.evaluate(elements) < 2000
        inbox.page.get_by_label("Search the history").fill("c3 note 577")
        expect(inbox.threads).to_have_count(1)
        inbox.page.get_by_label("Search the history").fill("")
        # What comes on top of them takes the place of the oldest; a prompt is answered at once.
        post_notes(api, 2000, "more")
        expect(found).to_contain_text("of 1", timeout=20_000)
        inbox.page.get_by_role("navigation").get_by_role("button", name="more 2000").click()
        expect(found).to_have_text("1 to 100 of 2000")
        prompt = post(api, "authorization", channel="more")
        inbox.select(prompt)
        inbox.press("a")
        inbox.expect_outcome(prompt, "Approved by you")
        inbox.expect_count(0)
        kept = inbox.page.get_by_role("button", name="All channels")
        count = int(kept.locator(".count").inner_text())
        assert 10_000 <= count <= 11_000


def test_what_is_read_stays_in_place(api, inbox):
    """News does not redraw what is there: a selection, an open context, a focus stay."""
    prompt = post(api, "authorization", channel="still", context={"a": 1})
    api.respond(prompt, response_type="authorization_denied")
    thread = inbox.threads.filter(has_text="still")
    thread.get_by_text("Context").click()
    thread.evaluate("one => one.dataset.same = 'yes'")
    post_notes(api, 5, "news")
    expect(inbox.threads.filter(has_text="news")).to_have_count(5)
    expect(thread).to_have_attribute("data-same", "yes")
    expect(thread.locator(".json")).to_be_visible()
