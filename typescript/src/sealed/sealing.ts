/** What a client does so that only the recipients read what it says, and answer it. */

import { AiloopError, Conflict } from "../errors.js";
import type { FormSchema } from "../form.js";
import { isPrompt, type Message, type PendingItem, type ResponseMessage } from "../model.js";
import type { Kept, Sealing, Told } from "../sealing.js";
import type { Bytes } from "../trust/bytes.js";
import { randomBytes } from "../trust/crypto.js";
import { sealedPart } from "../trust/hidden.js";
import { type KeySource, pathsFromEnvironment } from "../trust/sources.js";
import { openAnswer } from "./answers.js";
import { sealDecision } from "./decisions.js";
import { checkAsked, filledIn } from "./fitting.js";
import { keptAs } from "./kept.js";
import { loadOwn, loadRecipients } from "./keyring.js";
import type { Key } from "./keys.js";
import { openMessage } from "./opening.js";
import { samePrompt, sealMessage } from "./prompts.js";

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

  async seal(message: Message): Promise<Message> {
    return (await sealMessage(message, this.#recipients, this.#own)).sealed;
  }

  async send(
    message: Message,
    key: string | undefined,
    post: (sealed: Message) => Promise<void>,
    posted: () => Promise<Message>,
  ): Promise<Kept | undefined> {
    this.#checkKey(key);
    checkAsked(message.content);
    const { sealed, kept } = await sealMessage(message, this.#recipients, this.#own);
    const known = kept && (await this.#post(sealed, key, kept, post, posted));
    if (known) this.#remember(message.id, known);
    else await post(sealed);
    return known;
  }

  /** Refuse a prompt's key where a restart would make the answer unreadable. */
  #checkKey(key: string | undefined): void {
    if (key === undefined || this.opens) return;
    throw new AiloopError(
      "an encrypted prompt with a key needs a key of the agent's own, in keys or AILOOP_KEYS: " +
        "after a restart no other could open the answer",
    );
  }

  async #post(
    sealed: Message,
    key: string | undefined,
    kept: Kept,
    post: (sealed: Message) => Promise<void>,
    posted: () => Promise<Message>,
  ): Promise<Kept> {
    try {
      await post(sealed);
      return kept;
    } catch (error) {
      const isTaken = error instanceof Conflict && error.code === "id_conflict";
      if (!isTaken || key === undefined) throw error;
      const before = await posted();
      if (!samePrompt(sealed, before)) throw error;
      return keptAs(kept, before);
    }
  }

  #remember(promptId: string, kept: Kept): void {
    this.#kept.delete(promptId);
    this.#kept.set(promptId, kept);
    if (this.#kept.size <= REMEMBERED) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  async openAnswer(
    response: ResponseMessage,
    kept: Kept | undefined,
    schema?: FormSchema,
  ): Promise<ResponseMessage> {
    const known = kept ?? this.#kept.get(String(response.correlation_id));
    const isClear = !known && !this.seals && !sealedPart(response.metadata);
    const opened = isClear ? response : await openAnswer(response, known);
    return schema ? filledIn(opened, schema) : opened;
  }

  open(message: Message): Promise<Message> {
    return openMessage(message, this.#keys);
  }

  async openItem(item: PendingItem): Promise<PendingItem> {
    const message = await this.open(item.message);
    const { content } = message;
    if (message === item.message || !isPrompt(content)) return { ...item, message };
    const words = { question: "text", authorization: "action", navigate: "url" }[content.type];
    return { ...item, message, label: String(Reflect.get(content, words)) };
  }

  async sealDecision(prompt: Message, told: Told): Promise<Told> {
    return sealDecision(await this.open(prompt), told);
  }
}
