// The list of what waits: its order, and that it holds still for whoever is using it.

import { Card } from "./card.js";
import { Startle } from "./startle.js";

const MOST_CARDS = 100;
/** A pointer or a key counts as use for so long; then new prompts come in by themselves. */
const USE = 3000;

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
    this.startle = new Startle(this.element, on.announce);
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
    const here = this.turnover(true);
    const elsewhere = this.turnover(false);
    const gone = [...here.gone, ...elsewhere.gone];
    const fresh = [...here.fresh, ...elsewhere.fresh];
    const hold = !force && this.isInUse;
    if (!hold && (gone.length || fresh.length)) this.move(() => this.change(gone, fresh));
    this.showPill(hold ? here.fresh.length : 0);
    this.showRest(here, elsewhere);
  }

  /**
   * Find what may go and what should come. Cards of other channels than the one that is looked
   * at take no room from those that are shown.
   */
  turnover(isHere) {
    const open = this.store.open.filter((prompt) => this.fits(prompt) === isHere).sort(ORDERS[this.order]);
    const cards = [...this.cards.values()].filter((card) => this.fits(card.prompt) === isHere && !this.isStale(card));
    // What somebody is at stays; of all else, what is first takes the places that there are.
    const stays = (card) => (card.isOpen ? this.isUsed(card) : !this.mayGo(card));
    const kept = new Set(cards.filter(stays).map((card) => card.prompt));
    const others = open.filter((prompt) => !kept.has(prompt));
    const chosen = new Set(others.slice(0, Math.max(0, MOST_CARDS - kept.size)));
    return {
      gone: cards.filter(({ prompt }) => !kept.has(prompt) && !chosen.has(prompt)),
      fresh: [...chosen].filter(({ id }) => !this.cards.has(id) || this.isStale(this.cards.get(id))),
      waiting: open.length,
      left: others.length - chosen.size,
    };
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
    this.render();
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

  /** Whether a prompt is of the channel that is looked at. */
  fits(prompt) {
    return !this.channel || prompt.channel === this.channel;
  }

  /** Whether a card's prompt had ended, and waits again. */
  isStale(card) {
    return !card.isOpen && this.store.waits(card.prompt.id);
  }

  isUsed(card) {
    return card.hasDraft || card.hasFocus || card.sending || card.element.matches(":hover");
  }

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
    // What made room for others waits still.
    if (!this.store.waits(card.prompt.id)) this.store.drop(card.prompt.id);
  }

  change(gone, fresh) {
    for (const card of gone) this.remove(card);
    for (const prompt of fresh) this.add(prompt);
    this.arrange();
    for (const prompt of fresh) this.on.added(prompt, this.cards.get(prompt.id).element);
  }

  add(prompt) {
    const card = new Card(prompt, this.on);
    const old = this.cards.get(prompt.id);
    this.cards.set(prompt.id, card);
    this.hide(card);
    if (!old) return;
    // It is asked again: what was written to it before stays, and who was at it.
    const { hasFocus } = old;
    card.restore(old.field.value);
    this.on.removed(old.prompt, old.element);
    old.element.replaceWith(card.element);
    if (hasFocus) card.article.focus({ preventScroll: true });
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
    card.element.hidden = !this.fits(card.prompt) && !card.hasFocus;
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
    if (had) this.startle.moved(isHovered);
  }

  showPill(held) {
    const text = held === 1 ? "1 new prompt" : `${held} new prompts`;
    this.pill.hidden = !held;
    if (held && this.pill.textContent !== text) this.pill.textContent = text;
  }

  showRest(here, elsewhere) {
    const more = here.left + this.store.unlisted;
    const sentences = [];
    if (more) sentences.push(`${more} more wait; they come as these are answered.`);
    if (elsewhere.waiting) sentences.push(`${elsewhere.waiting} more on other channels.`);
    document.getElementById("more").textContent = sentences.join(" ");
    document.getElementById("empty").hidden = this.shown.length > 0 || here.waiting > 0 || this.store.unlisted > 0;
  }
}
