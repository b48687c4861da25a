/** A person's decision on a sealed prompt, with all that is for the agent alone sealed. */

import { SealedPrompt } from "../errors.js";
import type { Message } from "../model.js";
import { isSealed, type Told } from "../sealing.js";
import { CryptoMissing } from "../trust/crypto.js";
import { COVER_ANSWER } from "./cover.js";
import { fit } from "./fitting.js";
import { seal } from "./jwe.js";
import { Key } from "./keys.js";
import { SealedMessage } from "./opening.js";

/** What anybody may say to a prompt that they cannot read. */
const HARMLESS: readonly unknown[] = ["authorization_denied", "cancelled"];

/** What is for the agent alone, and what the server has to know as well. */
const PRIVATE = ["reason", "responder", "response_type"];
const CLEAR = ["response_type", "responder", "surface"];

/**
 * Return a decision on a prompt with all that is for the agent alone sealed.
 *
 * Throws {@link SealedPrompt} if the prompt cannot be read here, and this is no denial;
 * `Invalid` if the answer is none to this question, or no context that was offered to be edited.
 */
export async function sealDecision(prompt: Message, told: Told): Promise<Told> {
  if (!(prompt instanceof SealedMessage)) {
    if (!isSealed(prompt) || HARMLESS.includes(told["response_type"])) return told;
    throw new SealedPrompt("nothing was sent: pass the message that was read, no copy of it");
  }
  const reply = SealedMessage.replyOf(prompt);
  if (!prompt.isOpen || !reply) {
    if (HARMLESS.includes(told["response_type"])) return told;
    throw new SealedPrompt(
      `nothing was sent: this prompt cannot be read here; ${String(prompt.trouble)}`,
    );
  }
  const said = fit(prompt.content, told);
  const inner = { ...some(told, PRIVATE), nonce: reply.nonce, ...said };
  const part = await sealTo(reply.reply_to, inner, `response ${prompt.channel} ${prompt.id}`);
  const cover = said["answer"] === undefined ? {} : { answer: COVER_ANSWER };
  return { ...some(told, CLEAR), ...cover, sealed: part };
}

function some(told: Told, names: readonly string[]): Told {
  const present = names.filter((name) => told[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, told[name]]));
}

async function sealTo(to: unknown, value: object, place: string): Promise<unknown> {
  try {
    return await seal(value, [await Key.load(to)], place);
  } catch (error) {
    if (error instanceof CryptoMissing) throw error;
    // No key, or one with which nothing can be agreed on (RFC 7748, section 6.1).
    throw new SealedPrompt("nothing was sent: this prompt takes no answer");
  }
}
