"""Nothing that comes from outside runs, loads anything, or becomes an element of its own."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.page.hostile import ATTACKS
from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER

WEB = ("http://", "https://")
INJECTED = "script, style, iframe, object, embed, link, base, meta, form, svg, math, video, img"


def check_nothing_came_in(inbox) -> None:
    """The page has the elements that it was made of, and its links lead to web pages."""
    page = inbox.page
    # Of the page itself: its head, its logo, and the forms that close the help and sign in.
    assert page.locator(f"main :is({INJECTED})").count() == 0
    assert page.locator(f"body :is({INJECTED})").count() == 3
    attributes = page.evaluate(
        "[...new Set([...document.querySelectorAll('body *')]"
        ".flatMap(one => one.getAttributeNames()))]"
    )
    assert [name for name in attributes if name.startswith("on") or name == "srcdoc"] == []
    anchors = page.evaluate(
        "[...document.querySelectorAll('main a')].map(one => [one.href, one.target, one.rel])"
    )
    assert [href for href, _, _ in anchors if not href.startswith(WEB)] == []
    assert {(target, rel) for _, target, rel in anchors} <= {("_blank", "noopener noreferrer")}
    assert page.url.rstrip("/") == inbox.url


@pytest.mark.parametrize("kind", ["question", "choices", "authorization", "navigate"])
def test_prompts(api, inbox, kind):
    """In every part of a prompt, while it waits and in the history."""
    contents = {
        "question": lambda text: {"text": text},
        "choices": lambda text: {"text": "?", "choices": [text, f"not {text}"]},
        "authorization": lambda text: {"action": text, "context": {text: [text]}},
        "navigate": lambda text: {
            # A URL has no spaces and no control characters, here as on the server.
            "url": f"https://ok.example/?{quote(text)}#{''.join(text.split())}".replace(
                "\0", ""
            ),
            "context": text,
        },
    }
    type_ = "question" if kind == "choices" else kind
    messages = [
        {
            "channel": "a",
            "content": {"type": type_, **contents[kind](text)},
            "metadata": {"priority": text},
        }
        for text in ATTACKS
    ]
    posted = api.post_many(messages)
    assert posted.status_code == 201, posted.text
    expect(inbox.cards).to_have_count(len(ATTACKS))
    check_nothing_came_in(inbox)
    for message in posted.json():
        api._http.delete(f"/api/v1/messages/{message['id']}")
    inbox.expect_count(0)
    expect(inbox.threads.filter(has_text="Withdrawn").nth(len(ATTACKS) - 1)).to_be_attached()
    check_nothing_came_in(inbox)


def test_answers(api, inbox):
    """In answers, reasons, names and surfaces, on the card and in the history."""
    prompts = [post(api, "authorization") for _ in ATTACKS]
    questions = [post(api) for _ in ATTACKS]
    for text, prompt, question in zip(ATTACKS, prompts, questions, strict=True):
        said = {"responder": text, "surface": text}
        denied = api.respond(prompt, response_type="authorization_denied", reason=text, **said)
        assert denied.status_code == 200, denied.text
        assert api.respond(question, answer=text, **said).status_code == 200
    inbox.expect_count(0)
    check_nothing_came_in(inbox)
    expect(inbox.threads.filter(has_text="Denied").first).to_contain_text("%3Cscript%3E")


def test_presence(api, inbox):
    """In the names of who sees and who types."""
    prompt = post(api)
    for name in ATTACKS[:3]:
        told = {"state": "seen", "name": name}
        answer = api._http.post(f"/api/v1/messages/{prompt}/delivery", json=told)
        assert answer.status_code == 200, answer.text
    expect(inbox.card(prompt).locator(".others")).to_contain_text("<script>alert(1)</script>")
    check_nothing_came_in(inbox)


def test_what_the_person_types(api, inbox):
    """In the searches, the name, and an answer of one's own."""
    prompt = post(api)
    for text in ATTACKS[:5]:
        inbox.page.get_by_label("Search the history").fill(text)
        inbox.page.get_by_label("Search channels").fill(text)
    inbox.call_me(ATTACKS[2])
    inbox.field(prompt).fill(ATTACKS[0])
    inbox.page.reload()
    expect(inbox.field(prompt)).to_have_value(ATTACKS[0])
    inbox.field(prompt).press("Control+Enter")
    inbox.expect_outcome(prompt, ATTACKS[0])
    check_nothing_came_in(inbox)


def test_a_server_that_lies(open_inbox):
    """Even what the server never sends, a channel's name or a URL of another kind, is text."""
    prompt = {
        "id": "01990000-0000-7000-8000-000000000001",
        "channel": ATTACKS[2],
        "sender_type": "AGENT",
        "content": {"type": "navigate", "url": "javascript:alert(1)", "timeout_seconds": 60},
        "timestamp": "2026-01-31T12:00:00.000000Z",
        "correlation_id": None,
    }
    item = {
        "message_id": prompt["id"],
        "kind": "navigate",
        "channel": prompt["channel"],
        "expires_at": "2036-01-31T12:00:00.000000Z",
        "delivery": {"delivered_at": None, "seen_at": None, "seen_by": [], "typing": []},
        "message": prompt,
    }
    lie = json.dumps({"items": [item], "total_count": 1})
    inbox = open_inbox(routes={"**/api/v1/pending": lie})
    expect(inbox.card(prompt["id"])).to_contain_text("javascript:alert(1)")
    expect(inbox.card(prompt["id"]).get_by_role("link")).to_have_count(0)
    check_nothing_came_in(inbox)


def test_the_checks_notice(open_inbox):
    """What these tests look for is found where it happens."""
    inbox = open_inbox()
    inbox.page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    with pytest.raises(AssertionError):
        check_nothing_came_in(inbox)
    inbox.page.evaluate("alert(1)")
    inbox.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = 1";
            document.body.append(script);
            document.querySelector("img:last-of-type").src = "https://evil.example/x.png";
            return fetch("https://evil.example/").catch(() => 0);
        }"""
    )
    found = " ".join(inbox.problems)
    assert "dialog 1" in found
    assert "Content Security Policy" in found
    assert inbox.page.evaluate("window.ran") is None
    inbox.problems.clear()
