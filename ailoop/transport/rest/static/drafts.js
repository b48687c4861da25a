// What a person has written and not sent: it outlives a reload, and a lost connection.
// One entry a prompt, so that two pages do not write over each other's.

import * as settings from "./settings.js";

const START = "draft.";
const MOST = 50;
const LONGEST = 70_000;
const OLDEST = 7 * 24 * 3600 * 1000;

/**
 * Return what is kept for a prompt: the text, and what it answers.
 * @returns {{text: string, label: string, channel: string, at: number} | null}
 */
export function read(id) {
  try {
    const kept = JSON.parse(settings.get(START + id, "null"));
    const isWhole = ["text", "label", "channel"].every((key) => typeof kept?.[key] === "string");
    return isWhole && kept.at > Date.now() - OLDEST ? kept : null;
  } catch {
    return null;
  }
}

/** Keep what is written for a prompt; nothing written, nothing kept. */
export function keep(prompt, text) {
  if (!text) return forget(prompt.id);
  if (prompt.seal) return; // what is written to an encrypted prompt is written down nowhere
  const { label, channel } = prompt;
  const kept = { text: text.slice(0, LONGEST), label: label.slice(0, 500), channel, at: Date.now() };
  settings.set(START + prompt.id, JSON.stringify(kept));
}

/** Forget what was written for a prompt. */
export function forget(id) {
  settings.remove(START + id);
}

/** Return the prompts that something is kept for, after throwing out what is old or too much. */
export function all() {
  const ids = settings.names(START).map((name) => name.slice(START.length));
  const kept = ids.filter((id) => read(id) ?? forget(id));
  kept.sort((one, other) => read(other).at - read(one).at);
  kept.slice(MOST).forEach(forget);
  return kept.slice(0, MOST);
}
