/** Asking in steps: post a prompt, wait for it here or elsewhere, take it back. */

import { Emitter } from "./events.js";
import { idOfKey, newId } from "./ids.js";
import type { Link, Signal } from "./link.js";
import {
  type Authorization,
  type Content,
  type Message,
  type NewContent,
  type PromptContent,
  type ResponseMessage,
  readMessage,
} from "./model.js";
import { understood } from "./answer.js";
import {
  type Filling,
  type FormResponse,
  type FormSchema,
  type FormValue,
  filled,
} from "./form.js";
import type { RestLink } from "./rest.js";
import { type Kept, type Receipts, type Sealing, checkRead } from "./sealing.js";
import { bounded, ignore } from "./slot.js";
import { type PromptRef, Ticket, promptIdOf } from "./ticket.js";

/** How long a caller that gives up is held up by taking its prompt back. */
const WITHDRAW_SECONDS = 2;

/** How every wait is cut short: it rejects with the signal's reason. */
export interface Waiting {
  readonly signal?: AbortSignal | null | undefined;
}

/** What may be said of every message. */
export interface Posting extends Waiting {
  /** Any JSON object. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What may be said of every prompt. */
export interface Prompting extends Posting {
  /** Seconds after which the *server* settles the prompt; 0 asks for as long as it allows. */
  readonly timeout?: number | undefined;
  /**
   * Makes the prompt the same one each time: a program that has been restarted gets the answer,
   * and asks nobody again. It goes for its channel and kind of prompt, and for as long as the
   * server remembers the prompt.
   */
  readonly key?: string | undefined;
}

/** What may be said of a question. */
export interface Asking extends Prompting {
  /** If given, the answer is one of them. */
  readonly choices?: readonly string[] | undefined;
  /** If given, and no choices, the answer is a form that was filled in. */
  readonly schema?: FormSchema | undefined;
}

/** What may be said of an authorization and of a page to open. */
export interface Contextual extends Prompting {
  /** Any JSON that helps the person decide. */
  readonly context?: unknown;
}

/** What may be said of an authorization. */
export interface Editable extends Contextual {
  /**
   * Whether the person may approve another context, which is an object then: do what the
   * `context` of the approval says, not what was asked.
   */
  readonly editable?: boolean | undefined;
}

/** What may be said of a prompt that is waited for. */
export interface Leaving {
  /**
   * Whether the prompt stays open when the caller aborts; otherwise it is withdrawn, which may
   * hold up the caller for 2 seconds. By default only one with a `key` stays.
   */
  readonly leaveOpen?: boolean | undefined;
}

/** The part of a client that asks and waits in steps. */
export abstract class StepVerbs extends Emitter {
  /** @internal */
  protected abstract readonly sealing: Sealing | undefined;
  /** @internal What verifies approvals, if they have to be proved. */
  protected abstract readonly receipts: Receipts | undefined;
  /** @internal Return the link, once there is a connection. */
  protected abstract link(signal: Signal): Promise<Link>;
  /** @internal Return the link over HTTP, once the server is known to be one of ours. */
  protected abstract rest(signal: Signal): Promise<RestLink>;
  /** @internal Return the same, whatever answers there. */
  protected abstract anyRest(): RestLink;

  /** Ask a question; {@link wait} takes the ticket, once the server has it. */
  async postQuestion(channel: string, text: string, options: Asking = {}): Promise<Ticket> {
    return this.#post(channel, question(text, options), options);
  }

  /**
   * Ask for permission; {@link wait} takes the ticket. `decisionOf` the response tells whether a
   * person approved.
   */
  async postAuthorization(
    channel: string,
    action: string,
    options: Editable = {},
  ): Promise<Ticket> {
    const content = authorization(action, options);
    this.receipts?.check(content);
    return this.#post(channel, content, options);
  }

  /** Ask a person to open a page; {@link wait} takes the ticket. */
  async postNavigate(channel: string, url: string, options: Contextual = {}): Promise<Ticket> {
    return this.#post(channel, navigate(url, options), options);
  }

  /** Post any content; a prompt's id is what {@link wait} takes. */
  async post(channel: string, content: NewContent, options: Posting = {}): Promise<Message> {
    const message = makeMessage(channel, content as Content, options.metadata);
    await this.deliver(message, options.signal);
    return message;
  }

  /**
   * Return the response to a prompt, asked by this process or by another.
   *
   * Aborting it leaves the prompt open. It rejects with `NotFound` if the server does not know the
   * prompt, with `PromptLost` if it must have known it, as for a ticket. With the `schema` of the
   * form that was asked the response has its `value`.
   */
  async wait<const S extends FormSchema>(
    prompt: PromptRef,
    options: Waiting & Filling<S>,
  ): Promise<FormResponse<FormValue<S>>>;
  async wait<T extends object>(
    prompt: PromptRef,
    options: Waiting & Filling,
  ): Promise<FormResponse<T>>;
  async wait(prompt: PromptRef, options?: Waiting): Promise<ResponseMessage>;
  async wait(
    prompt: PromptRef,
    options: Waiting & Partial<Filling> = {},
  ): Promise<ResponseMessage> {
    const id = promptIdOf(prompt);
    const ticket = prompt instanceof Ticket ? prompt : undefined;
    const link = await this.link(options.signal);
    const response = await link.wait(id, ticket !== undefined, options.signal);
    return this.openAnswer(response, ticket?.kept, options.schema);
  }

  /** Take a prompt back; return the response `cancelled`. */
  async withdraw(prompt: PromptRef, options: Waiting = {}): Promise<ResponseMessage> {
    const id = promptIdOf(prompt);
    return (await this.link(options.signal)).withdraw(id, options.signal);
  }

  async #post(channel: string, content: PromptContent, options: Prompting): Promise<Ticket> {
    const prompt = makeMessage(channel, content, options.metadata, options.key);
    return this.#take(prompt, content, options);
  }

  /** Return the ticket of a prompt, once the server has it. */
  async #take(
    prompt: Message,
    { timeout_seconds }: PromptContent,
    { signal, key }: Prompting,
  ): Promise<Ticket> {
    return Ticket.of(prompt, timeout_seconds, await this.deliver(prompt, signal, key));
  }

  /** @internal Ask, and wait for the response. */
  protected async insistOn(
    channel: string,
    content: PromptContent,
    options: Asking & Leaving,
  ): Promise<ResponseMessage> {
    const { signal, key, metadata, leaveOpen = key !== undefined } = options;
    const prompt = makeMessage(channel, content, metadata, key);
    const link = await this.link(signal);
    try {
      return await this.wait(await this.#take(prompt, content, options), options);
    } catch (error) {
      if (signal?.aborted && !leaveOpen) await takeBack(link, prompt.id);
      throw error;
    }
  }

  /** @internal Post a message, sealed where this client seals; return what is kept of it. */
  protected async deliver(
    message: Message,
    signal: Signal,
    key?: string,
  ): Promise<Kept | undefined> {
    const link = await this.link(signal);
    const { sealing } = this;
    if (sealing?.seals)
      return sealing.send(
        message,
        key,
        (sealed) => link.send(sealed, signal),
        () => this.fetched(message.id, signal),
      );
    await link.send(message, signal);
    return undefined;
  }

  /** @internal Return a message of the server, as it is there. */
  protected async fetched(id: string, signal: Signal): Promise<Message> {
    const rest = await this.rest(signal);
    const { body } = await rest.insist("GET", `/api/v1/messages/${id}`, { signal });
    return understood(() => readMessage(body));
  }

  /** @internal Return an answer as it was given. */
  protected async openAnswer(
    response: ResponseMessage,
    kept?: Kept,
    schema?: FormSchema,
  ): Promise<ResponseMessage> {
    if (this.sealing) return this.sealing.openAnswer(response, kept, schema);
    checkRead(response, kept);
    return schema ? filled(response) : response;
  }
}

/** Withdraw a prompt for a caller that has given up. */
async function takeBack(link: Link, promptId: string): Promise<void> {
  const bounds = { seconds: WITHDRAW_SECONDS };
  // Settled meanwhile, or never taken, or there was no time.
  await bounded(bounds, (signal) => link.withdraw(promptId, signal)).catch(ignore);
}

/** Make a question of what a caller has. */
export function question(text: string, { choices, schema, timeout = 60 }: Asking): PromptContent {
  return present({ type: "question", text, timeout_seconds: timeout, choices, schema });
}

/** Make a request for permission. */
export function authorization(action: string, options: Editable): Authorization {
  const { context, editable, timeout = 300 } = options;
  return present({ type: "authorization", action, timeout_seconds: timeout, context, editable });
}

/** Make a request to open a page. */
export function navigate(url: string, { context, timeout = 300 }: Contextual): PromptContent {
  return present({ type: "navigate", url, timeout_seconds: timeout, context });
}

/** Return a content; what is `undefined` does not travel. */
function present<T extends object>(members: { [name in keyof T]: T[name] | undefined }): T {
  return members as T;
}

/** Make an agent's message; under a key it is the same one each time. */
export function makeMessage(
  channel: string,
  content: Content,
  metadata: Readonly<Record<string, unknown>> | undefined,
  key?: string,
): Message {
  return {
    id: key === undefined ? newId() : idOfKey(channel, content.type, key),
    channel,
    sender_type: "AGENT",
    content,
    timestamp: new Date().toISOString().replace("Z", "000Z"),
    correlation_id: null,
    ...(metadata ? { metadata } : {}),
  };
}
