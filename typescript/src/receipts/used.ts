/** The receipts that were redeemed and could be again. */

import { ReceiptError } from "../trust/faults.js";
import type { Receipt } from "../sealing.js";

/** So much longer is a redeemed receipt remembered: our clock may be set back. */
const LINGER_SECONDS = 3600;

export class Used {
  readonly #most: number;
  readonly #ends = new Map<string, number>();

  /**
   * @param most how many are remembered. When there are more that have not expired, no other is
   *   redeemed: none may be forgotten.
   */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#ends.size;
  }

  has(receiptId: string): boolean {
    return this.#ends.has(receiptId);
  }

  /** Remember one; of two that come with the same, one is refused. */
  add(receipt: Receipt, now: number): void {
    if (this.has(receipt.id)) throw new ReceiptError("used", "it has been redeemed before");
    if (this.#ends.size >= this.#most) this.#forget(now - LINGER_SECONDS);
    if (this.#ends.size >= this.#most)
      throw new ReceiptError("too_many", "too many have been redeemed lately");
    this.#ends.set(receipt.id, receipt.expiresAt);
  }

  #forget(before: number): void {
    for (const [id, end] of this.#ends) if (end <= before) this.#ends.delete(id);
  }
}
