/** What is kept of a prompt in order to wait for its response elsewhere, or later. */

import { readId } from "./ids.js";
import { check, type Message, record, text } from "./model.js";
import type { Kept } from "./sealing.js";

const MARK: unique symbol = Symbol.for("ailoop.ticket") as never;
const SECRETS = ["reply_secret", "content_hash", "prompt_hash", "bare_hash"] as const;

/** The end of the year 9999, beyond which no other language reads a time. */
const LATEST = 253402300799999;

/** A ticket as JSON. */
export interface TicketMembers extends Kept {
  readonly id: string;
  readonly channel: string;
  readonly expires_at: string | null;
}

/**
 * A prompt that the server has taken.
 *
 * `String(ticket)` is JSON, {@link Ticket.load} reads it. It is the same JSON in Python, so that a
 * ticket can go from one to the other. That of an encrypted prompt has a secret with which its
 * answer can be read, and forged: keep such a ticket as you keep a key.
 */
export class Ticket {
  /** @internal */
  readonly [MARK] = true;
  readonly #members: TicketMembers;

  /** @internal */
  constructor(members: TicketMembers) {
    this.#members = members;
  }

  /** @internal Return the ticket of a prompt that has just been taken. */
  static of(prompt: Message, timeoutSeconds: number, kept?: Kept): Ticket {
    // A server applies less where that is more than it allows.
    const expires = Math.min(Date.now() + timeoutSeconds * 1000, LATEST);
    return new Ticket({
      id: prompt.id,
      channel: prompt.channel,
      expires_at: timeoutSeconds ? new Date(expires).toISOString().replace("Z", "000+00:00") : null,
      ...kept,
    });
  }

  /** Read what `String(ticket)` wrote, here or in Python. Throws a `TypeError` if it is none. */
  static load(written: string): Ticket {
    try {
      const value = record(JSON.parse(written), "it");
      const { expires_at: expires } = value;
      check(expires === null || Date.parse(text(expires, "it")) > 0, "expires_at");
      const kept: { -readonly [name in keyof Kept]: Kept[name] } = {};
      for (const name of SECRETS) if (value[name] != null) kept[name] = text(value[name], name);
      const channel = text(value["channel"], "channel");
      const id = readId(text(value["id"], "id"));
      return new Ticket({ id, channel, expires_at: expires as string | null, ...kept });
    } catch (error) {
      throw new TypeError(`not a ticket: ${(error as Error).message}`);
    }
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && MARK in value;
  }

  /** The prompt's id. */
  get id(): string {
    return this.#members.id;
  }

  /** Where it waits. */
  get channel(): string {
    return this.#members.channel;
  }

  /**
   * When the server has settled it at the latest, by this machine's clock; `null` if it may wait
   * for as long as the server allows.
   */
  get expiresAt(): Date | null {
    const { expires_at: when } = this.#members;
    return when === null ? null : new Date(when);
  }

  /** @internal What is kept of an encrypted prompt. */
  get kept(): Kept | undefined {
    return this.#members.reply_secret === undefined ? undefined : this.#members;
  }

  toJSON(): TicketMembers {
    return this.#members;
  }

  toString(): string {
    return JSON.stringify(this.#members);
  }
}

/** What names a prompt: its id, its ticket, or the message itself. */
export type PromptRef = string | { readonly id: string };

/** Return the id of a prompt, however it is given. */
export function promptIdOf(prompt: PromptRef): string {
  return readId(typeof prompt === "string" ? prompt : prompt?.id);
}

/** Return the ids of prompts. */
export function promptIdsOf(prompts: PromptRef | Iterable<PromptRef>): string[] {
  const several = typeof prompts === "object" && Symbol.iterator in prompts;
  return (several ? [...prompts] : [prompts]).map(promptIdOf);
}
