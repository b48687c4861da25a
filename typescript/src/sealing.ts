/** What the core asks of encryption and of receipts, and all that it knows of them. */

import type { Decision } from "./approval.js";
import { SealedPrompt, UnreadAnswer } from "./errors.js";
import type {
  Authorization,
  Message,
  PendingItem,
  PromptContent,
  ResponseMessage,
} from "./model.js";

/** What opens the answer to an encrypted prompt, in hexadecimal digits. */
export interface Kept {
  /** Whoever has it can read the answer, and forge one. */
  readonly reply_secret?: string;
  /** Of what was encrypted. */
  readonly content_hash?: string;
  /** Of what the server has in its place. */
  readonly prompt_hash?: string;
}

/** The members of a decision, as they go to the server. */
export type Told = Readonly<Record<string, unknown>>;

/** Encrypts what an agent says, and opens what a person may read; made by `ailoop-js/sealed`. */
export interface Sealing {
  /** Whether this client seals what it says: it has recipients. */
  readonly seals: boolean;
  /** Whether this client has keys that open what is sealed for their owner. */
  readonly opens: boolean;
  /** Return a message as the server may see it. */
  seal(message: Message): Promise<Message>;
  /**
   * Post a message sealed.
   *
   * @param key the prompt's, if it has one: it is refused where a restart would make the answer
   *   unreadable. What is sealed twice is never the same to the server, which then refuses it
   *   with `id_conflict`; it may be to us.
   * @param post posts what is sealed.
   * @param posted returns what the server has under the message's id.
   * @returns what is to be kept of a prompt.
   */
  send(
    message: Message,
    key: string | undefined,
    post: (sealed: Message) => Promise<void>,
    posted: () => Promise<Message>,
  ): Promise<Kept | undefined>;
  /**
   * Return an answer as it was given, if it comes from a reader of the prompt; where this client
   * seals, sealed ones alone.
   *
   * @param kept of the prompt, where the caller has it; else it may be remembered.
   */
  openAnswer(response: ResponseMessage, kept: Kept | undefined): Promise<ResponseMessage>;
  /** Return a message as this person may read it; most are not sealed. */
  open(message: Message): Promise<Message>;
  /** Return an item of what waits, with its message and its label readable. */
  openItem(item: PendingItem): Promise<PendingItem>;
  /** Return a decision on a prompt with all that is for the agent alone sealed. */
  sealDecision(prompt: Message, told: Told): Promise<Told>;
}

/** Believes approvals only with a receipt; made by `ailoop-js/receipts`. */
export interface Receipts {
  /** Refuse to ask for what no receipt can be about. */
  check(content: PromptContent): void;
  /** Return an approval that can be redeemed; what is none passes as it is. */
  prove(channel: string, asked: Authorization, decision: Decision): Promise<Decision>;
}

const HARMLESS: readonly string[] = ["authorization_denied", "cancelled", "timeout"];

/** Return whether a message has come sealed. */
export function isSealed(message: Message): boolean {
  const part = message.metadata?.["sealed"];
  // Agents that know nothing of this may have a member of that name.
  return typeof part === "object" && part !== null && "ciphertext" in part;
}

/** Return an answer, which has to be in the clear where nothing opens it. */
export function readClear(response: ResponseMessage, kept: Kept | undefined): ResponseMessage {
  const harmless = HARMLESS.includes(response.content.response_type);
  if (isSealed(response) || (kept && !harmless))
    throw new UnreadAnswer(response, "nobody can tell: this client has no `sealing`");
  return response;
}

/** Refuse to answer in the clear what was asked sealed; a denial may go out. */
export function checkClear(prompt: Message, told: Told): void {
  if (isSealed(prompt) && !HARMLESS.includes(String(told["response_type"])))
    throw new SealedPrompt(
      "nothing was sent: the prompt is encrypted, and this client has no `sealing`",
    );
}
