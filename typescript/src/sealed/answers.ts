/** The answer to an encrypted prompt, opened for the agent that asked. */

import { Decision } from "../approval.js";
import { AiloopError, UnreadAnswer } from "../errors.js";
import type { ResponseMessage } from "../model.js";
import type { Kept } from "../sealing.js";
import { type Bytes, fromHex, sameText } from "../trust/bytes.js";
import { hiddenOf, markHidden, type SealedPart, sealedPart } from "../trust/hidden.js";
import { isTooDeep } from "./contents.js";
import { CannotUnseal, NoKey, unseal } from "./jwe.js";
import { hiddenBy } from "./kept.js";
import { placeOf } from "./prompts.js";
import { ReplySecret } from "./reply.js";

/** What anybody may say to a prompt that they cannot read. */
const HARMLESS: readonly string[] = ["authorization_denied", "cancelled", "timeout"];

/** What of the metadata is an answer. */
const ANSWERS = ["index", "value"];

/** What comes from the sealed answer alone, for what stands in the clear nobody vouches. */
const TOLD = ["reason", "responder", ...ANSWERS];

type Members = Readonly<Record<string, unknown>>;

/**
 * Return an answer to a sealed prompt as it was given, if it comes from a reader of it. A
 * denial, or that nobody answered, may come from anybody; of such only the reason is told.
 *
 * Throws {@link UnreadAnswer} if whoever answered had not read the prompt, or is not believed.
 *
 * @param kept of the prompt; `undefined` if it is not known here.
 */
export async function openAnswer(
  response: ResponseMessage,
  kept: Kept | undefined,
): Promise<ResponseMessage> {
  if (hiddenOf(response)) return response;
  const part = sealedPart(response.metadata);
  const { content, metadata } = response;
  if (!part) {
    if (!HARMLESS.includes(content.response_type))
      throw new UnreadAnswer(response, "it is not sealed");
    // Without what a program could take for an answer.
    return answered(response, null, without(metadata, ANSWERS));
  }
  if (kept?.reply_secret === undefined)
    throw new UnreadAnswer(
      response,
      "that is, nobody can tell here: wait with the prompt's ticket",
    );
  const said = await unsealAnswer(response, part, kept.reply_secret);
  const told = TOLD.filter((name) => said[name] != null).map((name) => [name, said[name]]);
  const clear = without(metadata, ["sealed", ...TOLD]);
  const answer = (said["answer"] as string | undefined) ?? null;
  const opened = answered(response, answer, { ...clear, ...(Object.fromEntries(told) as Members) });
  const decision = new Decision(opened);
  if (kept.bare_hash === undefined && decision.edited)
    throw new UnreadAnswer(response, "its context was edited, which nobody had offered");
  if (kept.bare_hash !== undefined && decision.approved && answer !== null && !decision.edited)
    throw new UnreadAnswer(response, "its edited context is not understood");
  return markHidden(opened, await hiddenBy(kept, part, decision));
}

/** Return what was sealed in an answer, if it was by a reader of the prompt. */
async function unsealAnswer(
  response: ResponseMessage,
  part: SealedPart,
  secret: string,
): Promise<Members> {
  const known = new ReplySecret(read(secret));
  try {
    const { value } = await unseal(part, [await known.key()], placeOf(response));
    return checked(value, response, await known.nonce());
  } catch (error) {
    if (!(error instanceof CannotUnseal || error instanceof NoKey)) throw error;
    throw new UnreadAnswer(response, error.message);
  }
}

function read(secret: string): Bytes {
  try {
    return fromHex(secret);
  } catch {
    throw new AiloopError("the ticket's reply_secret is none");
  }
}

function checked(value: unknown, { content }: ResponseMessage, nonce: string): Members {
  const said =
    typeof value === "object" && !Array.isArray(value) ? (value as Members | null) : null;
  const answer = said?.["answer"] ?? "";
  if (!said || typeof answer !== "string") throw new CannotUnseal("it is not understood");
  if (isTooDeep(said)) throw new CannotUnseal("it is nested too deep");
  if (!sameText(String(said["nonce"]), nonce))
    throw new CannotUnseal("it lacks what only a reader of the prompt knows");
  if (said["response_type"] !== content.response_type)
    throw new CannotUnseal("it says something else in the clear");
  return said;
}

function without(metadata: Members | undefined, names: readonly string[]): Members {
  const left = Object.entries(metadata ?? {}).filter(([name]) => !names.includes(name));
  return Object.fromEntries(left);
}

function answered(
  response: ResponseMessage,
  answer: string | null,
  told: Members,
): ResponseMessage {
  const { id, channel, sender_type, content, timestamp, correlation_id } = response;
  const envelope = { id, channel, sender_type, timestamp, correlation_id };
  const metadata = Object.keys(told).length > 0 ? { metadata: told } : {};
  return { ...envelope, content: { ...content, answer }, ...metadata };
}
