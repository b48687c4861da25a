"use strict";
// Shows what waits, on the same API everybody has. The socket only says that something
// happened; the list is always the server's own, so two screens cannot disagree.

const byId = (id) => document.getElementById(id);
const shown = new Map();

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

async function respond(id, body) {
  byId("notice").textContent = "";
  try {
    await call("POST", `/api/v1/messages/${id}/response`, { ...body, responder: "web page" });
  } catch (error) {
    byId("notice").textContent = error.message;
  }
  await refresh();
}

function button(text, act) {
  const made = document.createElement("button");
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function draw(item) {
  const card = byId("prompt").content.firstElementChild.cloneNode(true);
  const find = (name) => card.querySelector(name);
  const { content } = item.message;
  const id = item.message_id;
  const input = find("input");
  const words = () => input.value;
  find(".label").textContent = item.label;
  if (content.context !== undefined) {
    find(".context").textContent = JSON.stringify(content.context, null, 2);
    find(".context").hidden = false;
  }
  const actions = find(".actions");
  if (item.kind === "question") {
    find(".words span").textContent = "Answer";
    for (const choice of content.choices ?? []) {
      find(".choices").append(button(choice, () => respond(id, { answer: choice })));
    }
    find(".words").hidden = Boolean(content.choices);
    if (!content.choices) {
      const send = () => respond(id, { answer: words() });
      actions.append(button("Answer", send));
      input.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && send());
    }
  } else {
    const decide = (type) => () =>
      respond(id, { response_type: type, reason: words() || undefined });
    find(".words span").textContent = "Reason (optional)";
    if (item.kind === "navigate") {
      find(".label").textContent = "Open this page?";
      find(".url").textContent = find(".url").href = content.url;
      find(".url").hidden = false;
      actions.append(button("I opened it", decide("authorization_approved")));
    } else {
      actions.append(button("Approve", decide("authorization_approved")));
    }
    actions.append(button("Deny", decide("authorization_denied")));
  }
  return card;
}

function describe(card, item) {
  const left = Math.max(0, Math.round((new Date(item.expires_at) - Date.now()) / 1000));
  card.querySelector(".about").textContent = `${item.kind} on ${item.channel}, ${left} s left`;
}

function count() {
  for (const { card, item } of shown.values()) describe(card, item);
}

let asked = 0;

async function refresh() {
  const mine = ++asked;
  const { items, total_count: total } = await call("GET", "/api/v1/pending");
  if (mine !== asked) return; // a later list is on its way or has been shown
  const wanted = new Set(items.map((item) => item.message_id));
  for (const [id, { card }] of shown) {
    if (!wanted.has(id)) {
      card.remove();
      shown.delete(id);
    }
  }
  for (const item of items) {
    if (!shown.has(item.message_id)) {
      const card = draw(item);
      byId("prompts").append(card);
      shown.set(item.message_id, { card, item });
    }
  }
  byId("empty").hidden = total > 0;
  document.title = total ? `(${total}) ailoop` : "ailoop";
  count();
}

function follow() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws`);
  let due = false;
  const changed = () => {
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      refresh().catch(() => {});
    }, 50);
  };
  socket.addEventListener("open", () => {
    byId("connection").textContent = "connected";
    socket.send('{"subscribe":"*"}');
    changed();
  });
  socket.addEventListener("message", changed);
  socket.addEventListener("close", () => {
    byId("connection").textContent = "not connected, trying again";
    setTimeout(follow, 1000);
  });
}

follow();
setInterval(count, 1000);
