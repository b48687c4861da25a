// One prompt on the screen: all that a person decides by, and what they can decide.

import { fillBody } from "./body.js";
import * as drafts from "./drafts.js";
import { copy } from "./copy.js";
import { button } from "./text.js";
import { duration, outcome, people } from "./words.js";

const SOON = 30_000;
const GRACE = 3000;
const GRACE_MINE = 1500;
/** So long a response is awaited from the request that gave it, before another way of it counts. */
const OWN_REPLY = 2000;
const HURRY = "This prompt's time is over.";

export class Card {
  /**
   * @param {import("./store.js").Prompt} prompt
   * @param {object} on `respond(prompt, decision)`, a promise; `dismiss(prompt)`;
   *   `typing(prompt, isTyping)`; `announce(sentence)`; `isMe(name)`
   */
  constructor(prompt, on) {
    this.prompt = prompt;
    this.on = on;
    this.sending = false;
    this.sentAt = 0;
    /** When a settled card may go, in milliseconds; before, a person may be reading it. */
    this.leaveAt = Infinity;
    this.element = document.getElementById("prompt").content.firstElementChild.cloneNode(true);
    this.find = (name) => this.element.querySelector(name);
    this.article = this.find("article");
    this.field = this.find("textarea");
    fillBody(this, prompt);
    this.drawActions();
    this.field.value = drafts.read(prompt.id)?.text ?? "";
    this.field.addEventListener("input", () => this.write());
    this.field.addEventListener("keydown", (event) => this.keyInField(event));
    this.field.addEventListener("blur", () => on.typing(prompt, false));
    this.tick(Date.now());
    this.update();
  }

  get isOpen() {
    return !this.prompt.response && !this.prompt.lost;
  }

  /** Whether there are words that would be lost if the card went away. */
  get hasDraft() {
    return this.field.value.trim() !== "";
  }

  get hasFocus() {
    return this.element.contains(document.activeElement);
  }

  // -- what a person can do -------------------------------------------------------------

  drawActions() {
    const { kind, content, seal } = this.prompt;
    const label = this.find(".words span");
    const actions = this.find(".actions");
    if (seal?.trouble) {
      // Nobody approves or answers what they have not read.
      this.find(".words").hidden = true;
      const denial = kind === "question" ? "cancelled" : "authorization_denied";
      actions.append(bindKey(button("Deny unread", () => this.decide(denial), "deny"), "d"));
    } else if (kind === "question") {
      const choices = content.choices ?? [];
      choices.forEach((text, index) => {
        const made = button(text, () => this.send({ answer: text }), "choice");
        made.dir = "auto";
        if (index < 9) bindKey(made, index + 1);
        this.find(".choices").append(made);
      });
      label.textContent = "Answer";
      this.find(".words").hidden = content.choices != null;
      if (content.choices == null) actions.append(button("Send answer", () => this.answer(), "primary"));
    } else {
      label.textContent = "Reason (optional)";
      const approve = kind === "navigate" ? "I opened it" : "Approve";
      actions.append(bindKey(button(approve, () => this.decide("authorization_approved"), "approve"), "a"));
      actions.append(bindKey(button("Deny", () => this.decide("authorization_denied"), "deny"), "d"));
    }
    this.find(".choices").hidden = !content.choices;
    this.find(".hint").hidden = kind !== "question" || content.choices != null || Boolean(seal?.trouble);
  }

  /** Return the button that a key presses, if there is one. */
  buttonOf(key) {
    return this.isOpen ? this.find(`[data-key="${key}"]`) : null;
  }

  answer() {
    if (!this.isOpen || this.sending || this.prompt.content.choices || this.prompt.seal?.trouble) return;
    if (this.hasDraft) this.send({ answer: this.field.value });
    else this.complain("Write an answer first.");
  }

  decide(type) {
    this.send({ response_type: type, reason: this.field.value.trim() || undefined });
  }

  async send(decision) {
    if (this.sending || !this.isOpen) return;
    if (document.activeElement?.tagName === "BUTTON" && this.hasFocus) this.article.focus({ preventScroll: true });
    this.setSending(true);
    this.complain("");
    try {
      await this.on.respond(this.prompt, decision);
      this.field.value = "";
      drafts.forget(this.prompt.id);
    } catch (error) {
      if (error.body.response) this.complain("What you decided was not recorded; another was first:");
      else if (this.isOpen) this.complain(error.message);
    } finally {
      this.setSending(false);
      this.update();
    }
  }

  setSending(isSending) {
    this.sending = isSending;
    this.sentAt = Date.now();
    this.article.setAttribute("aria-busy", isSending);
    for (const one of this.element.querySelectorAll(".choices button, .actions button")) one.disabled = isSending;
    this.field.readOnly = isSending || !this.isOpen;
  }

  complain(sentence) {
    this.find(".problem").textContent = sentence;
    this.find(".problem").hidden = !sentence;
  }

  // -- writing --------------------------------------------------------------------------

  write() {
    drafts.keep(this.prompt, this.field.value);
    this.on.typing(this.prompt, this.field.value !== "");
  }

  keyInField(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      this.article.focus();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (this.prompt.kind === "question") return this.answer();
      if (!this.isOpen) return;
      // A reason decides nothing.
      this.article.focus();
      this.on.announce("The reason is kept. Now approve with a, or deny with d.");
    }
  }

  edit() {
    if (this.find(".words").hidden) this.article.focus();
    else this.field.focus();
  }

  // -- what becomes of it ---------------------------------------------------------------

  /** Show how long it still waits. */
  tick(now) {
    const left = this.prompt.expiresAt - now;
    this.element.classList.toggle("soon", this.isOpen && left < SOON);
    this.find(".left").textContent = !this.isOpen ? "" : left > 0 ? `${duration(left)} left` : HURRY;
    const share = Math.max(0, Math.min(1, left / (this.prompt.seconds * 1000)));
    this.article.style.setProperty("--left", this.isOpen ? share : 0);
  }

  /** Show what the store knows now: who else is there, and what has become of it. */
  update() {
    this.showOthers();
    if (this.isOpen || (this.sending && Date.now() < this.sentAt + OWN_REPLY)) return;
    if (!this.isSettled) this.settle();
    const said = this.find(".outcome");
    said.hidden = false;
    const { response, mine } = this.prompt;
    if (response) said.replaceChildren(outcome(response, mine));
    else said.replaceChildren("It waits no more: the server does not know it.");
    this.find(".kept").hidden = !this.hasDraft;
    this.find(".words").hidden = !this.hasDraft && document.activeElement !== this.field;
  }

  settle() {
    this.isSettled = true;
    const focused = this.hasFocus && document.activeElement !== this.field;
    // It keeps its place: what is below must not come under the pointer.
    const { height } = this.article.getBoundingClientRect();
    if (height) this.article.style.minHeight = `${height}px`;
    this.element.classList.add("settled");
    this.find(".choices").hidden = true;
    this.find(".actions").hidden = true;
    this.find(".hint").hidden = true;
    this.field.readOnly = true;
    this.find(".words span").textContent = "What you wrote";
    if (focused) this.article.focus({ preventScroll: true });
    this.leaveAt = Date.now() + (this.prompt.mine ? GRACE_MINE : GRACE);
    this.tick(Date.now());
    this.find(".kept").append(
      button("Copy text", () => copy(this.field).then((sentence) => this.on.announce(sentence))),
      button("Dismiss", () => this.on.dismiss(this.prompt)),
    );
  }

  showOthers() {
    const others = this.find(".others");
    const typing = (this.prompt.delivery?.typing ?? []).filter((one) => !this.on.isMe(one));
    const seen = (this.prompt.delivery?.seen_by ?? []).filter((one) => !this.on.isMe(one));
    others.replaceChildren();
    if (!this.isOpen) return;
    if (typing.length) others.append(people(typing), typing.length > 1 ? " are typing" : " is typing");
    else if (seen.length) others.append("seen by ", people(seen));
  }
}

/** Have a key press a button; on a choice it is shown. */
function bindKey(made, key) {
  made.dataset.key = key;
  made.setAttribute("aria-keyshortcuts", key);
  return made;
}
