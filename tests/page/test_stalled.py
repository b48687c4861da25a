"""Requests without an answer, responses that are missed: the page does not wait for ever."""

from __future__ import annotations

import re
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.daemon.api import Api
from tests.daemon.process import running_daemon
from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER

IMPATIENT = """
  const patience = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => patience(milliseconds / 40);
"""
"""Ten seconds are a quarter of one."""

DEAF = """
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (kind, act) {
    listen.call(this, kind, (event) => (kind === "message" && window.isDeaf) || act(event));
  };
"""


def stall(inbox, pattern: str) -> list[Route]:
    """Have one request that fits never be answered."""
    stalled: list[Route] = []
    inbox.page.route(pattern, lambda route: stalled.append(route), times=1)
    return stalled


def test_a_list_that_never_comes(api, open_inbox):
    """It is asked for again."""
    inbox = open_inbox(script=IMPATIENT)
    stalled = stall(inbox, "**/pending")
    prompt = post(api)
    expect(inbox.card(prompt)).to_be_visible()
    assert len(stalled) == 1


def test_a_list_that_was_asked_for_over_a_connection_that_is_lost(api, open_inbox):
    """The new connection asks at once."""
    inbox = open_inbox(cable=True)
    stalled = stall(inbox, "**/pending")
    prompt = post(api)
    while not stalled:
        inbox.page.wait_for_timeout(10)
    inbox.cable.cut()
    expect(inbox.state).to_have_text("Not connected, trying again")
    inbox.cable.mend()
    expect(inbox.card(prompt)).to_be_visible()


def test_an_answer_that_gets_no_answer(api, open_inbox):
    """It is said, what was written stays, and it can be sent again."""
    inbox = open_inbox(script=IMPATIENT)
    prompt = post(api)
    stall(inbox, "**/response")
    inbox.field(prompt).fill("Rome")
    inbox.field(prompt).press("Control+Enter")
    expect(inbox.card(prompt).get_by_role("alert")).to_contain_text("does not answer")
    expect(inbox.field(prompt)).to_have_value("Rome")
    inbox.field(prompt).press("Control+Enter")
    inbox.expect_outcome(prompt, "Answered by you")
    assert api.response_to(prompt)["content"]["answer"] == "Rome"


def test_a_response_that_comes_while_an_answer_is_sent(api, open_inbox):
    """Whatever becomes of the request: it settles the card."""
    inbox = open_inbox(clock=True)
    prompt = post(api)
    stall(inbox, "**/response")
    inbox.field(prompt).fill("mine")
    inbox.field(prompt).press("Control+Enter")
    expect(inbox.card(prompt).locator("article")).to_have_attribute("aria-busy", "true")
    api.respond(prompt, answer="other", responder="bob", surface="terminal")
    inbox.expect_count(0)
    inbox.pass_time(3)
    inbox.expect_outcome(prompt, "Answered by bob (terminal)")
    expect(inbox.field(prompt)).to_have_value("mine")


def test_a_response_that_was_missed(api, open_inbox):
    """A prompt whose time is over is asked about."""
    inbox = open_inbox(script=DEAF, clock=True)
    prompt = post(api, timeout_seconds=2)
    expect(inbox.card(prompt)).to_be_visible()
    inbox.page.evaluate("window.isDeaf = true")
    api.response_to(prompt)
    expect(inbox.card(prompt).locator(".left")).to_have_text("This prompt's time is over.")
    inbox.pass_time(5)
    inbox.expect_outcome(prompt, "Expired")


@pytest.mark.parametrize("fail", [False, True])
def test_many_prompts_that_ended_at_once(open_inbox, fail):
    """Each is asked about, again where it fails: none stays as if it waited."""
    with running_daemon() as process, closing(Api(process.rest)) as api:
        port = str(urlsplit(process.rest).port)
        for _ in range(60):
            post(api)
        inbox = open_inbox(url=process.rest)
        expect(inbox.cards).to_have_count(60)
        process.kill()
        if fail:
            check = re.compile(r"/response\?wait=0$")
            inbox.page.route(check, lambda route: route.abort(), times=20)
    with running_daemon("--rest-port", port):
        inbox.expect_count(60)
        expect(inbox.state).to_have_text("Connected", timeout=20_000)
        expect(inbox.page.locator("#prompts > li:not(.settled)")).to_have_count(0)
        inbox.expect_count(0)
