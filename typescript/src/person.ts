/** What programs for people call: answer, follow, list. */

import { understood } from "./answer.js";
import { AgentVerbs } from "./agent.js";
import { Unreachable } from "./errors.js";
import { cursorsOf } from "./following.js";
import {
  type ChannelInfo,
  type Health,
  type Message,
  type PendingItem,
  type ResponseMessage,
  type ResponseType,
  isRecord,
  list,
  readMessage,
  record,
} from "./model.js";
import type { Query } from "./rest.js";
import { checkClear } from "./sealing.js";
import { ignore } from "./slot.js";
import type { Waiting } from "./steps.js";
import { Subscription } from "./subscription.js";
import { type PromptRef, promptIdOf } from "./ticket.js";

/** What may be said of an answer. */
export interface RespondOptions extends Waiting {
  /** `text` by default; else `authorization_approved`, `authorization_denied` or `cancelled`. */
  readonly responseType?: ResponseType | undefined;
  /** Why; the agent is told, as of the next two. */
  readonly reason?: string | undefined;
  /** Who decides. */
  readonly responder?: string | undefined;
  /** Where, such as `terminal`. */
  readonly surface?: string | undefined;
}

/** Where a subscription begins. */
export interface SubscribeOptions extends Waiting {
  /**
   * By channel, the seq last seen, which `cursors` tells; what came since is delivered first. `"*"`
   * stands for every channel that is not named.
   */
  readonly after?: Readonly<Record<string, number>> | undefined;
  /** Deliver up to so many recent messages a channel first. */
  readonly replay?: number | undefined;
}

/** The part of a client that serves a person. */
export abstract class PersonVerbs extends AgentVerbs {
  /** The server's address. */
  abstract readonly baseURL: string;
  #told = Promise.resolve();

  /**
   * Settle a prompt for a person; return the recorded response.
   *
   * @param prompt the prompt's id. For an encrypted one rather the message itself, as the person
   *   has read it: under an id the server could have shown them another.
   * @param answer the answer to a question: a text, a choice or its number from 1; to a form its
   *   fields by their names; with an approval the edited context. What does not fit is refused:
   *   `Invalid`, whose `details.problems` say all that is wrong.
   */
  async respond(
    prompt: PromptRef,
    answer?: string | object | null,
    options: RespondOptions | ResponseType = {},
  ): Promise<ResponseMessage> {
    const told: RespondOptions = typeof options === "string" ? { responseType: options } : options;
    const { signal, responseType: response_type = "text", reason, responder, surface } = told;
    const id = promptIdOf(prompt);
    const link = await this.link(signal);
    const members = { answer: answer ?? undefined, response_type, reason, responder, surface };
    return link.respond(id, await this.#sealed(prompt, id, members, told), signal);
  }

  /** Return a decision as it may leave: sealed, where the prompt was. */
  async #sealed(
    prompt: PromptRef,
    id: string,
    members: Record<string, unknown>,
    { signal }: Waiting,
  ) {
    const given = typeof prompt === "object" && "content" in prompt ? (prompt as Message) : null;
    const { sealing } = this;
    if (!given && !sealing?.opens) return members;
    const message = given ?? (await this.fetched(id, signal));
    if (sealing) return sealing.sealDecision(message, members);
    checkClear(message, members);
    return members;
  }

  /** Return a message of the server, by its id. */
  async getMessage(id: string, options: Waiting = {}): Promise<Message> {
    return this.#opened(await this.fetched(promptIdOf(id), options.signal));
  }

  /**
   * Follow channels: names, or `"*"` for all there are and will be.
   *
   * ```ts
   * for await (const message of client.subscribe(["a", "b"])) ...
   * ```
   */
  subscribe(
    channels: string | readonly string[] = "*",
    options: SubscribeOptions = {},
  ): Subscription<Message> {
    const names = typeof channels === "string" ? [channels] : [...channels];
    const { after, replay, signal } = options;
    const begin = async () => {
      const link = await this.link(signal);
      const all = names.includes("*") ? null : names;
      return link.subscribe(all, cursorsOf(after), replay, {
        isHeard: () => this.isHeard,
        message: (message) => {
          this.#announce(message);
        },
        failed: (why) => {
          this.emit("error", why);
        },
      });
    };
    const open = (message: Message) => this.#opened(message);
    return new Subscription(begin(), open, signal);
  }

  #announce(message: Message): void {
    if (!this.isHeard) return;
    if (!this.sealing) {
      this.emit("message", message);
      return;
    }
    // One after the other, for none to overtake another that takes longer to open.
    const tell = async () => {
      this.emit("message", await this.#opened(message));
    };
    this.#told = this.#told.then(tell).catch(ignore);
  }

  /** @internal */
  protected override heard(): void {
    this.anyRest().nudge();
  }

  /** Return the prompts that wait for a person. */
  async pending(channel?: string, options: Waiting = {}): Promise<PendingItem[]> {
    const read = (item: unknown) => {
      readMessage(record(item, "item")["message"]);
      return item as PendingItem;
    };
    const items = await this.#list("/api/v1/pending", "items", read, options, { channel });
    const { sealing } = this;
    return sealing ? Promise.all(items.map((item) => sealing.openItem(item))) : items;
  }

  async #opened(message: Message): Promise<Message> {
    return this.sealing ? this.sealing.open(message) : message;
  }

  /** Return the newest messages of a channel, in order. */
  async history(
    channel: string,
    options: Waiting & { readonly limit?: number | undefined } = {},
  ): Promise<Message[]> {
    const path = `/api/channels/${encodeURIComponent(channel)}/messages`;
    const query = { limit: options.limit ?? 100 };
    const messages = await this.#list(path, "messages", readMessage, options, query);
    return Promise.all(messages.map((message) => this.#opened(message)));
  }

  /** Return the live channels. */
  async channels(options: Waiting = {}): Promise<ChannelInfo[]> {
    return this.#list("/api/channels", "channels", (item) => item as ChannelInfo, options);
  }

  /** Return how the server is. */
  async health(options: Waiting = {}): Promise<Health> {
    const { signal } = options;
    // A server that is stopping says so with 503, and in the same words.
    const asked = { also: 503, signal };
    const { body } = await this.anyRest().call("GET", "/api/v1/health", asked);
    if (!isRecord(body)) throw new Unreachable(`what answers at ${this.baseURL} is not ailoop`);
    return body as unknown as Health;
  }

  /** Return the list that a page holds, each of its items read. */
  async #list<T>(
    path: string,
    member: string,
    read: (item: unknown) => T,
    { signal }: Waiting,
    query?: Query,
  ): Promise<T[]> {
    const { body } = await (await this.rest(signal)).call("GET", path, { query, signal });
    return understood(() => list(record(body, path)[member], member).map(read));
  }
}
