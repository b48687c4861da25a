/** What an agent keeps of a prompt that it has encrypted. */

import type { Decision } from "../approval.js";
import type { Message, PromptContent } from "../model.js";
import type { Kept } from "../sealing.js";
import { CanonicalError, contentHash } from "../trust/canonical.js";
import {
  bareHashOf,
  type Hidden,
  type SealedPart,
  sealedHash,
  sealedPart,
} from "../trust/hidden.js";

/** Return what to keep of a prompt. */
export async function keep(
  content: PromptContent,
  part: SealedPart,
  secret: string,
): Promise<Kept> {
  return {
    reply_secret: secret,
    ...named("content_hash", await orNone(contentHash(content))),
    ...named("prompt_hash", await partHash(content.type, part)),
    ...named("bare_hash", await editableHash(content)),
  };
}

/**
 * Return the same of a prompt that was sealed before, and posted as that. That it says what was
 * asked here nobody can tell from it; an answer that opens proves it, by the nonce.
 */
export async function keptAs({ prompt_hash: _, ...kept }: Kept, posted: Message): Promise<Kept> {
  const part = sealedPart(posted.metadata) ?? {};
  return { ...kept, ...named("prompt_hash", await partHash(posted.content.type, part)) };
}

/**
 * Return what the receipt of an answer has to be about.
 * @param decision - what the answer says
 */
export async function hiddenBy(kept: Kept, part: SealedPart, decision: Decision): Promise<Hidden> {
  const { edited, context } = decision;
  return {
    contentHash: kept.content_hash,
    promptHash: kept.prompt_hash,
    answerHash: await partHash("response", part),
    edited: edited ? { bareHash: kept.bare_hash, context } : undefined,
  };
}

function named(name: keyof Kept, hash: string | undefined): Kept {
  return hash === undefined ? {} : { [name]: hash };
}

/** Return the hash of what may be edited, without its context. */
async function editableHash(content: PromptContent): Promise<string | undefined> {
  const isEditable = content.type === "authorization" && content.editable === true;
  return isEditable ? orNone(bareHashOf(content)) : undefined;
}

function partHash(kind: string, part: SealedPart): Promise<string | undefined> {
  return orNone(sealedHash(kind, part));
}

/** Return a hash; none of what has no canonical form, for no receipt can be about it. */
async function orNone(hash: Promise<string>): Promise<string | undefined> {
  try {
    return await hash;
  } catch (error) {
    if (error instanceof CanonicalError) return undefined;
    throw error;
  }
}
