/** What an approval has to show before it is believed: its receipt. */

import { Decision } from "../approval.js";
import { AiloopError, ReceiptInvalid } from "../errors.js";
import type { Authorization, PromptContent, ResponseMessage } from "../model.js";
import type { Receipt, Receipts } from "../sealing.js";
import { variable } from "../platform.js";
import { CanonicalError, checkCanonical } from "../trust/canonical.js";
import { CryptoMissing } from "../trust/crypto.js";
import { ReceiptError } from "../trust/faults.js";
import { hiddenOf } from "../trust/hidden.js";
import { BadReceiptKey, type ReceiptKey } from "./keys.js";
import { ReceiptVerifier } from "./verifier.js";

/**
 * Return what believes approvals only with a receipt: a client's option `receipts`.
 *
 * Rejects with an `AiloopError` if the key cannot be used.
 *
 * @param key the public key that is trusted, or several. Else `AILOOP_RECEIPT_KEY` names a file.
 */
export async function receipts(key?: ReceiptKey): Promise<Receipts> {
  const source = key ?? variable("AILOOP_RECEIPT_KEY");
  if (source === undefined) throw new AiloopError("receipts: there is no key");
  try {
    return receiptsOf(await ReceiptVerifier.of(source));
  } catch (error) {
    if (!(error instanceof BadReceiptKey || error instanceof CryptoMissing)) throw error;
    throw new AiloopError(`receipts: ${error.message}`);
  }
}

/** Return the same of a verifier that there is already: several clients may share one. */
export function receiptsOf(verifier: ReceiptVerifier): Receipts {
  return new ClientReceipts(verifier);
}

class ClientReceipts implements Receipts {
  readonly #verifier: ReceiptVerifier;

  constructor(verifier: ReceiptVerifier) {
    this.#verifier = verifier;
  }

  check(content: PromptContent): void {
    checkCanonical(content);
  }

  async prove(channel: string, asked: Authorization, decision: Decision): Promise<Decision> {
    if (!decision.approved) return decision;
    const { response, latencySeconds, context } = decision;
    const proof = new Proof(this.#verifier, channel, response);
    const about = decision.edited ? { ...asked, context } : asked;
    return new Proven(response, latencySeconds, context, proof, await proof.check(about));
  }
}

/** An approval that can be redeemed. */
class Proven extends Decision {
  override readonly receipt: Receipt;
  readonly #proof: Proof;

  constructor(
    response: ResponseMessage,
    latencySeconds: number | undefined,
    context: unknown,
    proof: Proof,
    receipt: Receipt,
  ) {
    super(response, latencySeconds, { context });
    this.#proof = proof;
    this.receipt = receipt;
  }

  override async redeem(action: string, context?: unknown): Promise<Receipt> {
    return this.#proof.redeem(action, context);
  }
}

/** A receipt that came with a response, to be held against what is about to be done. */
class Proof {
  readonly #verifier: ReceiptVerifier;
  readonly #channel: string;
  readonly #response: ResponseMessage;

  constructor(verifier: ReceiptVerifier, channel: string, response: ResponseMessage) {
    this.#verifier = verifier;
    this.#channel = channel;
    this.#response = response;
  }

  check(content: Authorization): Promise<Receipt> {
    return this.#held(content, "check");
  }

  redeem(action: string, context: unknown): Promise<Receipt> {
    return this.#held({ type: "authorization", action, context, timeout_seconds: 0 }, "redeem");
  }

  async #held(content: Authorization, how: "check" | "redeem"): Promise<Receipt> {
    const response = this.#response;
    const expected = {
      promptId: response.correlation_id ?? response.id,
      channel: this.#channel,
      content,
      response: response.content,
      hidden: hiddenOf(response),
    };
    try {
      return await this.#verifier[how](response.metadata?.["receipt"], expected);
    } catch (error) {
      if (error instanceof ReceiptError) throw this.#invalid(content, error.fault, error);
      // What has no canonical form cannot have been approved.
      if (error instanceof CanonicalError) throw this.#invalid(content, "other_action", error);
      throw error;
    }
  }

  #invalid({ action }: Authorization, fault: string, error: Error): ReceiptInvalid {
    const doubt = `its receipt is not to be believed: ${error.message}`;
    return new ReceiptInvalid(action, new Decision(this.#response, undefined, { doubt }), fault);
  }
}
