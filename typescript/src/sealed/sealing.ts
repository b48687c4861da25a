/** What a client does so that only the recipients read what it says, and answer it. */

import { AiloopError } from "../errors.js";
import type { Message, ResponseMessage } from "../model.js";
import type { Kept, Sealing, Told } from "../sealing.js";
import type { Bytes } from "../trust/bytes.js";
import { randomBytes } from "../trust/crypto.js";
import { type KeySource, pathsFromEnvironment } from "../trust/sources.js";
import { openAnswer } from "./answers.js";
import { sealDecision } from "./decisions.js";
import { keptAs } from "./kept.js";
import { loadOwn, loadRecipients } from "./keyring.js";
import type { Key } from "./keys.js";
import { openMessage, SealedMessage } from "./opening.js";
import { samePrompt, sealMessage, type SealedPost } from "./prompts.js";

/** Prompts whose answers a client can open by their id alone; for others take the ticket. */
const REMEMBERED = 10_000;

/** What a client seals and opens with. */
export interface SealingOptions {
  /** Public keys: for whom everything that this client says is sealed. Else `AILOOP_SEAL_FOR`. */
  readonly for?: KeySource | readonly KeySource[];
  /**
   * Private keys: a person's open what is sealed for them; that of an agent makes its prompts with
   * a `key` the same after a restart. Else `AILOOP_KEYS`.
   */
  readonly keys?: KeySource | readonly KeySource[];
}

/**
 * Return what a client seals and opens with: its option `sealing`.
 *
 * Rejects with `BadKeyFile` if a key cannot be used, and with an `AiloopError` that says so where
 * the platform lacks the cryptography.
 */
export async function sealing(options: SealingOptions = {}): Promise<Sealing> {
  const recipients = await loadRecipients(sourcesOf(options.for, "AILOOP_SEAL_FOR"));
  const keys = await loadOwn(sourcesOf(options.keys, "AILOOP_KEYS"));
  const own = (await keys[0]?.derive("replies")) ?? (await randomBytes(32));
  return new ClientSealing(recipients, keys, own);
}

function sourcesOf(
  given: KeySource | readonly KeySource[] | undefined,
  variable: string,
): readonly KeySource[] {
  if (given === undefined) return pathsFromEnvironment(variable);
  return Array.isArray(given) ? (given as readonly KeySource[]) : [given];
}

class ClientSealing implements Sealing {
  readonly #recipients: readonly Key[];
  readonly #keys: readonly Key[];
  readonly #own: Bytes;
  readonly #kept = new Map<string, Kept>();

  constructor(recipients: readonly Key[], keys: readonly Key[], own: Bytes) {
    this.#recipients = recipients;
    this.#keys = keys;
    this.#own = own;
  }

  get seals(): boolean {
    return this.#recipients.length > 0;
  }

  get opens(): boolean {
    return this.#keys.length > 0;
  }

  checkKey(key: string | undefined): void {
    if (key !== undefined && this.seals && !this.opens)
      throw new AiloopError(
        "an encrypted prompt with a key needs a key of the agent's own, in keys or " +
          "AILOOP_KEYS: after a restart no other could open the answer",
      );
  }

  seal(message: Message): Promise<SealedPost> {
    return sealMessage(message, this.#recipients, this.#own);
  }

  async postedAs(sealed: Message, posted: Message, kept: Kept): Promise<Kept | undefined> {
    return samePrompt(sealed, posted) ? keptAs(kept, posted) : undefined;
  }

  remember(promptId: string, kept: Kept): void {
    this.#kept.delete(promptId);
    this.#kept.set(promptId, kept);
    if (this.#kept.size <= REMEMBERED) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  keptOf(promptId: string): Kept | undefined {
    return this.#kept.get(promptId);
  }

  openAnswer(response: ResponseMessage, kept: Kept | undefined): Promise<ResponseMessage> {
    return openAnswer(response, kept);
  }

  open(message: Message): Promise<Message> {
    return openMessage(message, this.#keys);
  }

  async sealDecision(prompt: Message, told: Told): Promise<Told> {
    const opened = await this.open(prompt);
    return opened instanceof SealedMessage ? sealDecision(opened, told) : told;
  }
}
