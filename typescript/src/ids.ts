/** Identifiers: new ones, which sort by time, and those that keys stand for. */

import { AiloopError } from "./errors.js";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Ours for ever: another one would ask every question with a key once more. */
const NAMESPACE = "6f0c4c5e-2f0b-5b0e-9d57-0d3c6f6b8f43";

/** Make a version 7 UUID (RFC 9562, section 5.7): a millisecond clock, then randomness. */
export function newId(): string {
  const bytes = randomBytes(16);
  let milliseconds = Date.now();
  for (let at = 5; at >= 0; at--) {
    bytes[at] = milliseconds % 256;
    milliseconds = Math.floor(milliseconds / 256);
  }
  return write(bytes, 7);
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // Node 18 has no global `crypto`. An id has to be new, not secret.
  const source = (globalThis as { crypto?: Crypto }).crypto;
  return source?.getRandomValues(bytes) ?? bytes.map(() => Math.random() * 256);
}

/** Return the id (UUID version 5) that a channel, a kind of prompt and a key stand for. */
export function idOfKey(channel: string, kind: string, key: string): string {
  // No channel and no kind has a space, so that no two of these texts are the same.
  const name = new TextEncoder().encode(`${channel} ${kind} ${key}`);
  const text = NAMESPACE.replaceAll("-", "");
  const bytes = new Uint8Array(16 + name.length);
  for (let at = 0; at < 16; at++) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  bytes.set(name, 16);
  return write(sha1(bytes).slice(0, 16), 5);
}

/** Read the id of a prompt as the server writes it. */
export function readId(text: unknown): string {
  const id = String(text).toLowerCase();
  if (!UUID.test(id)) throw new AiloopError(`not the id of a prompt: ${String(text)}`);
  return id;
}

function write(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Return the SHA-1 of some bytes (FIPS 180-4, section 6.1).
 *
 * Version 5 is made of it; nothing is guarded by it. `crypto.subtle` has it too, but a page of
 * `http://intranet` has no `crypto.subtle`, and everybody else would have to wait for it.
 */
export function sha1(message: Uint8Array): Uint8Array {
  const padded = new DataView(new ArrayBuffer((((message.length + 8) >> 6) + 1) << 6));
  message.forEach((byte, at) => {
    padded.setUint8(at, byte);
  });
  padded.setUint8(message.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor(message.length / 2 ** 29));
  padded.setUint32(padded.byteLength - 4, message.length << 3);
  const sum = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const words = new Uint32Array(80);
  const turn = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
  const word = (at: number) => words[at] as number;
  for (let block = 0; block < padded.byteLength; block += 64) {
    let [a, b, c, d, e] = sum as unknown as [number, number, number, number, number];
    for (let at = 0; at < 80; at++) {
      words[at] =
        at < 16
          ? padded.getUint32(block + 4 * at)
          : turn(word(at - 3) ^ word(at - 8) ^ word(at - 14) ^ word(at - 16), 1);
      const [mixed, constant] =
        at < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : at < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : at < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6];
      const next = (turn(a, 5) + mixed + e + constant + word(at)) | 0;
      [a, b, c, d, e] = [next, a, turn(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((part, at) => {
      sum[at] = (sum[at] as number) + part;
    });
  }
  const digest = new DataView(new ArrayBuffer(20));
  sum.forEach((part, at) => {
    digest.setUint32(4 * at, part);
  });
  return new Uint8Array(digest.buffer);
}
