/**
 * JSON whose members are sorted, written as the Python client's writer does it: from what it
 * writes the secret of a prompt is derived, and two agents that ask the same under one `key` are
 * to come to the same secret. Where they do not, the second is refused, and nobody is deceived.
 * They differ on a whole number that Python has as a float, such as `1.0`.
 */

import { utf8 } from "../trust/bytes.js";

/** Write a JSON value. */
export function sortedJson(value: unknown): string {
  if (typeof value === "number") return writeNumber(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => sortedJson(item)).join(",")}]`;
  const members = Object.entries(value)
    .sort(([one], [other]) => compare(utf8(one), utf8(other)))
    .map(([name, item]) => `${JSON.stringify(name)}:${sortedJson(item)}`);
  return `{${members.join(",")}}`;
}

/** Names are in the order of their bytes, which is that of characters and not of UTF-16. */
function compare(one: Uint8Array, other: Uint8Array): number {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at += 1) {
    const differs = (one[at] ?? 0) - (other[at] ?? 0);
    if (differs !== 0) return differs;
  }
  return one.length - other.length;
}

/** Below it the other writer takes an exponent, JavaScript below 0.000001. */
const PLAIN_FROM = 1e-5;

function writeNumber(number: number): string {
  const isSmall = number !== 0 && Math.abs(number) < PLAIN_FROM;
  return isSmall ? number.toExponential() : JSON.stringify(number);
}
