/**
 * How an agent knows an answer by somebody who has read its prompt, without keeping a table.
 *
 * Everything follows from one secret of the prompt: the key to which the answer is sealed, the
 * nonce that proves that the prompt was read, and what tells whether it is the same prompt. An
 * agent that has a key of its own derives the secret from that key and from what it asks, so
 * that it comes to the same one after a restart, be it in Python or here.
 */

import { concat, toBase64Url, utf8, type Bytes } from "../trust/bytes.js";
import { hmac, importPrivate, publicHalf, sha256 } from "../trust/crypto.js";
import { Key } from "./keys.js";
import { sortedJson } from "./sorted.js";

/** The secret of one prompt; whoever has it can read the answer, and forge one. */
export class ReplySecret {
  readonly secret: Bytes;

  constructor(secret: Bytes) {
    this.secret = secret;
  }

  /**
   * Return the secret of a prompt.
   * @param own - what nobody but the agent knows
   * @param place - the prompt's place
   * @param value - what is asked, as JSON
   */
  static async of(own: Bytes, place: string, value: unknown): Promise<ReplySecret> {
    const asked = await sha256(utf8(sortedJson(value)));
    return new ReplySecret(await hmac(own, concat(utf8(`${place}\n`), asked)));
  }

  /** The key to which the answer is sealed. */
  async key(): Promise<Key> {
    const bytes = await this.#derive("reply");
    const x = toBase64Url(await publicHalf(await importPrivate(bytes)));
    return Key.load({ kty: "OKP", crv: "X25519", x, d: toBase64Url(bytes), kid: "reply" });
  }

  /** What only they know who have read the prompt. */
  async nonce(): Promise<string> {
    return toBase64Url((await this.#derive("nonce")).subarray(0, 16));
  }

  /** Is the same for the same prompt, and tells nothing of it to anybody else. */
  async fingerprint(): Promise<string> {
    return toBase64Url((await this.#derive("fingerprint")).subarray(0, 16));
  }

  #derive(purpose: string): Promise<Bytes> {
    return hmac(this.secret, purpose);
  }
}
