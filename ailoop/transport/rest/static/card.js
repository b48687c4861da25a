// One prompt on the screen: all that a person decides by, and what they can decide.

import { fillBody, foldOf } from "./body.js";
import * as drafts from "./drafts.js";
import { copy } from "./copy.js";
import { button } from "./text.js";
import { duration, kindOf, outcome, people } from "./words.js";

const SOON = 30_000;
const GRACE = 3000;
const GRACE_MINE = 1500;
const HURRY = "This prompt's time is over.";

export class Card {
  /**
   * @param {import("./store.js").Prompt} prompt
   * @param {object} on `respond(prompt, decision)`, a promise; `dismiss(prompt)`;
   *   `typing(prompt, isTyping)`; `announce(sentence)`; `me()`, the person's name
   */
  constructor(prompt, on) {
    this.prompt = prompt;
    this.on = on;
    this.sending = false;
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
    const { kind, content } = this.prompt;
    const label = this.find(".words span");
    const actions = this.find(".actions");
    if (kind === "question") {
      const choices = content.choices ?? [];
      choices.forEach((text, index) => {
        const made = button(text, () => this.choose(index), "choice");
        made.dir = "auto";
        if (index < 9) {
          made.dataset.key = index + 1;
          made.setAttribute("aria-keyshortcuts", index + 1);
        }
        this.find(".choices").append(made);
      });
      label.textContent = "Answer";
      this.find(".words").hidden = content.choices != null;
      if (content.choices == null) actions.append(button("Send answer", () => this.answer(), "primary"));
    } else {
      label.textContent = "Reason (optional)";
      const approve = kind === "navigate" ? "I opened it" : "Approve";
      actions.append(button(approve, () => this.decide(true), "approve"));
      actions.append(button("Deny", () => this.decide(false), "deny"));
    }
    this.find(".choices").hidden = !content.choices;
    this.find(".hint").hidden = kind !== "question" || content.choices != null;
  }

  choose(index) {
    const choices = this.prompt.content.choices ?? [];
    if (index >= choices.length) return;
    // The server takes the first choice that reads the same, whatever its case; else a number.
    const first = choices.findIndex((one) => foldOf(one) === foldOf(choices[index]));
    this.send({ answer: first === index ? choices[index] : String(index + 1) });
  }

  answer() {
    if (this.prompt.kind !== "question" || this.prompt.content.choices) return;
    if (this.hasDraft) this.send({ answer: this.field.value });
    else this.complain("Write an answer first.");
  }

  decide(isApproved) {
    if (this.prompt.kind === "question") return;
    const type = isApproved ? "authorization_approved" : "authorization_denied";
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
      this.complain(error.body.response ? "What you decided was not recorded; another was first:" : error.message);
    } finally {
      this.setSending(false);
      this.update();
    }
  }

  setSending(isSending) {
    this.sending = isSending;
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
    if (this.isOpen || this.sending) return;
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
    const me = this.on.me();
    const others = this.find(".others");
    const typing = (this.prompt.delivery?.typing ?? []).filter((one) => one !== me);
    const seen = (this.prompt.delivery?.seen_by ?? []).filter((one) => one !== me);
    others.replaceChildren();
    if (!this.isOpen) return;
    if (typing.length) others.append(people(typing), typing.length > 1 ? " are typing" : " is typing");
    else if (seen.length) others.append("seen by ", people(seen));
  }

  get title() {
    return `${kindOf(this.prompt.content)} on ${this.prompt.channel}`;
  }
}
