/** The outcome of asking for permission. */

import { NotAuthorized, ReceiptInvalid } from "./errors.js";
import { type Authorization, type ResponseMessage, isRecord, parse } from "./model.js";
import type { Receipt } from "./sealing.js";

/** What makes an approval more, or less, than what its response says. */
export interface Proof {
  /** What was asked: what is approved unless somebody has edited it. */
  readonly context?: unknown;
  /** What its receipt says. */
  readonly receipt?: Receipt;
  /** Why it is not believed; then it is no approval, whatever it says. */
  readonly doubt?: string | undefined;
  /** Verify the receipt against what is about to be done, and use it up. */
  readonly redeem?: (action: string, context?: unknown) => Promise<Receipt>;
}

/** A person's decision. */
export class Decision {
  /** The message that settled the prompt. */
  readonly response: ResponseMessage;
  /** How long the caller waited for it, in seconds, if it did. */
  readonly latencySeconds: number | undefined;
  readonly #proof: Proof;

  constructor(response: ResponseMessage, latencySeconds?: number, proof: Proof = {}) {
    this.response = response;
    this.latencySeconds = latencySeconds;
    this.#proof = proof;
  }

  /** Return the decision that a response is on what was asked. */
  static of(response: ResponseMessage, asked: Authorization, latencySeconds?: number): Decision {
    const { context, editable } = asked;
    const { approved, edited } = new Decision(response);
    // A server refuses both, unless it cannot read them.
    const isOdd = approved && response.content.answer !== null && edited !== (editable ?? false);
    const doubt = edited
      ? "its context was edited, which nobody had offered"
      : "its edited context is not understood";
    return new Decision(response, latencySeconds, { context, doubt: isOdd ? doubt : undefined });
  }

  /** Whether a person approved, explicitly. */
  get approved(): boolean {
    const { response_type: type } = this.response.content;
    return this.doubt === undefined && type === "authorization_approved";
  }

  /** Whether a person approved another context than was asked. */
  get edited(): boolean {
    return this.approved && this.#edit !== undefined;
  }

  /**
   * What was approved: as it was asked, or as a person has edited it. `undefined` unless it was
   * approved.
   */
  get context(): unknown {
    return this.approved ? (this.#edit ?? this.#proof.context) : undefined;
  }

  get #edit(): object | undefined {
    // Not metadata's value: the answer is what a receipt is about.
    const edit = parse(this.response.content.answer as string);
    return isRecord(edit) ? edit : undefined;
  }

  /** What its receipt says; only of a client that was given `receipts`. */
  get receipt(): Receipt | undefined {
    return this.#proof.receipt;
  }

  /** Why it is not believed; then it is no approval. */
  get doubt(): string | undefined {
    return this.#proof.doubt;
  }

  /** Why: the person's words, or the server's (`timeout`, `shutdown`). */
  get reason(): string | undefined {
    return textOf(this.response, "reason");
  }

  /** Who decided, if they said so. */
  get responder(): string | undefined {
    return textOf(this.response, "responder");
  }

  /** When it was decided, by the server's clock. */
  get decidedAt(): Date {
    return new Date(this.response.timestamp);
  }

  /**
   * Use the approval up, right before what was approved is done: its receipt is verified against
   * exactly what is given here. Throws `ReceiptInvalid` if that is not what was approved, or the
   * approval has expired or been redeemed; `NotAuthorized` if it is none.
   */
  async redeem(action: string, context?: unknown): Promise<Receipt> {
    if (!this.approved) throw new NotAuthorized(action, this);
    const { redeem } = this.#proof;
    if (redeem) return redeem(action, context);
    const doubt = "this client was given no `receipts`";
    throw new ReceiptInvalid(action, new Decision(this.response, undefined, { doubt }), "missing");
  }

  toString(): string {
    const { approved, responder, reason, doubt: why = reason } = this;
    const by = responder === undefined ? "" : ` by ${responder}`;
    return (approved ? "approved" : "not approved") + by + (why === undefined ? "" : `: ${why}`);
  }
}

/** A decision that is an approval. */
export type Approval = Decision & { readonly approved: true };

function textOf(response: ResponseMessage, name: string): string | undefined {
  const value = response.metadata?.[name];
  return typeof value === "string" ? value : undefined;
}
