// What this page tells the server of its prompts: listed, before a person's eyes, being
// answered. So that an agent knows whether anybody looks, and others that somebody does.

const AT_ONCE = 100;
const IDLE = 5000;
export const SURFACE = "web page";

export class Presence {
  /**
   * @param {(frame: object) => void} send
   * @param {() => string} name of the person
   */
  constructor(send, name) {
    this.send = send;
    this.name = name;
    /** How each listed prompt stands here, by its id. */
    this.states = new Map();
    this.elements = new WeakMap();
    this.visible = new Set();
    this.news = new Map();
    this.idle = null;
    this.observer = new IntersectionObserver((entries) => this.look(entries), { threshold: [0, 0.25, 0.5, 1] });
    document.addEventListener("visibilitychange", () => this.see());
  }

  /** A prompt is listed. */
  add(prompt, element) {
    this.elements.set(element, prompt.id);
    this.tell(prompt.id, "delivered");
    this.observer.observe(element);
  }

  remove(prompt, element) {
    this.observer.unobserve(element);
    this.states.delete(prompt.id);
    this.visible.delete(prompt.id);
  }

  look(entries) {
    for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
      const height = rootBounds?.height ?? innerHeight;
      // Half of it, or where it is taller than the window, half a window of it.
      const isSeen = intersectionRatio >= 0.5 || intersectionRect.height >= height / 2;
      this.visible[isSeen ? "add" : "delete"](this.elements.get(target));
    }
    this.see();
  }

  see() {
    if (document.hidden) return;
    for (const id of this.visible) if (this.states.get(id) === "delivered") this.tell(id, "seen");
  }

  /** A person writes an answer, or has stopped. */
  typing(prompt, isTyping) {
    clearTimeout(this.idle);
    const was = this.states.get(prompt.id);
    if (isTyping && was !== "typing") this.tell(prompt.id, "typing");
    if (!isTyping && was === "typing") this.tell(prompt.id, "seen");
    if (isTyping) this.idle = setTimeout(() => this.typing(prompt, false), IDLE);
  }

  tell(id, state) {
    this.states.set(id, state);
    if (!this.news.size) queueMicrotask(() => this.flush());
    this.news.set(id, state);
  }

  /** Tell everything: to a connection that is new. */
  again() {
    for (const [id, state] of this.states) this.tell(id, state);
  }

  flush() {
    const name = this.name() || undefined;
    for (const state of ["delivered", "seen", "typing"]) {
      const ids = [...this.news].filter(([, one]) => one === state).map(([id]) => id);
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        this.send({ op: "show", ids: ids.slice(at, at + AT_ONCE), state, name, surface: SURFACE });
      }
    }
    this.news.clear();
  }
}
