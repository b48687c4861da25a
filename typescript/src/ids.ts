/** Identifiers: new ones, which sort by time, and those that keys stand for. */

import { AiloopError } from "./errors.js";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Ours for ever: another one would ask every question with a key once more. */
const NAMESPACE = "6f0c4c5e2f0b5b0e9d570d3c6f6b8f43";

/** Make a version 7 UUID (RFC 9562, section 5.7): a millisecond clock, then randomness. */
export function newId(): string {
  const bytes = new Uint8Array(10);
  // Node 18 has no global `crypto`. An id has to be new, not secret.
  const source = (globalThis as { crypto?: Crypto }).crypto;
  const random = source?.getRandomValues(bytes) ?? bytes.map(() => Math.random() * 256);
  return uuid(7, hex(Date.now(), 12) + Array.from(random, (byte) => hex(byte, 2)).join(""));
}

/** Return the id (UUID version 5) that a channel, a kind of prompt and a key stand for. */
export function idOfKey(channel: string, kind: string, key: string): string {
  // No channel and no kind has a space, so that no two of these texts are the same.
  const name = new TextEncoder().encode(`${channel} ${kind} ${key}`);
  const space = (NAMESPACE.match(/../g) ?? []).map((byte) => parseInt(byte, 16));
  return uuid(5, sha1([...space, ...name]));
}

/** Read the id of a prompt as the server writes it. */
export function readId(text: unknown): string {
  const id = String(text).toLowerCase();
  if (!UUID.test(id)) throw new AiloopError(`not the id of a prompt: ${String(text)}`);
  return id;
}

/** Write digits as a UUID, with its version and variant in their places. */
function uuid(version: number, digits: string): string {
  const variant = hex((parseInt(digits.charAt(16), 16) & 3) | 8, 1);
  const parts = /(.{8})(.{4}).(...).(...)(.{12}).*/;
  return digits.replace(parts, `$1-$2-${version}$3-${variant}$4-$5`);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/**
 * Return the SHA-1 of some bytes (FIPS 180-4, section 6.1), in hexadecimal digits.
 *
 * Version 5 is made of it; nothing is guarded by it. `crypto.subtle` has it too, but a page of
 * `http://intranet` has no `crypto.subtle`, and everybody else would have to wait for it.
 */
export function sha1(message: readonly number[]): string {
  const { length } = message;
  const words = new Array<number>((((length + 8) >> 6) + 1) << 4).fill(0);
  [...message, 0x80].forEach((byte, at) => {
    words[at >> 2] = (words[at >> 2] as number) | (byte << (24 - 8 * (at & 3)));
  });
  words[words.length - 1] = length * 8;
  const turn = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
  const [one, two] = [0x67452301, 0xefcdab89];
  let sum = [one, two, ~one, ~two, 0xc3d2e1f0];
  while (words.length) {
    const w = words.splice(0, 16);
    const before = (at: number) => w.at(-at) as number;
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = sum;
    for (let at = 0; at < 80; at++) {
      if (at > 15) w.push(turn(before(3) ^ before(8) ^ before(14) ^ before(16), 1));
      const round = Math.floor(at / 20);
      const odd = b ^ c ^ d;
      const mixed = [(b & c) | (~b & d), odd, (b & c) | (d & (b | c)), odd][round] as number;
      // The constants of the standard are the roots of these numbers.
      const constant = Math.floor(Math.sqrt([2, 3, 5, 10][round] as number) * 2 ** 30);
      const next = turn(a, 5) + mixed + e + constant + (w[at] as number);
      [a, b, c, d, e] = [next | 0, a, turn(b, 30), c, d];
    }
    sum = [a, b, c, d, e].map((part, at) => (part + (sum[at] as number)) >>> 0);
  }
  return sum.map((part) => hex(part, 8)).join("");
}
