/** What agents call: ask, authorize, navigate, say. */

import { type Approval, Decision } from "./approval.js";
import { NotAuthorized } from "./errors.js";
import type { FormResponse, FormSchema, FormValue, Filling } from "./form.js";
import type { Message, Notification, Priority, ResponseMessage } from "./model.js";
import { clock } from "./slot.js";
import {
  type Asking,
  type Contextual,
  type Editable,
  type Leaving,
  type Posting,
  StepVerbs,
  authorization,
  makeMessage,
  navigate,
  question,
} from "./steps.js";

/** What may be said of a question that is waited for. */
export type AskOptions = Asking & Leaving;
/** What may be said of a permission that is waited for. */
export type AuthorizeOptions = Editable & Leaving;
/** What may be said of a page to open that is waited for. */
export type NavigateOptions = Contextual & Leaving;

/** What may be said of what people are told. */
export interface SayOptions extends Posting {
  readonly priority?: Priority | undefined;
  /**
   * `false` returns at once. So many may be on their way as `patience.bufferedMessages` says; what
   * is beyond it, and what the server refuses, is dropped and counted in `dropped`.
   */
  readonly wait?: boolean | undefined;
}

/**
 * The part of a client that serves an agent.
 *
 * What asks and waits (`ask`, `authorize`, `navigate`, `wait`) goes on over lost connections for as
 * long as the caller waits. It rejects with `Refused` if the server does not take the prompt, such
 * as `Conflict` for another text under the same `key`; with `PromptLost` if it had the prompt and
 * lost it; with `Unreachable` when the client has given up.
 */
export abstract class AgentVerbs extends StepVerbs {
  /**
   * Ask a question and return the response once it exists: `content.answer` is the answer,
   * `content.response_type` tells an answer (`text`) from `timeout` and `cancelled`.
   *
   * With a `schema` it has a `value`: the object that was filled in, `undefined` unless somebody
   * answered. Its type follows from a schema that is written down here or is `as const`; of any
   * other say it: `ask<Release>(…)`.
   */
  async ask<const S extends FormSchema>(
    channel: string,
    text: string,
    options: AskOptions & Filling<S>,
  ): Promise<FormResponse<FormValue<S>>>;
  async ask<T extends object>(
    channel: string,
    text: string,
    options: AskOptions & Filling,
  ): Promise<FormResponse<T>>;
  async ask(channel: string, text: string, options?: AskOptions): Promise<ResponseMessage>;
  /** The form of the earlier SDK. */
  async ask(
    channel: string,
    text: string,
    timeout: number,
    choices?: readonly string[],
  ): Promise<ResponseMessage>;
  async ask(
    channel: string,
    text: string,
    options: AskOptions | number = {},
    choices?: readonly string[],
  ): Promise<ResponseMessage> {
    const told = typeof options === "number" ? { timeout: options, choices } : options;
    return this.insistOn(channel, question(text, told), told);
  }

  /**
   * Ask for permission. The result is an {@link Approval} if a person approved, explicitly, and
   * `false` in every other case; {@link decide} tells why.
   */
  async authorize(
    channel: string,
    action: string,
    options: AuthorizeOptions = {},
  ): Promise<false | Approval> {
    const decision = await this.decide(channel, action, options);
    return isApproval(decision) && decision;
  }

  /** Ask for permission and return what was decided, by whom and why. Look at `approved`. */
  async decide(channel: string, action: string, options: AuthorizeOptions = {}): Promise<Decision> {
    const content = authorization(action, options);
    this.receipts?.check(content);
    const began = clock();
    const response = await this.insistOn(channel, content, options);
    const { context, editable = false } = content;
    const decision = new Decision(response, clock() - began, { context, editable });
    return this.receipts?.prove(channel, content, decision) ?? decision;
  }

  /** Ask for permission; throw `NotAuthorized` unless a person approved. */
  async requireAuthorization(
    channel: string,
    action: string,
    options: AuthorizeOptions = {},
  ): Promise<Approval> {
    const decision = await this.decide(channel, action, options);
    if (!isApproval(decision)) throw new NotAuthorized(action, decision);
    return decision;
  }

  /**
   * Return the decision that a response is, for who asks in steps.
   *
   * What `wait` returns is not held against a receipt; this does it. Where the person has edited
   * the context, it is held against the edited one.
   *
   * @param channel where it was asked, and so on: what its receipt has to be about.
   */
  async decisionOf(
    response: ResponseMessage,
    channel: string,
    action: string,
    options: Pick<AuthorizeOptions, "context"> = {},
  ): Promise<Decision> {
    const asked = authorization(action, options);
    const { context } = options;
    const decision = new Decision(await this.openAnswer(response), undefined, { context });
    return this.receipts?.prove(channel, asked, decision) ?? decision;
  }

  /** Ask a person to open a page; return the response once it exists. */
  async navigate(
    channel: string,
    url: string,
    options: NavigateOptions = {},
  ): Promise<ResponseMessage> {
    return this.insistOn(channel, navigate(url, options), options);
  }

  /** Tell people something; return when the server has taken it. */
  async say(channel: string, text: string, options: SayOptions | Priority = {}): Promise<Message> {
    const told = typeof options === "string" ? { priority: options } : options;
    const { priority = "normal", metadata, signal, wait = true }: SayOptions = told;
    const content: Notification = { type: "notification", text, priority };
    const message = makeMessage(channel, content, metadata);
    if (wait) {
      await this.deliver(message, signal);
      return message;
    }
    const link = await this.link(signal);
    link.sendLater(this.sealing?.seals ? await this.sealing.seal(message) : message);
    return message;
  }
}

function isApproval(decision: Decision): decision is Approval {
  return decision.approved;
}
