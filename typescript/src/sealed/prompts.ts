/** What an agent says, sealed so that only its recipients read it. */

import { type Content, isPrompt, type Message } from "../model.js";
import type { Kept } from "../sealing.js";
import { type Bytes, sameText, toHex } from "../trust/bytes.js";
import { type SealedPart, sealedPart } from "../trust/hidden.js";
import { conceal } from "./cover.js";
import { seal } from "./jwe.js";
import { keep } from "./kept.js";
import type { Key } from "./keys.js";
import { ReplySecret } from "./reply.js";

/** A message as the server may see it, and what is kept of it if it asks. */
export interface SealedPost {
  readonly sealed: Message;
  readonly kept?: Kept;
}

/** Return where a sealed content belongs, and opens; a response where its prompt is. */
export function placeOf(message: Message): string {
  // Neither a kind nor a channel has a space, so that no two of these texts are the same.
  return `${message.content.type} ${message.channel} ${message.correlation_id ?? message.id}`;
}

/**
 * Seal a message; a response stays as it is.
 *
 * @param own what nobody but the agent knows: of it the prompt's secret is derived.
 */
export async function sealMessage(
  message: Message,
  recipients: readonly Key[],
  own: Bytes,
): Promise<SealedPost> {
  const { content, metadata } = asTravelling(message);
  if (content.type === "response") return { sealed: message };
  const inner = metadata ? { content, metadata } : { content };
  const place = placeOf(message);
  if (!isPrompt(content)) return { sealed: covered(message, await seal(inner, recipients, place)) };
  const secret = await ReplySecret.of(own, place, inner);
  const reply = { reply_to: (await secret.key()).dump(), nonce: await secret.nonce() };
  const part = {
    ...(await seal({ ...inner, ...reply }, recipients, place)),
    fingerprint: await secret.fingerprint(),
  };
  const kept = await keep(content, part, toHex(secret.secret));
  return { sealed: covered(message, part), kept };
}

/** Return what arrives of a message: that is what another process comes to, too. */
function asTravelling(message: Message): Pick<Message, "content" | "metadata"> {
  const { content, metadata } = message;
  const present = Object.entries(content).filter(([, value]) => value != null);
  const told = { content: Object.fromEntries(present) as unknown as Content, metadata };
  return JSON.parse(JSON.stringify(told)) as Pick<Message, "content" | "metadata">;
}

function covered(message: Message, part: SealedPart): Message {
  const { content, metadata } = message;
  const loudness = metadata && "priority" in metadata ? { priority: metadata["priority"] } : {};
  return { ...message, content: conceal(content), metadata: { ...loudness, sealed: part } };
}

/**
 * Whether two sealed prompts are the same one: each time it is sealed it looks different.
 *
 * @param posted what the server has under the id.
 */
export function samePrompt(sealed: Message, posted: Message): boolean {
  const ours = sealedPart(sealed.metadata)?.["fingerprint"];
  const theirs = sealedPart(posted.metadata)?.["fingerprint"];
  if (typeof ours !== "string" || typeof theirs !== "string") return false;
  // The fingerprint covers what was asked; how long it waits is the server's word.
  return sameText(ours, theirs) && sealed.content.type === posted.content.type;
}
