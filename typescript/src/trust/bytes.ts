/** Bytes and how they are written: Base64 for URLs, hexadecimal, UTF-8. */

/** Bytes that are nobody else's: WebCrypto takes no view of shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

const BASE64_URL = /^[\w-]*$/;
const HEX = /^(?:[\da-f]{2})*$/i;

/** A chunk that a call takes as arguments; engines bound how many there may be. */
const CHUNK = 0x2000;

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/**
 * Read UTF-8 strictly.
 * @throws TypeError - it is none
 */
export function fromUtf8(bytes: Uint8Array | ArrayBuffer): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Write bytes in Base64 for URLs, without padding (RFC 7515, section 2). */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/**
 * Read Base64 for URLs.
 * @throws Error - it is none
 */
export function fromBase64Url(text: unknown): Bytes {
  if (typeof text !== "string" || !BASE64_URL.test(text)) throw new Error("no Base64 for URLs");
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = new Uint8Array(plain.length);
  for (let at = 0; at < plain.length; at += 1) bytes[at] = plain.charCodeAt(at);
  return bytes;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Read hexadecimal.
 * @throws Error - it is none
 */
export function fromHex(text: string): Bytes {
  if (!HEX.test(text)) throw new Error("no hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Whether two texts are the same; how long it takes tells only their lengths. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [utf8(one), utf8(other)];
  if (a.length !== b.length) return false;
  let differs = 0;
  for (let at = 0; at < a.length; at += 1) differs |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return differs === 0;
}
