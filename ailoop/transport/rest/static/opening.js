// Encrypted messages, opened where there is a key, and decisions, encrypted for who asked. The
// rules are those of every surface: what cannot be read here can be denied, and nothing else.

import { readFields } from "./fields.js";
import { kept } from "./keyring.js";
import { CannotUnseal, seal, unseal, whyNot } from "./sealed.js";

const NEEDS_READING = new Set(["text", "authorization_approved"]);
/** What a content may have; the first are its words. */
const MEMBERS = {
  question: ["text", "choices", "schema"],
  authorization: ["action", "context", "editable"],
  navigate: ["url", "context"],
  notification: ["text", "priority"],
};
/** So many levels may anything have that is read, as on the server. */
const DEEPEST = 64;

/**
 * How an encrypted message stands.
 * @typedef {object} Seal
 * @property {string} name whose key has opened it, or ""
 * @property {string} trouble why it cannot be read here, or ""
 * @property {{nonce: string, to: object} | null} reply where an answer goes, and its proof
 */

/** Whether a message is encrypted. The agent reads responses, nobody here does. */
export function isSealed({ content, metadata }) {
  const part = metadata?.sealed;
  return content.type !== "response" && typeof part === "object" && part !== null && "ciphertext" in part;
}

/** Return a message as it can be read here; one that was encrypted has a `seal`. */
export async function open(message) {
  if (!isSealed(message)) return message;
  const keys = await kept;
  try {
    if (!keys.length) throw new CannotUnseal(whyNot() || "there is no key here; settings take one");
    const place = `${message.content.type} ${message.channel} ${message.id}`;
    const { value, key } = await unseal(message.metadata.sealed, keys, place);
    if (isDeeper(value, DEEPEST)) throw new Error("nested too deep to be shown");
    const content = readContent(value, message.content);
    const seal = { name: key.name, trouble: "", reply: readReply(value) };
    return { ...message, content, metadata: value.metadata, seal };
  } catch (error) {
    const trouble = error instanceof CannotUnseal ? error.message : "it is not understood";
    return { ...message, seal: { name: "", trouble, reply: null } };
  }
}

/** Return what was said, if it is what a message of this kind may say, and nothing besides. */
function readContent({ content }, clear) {
  const members = MEMBERS[content.type];
  const { type: _, timeout_seconds: __, ...said } = content;
  if (!Object.keys(said).every((one) => members.includes(one))) throw new Error("unknown members");
  const words = content[members[0]];
  const { choices = null } = content;
  const areTexts = Array.isArray(choices) && choices.length > 0 && choices.every((one) => typeof one === "string");
  if (content.schema !== undefined && content.schema !== null) readFields(content.schema);
  if (content.type !== clear.type || typeof words !== "string" || !(choices === null || areTexts)) {
    throw new Error("another kind of content");
  }
  // How long it waits is the server's word.
  return { ...content, timeout_seconds: clear.timeout_seconds };
}

function isDeeper(value, depth) {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((one) => isDeeper(one, depth - 1));
}

function readReply({ nonce, reply_to: to }) {
  const isWhole = typeof nonce === "string" && to?.crv === "X25519" && typeof to.x === "string";
  return isWhole ? { nonce, to: { kid: to.kid, x: to.x } } : null;
}

/**
 * Return a decision as it is sent: on an encrypted prompt, with all that is for the agent
 * alone encrypted.
 * @throws {Error} nothing is to be sent
 */
export async function sealed(prompt, decision) {
  if (!prompt.seal) return decision;
  const kind = decision.response_type ?? "text";
  const { reply, trouble } = prompt.seal;
  if (!reply || trouble) {
    if (!NEEDS_READING.has(kind)) return decision;
    throw nothingSent("cannot be read here");
  }
  const { answer, reason, responder, surface } = decision;
  const told = { nonce: reply.nonce, response_type: kind, answer, reason, responder };
  const index = prompt.content.choices?.indexOf(answer) ?? -1;
  if (index >= 0) Object.assign(told, { index, value: answer });
  const part = await seal(told, reply.to, `response ${prompt.channel} ${prompt.id}`).catch(() => {
    throw nothingSent("takes no answer"); // its key is none
  });
  const cover = answer === undefined ? undefined : "encrypted";
  return { answer: cover, response_type: kind, responder, surface, sealed: part };
}

function nothingSent(why) {
  return Object.assign(new Error(`Nothing was sent: this prompt ${why}.`), { status: 0, body: {} });
}
