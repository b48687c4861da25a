"""Calling a person: the count, the sound, the desktop; loud by priority, never for low."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER

STUBS = """
  window.heard = [];
  window.shown = [];
  window.takenBack = [];
  window.asked = 0;
  window.AudioContext = class {
    currentTime = 0;
    destination = null;
    state = window.isMuted?.() ? "suspended" : "running";
    resume() {
      if (window.isMuted?.()) return new Promise(() => {});
      this.state = "running";
      this.onstatechange?.();
      return Promise.resolve();
    }
    createGain() { return { gain: {}, connect() {} }; }
    createOscillator() {
      const tone = { frequency: {}, connect() {}, stop() {} };
      tone.start = () => window.heard.push(tone.frequency.value);
      return tone;
    }
  };
  window.Notification = class extends EventTarget {
    static permission = "default";
    static requestPermission() {
      window.asked++;
      Notification.permission = window.answer ?? "granted";
      return Promise.resolve(Notification.permission);
    }
    constructor(title, options) {
      super();
      this.tag = options.tag;
      window.shown.push([title, options]);
      window.last = this;
    }
    close() { window.takenBack.push(this.tag); }
  };
  document.hasFocus = () => window.isHere ?? false;
"""


@pytest.fixture
def inbox(open_inbox):
    """Open an inbox whose sounds and notifications are noted down."""
    return open_inbox("ann", script=STUBS)


def heard(inbox) -> list[int]:
    """Take the tones that were sounded since."""
    return inbox.page.evaluate("heard.splice(0)")


def shown(inbox) -> list[tuple[str, dict]]:
    """Take the notifications that were made since."""
    return inbox.page.evaluate("shown.splice(0)")


def test_the_count(api, inbox):
    """Title and favicon tell how many prompts wait, on all channels; red when it is urgent."""
    icon = inbox.page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", "icon.svg")
    first = post(api, channel="one")
    inbox.expect_count(1)
    one = icon.get_attribute("href")
    assert one.startswith("data:image/png;base64,")
    post(api, channel="two")
    inbox.expect_count(2)
    two = icon.get_attribute("href")
    assert two != one
    api.respond(first, answer="x")
    inbox.expect_count(1)
    expect(icon).to_have_attribute("href", one)
    post(api, priority="urgent")
    inbox.expect_count(2)
    assert icon.get_attribute("href") not in (one, two)


def test_nothing_calls_unasked(api, inbox):
    """Without the person's leave: no sound, no notification, and no question for one."""
    prompt = post(api, priority="urgent")
    expect(inbox.card(prompt)).to_be_visible()
    assert (heard(inbox), shown(inbox)) == ([], [])
    assert inbox.page.evaluate("asked") == 0


def test_by_priority(api, inbox):
    """Urgent rings loudest, normal once, low never."""
    inbox.switch_on("Sound")
    inbox.switch_on("Desktop notifications")
    assert inbox.page.evaluate("asked") == 1
    heard(inbox)
    tones = {}
    for priority in ("low", "urgent", "high", "", "nonsense"):
        prompt = post(api, "authorization", priority=priority, action=f"do {priority}")
        expect(inbox.card(prompt)).to_have_count(1)
        tones[priority] = len(heard(inbox))
        made = shown(inbox)
        if priority == "low":
            assert made == []
            continue
        [[title, options]] = made
        assert title == "Permission on a"
        assert options["body"] == f"do {priority}"
        assert options["requireInteraction"] is (priority == "urgent")
    assert tones["low"] == 0
    assert tones["urgent"] > tones["high"] > tones[""] == tones["nonsense"] == 1


def test_notifications_of_agents(api, inbox):
    """The same for what is only told, where normal is not worth a sound."""
    inbox.switch_on("Sound")
    heard(inbox)
    for priority in ("low", "normal", "high", "urgent"):
        api.post("a", type="notification", text=f"now {priority}", priority=priority)
        expect(inbox.threads.filter(has_text=f"now {priority}")).to_have_count(1)
        assert bool(heard(inbox)) is (priority in ("high", "urgent")), priority


def test_who_looks_at_the_page_is_not_notified(api, inbox):
    """Only of what is urgent."""
    inbox.switch_on("Desktop notifications")
    inbox.page.evaluate("window.isHere = true")
    prompt = post(api)
    expect(inbox.card(prompt)).to_be_visible()
    assert shown(inbox) == []
    prompt = post(api, priority="urgent")
    expect(inbox.card(prompt)).to_be_visible()
    assert len(shown(inbox)) == 1


def test_a_notification_leads_to_its_prompt(api, inbox):
    """A click on it selects the prompt, whatever channel was looked at."""
    inbox.switch_on("Desktop notifications")
    post(api, channel="one")
    inbox.page.get_by_role("navigation").get_by_role("button", name="one").click()
    prompt = post(api, channel="two", priority="high")
    inbox.expect_count(2)
    expect(inbox.card(prompt)).to_be_hidden()
    inbox.page.evaluate("last.dispatchEvent(new Event('click'))")
    expect(inbox.focused).to_have_attribute("data-id", prompt)


def test_notifications_that_the_browser_forbids(inbox):
    """The switch goes back, and it is said why."""
    inbox.page.evaluate("window.answer = 'denied'")
    inbox.page.locator(".settings summary").click()
    inbox.page.get_by_label("Desktop notifications").click()
    expect(inbox.page.locator("#announce")).to_contain_text("does not allow notifications")
    expect(inbox.page.get_by_label("Desktop notifications")).not_to_be_checked()
    assert (
        json.loads(inbox.page.evaluate("JSON.stringify(localStorage)"))["ailoop.notify"] == "no"
    )


def test_a_notification_goes_with_its_prompt(api, inbox):
    """What waits no more calls nobody; what is only told stays until it is read."""
    inbox.switch_on("Desktop notifications")
    api.post("a", type="notification", text="now", priority="urgent")
    answered, waits = post(api, priority="urgent"), post(api)
    inbox.expect_count(2)
    assert len(shown(inbox)) == 3
    api.respond(answered, answer="x", responder="bob")
    inbox.expect_outcome(answered, "Answered by bob")
    inbox.expect_count(1)
    assert inbox.page.evaluate("takenBack") == [answered]
    api._http.delete(f"/api/v1/messages/{waits}")
    inbox.expect_count(0)
    assert inbox.page.evaluate("takenBack") == [answered, waits]


@pytest.mark.parametrize("permission", ["granted", "denied", "default"])
def test_the_switch_shows_what_the_browser_allows(open_inbox, permission):
    """Also when the page is opened again, and when the browser's leave is taken back."""
    kept = "; localStorage.setItem('ailoop.notify', 'yes')"
    inbox = open_inbox(script=f"{STUBS}{kept}; Notification.permission = '{permission}'")
    switch = inbox.page.get_by_label("Desktop notifications")
    inbox.page.locator(".settings summary").click()
    expect(switch).to_be_checked(checked=permission == "granted")
    inbox.page.locator(".settings summary").click()
    inbox.page.evaluate("Notification.permission = 'denied'")
    inbox.page.locator(".settings summary").click()
    expect(switch).not_to_be_checked()


def test_sound_that_the_browser_holds_back(api, open_inbox):
    """It is said; a click lets it out, and what could not be heard is not heard later."""
    muted = "window.touched = false; window.isMuted = () => !window.touched;"
    inbox = open_inbox(script=f"{muted}{STUBS}; localStorage.setItem('ailoop.sound', 'yes')")
    hint = inbox.page.get_by_role("button", name="Sound starts when you click here")
    expect(hint).to_be_visible()
    prompt = post(api, priority="urgent")
    expect(inbox.card(prompt)).to_be_visible()
    assert heard(inbox) == []
    inbox.page.evaluate("window.touched = true")
    hint.click()
    expect(hint).to_be_hidden()
    assert heard(inbox) == []
    later = post(api)
    expect(inbox.card(later)).to_be_visible()
    assert len(heard(inbox)) == 1


def test_what_waited_before_does_not_ring(api, open_inbox):
    """Who opens the page sees it; a sound would say nothing new."""
    prompt = post(api, priority="urgent")
    script = STUBS + "; localStorage.setItem('ailoop.sound', 'yes')"
    inbox = open_inbox(script=script)
    expect(inbox.card(prompt)).to_be_visible()
    later = post(api)
    expect(inbox.card(later)).to_be_visible()
    assert len(heard(inbox)) == 1


def test_news_is_announced_to_screen_readers(api, inbox):
    """One sentence, whatever came at once."""
    prompt = post(api, channel="deploys")
    announce = inbox.page.locator("#announce")
    expect(announce).to_have_text("Question on deploys")
    api.post_many(
        [{"channel": "a", "content": {"type": "question", "text": "?"}} for _ in range(3)]
    )
    expect(announce).to_have_text("3 new prompts")
    expect(inbox.card(prompt)).to_be_visible()
