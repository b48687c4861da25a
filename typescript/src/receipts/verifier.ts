/** Whether a receipt is to be believed, and whether it was used before. */

import type { PromptContent, Response } from "../model.js";
import type { Receipt } from "../sealing.js";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../trust/bytes.js";
import { answerHash, contentHash } from "../trust/canonical.js";
import { subtle } from "../trust/crypto.js";
import { type Fault, ReceiptError } from "../trust/faults.js";
import { checkHidden, type Hidden, isKnown } from "../trust/hidden.js";
import { readPublic, type ReceiptKey, type TrustedKeys } from "./keys.js";
import { readClaims, secondsOf } from "./receipt.js";
import { Used } from "./used.js";

const ALGORITHM = "Ed25519";
const TOKEN_TYPE = "ailoop-receipt+jwt";

/** So far may the signer's clock be ahead of ours. Nothing is granted at the other end. */
const EARLY_SECONDS = 60;

const MOST_USED = 100_000;

type Claims = Readonly<Record<string, unknown>>;

/** What a receipt has to be about. */
export interface Expected {
  readonly promptId: string;
  readonly channel: string;
  /** What was asked, as the caller is about to do it. */
  readonly content: PromptContent;
  /** How it was decided. */
  readonly response: Pick<Response, "response_type" | "answer">;
  /** What hid them both, if they went encrypted. */
  readonly hidden?: Hidden | undefined;
}

/** How a verifier is made otherwise than usual. */
export interface VerifierOptions {
  /** Tells seconds since 1970. */
  readonly now?: () => number;
  /** How many redeemed receipts are remembered. */
  readonly mostUsed?: number;
}

/** Verifies receipts, and remembers those that were redeemed until they expire. */
export class ReceiptVerifier {
  readonly #keys: TrustedKeys;
  readonly #now: () => number;
  readonly #used: Used;

  private constructor(keys: TrustedKeys, options: VerifierOptions) {
    this.#keys = keys;
    this.#now = options.now ?? (() => Date.now() / 1000);
    this.#used = new Used(options.mostUsed ?? MOST_USED);
  }

  /** Make one that trusts these keys. Rejects if one cannot be used; the sentence says why. */
  static async of(keys: ReceiptKey, options: VerifierOptions = {}): Promise<ReceiptVerifier> {
    return new ReceiptVerifier(await readPublic(keys), options);
  }

  /**
   * Return what a receipt says, if a trusted key has signed it and it holds now.
   *
   * @param options.expiredToo for an audit, which does nothing on its strength.
   * @throws ReceiptError - it is not to be believed.
   */
  async read(token: unknown, options: { readonly expiredToo?: boolean } = {}): Promise<Receipt> {
    if (token === undefined || token === null) throw new ReceiptError("missing", "there is none");
    if (typeof token !== "string") throw unreadable("it is no text");
    const [header = "", payload = "", signature, ...more] = token.split(".");
    if (signature === undefined || more.length > 0) throw unreadable("it has not three parts");
    const { keyId, key } = this.#keyOf(parse(header));
    if (!(await isSigned(`${header}.${payload}`, signature, key)))
      throw new ReceiptError("bad_signature", "its signature is wrong");
    const claims = parse(payload);
    this.#checkTimes(claims, options.expiredToo ?? false);
    try {
      return readClaims(claims, keyId);
    } catch (error) {
      throw unreadable(`it is no receipt: ${(error as Error).message}`);
    }
  }

  /**
   * Return what a receipt says, if it is about what is expected and was not redeemed.
   *
   * @param token what stands where a receipt is to be.
   * @throws ReceiptError - it is not to be believed.
   * @throws CanonicalError - what is expected has no canonical form.
   */
  async check(token: unknown, expected: Expected): Promise<Receipt> {
    const receipt = await this.read(token);
    const { hidden, response, content } = expected;
    const words = hidden ? hidden.answerHash : await answerHash(response.answer);
    const action = hidden ? hidden.promptHash : await contentHash(content);
    hold(receipt.promptId === expected.promptId, "other_prompt", "it is about another prompt");
    hold(receipt.channel === expected.channel, "other_channel", "it is about another channel");
    hold(receipt.decision === response.response_type, "other_decision", OTHER_DECISION);
    hold(!receipt.sealed || (hidden && isKnown(hidden)), "sealed", UNKNOWN);
    hold(receipt.answerHash === words, "other_decision", OTHER_DECISION);
    hold(receipt.actionHash === action, "other_action", OTHER_ACTION);
    if (hidden) await checkHidden(hidden, content);
    hold(!this.#used.has(receipt.id), "used", "it has been redeemed before");
    return receipt;
  }

  /**
   * Check a receipt and use it up, right before what it allows is done.
   *
   * @throws ReceiptError - it is not to be believed; a second time, that it was used.
   * @throws CanonicalError - what is expected has no canonical form.
   */
  async redeem(token: unknown, expected: Expected): Promise<Receipt> {
    const receipt = await this.check(token, expected);
    this.#used.add(receipt, this.#now()); // nothing waits in there, so that one comes first
    return receipt;
  }

  /** Return the trusted key that a token says it is signed by. */
  #keyOf(header: Claims): { keyId: string; key: CryptoKey } {
    const { alg, typ, kid, crit } = header;
    hold(alg === ALGORITHM, "wrong_algorithm", `it is not signed by ${ALGORITHM}`);
    hold(typ === TOKEN_TYPE, "wrong_type", "it is a token for something else");
    const key = typeof kid === "string" ? this.#keys.get(kid) : undefined;
    if (!key) throw new ReceiptError("unknown_key", "it is signed by a key that is not trusted");
    if (crit !== undefined) throw unreadable("it asks for what is not known here");
    return { keyId: kid as string, key };
  }

  #checkTimes(claims: Claims, expiredToo: boolean): void {
    let issued: number, expires: number;
    try {
      [issued, expires] = [secondsOf(claims, "iat"), secondsOf(claims, "exp")];
    } catch {
      throw unreadable("it does not say how long it is good for");
    }
    const now = Math.floor(this.#now());
    hold(issued <= now + EARLY_SECONDS, "not_yet", "it is from the future; a clock is wrong");
    hold(expiredToo || expires > now, "expired", "its time is over");
  }
}

const OTHER_DECISION = "it is about another decision";
const OTHER_ACTION = "what was approved is not what is about to be done";
const UNKNOWN = "the prompt was encrypted, and what it said is not known here";

function hold(fine: unknown, fault: Fault, sentence: string): void {
  if (fine !== true) throw new ReceiptError(fault, sentence);
}

function unreadable(sentence: string): ReceiptError {
  return new ReceiptError("unreadable", sentence);
}

function parse(part: string): Claims {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(fromBase64Url(part)));
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unreadable("it cannot be read");
  return value as Claims;
}

async function isSigned(told: string, signature: string, key: CryptoKey): Promise<boolean> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64Url(signature);
  } catch {
    return false;
  }
  // There are several texts of the same bytes; a receipt has one.
  if (toBase64Url(bytes) !== signature) return false;
  return (await subtle()).verify({ name: ALGORITHM }, key, bytes, utf8(told));
}
