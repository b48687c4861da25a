/** What a client rejects with; each class says whose fault it is. */

import type { Decision } from "./approval.js";
import type { ResponseMessage } from "./model.js";

const MARK: unique symbol = Symbol.for("ailoop.error") as never;

/** A refusal's body: its sentence, its stable code and details. */
export type ErrorBody = Readonly<Record<string, unknown>>;

/**
 * The root of everything this client rejects with.
 *
 * `instanceof` goes by the kind of an error, so that it holds also where a program has loaded
 * this package twice, as a module and as CommonJS.
 */
export class AiloopError extends Error {
  /** The name of the class, whatever a minifier makes of it. */
  static readonly kind: string = "AiloopError";
  /** @internal */
  readonly [MARK] = true;
  /** Seconds after which the server suggests to try again, if it said so. */
  retryAfter: number | undefined = undefined;

  override get name(): string {
    return (this.constructor as typeof AiloopError).kind;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class of the program's own goes by its prototype.
    const isMarked = typeof value === "object" && value !== null && MARK in value;
    if (!isMarked || !Object.hasOwn(this, "kind"))
      return Function.prototype[Symbol.hasInstance].call(this, value);
    for (let at: unknown = value; at; at = Object.getPrototypeOf(at) as unknown) {
      const made = at.constructor;
      if (Object.hasOwn(made, "kind") && (made as typeof AiloopError).kind === this.kind)
        return true;
    }
    return false;
  }
}

/** Return an error as one of these, whatever it is. */
export function known(error: unknown): AiloopError {
  return error instanceof AiloopError ? error : new AiloopError(String(error), { cause: error });
}

/** The server cannot be reached. */
export class Unreachable extends AiloopError {
  static override readonly kind: string = "Unreachable";
}

/** The connection ended while something was expected of it; a prompt may still be open. */
export class ConnectionLost extends Unreachable {
  static override readonly kind: string = "ConnectionLost";
  /** The WebSocket close code, if the server closed. */
  declare readonly closeCode: number | undefined;

  constructor(sentence: string, closeCode?: number) {
    super(sentence);
    this.closeCode = closeCode;
  }
}

/** Return why nothing is done any more. */
export function connectionClosed(): ConnectionLost {
  return new ConnectionLost("the connection to ailoop has been closed");
}

/** The server speaks another version of the protocol. */
export class Incompatible extends AiloopError {
  static override readonly kind: string = "Incompatible";
}

/** Messages of a channel are gone before this reader saw them; reading may go on. */
export class MissedMessages extends AiloopError {
  static override readonly kind: string = "MissedMessages";
  declare readonly channel: string;
  /** The seq last seen. */
  declare readonly after: number;
  /** The seq from which on nothing is missing. */
  declare readonly first: number;

  constructor(channel: string, after: number, first: number) {
    super(`messages of ${channel} between ${after} and ${first} were missed`);
    this.channel = channel;
    this.after = after;
    this.first = first;
  }
}

/** The server refused a request; nothing of it took effect. */
export class Refused extends AiloopError {
  static override readonly kind: string = "Refused";
  /** Stable; programs match on it. */
  declare readonly code: string;
  declare readonly details: ErrorBody;

  constructor(body: ErrorBody) {
    const { error = "the server refused the request", code = "internal" } = body;
    super(error as string);
    this.code = code as string;
    this.details = { ...body };
  }
}

/** The request was not understood, or says something that cannot be. */
export class Invalid extends Refused {
  static override readonly kind: string = "Invalid";
}

/** There is no such message, or not any more. */
export class NotFound extends Refused {
  static override readonly kind: string = "NotFound";
}

/** The server had taken a prompt and no longer knows it, nor what became of it. */
export class PromptLost extends NotFound {
  static override readonly kind: string = "PromptLost";
}

/** No surface has shown a prompt in the time it was given; it is still open. */
export class Undelivered extends AiloopError {
  static override readonly kind: string = "Undelivered";
  declare readonly promptId: string;

  constructor(promptId: string, within: number) {
    super(`nobody was shown the prompt ${promptId} within ${within} s`);
    this.promptId = promptId;
  }
}

/** What needed permission did not get it, and was not done. */
export class NotAuthorized extends AiloopError {
  static override readonly kind: string = "NotAuthorized";
  /** The decision: who, why and when. */
  declare readonly approval: Decision;

  constructor(action: string, approval: Decision) {
    super(`not authorized: ${action} (${approval.doubt ?? approval.reason ?? "denied"})`);
    this.approval = approval;
  }
}

/** An approval came without a receipt that is to be believed, so it is none. */
export class ReceiptInvalid extends NotAuthorized {
  static override readonly kind: string = "ReceiptInvalid";
  /** What is wrong, such as `expired`. */
  declare readonly fault: string;

  /** @param approval the decision, which says in `doubt` why it is not believed. */
  constructor(action: string, approval: Decision, fault: string) {
    super(action, approval);
    this.fault = fault;
  }
}

/** The server does not let this client do that; `Unauthenticated` says more. */
export class NotAllowed extends Refused {
  static override readonly kind: string = "NotAllowed";
}

/** The server wants to know who this is, or does not know this credential (any more). */
export class Unauthenticated extends NotAllowed {
  static override readonly kind: string = "Unauthenticated";
}

/** A key cannot be used; the sentence names it. */
export class BadKeyFile extends AiloopError {
  static override readonly kind: string = "BadKeyFile";
}

/** A prompt is encrypted, and this client has no key for it; only a denial may go out. */
export class SealedPrompt extends AiloopError {
  static override readonly kind: string = "SealedPrompt";
}

/**
 * An answer to an encrypted prompt came from somebody who had not read it.
 *
 * Nothing has been approved. The prompt has settled all the same, with this answer.
 */
export class UnreadAnswer extends AiloopError {
  static override readonly kind: string = "UnreadAnswer";
  /** What the server holds for the answer. */
  declare readonly response: ResponseMessage;

  constructor(response: ResponseMessage, why: string) {
    const { content, correlation_id } = response;
    super(
      `not accepted: the answer ${content.response_type} to the encrypted prompt ` +
        `${correlation_id as string} came from somebody who had not read it (${why})`,
    );
    this.response = response;
  }
}

/**
 * An answer does not fit the form that was asked. A server lets none through, unless it cannot
 * read it. The prompt has settled.
 */
export class UnfitAnswer extends AiloopError {
  static override readonly kind: string = "UnfitAnswer";
  /** What came. */
  declare readonly response: ResponseMessage;

  constructor(response: ResponseMessage, why: string) {
    super(`the answer to ${response.correlation_id as string} does not fit: ${why}`);
    this.response = response;
  }
}

/** The request contradicts what is recorded. */
export class Conflict extends Refused {
  static override readonly kind: string = "Conflict";
}

/** Another answer came first. */
export class AlreadySettled extends Conflict {
  static override readonly kind: string = "AlreadySettled";
}

/** The prompt's time was over. */
export class Expired extends Conflict {
  static override readonly kind: string = "Expired";
}

/** A table is full, or too much came at once; trying again later makes sense. */
export class Busy extends Refused {
  static override readonly kind: string = "Busy";
}

/** The server is stopping, or could not store the message. */
export class Unavailable extends Refused {
  static override readonly kind: string = "Unavailable";
}

type RefusedClass = new (body: ErrorBody) => Refused;

/** Which codes a class stands for; a newer server may have more of a family, as `too_many_`. */
function classes(): [RefusedClass, RegExp][] {
  return [
    [Invalid, /^bad_(json|channel|request)$|^(invalid|unknown)_|^too_large$|^not_a_choice$/],
    [Invalid, /^(tls_required|wrong_response|sealed_prompt)$/],
    [Unauthenticated, /^unauthenticated$|^bad_credential$/],
    [NotAllowed, /^not_(allowed|granted)$|^own_prompt$|^bad_(origin|host|csrf)$/],
    [NotFound, /not_found$|^no_receipts$/],
    [Conflict, /^not_a_prompt$|^id_conflict$/],
    [AlreadySettled, /^already_settled$/],
    [Expired, /^expired$/],
    [Busy, /^too_many_|^rate_limited$/],
    [Unavailable, /^shutting_down$|^journal_unavailable$/],
  ];
}

/**
 * Return the error that an error body or frame stands for.
 *
 * @param retryAfter what the header of that name says, if there is one; its other form, a date,
 *   we never send. A frame has no headers, so that its body may say it.
 */
export function refusalOf(body: ErrorBody, retryAfter?: string | null): Refused {
  const { code, retry_after } = body;
  const known = classes().find(([, codes]) => codes.test(code as string));
  const error = new (known?.[0] ?? Refused)(body);
  const told = retryAfter ?? retry_after;
  if (/^\d+$/.test(told as string)) error.retryAfter = Number(told);
  return error;
}
