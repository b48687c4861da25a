/**
 * What a receipt is about where its signer could not read what was decided: the ciphertext.
 *
 * The daemon sees of an encrypted prompt a sentence that is the same for all. So it signs the
 * hash of what hides the words. Whoever encrypted knows both, and holds the words against what
 * is about to be done by themselves.
 */

import { canonicalHash, contentHash, type Asked } from "./canonical.js";
import { ReceiptError } from "./faults.js";

/** What is sealed in a message: `metadata.sealed`. */
export type SealedPart = Readonly<Record<string, unknown>>;

/** Return what is sealed in a message, `undefined` where nothing is. */
export function sealedPart(
  metadata: Readonly<Record<string, unknown>> | null | undefined,
): SealedPart | undefined {
  const part = metadata?.["sealed"];
  // Agents that know nothing of this may have a member of that name.
  const isPart =
    typeof part === "object" && part !== null && !Array.isArray(part) && "ciphertext" in part;
  return isPart ? part : undefined;
}

/**
 * Return the hash of what hides a prompt or an answer.
 * @param kind - the content's `type`
 * @throws CanonicalError - it has no canonical form, and is none of ours
 */
export function sealedHash(kind: string, part: SealedPart): Promise<string> {
  return canonicalHash({ type: kind, sealed: part });
}

/** What was approved in the place of what an encrypted authorization asked. */
export interface Edited {
  /** Of what it asked, without the context; absent if nobody was to edit it. */
  readonly bareHash: string | undefined;
  /** What a person has made of it. */
  readonly context: unknown;
}

/** Whether an edited authorization is what is about to be done. */
async function isSaidBy({ bareHash, context }: Edited, content: Asked): Promise<boolean> {
  if (content.type !== "authorization" || bareHash === undefined) return false;
  const about = await contentHash({ ...content, context });
  return (await bareHashOf(content)) === bareHash && (await contentHash(content)) === about;
}

/**
 * Return the hash of what an authorization asks without its context.
 * @throws CanonicalError - it has no canonical form
 */
export function bareHashOf(content: Asked): Promise<string> {
  return contentHash({ ...content, context: null });
}

/** What whoever encrypted a prompt knows of it, and of the answer that they opened. */
export interface Hidden {
  /** Of what was encrypted; a hash of few words gives them away, so it is not for a log. */
  readonly contentHash: string | undefined;
  /** Of the ciphertext that the server has. */
  readonly promptHash: string | undefined;
  /** The same of the answer's. Where one of them is absent, no receipt is about it. */
  readonly answerHash: string | undefined;
  readonly edited?: Edited | undefined;
}

/** Whether all of it is known: otherwise no receipt can be held against it. */
export function isKnown({ contentHash: asked, promptHash, answerHash }: Hidden): boolean {
  return asked !== undefined && promptHash !== undefined && answerHash !== undefined;
}

/** No JSON has such a member, so that nothing from outside can claim to have been opened here. */
const HIDDEN: unique symbol = Symbol.for("ailoop.hidden") as never;

/** Remember of an answer that was opened what its receipt has to be about. */
export function markHidden<T extends object>(response: T, hidden: Hidden): T {
  return Object.defineProperty(response, HIDDEN, { value: hidden });
}

/** Return what the receipt of an answer that was opened has to be about. */
export function hiddenOf(response: object): Hidden | undefined {
  return (response as { readonly [HIDDEN]?: Hidden })[HIDDEN];
}

/**
 * Hold what is about to be done against what was encrypted.
 * @throws ReceiptError - it is something else
 * @throws CanonicalError - what is about to be done has no canonical form
 */
export async function checkHidden(hidden: Hidden, content: Asked): Promise<void> {
  const { edited, contentHash: hash } = hidden;
  const isSame = edited ? await isSaidBy(edited, content) : hash === (await contentHash(content));
  if (!isSame) {
    throw new ReceiptError("other_action", "what was encrypted is not what is about to be done");
  }
}
