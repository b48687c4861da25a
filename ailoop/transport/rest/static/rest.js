// The calls of REST that the page makes. A failure is an error that has a sentence for a
// person, the status (0: no answer at all) and the body. What is encrypted comes opened.

import { parse } from "./json.js";
import { open } from "./opening.js";

import { check, proof } from "./session.js";

const AWAY = "The server cannot be reached. What you wrote is kept; try again when it is back.";
const SILENT = "The server does not answer. What you wrote is kept; try again.";
/** Milliseconds for an answer: on a connection that is dead, none would ever come. */
const PATIENCE = 10_000;

function failure(sentence, status, body) {
  return Object.assign(new Error(sentence), { status, body });
}

async function call(method, path, { body, signal } = {}) {
  const late = AbortSignal.timeout(PATIENCE);
  let answer;
  let text;
  try {
    answer = await fetch(path, {
      method,
      headers: { ...(body && { "Content-Type": "application/json" }), ...proof() },
      body: body ? JSON.stringify(body) : undefined,
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    text = await answer.text();
  } catch {
    throw failure(late.aborted ? SILENT : AWAY, 0, {});
  }
  let value;
  try {
    value = parse(text);
  } catch {
    throw failure(`The server answered what is no JSON (status ${answer.status}).`, answer.status, {});
  }
  if (answer.status === 401) check();
  if (!answer.ok) throw failure(value.error ?? `Status ${answer.status}`, answer.status, value);
  return { value, status: answer.status, date: Date.parse(answer.headers.get("Date") ?? "") };
}

/**
 * Return what waits for a person.
 * @param {AbortSignal} signal
 * @returns {Promise<{items: object[], total: number, skew: number}>} `skew`: by how many
 *   milliseconds the server's clock is ahead of ours
 */
export async function pending(signal) {
  const { value, date } = await call("GET", "/api/v1/pending", { signal });
  // The header counts whole seconds, cut off; a smaller difference is none.
  const skew = date + 500 - Date.now();
  const items = await Promise.all(value.items.map(async (item) => ({ ...item, message: await open(item.message) })));
  return { items, total: value.total_count, skew: Math.abs(skew) > 2000 ? skew : 0 };
}

/** Return how many live channels there are. */
export async function countChannels() {
  return (await call("GET", "/api/v1/channels")).value.channels.length;
}

/** Return a message; a prompt with its `prompt` member. */
export async function message(id) {
  return open((await call("GET", `/api/v1/messages/${id}`)).value);
}

/** Return the response to a prompt, or null while it is open. */
export async function response(id, signal) {
  const { value, status } = await call("GET", `/api/v1/messages/${id}/response?wait=0`, { signal });
  return status === 200 ? value : null;
}

/** Answer a prompt; return the recorded response. */
export async function respond(id, decision) {
  return (await call("POST", `/api/v1/messages/${id}/response`, { body: decision })).value;
}
