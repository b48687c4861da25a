/** The keys of receipts: Ed25519 (RFC 8037), by the names that follow from them. */

import { type Bytes, fromBase64Url, toBase64Url, utf8 } from "../trust/bytes.js";
import { CryptoMissing, importPublic, sha256 } from "../trust/crypto.js";
import type { PlatformKey } from "../platform.js";
import { findKeys, type FoundKey, type KeySource } from "../trust/sources.js";

/**
 * The public key that is trusted, or several: a JSON Web Key or a set of them, its JSON, in Node the
 * path of a file with either, or the 32 bytes of a key.
 */
export type ReceiptKey = KeySource | Uint8Array;

/** Keys by their names: thumbprints (RFC 7638). */
export type TrustedKeys = ReadonlyMap<string, PlatformKey>;

/** A key cannot be used; its sentence says why. */
export class BadReceiptKey extends Error {
  override readonly name = "BadReceiptKey";
}

/**
 * Read the public keys of a source.
 *
 * @throws BadReceiptKey - there are none, or one is no public Ed25519 key.
 * @throws CryptoMissing - this platform knows no such keys.
 */
export async function readPublic(source: ReceiptKey): Promise<TrustedKeys> {
  if (source instanceof Uint8Array) return new Map([await imported(source, "the key")]);
  const keys = new Map<string, PlatformKey>();
  for (const found of await find(source)) keys.set(...(await readOne(found)));
  if (keys.size === 0) throw new BadReceiptKey("there is no key");
  return keys;
}

async function find(source: KeySource): Promise<FoundKey[]> {
  try {
    return await findKeys(source, "the key");
  } catch (error) {
    throw new BadReceiptKey((error as Error).message);
  }
}

async function readOne({ told, members }: FoundKey): Promise<[string, PlatformKey]> {
  if (typeof members !== "object" || members === null)
    throw new BadReceiptKey(`${told} holds something that is no key`);
  const { kty, crv, x } = members as Readonly<Record<string, unknown>>;
  if ("d" in members)
    throw new BadReceiptKey(
      `${told} holds a private key, which only the daemon may have; agents are given the file ` +
        "that ends in .pub",
    );
  if (kty !== "OKP" || crv !== "Ed25519")
    throw new BadReceiptKey(`${told} holds a key that is not of Ed25519`);
  let bytes: Bytes;
  try {
    bytes = fromBase64Url(x);
  } catch {
    throw new BadReceiptKey(`${told} holds a key that cannot be read`);
  }
  return imported(bytes, told);
}

/** Its name follows from the key, whatever it claims. */
async function imported(bytes: Uint8Array, told: string): Promise<[string, PlatformKey]> {
  const x = toBase64Url(bytes);
  const name = await sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`));
  try {
    return [toBase64Url(name), await importPublic("Ed25519", Uint8Array.from(bytes))];
  } catch (error) {
    if (error instanceof CryptoMissing) throw error;
    throw new BadReceiptKey(`${told} holds a key that cannot be read`);
  }
}
