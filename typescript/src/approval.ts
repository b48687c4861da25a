/** The outcome of asking for permission. */

import type { ResponseMessage } from "./model.js";

/** What makes an approval more, or less, than what its response says. */
export interface Proof {
  /** What its receipt says. */
  readonly receipt?: Readonly<Record<string, unknown>>;
  /** Why it is not believed; then it is no approval, whatever it says. */
  readonly doubt?: string;
  /** Verify the receipt against what is about to be done, and use it up. */
  readonly redeem?: (action: string, context?: unknown) => Promise<unknown>;
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

  /** Whether a person approved, explicitly. */
  get approved(): boolean {
    const { response_type: type } = this.response.content;
    return this.doubt === undefined && type === "authorization_approved";
  }

  /** What its receipt says; only of a client that was given `receipts`. */
  get receipt(): Readonly<Record<string, unknown>> | undefined {
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
   * exactly what is given here.
   */
  async redeem(action: string, context?: unknown): Promise<unknown> {
    if (!this.#proof.redeem) throw new TypeError("the client was given no `receipts`");
    return this.#proof.redeem(action, context);
  }

  toString(): string {
    const said = [this.approved ? "approved" : "not approved"];
    if (this.responder !== undefined) said.push(`by ${this.responder}`);
    const why = this.doubt ?? this.reason;
    return said.join(" ") + (why === undefined ? "" : `: ${why}`);
  }
}

/** A decision that is an approval. */
export type Approval = Decision & { readonly approved: true };

function textOf(response: ResponseMessage, name: string): string | undefined {
  const value = response.metadata?.[name];
  return typeof value === "string" ? value : undefined;
}
