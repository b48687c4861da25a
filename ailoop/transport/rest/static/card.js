// One prompt on the screen: all that a person decides by, and what they can decide.

import { drawActions } from "./actions.js";
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
    /** What is filled in, of a question with a schema; what may be changed, of an authorization. */
    this.sheet = null;
    /** When a settled card may go, in milliseconds; before, a person may be reading it. */
    this.leaveAt = Infinity;
    this.element = document.getElementById("prompt").content.firstElementChild.cloneNode(true);
    this.find = (name) => this.element.querySelector(name);
    this.article = this.find("article");
    this.field = this.find("textarea");
    fillBody(this, prompt);
    drawActions(this);
    this.restore(drafts.read(prompt.id)?.text ?? "");
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
    return this.field.value.trim() !== "" || Boolean(this.sheet?.isChanged);
  }

  get hasFocus() {
    return this.element.contains(document.activeElement);
  }

  // -- what a person can do -------------------------------------------------------------

  drawSheet(sheet) {
    this.sheet = sheet;
    const { element } = sheet;
    this.find(".fields").append(element);
    element.addEventListener("input", () => this.change());
    element.addEventListener("keydown", (event) => this.keyInField(event));
    element.addEventListener("focusout", () => this.on.typing(this.prompt, false));
  }

  /** Return the button that a key presses, if there is one. */
  buttonOf(key) {
    return this.isOpen ? this.find(`[data-key="${key}"]`) : null;
  }

  answer() {
    if (!this.isOpen || this.sending || this.prompt.content.choices || this.prompt.seal?.trouble) return;
    if (this.sheet) this.withSheet((answer) => this.send({ answer }));
    else if (this.hasDraft) this.send({ answer: this.field.value });
    else this.complain("Write an answer first.");
  }

  approve() {
    if (this.sheet?.isChanged) this.withSheet((answer) => this.decide("authorization_approved", answer));
    else this.decide("authorization_approved");
  }

  decide(type, answer = undefined) {
    this.send({ response_type: type, answer, reason: this.field.value.trim() || undefined });
  }

  /** Do something with what the sheet says, unless it is not understood. */
  withSheet(act) {
    let answer = "";
    try {
      answer = this.sheet.read();
    } catch (problem) {
      this.complain(problem.message);
      this.sheet.focus();
      return;
    }
    act(answer);
  }

  async send(decision) {
    if (this.sending || !this.isOpen) return;
    const { activeElement: focused } = document;
    if (this.hasFocus && (focused.tagName === "BUTTON" || this.sheet?.element.contains(focused))) this.article.focus({ preventScroll: true });
    this.setSending(true);
    this.complain("");
    try {
      await this.on.respond(this.prompt, decision);
      this.field.value = "";
      this.find(".fields").replaceChildren();
      this.sheet = null;
      drafts.forget(this.prompt.id);
    } catch (error) {
      if (error.body.response) this.complain("What you decided was not recorded; another was first:");
      else if (this.isOpen) this.complain(error.message);
      this.setSending(false);
      if (this.isOpen && error.body.path) this.refuse(error.body.path);
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
    this.lock(isSending || !this.isOpen);
  }

  lock(isLocked) {
    this.field.readOnly = isLocked;
    this.sheet?.lock(isLocked);
  }

  refuse(path) {
    this.sheet?.refuse(path);
    this.sheet?.focus();
  }

  complain(sentence) {
    this.find(".problem").textContent = sentence;
    this.find(".problem").hidden = !sentence;
  }

  // -- writing --------------------------------------------------------------------------

  /** Take up what was written before. */
  restore(text) {
    this.field.value = text;
    if (this.sheet && this.prompt.kind === "question" && text) this.sheet.draft = text;
  }

  /** Something was filled in, or changed. */
  change() {
    if (this.prompt.kind === "question") {
      // It is kept as any other answer that is being written.
      this.field.value = this.sheet.isChanged ? this.sheet.draft : "";
      return this.write();
    }
    this.find(".approve").textContent = this.sheet.isChanged ? "Approve with changes" : "Approve";
    this.on.typing(this.prompt, this.sheet.isChanged);
  }

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
    if (this.prompt.content.schema && this.sheet) this.sheet.focus();
    else if (this.find(".words").hidden) this.article.focus();
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
    this.lock(true);
    this.find(".fields").hidden = this.prompt.kind === "question" || !this.sheet?.isChanged;
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
