/** What the core asks of encryption and of receipts, and all that it knows of them. */

import type { Decision } from "./approval.js";
import { SealedPrompt, UnreadAnswer } from "./errors.js";
import type { FormSchema } from "./form.js";
import type {
  Authorization,
  Message,
  PendingItem,
  PromptContent,
  ResponseMessage,
  ResponseType,
} from "./model.js";

/** What opens the answer to an encrypted prompt, in hexadecimal digits. */
export interface Kept {
  /** Whoever has it can read the answer, and forge one. */
  readonly reply_secret?: string;
  /** Of what was encrypted. */
  readonly content_hash?: string;
  /** Of what the server has in its place. */
  readonly prompt_hash?: string;
  /** Of what was encrypted without its context, where that may be edited. */
  readonly bare_hash?: string;
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
   * @param schema of a form: the response has a `value` then, which fits it.
   */
  openAnswer(
    response: ResponseMessage,
    kept: Kept | undefined,
    schema?: FormSchema,
  ): Promise<ResponseMessage>;
  /** Return a message as this person may read it; most are not sealed. */
  open(message: Message): Promise<Message>;
  /** Return an item of what waits, with its message and its label readable. */
  openItem(item: PendingItem): Promise<PendingItem>;
  /** Return a decision on a prompt with all that is for the agent alone sealed. */
  sealDecision(prompt: Message, told: Told): Promise<Told>;
}

/** What a receipt says. */
export interface Receipt {
  /** Of the receipt; it can be redeemed once. */
  readonly id: string;
  /** The prompt that was decided. */
  readonly promptId: string;
  readonly channel: string;
  readonly decision: ResponseType;
  /** Of what was asked; of what was asked encrypted, of what hides it. */
  readonly actionHash: string;
  /** Of the person's words, if there are any; or of what hides them. */
  readonly answerHash: string | null;
  /** Who decided, as it is recorded, if it is. */
  readonly approver: string | null;
  /** Whether the prompt was encrypted. */
  readonly sealed: boolean;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** The same; it is good until just before. */
  readonly expiresAt: number;
  /** Names the key that signed it. */
  readonly keyId: string;
}

/** Believes approvals only with a receipt; made by `ailoop-js/receipts`. */
export interface Receipts {
  /** Refuse to ask for what no receipt can be about. */
  check(content: PromptContent): void;
  /** Return an approval that can be redeemed; what is none passes as it is. */
  prove(channel: string, asked: Authorization, decision: Decision): Promise<Decision>;
}

/** Return whether a message has come sealed; one that has been opened says whose key did it. */
export function isSealed(message: Message): boolean {
  // Agents that know nothing of this may have a member of that name.
  const part = message.metadata?.["sealed"] as { readonly ciphertext?: unknown } | null | undefined;
  return "keyName" in message || part?.ciphertext != null;
}

/** Refuse an answer that nothing here opens, or whatever else came of what was asked sealed. */
export function checkRead(response: ResponseMessage, kept: Kept | undefined): void {
  if (kept || isSealed(response))
    throw new UnreadAnswer(response, "this client was given no `sealing`");
}

/** Refuse to answer in the clear what was asked sealed; a denial may go out. */
export function checkClear(prompt: Message, told: Told): void {
  if (
    isSealed(prompt) &&
    !["authorization_denied", "cancelled"].includes(String(told["response_type"]))
  )
    throw new SealedPrompt("not sent: this client was given no `sealing`");
}
