"""A prompt that had ended and is asked again by its id: a server may have forgotten it."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, Route, expect

from tests.daemon.api import Api
from tests.daemon.process import running_daemon
from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER

IDS = [f"01990000-0000-7000-8000-00000000000{n}" for n in range(3)]


def ask(api: Api, prompt_id: str) -> None:
    """Ask a question under an id."""
    content = {"type": "question", "text": f"Which? {prompt_id}"}
    answer = api.post_many([{"id": prompt_id, "channel": "a", "content": content}])
    assert answer.status_code == 201, answer.text


def test_a_server_that_forgot_is_asked_again(open_inbox):
    """Lost, lost with a draft, or answered: each waits again, and what was is history."""
    _, written, answered = IDS
    with running_daemon() as process, closing(Api(process.rest)) as api:
        port = str(urlsplit(process.rest).port)
        for prompt in IDS:
            ask(api, prompt)
        inbox = open_inbox("ann", url=process.rest)
        inbox.field(written).fill("half a thou")
        api.respond(answered, answer="before", responder="bob")
        inbox.expect_outcome(answered, "Answered by bob")
        inbox.page.locator("#search").focus()
        process.kill()
    again = running_daemon("--rest-port", port)
    with again as process, closing(Api(process.rest)) as api:
        inbox.expect_outcome(written, "the server does not know it")
        for count, prompt in enumerate(reversed(IDS), 1):
            ask(api, prompt)
            inbox.expect_count(count)
        expect(inbox.page.locator("#prompts > li:not(.settled)")).to_have_count(3)
        expect(inbox.field(written)).to_have_value("half a thou")
        expect(inbox.field(written)).to_be_editable()
        expect(inbox.threads.filter(has_text="before")).to_have_count(1)
        for prompt in IDS:
            inbox.field(prompt).fill(f"now {prompt}")
            inbox.field(prompt).press("Control+Enter")
            assert api.response_to(prompt)["content"]["answer"] == f"now {prompt}"
        expect(inbox.threads.filter(has_text=f"now {answered}")).to_have_count(1)
        expect(inbox.threads.filter(has_text="before")).to_have_count(1)


def test_the_focus_stays_with_who_was_at_it(open_inbox):
    """The card that had ended is made anew under who reads it."""
    [prompt, *_] = IDS
    with running_daemon() as process, closing(Api(process.rest)) as api:
        port = str(urlsplit(process.rest).port)
        ask(api, prompt)
        inbox = open_inbox(url=process.rest, clock=True)
        inbox.field(prompt).fill("mine")
        process.kill()
    again = running_daemon("--rest-port", port)
    with again as process, closing(Api(process.rest)) as api:
        inbox.pass_time(15)
        inbox.expect_outcome(prompt, "the server does not know it")
        ask(api, prompt)
        inbox.expect_count(1)
        inbox.pass_time(4)
        expect(inbox.card(prompt)).to_have_attribute("class", "prompt")
        expect(inbox.focused).to_have_attribute("data-id", prompt)


def test_a_list_that_is_older_than_a_response(api, inbox):
    """What was settled while the list was on its way does not wait again."""
    settled = post(api)
    expect(inbox.card(settled)).to_be_visible()
    held: list[tuple[Route, APIResponse]] = []
    inbox.page.route("**/pending", lambda one: held.append((one, one.fetch())), times=1)
    other = post(api)
    while not held:
        inbox.page.wait_for_timeout(10)
    api.respond(settled, answer="x", responder="bob")
    inbox.expect_outcome(settled, "Answered by bob")
    [(route, answer)] = held
    route.fulfill(response=answer)
    expect(inbox.card(other)).to_be_visible()
    inbox.expect_count(1)
    expect(inbox.card(settled)).to_have_attribute("class", "prompt settled")
