/**
 * The cryptography of the platform: WebCrypto, and nothing else.
 *
 * Node 18 has it in a module, everything newer as a global; a browser only on a page that came
 * over HTTPS or from this machine.
 */

import { isPage, otherCrypto } from "../platform.js";
import { type Bytes, concat, utf8 } from "./bytes.js";

/** Something is missing here that the platform would have to bring; the sentence says what. */
export class CryptoMissing extends Error {
  override readonly name = "CryptoMissing";
}

let found: Promise<Crypto> | undefined;

function platform(): Promise<Crypto> {
  found ??= find();
  return found;
}

/**
 * Return WebCrypto.
 * @throws CryptoMissing - this platform has none, or not on this page
 */
export async function subtle(): Promise<SubtleCrypto> {
  return (await platform()).subtle;
}

async function find(): Promise<Crypto> {
  const here = (globalThis as { crypto?: Partial<Crypto> }).crypto;
  if (here?.subtle) return here as Crypto;
  if (!isPage()) return (await otherCrypto()) as Crypto;
  throw new CryptoMissing(
    "there is no WebCrypto here: a browser has it only on a page that came over HTTPS or from localhost",
  );
}

/** The curves that are young on some platforms, and since when they are there. */
const SINCE = {
  X25519: "Node 18, Chrome 133, Firefox 130 and Safari 17",
  Ed25519: "Node 18, Chrome 137, Firefox 129 and Safari 17",
} as const;

/**
 * Import a public key from its bytes.
 * @throws CryptoMissing - this platform does not know the curve
 * @throws Error - it is no key
 */
export async function importPublic(curve: keyof typeof SINCE, bytes: Bytes): Promise<CryptoKey> {
  if (bytes.length !== 32) throw new Error("another length");
  const usages: KeyUsage[] = curve === "Ed25519" ? ["verify"] : [];
  const crypto = await subtle();
  return telling(curve, crypto.importKey("raw", bytes, { name: curve }, true, usages));
}

/** What stands before the bytes of a private X25519 key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

/** Import a private X25519 key from its bytes; no script gets them out again. */
export async function importPrivate(bytes: Bytes): Promise<CryptoKey> {
  if (bytes.length !== 32) throw new Error("another length");
  const crypto = await subtle();
  const wrapped = concat(Uint8Array.from(PKCS8), bytes);
  const importing = crypto.importKey("pkcs8", wrapped, { name: "X25519" }, false, ["deriveBits"]);
  return telling("X25519", importing);
}

/** Make a pair of X25519 keys for one use. */
export async function makePair(): Promise<CryptoKeyPair> {
  const crypto = await subtle();
  const making = crypto.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  return (await telling("X25519", making)) as CryptoKeyPair;
}

/**
 * Return what a private and a public X25519 key agree on.
 * @throws Error - nothing can be agreed on with this key (RFC 7748, section 6.1)
 */
export async function agree(key: CryptoKey, other: CryptoKey): Promise<Bytes> {
  const crypto = await subtle();
  const shared = new Uint8Array(
    await crypto.deriveBits({ name: "X25519", public: other }, key, 256),
  );
  // Platforms refuse it; one that forgot would seal for everybody.
  if (shared.every((byte) => byte === 0)) throw new Error("nothing is agreed on");
  return shared;
}

/** Return the public half of a private key: what it agrees on with the curve's base point. */
export async function publicHalf(key: CryptoKey): Promise<Bytes> {
  const base = new Uint8Array(32);
  base[0] = 9;
  return agree(key, await importPublic("X25519", base));
}

async function telling<T>(curve: keyof typeof SINCE, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name !== "NotSupportedError") throw error;
    throw new CryptoMissing(
      `this platform's WebCrypto does not know ${curve}, which ${SINCE[curve]} have`,
    );
  }
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await (await subtle()).digest("SHA-256", data));
}

/** Return the HMAC with SHA-256 (RFC 2104). */
export async function hmac(key: Bytes, data: Bytes | string): Promise<Bytes> {
  const crypto = await subtle();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const made = await crypto.importKey("raw", key, algorithm, false, ["sign"]);
  const bytes = typeof data === "string" ? utf8(data) : data;
  return new Uint8Array(await crypto.sign("HMAC", made, bytes));
}

/** Return so many bytes that nobody can guess. */
export async function randomBytes(count: number): Promise<Bytes> {
  return (await platform()).getRandomValues(new Uint8Array(count));
}
