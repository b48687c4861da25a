// What the page knows: the prompts that wait, and the history as threads. What waits is the
// server's own list (`waiting`); the socket's messages make the history, and settle prompts.

const MOST_THREADS = 10_000;
const PRIORITIES = ["low", "normal", "high", "urgent"];
const PROMPTS = new Set(["question", "authorization", "navigate"]);

/** Return how loudly a message calls. */
export function priorityOf(message) {
  const said = message.content.type === "notification" ? message.content.priority : message.metadata?.priority;
  return PRIORITIES.includes(said) ? said : "normal";
}

function labelOf({ text, action, url }) {
  return text ?? action ?? url ?? "";
}

/**
 * @typedef {object} Prompt
 * @property {string} id
 * @property {string} channel
 * @property {string} kind question, authorization or navigate
 * @property {object} content
 * @property {import("./opening.js").Seal | null} seal of an encrypted prompt
 * @property {string} label what is asked
 * @property {string} priority
 * @property {number} rank of its priority
 * @property {number} askedAt milliseconds
 * @property {number} expiresAt milliseconds, by our clock
 * @property {number} seconds it may wait in all
 * @property {object} delivery
 * @property {object | null} response that settled it
 * @property {boolean} mine whether the response was given here
 * @property {boolean} lost whether the server does not know it any more
 */

export class Store {
  /** @param {(what: "prompts" | "history") => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Map<string, Prompt>} */
    this.prompts = new Map();
    this.threads = new Map();
    /** When the last message was sent that a channel has brought. */
    this.toldAt = new Map();
    /** How many wait that the server's list had no room for. */
    this.unlisted = 0;
    /** By how many milliseconds the server's clock is ahead of ours. */
    this.skew = 0;
    /** When this page heard of each response. */
    this.heard = new WeakMap();
  }

  /** Prompts that wait for a person. */
  get open() {
    return [...this.prompts.values()].filter(isOpen);
  }

  /** Whether a prompt is known and waits. */
  waits(id) {
    return this.prompts.has(id) && isOpen(this.prompts.get(id));
  }

  /** Take a message of a channel; return whether the list of what waits may have changed. */
  message(message) {
    const { type } = message.content;
    this.toldAt.set(message.channel, Date.parse(message.timestamp));
    if (type === "response") {
      this.settle(message.correlation_id, message);
      return false;
    }
    // What is there already is told again after a new beginning; the list knows what waits again.
    if (!this.threads.get(message.id)?.message) this.thread(message);
    this.changed("history");
    return PROMPTS.has(type) && !this.waits(message.id);
  }

  /** Note that messages of a channel are missing. */
  gap({ channel, first }) {
    const id = `gap ${channel} ${first}`;
    // Not the newest thread: the list of what waits may be ahead of the channel.
    const at = (this.toldAt.get(channel) ?? 0) + 1;
    this.threads.set(id, { id, channel, gap: true, message: null, response: null, at, words: channel });
    this.changed("history");
  }

  thread(message) {
    const at = Date.parse(message.timestamp);
    const old = this.threads.get(message.id);
    const made = { id: message.id, channel: message.channel, gap: false, message, response: null, at, words: "" };
    if (old?.response) {
      made.response = old.response;
      made.at = Math.max(at, old.at);
    }
    made.words = wordsOf(made);
    this.threads.set(message.id, made);
    this.bound();
  }

  /** Of too much history, the oldest goes; not at each message, because it must be sorted. */
  bound() {
    if (this.threads.size <= MOST_THREADS * 1.1) return;
    const oldest = [...this.threads.values()].sort((one, other) => one.at - other.at);
    for (const { id } of oldest.slice(0, this.threads.size - MOST_THREADS)) this.threads.delete(id);
  }

  /** Take the response that settles a prompt. */
  settle(id, response, mine = false) {
    const thread = this.threads.get(id);
    const at = Date.parse(response.timestamp);
    this.heard.set(response, performance.now());
    if (thread) {
      thread.response = response;
      thread.at = Math.max(thread.at, at);
      thread.words = wordsOf(thread);
    } else {
      const { channel } = response;
      const alone = { id, channel, gap: false, message: null, response, at, words: "" };
      this.threads.set(id, { ...alone, words: wordsOf(alone) });
      this.bound();
    }
    const prompt = this.prompts.get(id);
    if (prompt) {
      prompt.response = response;
      prompt.mine ||= mine;
    }
    this.changed("history");
    this.changed("prompts");
  }

  /** Note that the server does not know a prompt any more. */
  lose(id) {
    const prompt = this.prompts.get(id);
    if (prompt && !prompt.response) prompt.lost = true;
    this.changed("prompts");
  }

  /**
   * Take the server's list of what waits: it is right, also about what had ended before. A
   * server that has forgotten a prompt is asked again under the same id.
   * @param {object} list
   * @param {number} since when the list was asked for: a response that came later is newer
   * @returns {{fresh: Prompt[], absent: Prompt[]}} what was not known to wait, and what seemed
   *   to wait and is not in the list
   */
  waiting({ items, total, skew }, since) {
    this.unlisted = Math.max(0, total - items.length);
    this.skew = skew;
    const listed = new Set(items.map((item) => item.message_id));
    const absent = this.open.filter((prompt) => !listed.has(prompt.id));
    const fresh = [];
    for (const item of items) {
      const id = item.message_id;
      const known = this.prompts.get(id);
      const response = known?.response ?? this.threads.get(id)?.response;
      if (this.waits(id)) {
        known.delivery = item.delivery;
        known.expiresAt = Date.parse(item.expires_at) - skew;
      } else if (!response || this.heard.get(response) < since) {
        this.archive(id);
        this.thread(item.message);
        fresh.push(this.add(item));
      }
    }
    this.changed("prompts");
    this.changed("history");
    return { fresh, absent };
  }

  /** Keep a thread that has ended apart from a later one of the same id. */
  archive(id) {
    const ended = this.threads.get(id);
    if (!ended?.response) return;
    this.threads.delete(id);
    this.threads.set(ended.response.id, { ...ended, id: ended.response.id });
  }

  /** Make a prompt of an item of the server's list, and keep it. */
  add({ message, expires_at: expires, delivery }) {
    const priority = priorityOf(message);
    const prompt = {
      id: message.id,
      channel: message.channel,
      kind: message.content.type,
      content: message.content,
      seal: message.seal ?? null,
      label: labelOf(message.content),
      priority,
      rank: PRIORITIES.indexOf(priority),
      askedAt: Date.parse(message.timestamp),
      expiresAt: Date.parse(expires) - this.skew,
      seconds: message.content.timeout_seconds,
      delivery,
      response: null,
      mine: false,
      lost: false,
    };
    this.prompts.set(prompt.id, prompt);
    return prompt;
  }

  /** Forget a prompt that is not shown any more. */
  drop(id) {
    this.prompts.delete(id);
    this.changed("prompts");
  }

  delivery(id, delivery) {
    const prompt = this.prompts.get(id);
    if (!prompt) return;
    prompt.delivery = delivery;
    this.changed("prompts");
  }

  /** Return how many prompts wait and how many threads there are, by channel. */
  channels() {
    const counts = new Map();
    const of = (channel) => {
      if (!counts.has(channel)) counts.set(channel, { waiting: 0, threads: 0 });
      return counts.get(channel);
    };
    for (const thread of this.threads.values()) of(thread.channel).threads += thread.gap ? 0 : 1;
    for (const prompt of this.open) of(prompt.channel).waiting++;
    return counts;
  }
}

function isOpen({ response, lost }) {
  return !response && !lost;
}

/** Return all that a search may find a thread by. */
function wordsOf({ channel, message, response }) {
  const { answer } = response?.content ?? {};
  const { responder, reason, surface } = response?.metadata ?? {};
  const asked = message ? labelOf(message.content) : "";
  return [channel, asked, answer, responder, reason, surface]
    .filter((one) => typeof one === "string")
    .join("\n")
    .toLowerCase();
}
