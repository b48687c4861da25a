"""The page and its connection: always shown, made again by itself, resumed without a loss."""

from __future__ import annotations

import signal
from contextlib import closing
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.daemon.api import Api
from tests.daemon.process import running_daemon
from tests.page.posting import IN_BROWSER, post, post_notes
from tests.page.test_attention import STUBS

pytestmark = IN_BROWSER


def test_the_server_restarts(open_inbox, tmp_path):
    """Prompts, drafts and history are there again; an answer meanwhile fails and is kept."""
    journal = ("--journal", f"sqlite:{tmp_path}/journal")
    with running_daemon(*journal) as process, closing(Api(process.rest)) as api:
        port = str(urlsplit(process.rest).port)
        prompt = post(api, text="Which city?", timeout_seconds=600)
        post_notes(api, 3)
        inbox = open_inbox("ann", url=process.rest)
        expect(inbox.threads).to_have_count(3)
        inbox.field(prompt).fill("Rome")
        process.signal(signal.SIGTERM)
        process.wait()
        expect(inbox.state).to_have_text("Not connected, trying again")
        inbox.field(prompt).press("Control+Enter")
        alert = inbox.card(prompt).get_by_role("alert")
        expect(alert).to_contain_text("cannot be reached")
        expect(inbox.field(prompt)).to_have_value("Rome")
    again = running_daemon(*journal, "--rest-port", port)
    with again as process, closing(Api(process.rest)) as api:
        expect(inbox.state).to_have_text("Connected", timeout=20_000)
        post_notes(api, 1, "later")
        expect(inbox.threads).to_have_count(4)
        expect(inbox.field(prompt)).to_have_value("Rome")
        inbox.field(prompt).press("Control+Enter")
        inbox.expect_outcome(prompt, "Rome")
        assert api.response_to(prompt)["metadata"]["responder"] == "ann"


def test_a_server_that_forgets(open_inbox):
    """Without a journal on disk the prompts end with the server, and so do their cards."""
    with running_daemon() as process, closing(Api(process.rest)) as api:
        port = str(urlsplit(process.rest).port)
        idle, written = post(api), post(api, "authorization")
        inbox = open_inbox(url=process.rest)
        inbox.field(written).fill("because")
        expect(inbox.card(idle)).to_be_visible()
        process.kill()
    again = running_daemon("--rest-port", port)
    with again as process, closing(Api(process.rest)) as api:
        expect(inbox.state).to_have_text("Connected", timeout=20_000)
        inbox.expect_outcome(written, "the server does not know it")
        expect(inbox.field(written)).to_have_value("because")
        expect(inbox.card(idle)).to_have_count(0)
        inbox.expect_count(0)
        post(api)
        inbox.expect_count(1)


def test_it_resumes_where_it_was(api, open_inbox):
    """What was said while the connection was away comes once, and what had come not again."""
    inbox = open_inbox(cable=True)
    resumed = inbox.threads.filter(has_text="resume")
    post_notes(api, 2, "resume")
    expect(resumed).to_have_count(2)
    inbox.cable.cut()
    expect(inbox.state).to_have_text("Not connected, trying again")
    post_notes(api, 3, "resume")
    prompt = post(api, channel="resume-new")
    inbox.cable.mend()
    expect(inbox.state).to_have_text("Connected", timeout=10_000)
    expect(resumed).to_have_count(5)
    expect(inbox.card(prompt)).to_be_visible()
    subscribe = next(frame for frame in inbox.cable.sent if frame["op"] == "subscribe")
    assert subscribe["after"]["resume"] > 0
    assert subscribe["after"]["*"] == 0
    assert "replay" not in subscribe


def test_an_answer_given_while_it_was_away(api, open_inbox):
    """The prompt is retracted when the connection is back, with who and where."""
    inbox = open_inbox(cable=True)
    prompt = post(api)
    expect(inbox.card(prompt)).to_be_visible()
    inbox.cable.cut()
    expect(inbox.state).to_have_text("Not connected, trying again")
    api.respond(prompt, answer="x", responder="bob", surface="command line")
    inbox.cable.mend()
    inbox.expect_outcome(prompt, "Answered by bob (command line)")


def test_a_gap_is_told(open_inbox):
    """What is missing is not passed over in silence, and the prompts are right again."""
    small = running_daemon("--history-messages", "10")
    with small as process, closing(Api(process.rest)) as api:
        post_notes(api, 5, "noisy")
        inbox = open_inbox(url=process.rest, cable=True)
        expect(inbox.threads).to_have_count(5)
        inbox.cable.cut()
        post_notes(api, 40, "noisy")
        prompt = post(api, channel="noisy")
        inbox.cable.mend()
        expect(inbox.page.locator(".gap")).to_contain_text("Messages are missing here: noisy")
        expect(inbox.card(prompt)).to_be_visible()
        expect(inbox.threads.first).to_contain_text("note 40")


def test_too_many_cursors(api, open_inbox):
    """A server that refuses to hear of them all is asked anew, and nothing comes twice."""
    inbox = open_inbox(script=STUBS, cable=True)
    inbox.switch_on("Desktop notifications")
    api.post("anew", type="notification", text="first", priority="urgent")
    anew = inbox.threads.filter(has_text="anew")
    expect(anew).to_have_count(1)
    prompt = post(api, channel="anew")
    expect(inbox.card(prompt)).to_be_visible()
    inbox.cable.cut(code=1009)
    expect(inbox.state).to_have_text("Not connected, trying again")
    api.post("anew", type="notification", text="last")
    inbox.cable.mend()
    expect(anew).to_have_count(2)
    subscribe = next(frame for frame in inbox.cable.sent if frame["op"] == "subscribe")
    assert subscribe["replay"] > 0
    assert "after" not in subscribe
    expect(inbox.card(prompt)).to_have_attribute("class", "prompt")
    assert inbox.page.evaluate("shown.length") == 2


def test_channels_that_are_gone(open_inbox):
    """A page that stays open for months does not remember them all."""
    with running_daemon() as process, closing(Api(process.rest)) as api:
        port = str(urlsplit(process.rest).port)
        post_notes(api, 1, "old")
        inbox = open_inbox(url=process.rest, cable=True)
        expect(inbox.threads).to_have_count(1)
        inbox.cable.cut()
        process.kill()
    again = running_daemon("--rest-port", port)
    with again as process, closing(Api(process.rest)) as api:
        for channels in (["*", "old"], ["*", "new"]):
            inbox.cable.mend()
            expect(inbox.state).to_have_text("Connected", timeout=20_000)
            post_notes(api, 1, "new")
            subscribe = next(frame for frame in inbox.cable.sent if frame["op"] == "subscribe")
            assert sorted(subscribe["after"]) == channels
            expect(inbox.threads.filter(has_text="new")).not_to_have_count(0)
            inbox.cable.cut()
            expect(inbox.state).to_have_text("Not connected, trying again")
