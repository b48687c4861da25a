// The page: its parts, and how they hear of each other.

import { tidy } from "./alarm.js";
import { alias } from "./alias.js";
import { showCount } from "./attention.js";
import * as calling from "./calling.js";
import { Channels } from "./channels.js";
import * as drafts from "./drafts.js";
import { History } from "./history.js";
import { listen } from "./keys.js";
import { bindKeys } from "./keyshelf.js";
import { PromptList } from "./list.js";
import { isSealed, open as openMessage, sealed } from "./opening.js";
import { Presence, SURFACE } from "./presence.js";
import * as rest from "./rest.js";
import { knownAs } from "./session.js";
import * as settings from "./settings.js";
import { Store, priorityOf } from "./store.js";
import { Waiting } from "./waiting.js";
import { Wire } from "./wire.js";
import { kindOf } from "./words.js";

const DRAWN_EVERY = { prompts: 16, history: 150 };
const TICK = 1000;
const TYPED = 200;

const byId = (id) => document.getElementById(id);

// -- what changes is drawn before long, however often it changed until then -----------------

const due = new Set();

function changed(what) {
  if (due.has(what)) return;
  due.add(what);
  setTimeout(() => {
    due.delete(what);
    draw[what]();
  }, DRAWN_EVERY[what]);
}

const draw = {
  prompts() {
    list.render();
    channels.render();
    tidy((id) => store.waits(id));
    const { open } = store;
    showCount(open.length + store.unlisted, open.some((prompt) => prompt.priority === "urgent"));
    byId("waiting-count").textContent = open.length + store.unlisted || "";
  },
  history() {
    history.render();
    channels.render();
  },
};

// -- the one live region: a sentence at a time, and the last one wins -------------------------

let saying = null;

function announce(sentence) {
  clearTimeout(saying);
  byId("announce").textContent = "";
  saying = setTimeout(() => (byId("announce").textContent = sentence), 50);
}

// -- the person, who answers by name, and is seen by others also without one -------------------

const me = () => knownAs() ?? byId("name").value.trim();
const seenAs = () => me() || alias();
const showName = () => (byId("who").textContent = me() || "Set your name");

settings.bind(byId("name"), "name", "", () => {
  showName();
  presence.rename(seenAs());
});
if (knownAs() !== null) byId("name").closest("label").hidden = byId("name-use").hidden = true;
showName();

// -- the parts ----------------------------------------------------------------------------

const store = new Store(changed);
const history = new History(store);
const presence = new Presence((frame) => wire.send(frame), seenAs());

const list = new PromptList(store, {
  announce,
  isMe: (name) => presence.names.has(name),
  added: (prompt, element) => presence.add(prompt, element),
  removed: (prompt, element) => presence.remove(prompt, element),
  typing: (prompt, isTyping) => presence.typing(prompt, isTyping),
  respond,
  dismiss(prompt) {
    drafts.forget(prompt.id);
    list.remove(list.cards.get(prompt.id));
  },
});

const channels = new Channels(store, (channel) => {
  list.filter(channel);
  history.filter({ channel });
});

const waiting = new Waiting(store, told);

const wire = new Wire({
  state: showState,
  ready() {
    waiting.renew();
    presence.again();
  },
  async message(sent) {
    const message = isSealed(sent) ? await openMessage(sent) : sent;
    const isNews = !store.threads.has(message.id);
    const isPrompt = store.message(message);
    if (isPrompt || (store.unlisted && message.content.type === "response")) waiting.refresh();
    if (isNews && message.content.type === "notification") callOf(message);
  },
  gap(frame) {
    store.gap(frame);
    waiting.refresh();
  },
  delivery: (id, delivery) => store.delivery(id, delivery),
});

function showState(state) {
  const words = { connecting: "Connecting", connected: "Connected", lost: "Not connected, trying again" };
  // While it is lost, each attempt to connect is no news.
  if (state === "connecting" && byId("connection").dataset.state === "lost") return;
  document.body.dataset.connection = byId("connection").dataset.state = state;
  byId("connection").textContent = words[state];
}

// -- answers ------------------------------------------------------------------------------

async function respond(prompt, decision) {
  try {
    const whole = { ...decision, responder: me() || undefined, surface: SURFACE };
    const response = await rest.respond(prompt.id, await sealed(prompt, whole));
    store.settle(prompt.id, response, true);
  } catch (error) {
    if (error.body.response) store.settle(prompt.id, error.body.response);
    else if (error.status === 404) store.lose(prompt.id);
    // Without an answer it may have been recorded all the same.
    else if (error.status === 0) waiting.refresh();
    throw error;
  }
}

// -- calling for attention ----------------------------------------------------------------

/** When the first list was read, by the server's clock: what is older was replayed. */
let openedAt = Infinity;

/** Say in short what has come. What was encrypted is for this page alone: a desktop keeps what it was told. */
function summary({ id, channel, content: { text, action, url, type }, seal }) {
  const label = seal ? "Encrypted: read it in the inbox" : text ?? action ?? url;
  return { id, title: `${kindOf({ type })} on ${channel}`, label };
}

/** Prompts have come. The first list is before the eyes of who opened the page. */
function told(fresh) {
  if (openedAt === Infinity) {
    openedAt = Date.now() + store.skew;
    recover();
  } else if (fresh.length) {
    announce(fresh.length === 1 ? summary(fresh[0]).title : `${fresh.length} new prompts`);
    calling.call(fresh.map((one) => ({ ...summary(one), priority: one.priority, waits: true })), open);
  }
}

/** A notification has come: a normal one is not worth a sound. */
function callOf(notification) {
  const priority = priorityOf(notification);
  if (Date.parse(notification.timestamp) < openedAt || priority === "normal") return;
  calling.call([{ ...summary(notification), priority }], open);
}

function open(id) {
  channels.pick("");
  const card = list.cards.get(id);
  if (card) list.focus(card);
}

// -- what was written before a reload, to prompts that wait no more ---------------------------

async function recover() {
  for (const id of drafts.all()) {
    if (store.prompts.has(id)) continue;
    const { label, channel, at } = drafts.read(id);
    let known = null;
    try {
      known = await rest.message(id);
    } catch (error) {
      if (error.status !== 404) continue;
    }
    if (known?.prompt.state === "pending" || store.prompts.has(id)) continue;
    const timestamp = new Date(at).toISOString();
    const content = { type: "question", text: label };
    const message = known ?? { id, channel, content, timestamp };
    const prompt = store.add({ message, expires_at: known?.prompt.expires_at ?? timestamp, delivery: null });
    if (known) await waiting.check(prompt);
    else store.lose(id);
    list.restore(prompt);
  }
}

// -- settings, search, keys -----------------------------------------------------------------

function bindSettings() {
  settings.bind(byId("keys"), "keys", "yes");
  calling.bindSwitches(announce);
  bindKeys(announce);
  settings.bind(byId("sort"), "sort", "urgent", (order) => list.sort(order));
  list.order = byId("sort").value;
}

function bindSearch() {
  let typed = null;
  byId("search").addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => history.filter({ search: byId("search").value }), TYPED);
  });
  byId("kinds").addEventListener("change", () => history.filter({ kind: byId("kinds").value }));
}

bindSettings();
bindSearch();
listen(list, { announce, isOff: () => !byId("keys").checked });
setInterval(() => {
  list.tick();
  waiting.tick(Date.now());
}, TICK);
