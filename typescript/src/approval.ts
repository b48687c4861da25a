/** The outcome of asking for permission. */

import { NotAuthorized, ReceiptInvalid } from "./errors.js";
import { type ResponseMessage, isRecord, parse } from "./model.js";
import type { Receipt } from "./sealing.js";

/** What makes an approval more, or less, than what its response says. */
export interface Proof {
  /** What was asked: what is approved unless somebody has edited it. */
  readonly context?: unknown;
  /** Whether it was offered to be edited; where that is not known here, a server has seen to it. */
  readonly editable?: boolean;
  /** Why it is not believed; then it is no approval, whatever it says. */
  readonly doubt?: string;
}

/** A person's decision. */
export class Decision {
  /** The message that settled the prompt. */
  declare readonly response: ResponseMessage;
  /** How long the caller waited for it, in seconds, if it did. */
  declare readonly latencySeconds: number | undefined;
  /** Whether a person approved, explicitly. */
  declare readonly approved: boolean;
  /** Whether a person approved another context than was asked. */
  declare readonly edited: boolean;
  /** What was approved, as it was asked or as it was edited; `undefined` unless it was approved. */
  declare readonly context: unknown;
  /** Why it is not believed; then it is no approval. */
  declare readonly doubt: string | undefined;
  /** What its receipt says; only of a client that was given `receipts`. */
  declare readonly receipt: Receipt | undefined;

  constructor(response: ResponseMessage, latencySeconds?: number, proof: Proof = {}) {
    const { answer, response_type } = response.content;
    const { context, editable, doubt } = proof;
    const isApproved = response_type === "authorization_approved";
    // Not metadata's value: the answer is what a receipt is about.
    const edit = parse(answer as string);
    const isEdit = isRecord(edit);
    // A server refuses both, unless it cannot read them.
    const isOdd = isApproved && answer !== null && editable === !isEdit;
    const odd = isEdit ? "its context was edited unasked" : "its edited context is not understood";
    this.response = response;
    this.latencySeconds = latencySeconds;
    this.doubt = doubt ?? (isOdd ? odd : undefined);
    this.approved = isApproved && this.doubt === undefined;
    this.edited = this.approved && isEdit;
    this.context = this.approved ? (isEdit ? edit : context) : undefined;
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
  // eslint-disable-next-line @typescript-eslint/require-await -- it rejects, and throws nothing
  async redeem(action: string, _context?: unknown): Promise<Receipt> {
    if (!this.approved) throw new NotAuthorized(action, this);
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
