// What this page tells the server of its prompts: listed, before a person's eyes, being
// answered. So that an agent knows whether anybody looks, and others that somebody does.

const AT_ONCE = 100;
const IDLE = 5000;
/** Who has not touched the page for so long may be gone, if its window is not in front either. */
const ATTENTION = 60_000;
/** A name counts when it has been written. */
const WRITTEN = 1000;
const TOUCHES = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"];
// Half of a prompt, or what is in the middle of the window: that is half a window of it at
// least, however tall it is.
const VIEWS = [{ threshold: 0.5 }, { rootMargin: "-50% 0px" }];
export const SURFACE = "web page";

export class Presence {
  /**
   * @param {(frame: object) => void} send
   * @param {string} name of the person
   */
  constructor(send, name) {
    this.send = send;
    this.name = name;
    /** All names that were told from here: none of them is somebody else. */
    this.names = new Set([name]);
    /** How each listed prompt stands here, by its id. */
    this.states = new Map();
    this.elements = new WeakMap();
    this.news = new Map();
    this.idle = null;
    this.touchedAt = -Infinity;
    this.views = VIEWS.map((options) => this.view(options));
    const touched = () => {
      this.touchedAt = performance.now();
      this.see();
    };
    for (const kind of TOUCHES) addEventListener(kind, touched, { passive: true, capture: true });
    addEventListener("focus", () => this.see());
    document.addEventListener("visibilitychange", () => this.see());
  }

  /** Watch which elements come into view. */
  view({ threshold = 0, rootMargin = "0px" }) {
    const visible = new Set();
    const look = (entries) => {
      for (const { target, isIntersecting, intersectionRatio } of entries) {
        visible[isIntersecting && intersectionRatio >= threshold ? "add" : "delete"](target);
      }
      this.see();
    };
    return { visible, observer: new IntersectionObserver(look, { threshold, rootMargin }) };
  }

  /** A prompt is listed. */
  add(prompt, element) {
    this.elements.set(element, prompt.id);
    this.tell(prompt.id, "delivered");
    for (const { observer } of this.views) observer.observe(element);
  }

  remove(prompt, element) {
    for (const { observer, visible } of this.views) {
      observer.unobserve(element);
      visible.delete(element);
    }
    this.states.delete(prompt.id);
  }

  /** Whether there is somebody: the window is in front, or was touched just now. */
  get isAttended() {
    return !document.hidden && (document.hasFocus() || performance.now() - this.touchedAt < ATTENTION);
  }

  see() {
    if (!this.isAttended) return;
    for (const { visible } of this.views) {
      for (const element of visible) {
        const id = this.elements.get(element);
        if (this.states.get(id) === "delivered") this.tell(id, "seen");
      }
    }
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

  /** Tell everything: to a connection that is new, or of a person who has another name now. */
  again() {
    for (const [id, state] of this.states) this.tell(id, state);
  }

  /** Take the name of the person, as far as it is written. */
  rename(name) {
    clearTimeout(this.renaming);
    this.renaming = setTimeout(() => {
      this.name = name;
      this.names.add(name);
      this.again();
    }, WRITTEN);
  }

  flush() {
    for (const state of ["delivered", "seen", "typing"]) {
      const ids = [...this.news].filter(([, one]) => one === state).map(([id]) => id);
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        this.send({ op: "show", ids: ids.slice(at, at + AT_ONCE), state, name: this.name, surface: SURFACE });
      }
    }
    this.news.clear();
  }
}
