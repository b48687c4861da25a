"""A person reads what was sent: Markdown, long texts, other scripts, hidden characters."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.page.posting import IN_BROWSER, post

pytestmark = IN_BROWSER


def test_markdown(api, inbox):
    """The small subset, made of elements."""
    text = (
        "# Title\nSome **bold** and *slanted* `code`\nnext line\n\n- one\n- two\n\n"
        "3. three\n4. four\n\n> quoted\n> more\n\n```sh\nrm -rf *a* **b**\n```\n"
        "[docs](https://example.org/a?b=c) and https://example.com/x."
    )
    shown = inbox.card(post(api, text=text)).locator(".markdown")
    expect(shown.locator(".heading")).to_have_text("Title")
    expect(shown.locator("strong")).to_have_text("bold")
    expect(shown.locator("em")).to_have_text("slanted")
    expect(shown.locator("p code")).to_have_text("code")
    expect(shown.locator("ul li")).to_have_text(["one", "two"])
    expect(shown.locator("ol")).to_have_attribute("start", "3")
    expect(shown.locator("blockquote")).to_have_text("quoted\nmore", use_inner_text=True)
    expect(shown.locator("pre")).to_have_text("rm -rf *a* **b**")
    expect(shown.locator("a")).to_have_text(
        ["https://example.org/a?b=c", "https://example.com/x"]
    )
    expect(shown).to_contain_text("docs https://example.org/a?b=c")


def test_unfinished_markdown_stays_as_it_is(api, inbox):
    """Nothing is swallowed where a mark is not closed."""
    text = "2 * 3 * 4, **bold, `code, [a](b, a_b_c, *, ``, **"
    expect(inbox.card(post(api, text=text)).locator(".markdown")).to_have_text(text)


def test_markdown_does_not_take_long(api, inbox):
    """A text made to be slow is shown like any other."""
    prompt = ""
    for mark in ("*", "`", "[", "**a", "`` ", "[a](", "> ", "*a _"):
        prompt = post(api, text=(mark * 16_000)[:16_000], priority="low")
    expect(inbox.card(prompt)).to_have_count(1, timeout=10_000)
    inbox.press("?")
    expect(inbox.page.get_by_role("dialog")).to_be_visible(timeout=1000)


def test_what_is_approved_stands_as_it_was_sent(api, inbox):
    """No Markdown in an action: its marks may be what matters."""
    action = "rm -rf **/*.`date`\n  --force [x](https://example.org/)"
    context = {"list": [1, 2.5, 9007199254740993], "deep": {"a": None}}
    prompt = post(api, "authorization", action=action, context=context)
    expect(inbox.card(prompt).locator(".exact")).to_have_text(action, use_inner_text=True)
    shown = inbox.card(prompt).locator(".json")
    expect(shown).to_contain_text('"deep": {')
    expect(shown).to_contain_text("9007199254740993")
    expect(inbox.card(prompt)).to_contain_text("Context, 10 lines")


def test_a_context_is_shown_in_full(api, inbox):
    """However long, while it is decided: nothing of it is hidden in a box that scrolls."""
    context = {f"key {n}": "value" for n in range(500)}
    prompt = post(api, "authorization", context=context)
    shown = inbox.card(prompt).get_by_role("group", name="Context of this authorization")
    expect(shown).to_be_visible()
    assert shown.evaluate("one => one.scrollHeight - one.clientHeight") == 0
    assert shown.inner_text().count("value") == 500


def test_a_context_of_the_past_scrolls(api, inbox):
    """In the history a long one takes no more than its share, and scrolls also by keyboard."""
    context = {f"key {n}": "value" for n in range(500)}
    prompt = post(api, "authorization", channel="scrolls", context=context)
    api.respond(prompt, response_type="authorization_denied")
    thread = inbox.threads.filter(has_text="scrolls")
    thread.get_by_text("Context").click()
    shown = thread.get_by_role("group", name="Context")
    shown.focus()
    inbox.press("End")
    expect(shown).not_to_have_js_property("scrollTop", 0)


def test_hidden_characters_are_shown(api, inbox):
    """What cannot be seen, and what turns text around, is written out and has no effect."""
    action = "delete \u202etxt.exe\u202c\u200b\u0007\u2066x\U000e0041 a\u0301 👩\u200d🚀"
    prompt = post(api, "authorization", action=action)
    shown = inbox.card(prompt).locator(".exact")
    expect(shown).to_have_text(
        "delete U+202Etxt.exeU+202CU+200BU+0007U+2066xU+E0041 a\u0301 👩\u200d🚀"
    )
    expect(shown.locator(".hidden-char")).to_have_count(6)
    asked = post(api, text="a\u202eb", choices=["c\u202ed"])
    expect(inbox.card(asked).locator(".label")).to_have_text("aU+202Eb")
    button = inbox.card(asked).get_by_role("button", name="cU+202Ed")
    button.click()
    assert api.response_to(asked)["content"]["answer"] == "c\u202ed"


def test_right_to_left(api, inbox):
    """Each text has its own direction, and changes none around it."""
    prompt = post(api, text="האם לפרוס?", choices=["כן", "no"])
    label = inbox.card(prompt).locator(".label")
    assert label.evaluate("one => getComputedStyle(one).direction") == "rtl"
    right = label.bounding_box()
    words = label.locator("p").evaluate(
        "one => { const range = document.createRange(); range.selectNodeContents(one);"
        " return range.getBoundingClientRect().right; }"
    )
    assert abs(right["x"] + right["width"] - words) < 2
    hebrew = inbox.card(prompt).get_by_role("button", name="כן")
    assert hebrew.evaluate("one => getComputedStyle(one).direction") == "rtl"
    about = inbox.card(prompt).locator(".about")
    assert about.evaluate("one => getComputedStyle(one).direction") == "ltr"
    api.respond(prompt, answer="כן", responder="דנה", surface="terminal")
    expect(inbox.card(prompt).locator(".outcome p").first).to_have_text(
        "Answered by דנה (terminal)"
    )
    assert inbox.card(prompt).locator(".outcome bdi").count() == 2


def test_long_texts(api, inbox):
    """A long text and a word without end are there in full, and break no layout."""
    text = "x" * 5000 + "\n\n" + "word " * 2000 + "END"
    prompt = post(api, text=text, choices=["y" * 500, "n"])
    expect(inbox.card(prompt)).to_contain_text("END")
    page = inbox.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    api.respond(prompt, answer="n")
    inbox.expect_count(0)
    expect(inbox.threads.first.locator(".long")).to_contain_text("END")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_navigate(api, inbox):
    """The whole address is shown, and its host; a person's click opens it, apart from here."""
    url = "https://accounts.example.org@evil.example:8443/login?next=%2Fa&b=1#top"
    prompt = post(api, "navigate", url=url)
    card = inbox.card(prompt)
    link = card.get_by_role("link", name=url)
    expect(link).to_be_visible()
    expect(card.locator(".host")).to_have_text("evil.example:8443")
    inbox.context.route("**/*evil.example*/**", lambda route: route.fulfill(body="opened"))
    assert len(inbox.context.pages) == 1
    with inbox.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("body")).to_have_text("opened")
    assert opened.value.evaluate("opener") is None
    assert api.state(prompt) == "pending"
    card.get_by_role("button", name="I opened it").click()
    assert api.response_to(prompt)["content"]["response_type"] == "authorization_approved"
