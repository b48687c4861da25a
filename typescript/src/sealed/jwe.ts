/**
 * Content sealed for named recipients: JSON Web Encryption (RFC 7516), and nothing of our own.
 *
 * The form is the general JSON one (section 7.2.1): the content is encrypted once with AES-256
 * in GCM, and its key wrapped for each recipient by ECDH-ES+A256KW over X25519 (RFC 7518, RFC
 * 8037). The `aad` member binds it to its place, so that it means nothing in another.
 */

import { concat, fromBase64Url, fromUtf8, toBase64Url, utf8, type Bytes } from "../trust/bytes.js";
import {
  agree,
  CryptoMissing,
  importPublic,
  makePair,
  randomBytes,
  sha256,
  subtle,
} from "../trust/crypto.js";
import type { SealedPart } from "../trust/hidden.js";
import type { Key } from "./keys.js";

const ALGORITHM = "ECDH-ES+A256KW";

/** A plaintext is filled up to a multiple of it: a length is not to tell `yes` from `no`. */
const STEP_BYTES = 256;

const IV_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 40;

/** None of the keys at hand is that of a recipient. */
export class NoKey extends Error {
  override readonly name = "NoKey";
}

/** It is damaged, was meant for another place, or is no sealed content at all. */
export class CannotUnseal extends Error {
  override readonly name = "CannotUnseal";
}

/**
 * Encrypt JSON for recipients.
 * @param place - where it belongs; opening it takes the same one
 */
export async function seal(
  value: unknown,
  recipients: readonly Key[],
  place: string,
): Promise<SealedPart> {
  const crypto = await subtle();
  const how = { name: "AES-GCM", length: 256 };
  const contentKey = await crypto.generateKey(how, true, ["encrypt"]);
  const listed = [];
  for (const key of recipients) listed.push(await wrapFor(key, contentKey));
  const header = toBase64Url(utf8('{"enc":"A256GCM"}'));
  const aad = toBase64Url(utf8(place));
  const iv = await randomBytes(IV_BYTES);
  const additionalData = utf8(`${header}.${aad}`);
  const plain = filled(utf8(JSON.stringify(value)));
  const gcm = { name: "AES-GCM", iv, additionalData };
  const sealed = new Uint8Array(await crypto.encrypt(gcm, contentKey, plain));
  return {
    protected: header,
    aad,
    iv: toBase64Url(iv),
    ciphertext: toBase64Url(sealed.subarray(0, -TAG_BYTES)),
    tag: toBase64Url(sealed.subarray(-TAG_BYTES)),
    recipients: listed,
  };
}

function filled(text: Bytes): Bytes {
  const plain = new Uint8Array(Math.ceil(text.length / STEP_BYTES) * STEP_BYTES);
  plain.fill(0x20); // JSON may end with spaces
  plain.set(text);
  return plain;
}

async function wrapFor(key: Key, contentKey: CryptoKey): Promise<object> {
  const crypto = await subtle();
  const own = await makePair();
  const { x } = await crypto.exportKey("jwk", own.publicKey);
  const wrapping = await wrappingKey(await agree(own.privateKey, key.public), "wrapKey");
  const wrapped = await crypto.wrapKey("raw", contentKey, wrapping, "AES-KW");
  const header = { alg: ALGORITHM, kid: key.kid, epk: { kty: "OKP", crv: "X25519", x } };
  return { header, encrypted_key: toBase64Url(new Uint8Array(wrapped)) };
}

/**
 * Decrypt what {@link seal} has made; return it, and the key that did.
 * @throws NoKey - none of the keys is that of a recipient
 * @throws CannotUnseal - it does not open; the sentence says what seems to be wrong
 */
export async function unseal(
  part: SealedPart,
  keys: readonly Key[],
  place: string,
): Promise<{ value: unknown; key: Key }> {
  const { recipient, key } = find(part, keys);
  const { aad } = part;
  if (aad !== toBase64Url(utf8(place))) throw new CannotUnseal("it was sealed for another message");
  try {
    return { value: await decrypt(part, recipient, key), key };
  } catch (error) {
    if (error instanceof CryptoMissing) throw error;
    // What is wrong of a tag, a key or a text of Base64 helps nobody.
    throw new CannotUnseal(`it is damaged, or not for the key ${key.kid}`);
  }
}

interface Recipient {
  readonly header: { readonly kid: string; readonly alg?: unknown; readonly epk?: unknown };
  readonly encrypted_key?: unknown;
}

async function decrypt(part: SealedPart, recipient: Recipient, key: Key): Promise<unknown> {
  const crypto = await subtle();
  checkHeader(part["protected"]);
  const { alg, epk } = recipient.header;
  const { kty, crv, x } = (epk ?? {}) as { kty?: unknown; crv?: unknown; x?: unknown };
  if (alg !== ALGORITHM || kty !== "OKP" || crv !== "X25519" || !key.private) {
    throw new Error("another algorithm");
  }
  const shared = await agree(key.private, await importPublic("X25519", fromBase64Url(x)));
  const wrapped = sized(recipient.encrypted_key, WRAPPED_BYTES);
  const wrapping = await wrappingKey(shared, "unwrapKey");
  const how = { name: "AES-GCM", length: 256 };
  const contentKey = await crypto.unwrapKey("raw", wrapped, wrapping, "AES-KW", how, false, [
    "decrypt",
  ]);
  const additionalData = utf8(`${String(part["protected"])}.${String(part["aad"])}`);
  const sealed = concat(fromBase64Url(part["ciphertext"]), sized(part["tag"], TAG_BYTES));
  const gcm = { name: "AES-GCM", iv: sized(part["iv"], IV_BYTES), additionalData };
  const value: unknown = JSON.parse(fromUtf8(await crypto.decrypt(gcm, contentKey, sealed)));
  return value;
}

/** A message does not choose how it is opened; nothing is compressed either. */
function checkHeader(text: unknown): void {
  const header: unknown = JSON.parse(fromUtf8(fromBase64Url(text)));
  const { enc, ...more } = header as { enc?: unknown };
  if (enc !== "A256GCM" || Object.keys(more).length > 0) throw new Error("another algorithm");
}

/** Return the part of a recipient whose key is at hand, and that key. */
function find(part: SealedPart, keys: readonly Key[]): { recipient: Recipient; key: Key } {
  const listed: unknown = part["recipients"];
  if (!Array.isArray(listed)) throw new CannotUnseal("it names no recipients");
  const kids: string[] = [];
  for (const one of listed as unknown[]) {
    const kid: unknown = (one as { header?: { kid?: unknown } | null } | null)?.header?.kid;
    if (typeof kid !== "string") continue;
    kids.push(kid.slice(0, 80));
    // Of two keys of one name the later counts, as for every client.
    const key = [...keys].reverse().find((mine) => mine.kid === kid);
    if (key) return { recipient: one as Recipient, key };
  }
  throw new NoKey(
    `it is for ${kids.slice(0, 5).join(", ") || "nobody"}, and none of the keys is theirs`,
  );
}

/** Derive the key that wraps (RFC 7518, section 4.6): one round, the parties have no names. */
async function wrappingKey(shared: Bytes, use: "wrapKey" | "unwrapKey"): Promise<CryptoKey> {
  const algorithm = utf8(ALGORITHM);
  const nobody = number(0);
  const input = concat(
    number(1),
    shared,
    number(algorithm.length),
    algorithm,
    nobody,
    nobody,
    number(256),
  );
  const crypto = await subtle();
  return crypto.importKey("raw", await sha256(input), "AES-KW", false, [use]);
}

function number(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function sized(text: unknown, length: number): Bytes {
  const bytes = fromBase64Url(text);
  if (bytes.length !== length) throw new Error("another length");
  return bytes;
}
