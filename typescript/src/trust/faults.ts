/** What can be wrong with a receipt. Programs may match on the values; docs/receipts.rst tells them. */

export const FAULTS = [
  "missing",
  "unreadable",
  "wrong_algorithm",
  "wrong_type",
  "unknown_key",
  "bad_signature",
  "expired",
  "not_yet",
  "other_prompt",
  "other_channel",
  "other_action",
  "sealed",
  "other_decision",
  "used",
  "too_many",
] as const;

export type Fault = (typeof FAULTS)[number];

/** A receipt is not to be believed. */
export class ReceiptError extends Error {
  override readonly name = "ReceiptError";
  /** What is wrong with it. */
  readonly fault: Fault;

  constructor(fault: Fault, sentence: string) {
    super(sentence);
    this.fault = fault;
  }
}
