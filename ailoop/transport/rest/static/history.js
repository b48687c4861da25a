// What has been: threads, newest first, a page at a time, so that ten thousand cost no more
// on the screen than a hundred.

import { renderMarkdown } from "./markdown.js";
import { appendText, json, link, make, name, webUrl } from "./text.js";
import { isUnanswered, kindOf, moment, outcome, sealWords } from "./words.js";

const PAGE = 100;
const LONG = 1500;

const KINDS = {
  "": () => true,
  prompt: ({ message }) => message && message.content.type !== "notification",
  notification: ({ message }) => message?.content.type === "notification",
  unanswered: ({ response }) => response && isUnanswered(response),
};

export class History {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    this.channel = "";
    this.kind = "";
    this.words = [];
    this.page = 0;
    this.made = new Map();
    this.list = document.getElementById("history");
    this.found = document.getElementById("found");
    this.newer = document.getElementById("newer");
    this.older = document.getElementById("older");
    this.newer.addEventListener("click", () => this.turn(-1));
    this.older.addEventListener("click", () => this.turn(1));
  }

  /** Show what fits: of a channel, of a kind, with all of the words. */
  filter({ channel = this.channel, kind = this.kind, search }) {
    this.channel = channel;
    this.kind = kind;
    if (search !== undefined) this.words = search.toLowerCase().split(/\s+/).filter(Boolean);
    this.page = 0;
    this.render();
  }

  turn(step) {
    this.page += step;
    this.render();
    document.getElementById("history-title").focus({ preventScroll: true });
    document.getElementById("history-title").scrollIntoView({ block: "start" });
  }

  fits(thread) {
    if (this.channel && thread.channel !== this.channel) return false;
    if (!KINDS[this.kind](thread)) return false;
    return this.words.every((word) => thread.words.includes(word));
  }

  render() {
    const waiting = new Set(this.store.open.map((prompt) => prompt.id));
    // The sort keeps the order of what has the same time: what came last is first.
    const threads = [...this.store.threads.values()].reverse().filter((one) => !waiting.has(one.id) && this.fits(one));
    threads.sort((one, other) => other.at - one.at);
    this.page = Math.max(0, Math.min(this.page, Math.ceil(threads.length / PAGE) - 1));
    const from = this.page * PAGE;
    const shown = threads.slice(from, from + PAGE);
    this.show(shown);
    this.newer.hidden = from === 0;
    this.older.hidden = from + PAGE >= threads.length;
    this.found.textContent = told(threads.length, from, shown.length);
  }

  show(threads) {
    const made = new Map();
    let at = this.list.firstElementChild;
    for (const thread of threads) {
      const old = this.made.get(thread.id);
      const isSame = old?.message === thread.message && old.response === thread.response;
      const element = isSame ? old.element : draw(thread);
      made.set(thread.id, { element, message: thread.message, response: thread.response });
      if (element === at) at = at.nextElementSibling;
      else this.list.insertBefore(element, at);
    }
    while (at) {
      const next = at.nextElementSibling;
      at.remove();
      at = next;
    }
    this.made = made;
  }
}

function told(count, from, shown) {
  if (!count) return "Nothing to show.";
  return count > PAGE ? `${from + 1} to ${from + shown} of ${count}` : "";
}

function draw(thread) {
  const made = make("li", "thread");
  if (thread.gap) {
    made.classList.add("gap");
    made.append("Messages are missing here: ", name(thread.channel), " has gone on without this page.");
    return made;
  }
  const about = made.appendChild(make("p", "about"));
  const { message, response } = thread;
  about.append(make("span", "kind", message ? kindOf(message.content) : "Response"), " ", name(thread.channel, "channel"));
  const { priority } = message?.content ?? {};
  if (priority === "urgent" || priority === "high") about.append(" ", make("span", `priority ${priority}`, priority));
  about.append(" ", moment((message ?? response).timestamp));
  if (message?.seal) made.appendChild(make("p", "sealed quiet")).append(...sealWords(message.seal));
  if (message?.seal?.trouble) made.append(make("p", "quiet", "It cannot be read here."));
  else if (message) made.append(said(message.content));
  else made.append(make("p", "quiet", "What was asked is not in the history any more."));
  if (response) made.append(decided(response));
  return made;
}

function decided(response) {
  const made = make("div", "response");
  made.append(outcome(response), moment(response.timestamp));
  return made;
}

/** Return what was asked or told. */
function said({ type, text, action, url, choices, context }) {
  const made = make("div", "said");
  made.dir = "auto";
  if (type === "navigate" && webUrl(url)) made.append(link(webUrl(url)));
  else if (text !== undefined) made.append(renderMarkdown(text));
  else appendText(made.appendChild(make("p", "exact")), action ?? url ?? "");
  if (choices) {
    const list = made.appendChild(make("ul", "offered"));
    for (const choice of choices) list.append(make("li", "", choice));
  }
  if (context !== undefined && context !== null) {
    const details = made.appendChild(make("details"));
    details.append(make("summary", "", "Context"), json(context, "Context"));
  }
  if ((text ?? action ?? "").length <= LONG) return made;
  made.classList.add("long");
  made.tabIndex = 0;
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", "A long text");
  return made;
}
