"""Encrypted prompts on the page: read with the key, by the browser's own cryptography.

What Python has sealed the page opens, and the other way round; without the key the page says
so, and nothing on it approves.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import orjson
import pytest
from playwright.sync_api import Locator, expect

from ailoop import Approval
from ailoop.model.ids import new_id
from ailoop.sync import AiloopClient
from ailoop.trust.sealed import seal
from tests.page.posting import IN_BROWSER
from tests.page.test_attention import STUBS
from tests.sealed.kit import WORDS, People, damaged

pytestmark = IN_BROWSER


@pytest.fixture
def people(tmp_path) -> People:
    return People(tmp_path, "ann", "bob")


@pytest.fixture
def agent(daemon, people) -> Iterator[AiloopClient]:
    """Ask for ann alone."""
    with AiloopClient(daemon.rest, transport="rest", seal_for=people.public("ann")) as client:
        yield client


def take_key(inbox, path: str) -> None:
    """Give the page a key, as a person does; it begins anew with it."""
    inbox.page.locator(".settings summary").click()
    with inbox.page.expect_navigation():
        inbox.page.locator("#key-file").set_input_files(path)
    expect(inbox.state).to_have_text("Connected")


def seal_of(inbox, prompt) -> Locator:
    return inbox.card(str(prompt.id)).locator(".sealed")


def test_a_question(agent, api, inbox, people):
    """Text and choices are read; the answer, and which choice it was, reach the agent."""
    asked = agent.post_question("a", f"{WORDS} *so*?", choices=["rot", "blau grün"])
    take_key(inbox, people.private("ann"))
    expect(inbox.card(str(asked.id)).locator(".label")).to_have_text(f"{WORDS} so?")
    expect(seal_of(inbox, asked)).to_contain_text("Encrypted for ann")
    inbox.select(str(asked.id))
    inbox.press("2")
    inbox.expect_outcome(str(asked.id), "Answered by you")
    answer = agent.wait(asked)
    assert answer.content.answer == "blau grün"
    told = {"responder": "ann", "surface": "web page", "index": 1, "value": "blau grün"}
    assert answer.metadata == told
    recorded = json.dumps(api.response_to(str(asked.id)))
    assert "blau" not in recorded
    assert '"answer": "encrypted"' in recorded


def test_free_text(agent, inbox, people):
    """Whatever is written comes out as it was written."""
    asked = agent.post_question("a", "What?")
    take_key(inbox, people.private("ann"))
    text = 'Zürich "🦊"\n\\ €' * 50
    inbox.field(str(asked.id)).fill(text)
    inbox.field(str(asked.id)).press("Control+Enter")
    assert agent.wait(asked).content.answer == text


@pytest.mark.parametrize(("key", "approves"), [("a", True), ("d", False)])
def test_a_permission(agent, api, inbox, people, key, approves):
    """Context, numbers as they are written, decision and reason go through."""
    context = {"amount": 12345678901234567890, "to": WORDS}
    asked = agent.post_authorization("a", f"pay {WORDS}", context=context)
    take_key(inbox, people.private("ann"))
    expect(inbox.card(str(asked.id)).locator(".context")).to_contain_text(
        "12345678901234567890"
    )
    inbox.field(str(asked.id)).fill("secret reason")
    inbox.field(str(asked.id)).press("Escape")
    inbox.press(key)
    inbox.expect_outcome(str(asked.id), "by you")
    approval = Approval(agent.wait(asked))
    assert (bool(approval), approval.reason) == (approves, "secret reason")
    assert "secret reason" not in json.dumps(api.response_to(str(asked.id)))


def test_a_page_and_a_notification(agent, inbox, people):
    """A page to open is a link; what is told stands in the history, marked."""
    asked = agent.post_navigate("a", f"https://example.org/{WORDS}")
    agent.say("a", f"told {WORDS}")
    take_key(inbox, people.private("ann"))
    link = inbox.card(str(asked.id)).get_by_role("link")
    expect(link).to_have_attribute("href", f"https://example.org/{WORDS}")
    expect(inbox.threads.filter(has_text=f"told {WORDS}")).to_contain_text("Encrypted for ann")
    inbox.select(str(asked.id))
    inbox.press("a")
    inbox.expect_outcome(str(asked.id), "Approved by you")
    assert Approval(agent.wait(asked))


def test_what_comes_later(agent, inbox, people):
    """What comes over the WebSocket is opened as well, and follows by itself."""
    take_key(inbox, people.private("ann"))
    agent.say("a", f"told {WORDS}")
    asked = agent.post_question("a", f"asked {WORDS}")
    expect(inbox.threads.filter(has_text=f"told {WORDS}")).to_have_count(1)
    expect(inbox.card(str(asked.id))).to_contain_text(f"asked {WORDS}")


@pytest.mark.parametrize("whose", ["nobody", "bob"])
@pytest.mark.parametrize("kind", ["authorization", "navigate", "question"])
def test_unread(agent, api, inbox, people, whose, kind):
    """Without the key it says so; nothing approves or answers; it can be denied."""
    why = "there is no key here"
    if whose == "bob":
        take_key(inbox, people.private("bob"))
        why = f"it is for {people.keys['ann'].kid}, and no key here is theirs"
    if kind == "authorization":
        asked = agent.post_authorization("a", WORDS)
    elif kind == "navigate":
        asked = agent.post_navigate("a", f"https://example.org/{WORDS}")
    else:
        asked = agent.post_question("a", WORDS, choices=["yes", "no"])
    prompt = str(asked.id)
    card = inbox.card(prompt)
    expect(seal_of(inbox, asked)).to_contain_text(why)
    expect(card).to_contain_text("This prompt cannot be read here")
    expect(card.get_by_role("button")).to_have_text(["Deny unread"])
    expect(card.get_by_role("link")).to_have_count(0)
    inbox.select(prompt)
    inbox.press("a", "1", "2", "r", "Control+Enter")
    assert api.state(prompt) == "pending"
    expect(inbox.focused).to_have_attribute("data-id", prompt)
    inbox.press("d")
    inbox.expect_outcome(prompt, "by you")
    denial = "cancelled" if kind == "question" else "authorization_denied"
    assert api.response_to(prompt)["content"]["response_type"] == denial
    assert WORDS not in inbox.page.content()


def test_nothing_is_sent_unread(agent, api, inbox):
    """Even a script that goes past the buttons sends no approval of what cannot be read."""
    asked = agent.post_authorization("a", WORDS)
    expect(inbox.card(str(asked.id))).to_be_visible()
    said = inbox.page.evaluate(
        """async (id) => {
            const { sealed } = await import("./opening.js");
            const rest = await import("./rest.js");
            const { items } = await rest.pending();
            const { message } = items.find((one) => one.message_id === id);
            const prompt = { ...message, kind: message.content.type };
            try { await sealed(prompt, { response_type: "authorization_approved" }); }
            catch (error) { return error.message; }
        }""",
        str(asked.id),
    )
    assert said == "Nothing was sent: this prompt cannot be read here."
    assert api.state(str(asked.id)) == "pending"


@pytest.mark.parametrize("member", ["ciphertext", "tag", "iv", "aad", "protected", "key", ""])
def test_damaged(api, inbox, people, member):
    """What is damaged anywhere is not shown, and says so; undamaged it is."""
    prompt = str(new_id())
    inner = {"content": {"type": "authorization", "action": WORDS}, "nonce": "?"}
    inner["reply_to"] = people.keys["bob"].dump()
    part = seal(inner, [people.public_key("ann")], f"authorization a {prompt}")
    if member == "key":
        part["recipients"][0] = damaged(part["recipients"][0], "encrypted_key")
    elif member:
        part = damaged(part, member)
    content = {"type": "authorization", "action": "cover"}
    message = {"id": prompt, "channel": "a", "content": content, "metadata": {"sealed": part}}
    assert api.post_many([message]).status_code == 201
    take_key(inbox, people.private("ann"))
    why = "sealed for another message" if member == "aad" else "it is damaged, or not for"
    expect(inbox.card(prompt).locator(".sealed")).to_contain_text(
        why if member else "Encrypted for ann"
    )
    buttons = ["Deny unread"] if member else ["Approve", "Deny"]
    expect(inbox.card(prompt).get_by_role("button")).to_have_text(buttons)


@pytest.mark.parametrize("key", ["A" * 43, "A", "?"])
def test_a_prompt_that_takes_no_answer(api, inbox, people, key):
    """The page says so where whoever asked named no key that an answer can be sealed for."""
    prompt = str(new_id())
    inner = {"content": {"type": "authorization", "action": WORDS}, "nonce": "?"}
    inner["reply_to"] = {"kty": "OKP", "crv": "X25519", "x": key}
    part = seal(inner, [people.public_key("ann")], f"authorization a {prompt}")
    content = {"type": "authorization", "action": "cover"}
    message = {"id": prompt, "channel": "a", "content": content, "metadata": {"sealed": part}}
    assert api.post_many([message]).status_code == 201
    take_key(inbox, people.private("ann"))
    inbox.card(prompt).get_by_role("button", name="Approve").click()
    expect(inbox.card(prompt).locator(".problem")).to_have_text(
        "Nothing was sent: this prompt takes no answer."
    )
    assert api.state(prompt) == "pending"


def test_nothing_besides(api, inbox, people):
    """What no message of its kind has is not shown in the place of what is asked."""
    prompt = str(new_id())
    content = {"type": "authorization", "action": "wipe the disk", "text": "say hello"}
    inner = {"content": content, "nonce": "?", "reply_to": people.keys["bob"].dump()}
    part = seal(inner, [people.public_key("ann")], f"authorization a {prompt}")
    cover = {"type": "authorization", "action": "cover"}
    message = {"id": prompt, "channel": "a", "content": cover, "metadata": {"sealed": part}}
    assert api.post_many([message]).status_code == 201
    take_key(inbox, people.private("ann"))
    expect(inbox.card(prompt).locator(".sealed")).to_contain_text("it is not understood")
    expect(inbox.card(prompt).get_by_role("button")).to_have_text(["Deny unread"])


@pytest.mark.parametrize("depth", [200, 20_000])
def test_nested_too_deep(agent, api, inbox, people, depth):
    """What is nested deeper than anything is read here is not shown; the others are."""
    other = agent.post_authorization("a", "something else")
    prompt = str(new_id())
    context = orjson.Fragment(b"[" * depth + b"]" * depth)
    content = {"type": "authorization", "action": "x", "context": context}
    inner = {"content": content, "nonce": "?", "reply_to": people.keys["bob"].dump()}
    part = seal(inner, [people.public_key("ann")], f"authorization a {prompt}")
    cover = {"type": "authorization", "action": "cover"}
    message = {"id": prompt, "channel": "a", "content": cover, "metadata": {"sealed": part}}
    assert api.post_many([message]).status_code == 201
    take_key(inbox, people.private("ann"))
    expect(inbox.card(str(other.id)).get_by_role("button")).to_have_text(["Approve", "Deny"])
    expect(inbox.card(prompt).get_by_role("button")).to_have_text(["Deny unread"])


@pytest.mark.parametrize(
    "field",
    [
        {"type": "string", "value": "x"},
        {"type": "string", "pattern": "^a$"},
        {"type": "string", "default": {"toString": None}},
        {"type": "integer", "minimum": "1"},
        {"type": "string", "title": 1},
    ],
    ids=["unknown", "pattern", "default", "bound", "title"],
)
def test_a_schema_that_is_no_form(agent, api, inbox, people, field):
    """What breaks the rules of forms is not shown; the others are."""
    other = agent.post_authorization("a", "something else")
    prompt = str(new_id())
    schema = {"type": "object", "properties": {"a": field}}
    content = {"type": "question", "text": "?", "schema": schema}
    inner = {"content": content, "nonce": "?", "reply_to": people.keys["bob"].dump()}
    part = seal(inner, [people.public_key("ann")], f"question a {prompt}")
    cover = {"type": "question", "text": "cover"}
    message = {"id": prompt, "channel": "a", "content": cover, "metadata": {"sealed": part}}
    assert api.post_many([message]).status_code == 201
    take_key(inbox, people.private("ann"))
    expect(inbox.card(str(other.id)).get_by_role("button")).to_have_text(["Approve", "Deny"])
    expect(inbox.card(prompt).locator(".sealed")).to_contain_text("it is not understood")


def test_an_answer_that_does_not_fit(agent, api, inbox, people):
    """It is the page that has to say so: the server cannot read what it is sent."""
    schema = {"type": "object", "properties": {"code": {"type": "string", "minLength": 3}}}
    ticket = agent.post_question("a", "Which?", schema=schema)
    take_key(inbox, people.private("ann"))
    card = inbox.card(str(ticket.id))
    card.get_by_label("code").fill("😀😀")
    card.get_by_role("button", name="Send answer").click()
    expect(card.get_by_role("alert")).to_have_text("code: this needs at least 3 characters.")
    assert api.state(str(ticket.id)) == "pending"
    card.get_by_label("code").fill("😀😀😀")
    card.get_by_role("button", name="Send answer").click()
    inbox.expect_outcome(str(ticket.id), "Answered")
    assert agent.wait(ticket, schema=schema).value == {"code": "😀😀😀"}


def test_moved(agent, api, inbox, people):
    """A sealed content under another prompt's id does not open."""
    agent.post_authorization("a", WORDS)
    (message,) = [one["message"] for one in api.pending("a")]
    moved = {k: v for k, v in message.items() if k != "id"}
    posted = api.post_many([moved]).json()[0]["id"]
    take_key(inbox, people.private("ann"))
    expect(inbox.card(posted).locator(".sealed")).to_contain_text(
        "it was sealed for another message"
    )


def test_a_key_is_kept_and_removed(agent, inbox, people):
    """It outlives a reload, no script can read it out, and removed it is gone."""
    asked = agent.post_question("a", WORDS)
    take_key(inbox, people.private("ann"))
    inbox.page.reload()
    expect(inbox.card(str(asked.id))).to_contain_text(WORDS)
    exported = inbox.page.evaluate(
        """async () => {
            const [kept] = await (await import("./keyring.js")).kept;
            const fails = (form) => crypto.subtle.exportKey(form, kept.key).then(
                () => "given out", (error) => error.name);
            return [kept.key.extractable, await fails("jwk"), await fails("pkcs8")];
        }"""
    )
    assert exported == [False, "InvalidAccessError", "InvalidAccessError"]
    secret = people.keys["ann"].dump(private=True)["d"]
    assert secret not in json.dumps(inbox.context.storage_state(indexed_db=True))
    inbox.page.locator(".settings summary").click()
    with inbox.page.expect_navigation():
        inbox.page.get_by_role("button", name="Remove the key of ann").click()
    expect(inbox.card(str(asked.id))).to_contain_text("there is no key here")
    expect(inbox.page.locator("#keys-kept li")).to_have_count(0)


def test_files_that_are_no_keys(inbox, people, tmp_path):
    """Each is refused with a sentence, and nothing is kept."""
    bad = tmp_path / "bad.jwk"
    good = people.keys["ann"].dump(private=True)
    inbox.page.locator(".settings summary").click()
    zero = base64.urlsafe_b64encode(bytes(31)).rstrip(b"=").decode()
    for text, why in [
        ("{", "That file is no key."),
        ("null", "That is no key that `ailoop keygen` makes."),
        (json.dumps(people.keys["ann"].dump()), "That is a public key"),
        (json.dumps({**good, "crv": "Ed25519"}), "That is no key that"),
        (json.dumps({**good, "d": zero}), "That is no valid key."),
        (json.dumps({**good, "kid": 5}), "The key has no kid."),
    ]:
        bad.write_text(text)
        inbox.page.locator("#key-file").set_input_files(bad)
        expect(inbox.page.locator("#key-problem")).to_contain_text(why)
    assert inbox.page.evaluate("import('./keyring.js').then((one) => one.kept)") == []


def test_a_page_that_may_not_decrypt(agent, open_inbox):
    """Over plain HTTP from elsewhere there is no cryptography; the page says so."""
    asked = agent.post_authorization("a", WORDS)
    gone = "Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined })"
    inbox = open_inbox("ann", script=gone)
    expect(seal_of(inbox, asked)).to_contain_text("use HTTPS, or localhost")
    inbox.page.locator(".settings summary").click()
    expect(inbox.page.locator("#key-file")).to_be_disabled()
    expect(inbox.page.locator("#key-problem")).to_contain_text("use HTTPS, or localhost")


def test_a_browser_without_these_keys(agent, open_inbox, people):
    """An older browser says that it does not know such keys."""
    script = """
        const take = SubtleCrypto.prototype.importKey;
        SubtleCrypto.prototype.importKey = function (form, data, algorithm, ...more) {
            if (algorithm.name === "X25519") throw new DOMException("", "NotSupportedError");
            return take.call(this, form, data, algorithm, ...more);
        };
    """
    inbox = open_inbox("ann", script=script)
    inbox.page.locator(".settings summary").click()
    inbox.page.locator("#key-file").set_input_files(people.private("ann"))
    expect(inbox.page.locator("#key-problem")).to_contain_text("knows no X25519 keys")


def test_what_is_written_is_kept_nowhere(agent, inbox, people):
    """A draft for an encrypted prompt is not put into the browser's storage."""
    asked = agent.post_question("a", WORDS)
    take_key(inbox, people.private("ann"))
    inbox.field(str(asked.id)).fill("half an answer-lychee")
    kept = inbox.page.evaluate("JSON.stringify({ ...localStorage })")
    assert "lychee" not in kept
    assert WORDS not in kept


def test_the_desktop_is_told_no_word(agent, open_inbox, people):
    """It hears that something has come; what it was told it may keep where others read."""
    inbox = open_inbox("ann", script=STUBS)
    take_key(inbox, people.private("ann"))
    inbox.switch_on("Desktop notifications")
    urgent = {"priority": "urgent"}
    asked = agent.post_authorization("a", WORDS, metadata=urgent)
    expect(inbox.card(str(asked.id))).to_contain_text(WORDS)
    agent.say("a", WORDS, priority="urgent")
    inbox.page.wait_for_function("shown.length === 2")
    for title, options in inbox.page.evaluate("shown"):
        assert title in ("Permission on a", "Notification on a")
        assert options["body"] == "Encrypted: read it in the inbox"


def test_an_answer_without_a_name(agent, open_inbox, people):
    """Who has told no name answers all the same."""
    asked = agent.post_question("a", WORDS)
    inbox = open_inbox()
    take_key(inbox, people.private("ann"))
    inbox.field(str(asked.id)).fill("x")
    inbox.field(str(asked.id)).press("Control+Enter")
    answer = agent.wait(asked)
    assert (answer.content.answer, answer.metadata) == ("x", {"surface": "web page"})
