// The list of what waits: its order, and that it holds still for whoever is using it.

import { Card } from "./card.js";

const MOST_CARDS = 100;
/** A pointer or a key counts as use for so long; then new prompts come in by themselves. */
const USE = 3000;
/** A press so soon after the list moved is taken for one that meant what was there before. */
const STARTLE = 400;

const ORDERS = {
  urgent: (one, other) => other.rank - one.rank || one.expiresAt - other.expiresAt,
  newest: (one, other) => other.askedAt - one.askedAt,
};

export class PromptList {
  /**
   * @param {import("./store.js").Store} store
   * @param {object} on what cards need, `added(prompt, element)` and `removed(prompt, element)`
   */
  constructor(store, on) {
    this.store = store;
    this.on = on;
    /** @type {Map<string, Card>} */
    this.cards = new Map();
    this.order = "urgent";
    this.channel = "";
    this.element = document.getElementById("prompts");
    this.pill = document.getElementById("held");
    this.usedAt = -Infinity;
    this.movedAt = -Infinity;
    /** Where the card was that had the focus when it went. */
    this.place = 0;
    this.guard();
  }

  guard() {
    const used = () => (this.usedAt = performance.now());
    for (const kind of ["pointermove", "pointerdown", "keydown", "input", "focusin"]) {
      this.element.addEventListener(kind, used, { passive: true });
    }
    this.element.addEventListener("pointerleave", () => this.render());
    this.element.addEventListener("focusout", () => setTimeout(() => this.render()));
    this.pill.addEventListener("click", () => this.render(true));
    this.pill.addEventListener("pointermove", used, { passive: true });
    this.pill.addEventListener("pointerleave", () => this.render());
    let startled = false;
    const down = (event) => {
      const moved = event.pointerType === "mouse" ? this.movedAt : Math.max(this.movedAt, this.touchMovedAt ?? 0);
      startled = performance.now() - moved < STARTLE;
    };
    this.element.addEventListener("pointerdown", down, { passive: true });
    const click = (event) => {
      if (!startled || event.detail === 0) return;
      event.preventDefault();
      event.stopPropagation();
      startled = false;
      this.on.announce("The list had just moved. Press again.");
    };
    this.element.addEventListener("click", click, { capture: true });
  }

  /** Whether the pointer is over what a press may decide by, or would be when it moves. */
  get isHovered() {
    return this.element.matches(":hover") || this.pill.matches(":hover");
  }

  get isInUse() {
    const isHere = this.isHovered || this.element.contains(document.activeElement);
    return isHere && performance.now() - this.usedAt < USE;
  }

  /** Bring the screen to what the store knows. @param {boolean} force take in what was held */
  render(force = false) {
    this.hold(() => this.cards.forEach((card) => card.update()));
    const hold = !force && this.isInUse;
    const gone = hold ? [] : [...this.cards.values()].filter((card) => this.mayGo(card));
    const wanted = this.store.open.filter((prompt) => !this.cards.has(prompt.id));
    wanted.sort(ORDERS[this.order]);
    const room = Math.max(0, MOST_CARDS - (this.cards.size - gone.length));
    const held = hold && this.cards.size ? wanted.slice(0, room) : [];
    const fresh = held.length ? [] : wanted.slice(0, room);
    if (gone.length || fresh.length) this.move(() => this.change(gone, fresh));
    this.showPill(held);
    this.showRest(wanted.length - held.length - fresh.length);
  }

  /** Show a prompt that waits no more, for what was written to it. */
  restore(prompt) {
    if (this.cards.has(prompt.id)) return;
    this.cards.set(prompt.id, new Card(prompt, this.on));
    this.hide(this.cards.get(prompt.id));
    this.arrange();
    this.render();
  }

  /** Put the cards into another order. */
  sort(order) {
    this.order = order;
    this.arrange();
  }

  /** Show one channel's prompts, or with "" all. */
  filter(channel) {
    this.channel = channel;
    for (const card of this.cards.values()) this.hide(card);
    this.render(true);
  }

  tick() {
    const now = Date.now();
    for (const card of this.cards.values()) card.tick(now);
    this.render();
  }

  /** Cards that are shown, from the top. */
  get shown() {
    const cards = [...this.element.children].map((element) => this.cards.get(element.dataset.id));
    return cards.filter((card) => !card.element.hidden);
  }

  get selected() {
    return this.shown.find((card) => card.hasFocus) ?? null;
  }

  select(step) {
    const { shown, selected } = this;
    if (!shown.length) return;
    // After a card went with the focus, the next one is in its place.
    const next = selected ? shown.indexOf(selected) + step : this.place - (step < 0 ? 1 : 0);
    this.focus(shown[Math.max(0, Math.min(next, shown.length - 1))]);
  }

  focus(card) {
    card.article.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: "nearest" });
  }

  // -- what comes and goes --------------------------------------------------------------

  mayGo(card) {
    if (card.isOpen || card.hasDraft || Date.now() < card.leaveAt) return false;
    return !card.hasFocus || (card.prompt.mine && document.activeElement === card.article);
  }

  remove(card) {
    if (card.hasFocus) {
      this.place = Math.max(0, this.shown.indexOf(card));
      document.getElementById("waiting-title").focus({ preventScroll: true });
    }
    card.element.remove();
    this.cards.delete(card.prompt.id);
    this.on.removed(card.prompt, card.element);
    this.store.drop(card.prompt.id);
  }

  change(gone, fresh) {
    for (const card of gone) this.remove(card);
    for (const prompt of fresh) {
      const card = new Card(prompt, this.on);
      this.cards.set(prompt.id, card);
      this.hide(card);
    }
    this.arrange();
    for (const prompt of fresh) this.on.added(prompt, this.cards.get(prompt.id).element);
  }

  arrange() {
    const cards = [...this.cards.values()].sort((one, other) => ORDERS[this.order](one.prompt, other.prompt));
    // Only what is out of place moves: an element that moves loses the focus inside it.
    let at = this.element.firstElementChild;
    for (const { element } of cards) {
      if (element === at) at = at.nextElementSibling;
      else this.element.insertBefore(element, at);
    }
  }

  hide(card) {
    card.element.hidden = Boolean(this.channel) && card.prompt.channel !== this.channel && !card.hasFocus;
  }

  /** Change something, and keep the card in use where it is on the screen. */
  hold(change) {
    const used = this.selected ?? this.shown.find((card) => card.element.matches(":hover"));
    const before = used?.element.getBoundingClientRect().top;
    change();
    if (used?.element.isConnected) scrollBy(0, used.element.getBoundingClientRect().top - before);
  }

  move(change) {
    const { isHovered } = this;
    const had = this.element.childElementCount;
    this.hold(change);
    if (isHovered) this.movedAt = performance.now();
    if (had) this.touchMovedAt = performance.now();
  }

  showPill(held) {
    const text = held.length === 1 ? "1 new prompt" : `${held.length} new prompts`;
    this.pill.hidden = !held.length;
    if (held.length && this.pill.textContent !== text) this.pill.textContent = text;
  }

  showRest(left) {
    const more = Math.max(left, 0) + this.store.unlisted;
    const elsewhere = [...this.cards.values()].filter((card) => card.element.hidden && card.isOpen).length;
    const sentences = [];
    if (more) sentences.push(`${more} more wait; they come as these are answered.`);
    if (elsewhere) sentences.push(`${elsewhere} more on other channels.`);
    document.getElementById("more").textContent = sentences.join(" ");
    document.getElementById("empty").hidden = this.shown.length > 0;
  }
}
