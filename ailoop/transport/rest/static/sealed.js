// Content sealed for named recipients: JSON Web Encryption (RFC 7516) in its general JSON form,
// ECDH-ES+A256KW over X25519 and A256GCM (RFC 7518), as ailoop/trust/sealed.py writes and reads
// it. All of it is done by the browser's own WebCrypto.

import { parse } from "./json.js";

const ALGORITHM = "ECDH-ES+A256KW";
const CURVE = { name: "X25519" };
/** A plaintext is filled up to a multiple of it: a length is not to tell yes from no. */
const STEP = 256;

const utf8 = (text) => new TextEncoder().encode(text);

/** Why something does not open; the sentence is for a person. */
export class CannotUnseal extends Error {}

/** Whether this browser, on a page of this address, can open anything. */
export function whyNot() {
  if (globalThis.crypto?.subtle) return "";
  return "A browser opens nothing on a page that came over plain HTTP from another machine; use HTTPS, or localhost.";
}

/**
 * Take a private key into the browser, which gives it to no script any more.
 * @param {object} jwk as `ailoop keygen` writes it
 * @returns {Promise<{kid: string, name: string, key: CryptoKey}>}
 */
export async function importKey(jwk) {
  if (whyNot()) throw new Error(whyNot());
  const { kty, crv, x, d, kid, name } = jwk ?? {};
  if (kty !== "OKP" || crv !== "X25519") throw new Error("That is no key that `ailoop keygen` makes.");
  if (!d) throw new Error("That is a public key; opening takes the private one.");
  if (typeof kid !== "string" || !kid) throw new Error("The key has no kid.");
  try {
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, d }, CURVE, false, ["deriveBits"]);
    return { kid, name: typeof name === "string" && name ? name : kid, key };
  } catch (error) {
    const isOld = error.name === "NotSupportedError";
    throw new Error(isOld ? "This browser knows no X25519 keys; a newer one does." : "That is no valid key.");
  }
}

/**
 * Open what was sealed.
 * @param {object} part a JWE
 * @param {{kid: string, key: CryptoKey}[]} keys
 * @param {string} place where it belongs
 * @returns {Promise<{value: any, key: object}>} what it says, and the key that opened it
 */
export async function unseal(part, keys, place) {
  const [recipient, key] = find(part, keys);
  if (part.aad !== encode(utf8(place))) throw new CannotUnseal("it was sealed for another message");
  try {
    const { enc, ...rest } = JSON.parse(new TextDecoder().decode(decode(part.protected)));
    const { alg, epk } = recipient.header;
    const isOurs = enc === "A256GCM" && alg === ALGORITHM && epk.crv === "X25519" && !Object.keys(rest).length;
    if (!isOurs) throw new Error("another algorithm");
    const cek = await unwrap(decode(recipient.encrypted_key), await agree(key.key, decode(epk.x)));
    const iv = sized(decode(part.iv), 12);
    const sealed = new Uint8Array([...decode(part.ciphertext), ...sized(decode(part.tag), 16)]);
    const additionalData = utf8(`${part.protected}.${part.aad}`);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, cek, sealed);
    return { value: parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)), key };
  } catch {
    throw new CannotUnseal(`it is damaged, or not for the key ${key.kid}`);
  }
}

/** Find the part of a recipient whose key is here, and that key. */
function find(part, keys) {
  const recipients = Array.isArray(part.recipients) ? part.recipients : [];
  const kids = recipients.map((one) => one?.header?.kid).filter((kid) => typeof kid === "string");
  for (const recipient of recipients) {
    const key = keys.find((one) => one.kid === recipient?.header?.kid);
    if (key) return [recipient, key];
  }
  const names = kids.slice(0, 5).map((kid) => kid.slice(0, 80));
  throw new CannotUnseal(`it is for ${names.join(", ") || "nobody"}, and no key here is theirs`);
}

/**
 * Seal JSON for one recipient.
 * @param {any} value
 * @param {object} to the public key, a JWK
 * @param {string} place where it belongs
 */
export async function seal(value, to, place) {
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const { kty, crv, x } = await crypto.subtle.exportKey("jwk", own.publicKey);
  const cek = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const kek = await wrappingKey(await agree(own.privateKey, decode(to.x)), "wrapKey");
  const wrapped = await crypto.subtle.wrapKey("raw", cek, kek, "AES-KW");
  const parts = { protected: encode(utf8('{"enc":"A256GCM"}')), aad: encode(utf8(place)) };
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = utf8(`${parts.protected}.${parts.aad}`);
  const text = utf8(JSON.stringify(value));
  const plain = new Uint8Array(Math.ceil(text.length / STEP) * STEP).fill(0x20); // JSON may end with spaces
  plain.set(text);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, cek, plain));
  const header = { alg: ALGORITHM, kid: to.kid, epk: { kty, crv, x } };
  return {
    ...parts,
    iv: encode(iv),
    ciphertext: encode(sealed.subarray(0, -16)),
    tag: encode(sealed.subarray(-16)),
    recipients: [{ header, encrypted_key: encode(new Uint8Array(wrapped)) }],
  };
}

// -- key agreement (RFC 7518, section 4.6) ------------------------------------------------

/** Return the bytes that a private and a public key agree on. */
async function agree(key, raw) {
  const other = await crypto.subtle.importKey("raw", sized(raw, 32), CURVE, false, []);
  return crypto.subtle.deriveBits({ name: "X25519", public: other }, key, 256);
}

/** Derive the key that wraps, by one round of the Concat KDF: both names of parties are empty. */
async function wrappingKey(shared, use) {
  const number = (value) => new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
  const algorithm = utf8(ALGORITHM);
  const input = [number(1), new Uint8Array(shared), number(algorithm.length), algorithm, number(0), number(0), number(256)];
  const derived = await crypto.subtle.digest("SHA-256", await new Blob(input).arrayBuffer());
  return crypto.subtle.importKey("raw", derived, "AES-KW", false, [use]);
}

async function unwrap(wrapped, shared) {
  const kek = await wrappingKey(shared, "unwrapKey");
  return crypto.subtle.unwrapKey("raw", sized(wrapped, 40), kek, "AES-KW", "AES-GCM", false, ["decrypt"]);
}

// -- bytes and their text -----------------------------------------------------------------

function sized(bytes, length) {
  if (bytes.length !== length) throw new Error("another length");
  return bytes;
}

/** Write bytes in Base64 for URLs, without padding (RFC 7515, section 2). */
function encode(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text) {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text)) throw new Error("no Base64");
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
