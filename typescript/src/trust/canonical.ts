/**
 * What a person was asked, written down in one way only, and its hash.
 *
 * The one way is the JSON Canonicalization Scheme (RFC 8785). It writes numbers and texts as
 * `JSON.stringify` does; what is left is the order of names, and to refuse what has no form.
 */

import { toHex, utf8 } from "./bytes.js";
import { sha256 } from "./crypto.js";

/** A value has no canonical form. */
export class CanonicalError extends RangeError {
  override readonly name = "CanonicalError";
  /** Where in the value, such as `.amount` or `[3]`; empty for the whole. */
  readonly path: string;

  constructor(path: string, sentence: string) {
    super(`${path || "the value"} ${sentence}`);
    this.path = path;
  }
}

/** What of a prompt is hashed; it may have other members. */
export interface Asked {
  /** How long the person has is no part of it. */
  readonly timeout_seconds?: number;
  readonly type: string;
  readonly text?: string;
  readonly choices?: readonly string[] | null;
  readonly schema?: object | null;
  readonly action?: string;
  readonly url?: string;
  readonly context?: unknown;
}

/**
 * Return the hash of what a prompt asks.
 * @throws CanonicalError - it has no canonical form
 */
export async function contentHash(content: Asked): Promise<string> {
  return canonicalHash(asked(content));
}

/**
 * Refuse what has no hash.
 * @throws CanonicalError - it has no canonical form
 */
export function checkCanonical(content: Asked): void {
  canonicalJson(asked(content));
}

function asked({ type, text, choices, schema, action, url, context }: Asked): object {
  if (type === "question") {
    // A question without a form has the hash that it had before there were forms.
    return { type, text, choices: orNull(choices), ...(schema == null ? {} : { schema }) };
  }
  const more = { context: orNull(context) };
  return type === "navigate" ? { type, url, ...more } : { type, action, ...more };
}

/** Without a context, or choices, it is null. */
function orNull(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** Return the hash of a person's words, if there are any. */
export async function answerHash(answer: string | null | undefined): Promise<string | null> {
  return answer === null || answer === undefined ? null : canonicalHash(answer);
}

/**
 * Return the hash of a JSON value.
 * @throws CanonicalError - it has no canonical form
 */
export async function canonicalHash(value: unknown): Promise<string> {
  return `sha-256:${toHex(await sha256(utf8(canonicalJson(value))))}`;
}

/**
 * Write a value as RFC 8785 says, going by what would travel: of an object `toJSON` is asked,
 * and what is `undefined` is left out, as `JSON.stringify` does.
 * @throws CanonicalError - a number is not finite, or is whole and so large that not every
 *   reader of JSON can tell it from its neighbours; a text has half a character; a value is
 *   none of JSON
 */
export function canonicalJson(value: unknown): string {
  const written = write(value, "", "", DEEPEST);
  if (written === undefined) throw new CanonicalError("", "is nothing that JSON has");
  return written;
}

/** So many levels may a value have: one that holds itself is to be told, too. */
const DEEPEST = 100;

function write(given: unknown, path: string, name: string, deeper: number): string | undefined {
  if (deeper < 0)
    throw new CanonicalError("", `is nested more than ${String(DEEPEST)} levels deep`);
  const value = asTravelling(given, name);
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "string":
      return writeText(value, path);
    case "number":
      return writeNumber(value, path);
    case "bigint":
      throw new CanonicalError(path, "is of the type bigint, which JSON has not; write it as text");
    case "object":
      if (value === null) return "null";
      return Array.isArray(value)
        ? writeArray(value, path, deeper - 1)
        : writeObject(value, path, deeper - 1);
    default:
      return undefined;
  }
}

function asTravelling(value: unknown, name: string): unknown {
  const toJson = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
  const told: unknown = typeof toJson === "function" ? toJson.call(value, name) : value;
  // As JSON.stringify has it: `new Number(5)` is 5.
  return told instanceof Number || told instanceof String || told instanceof Boolean
    ? told.valueOf()
    : told;
}

function writeArray(value: readonly unknown[], path: string, deeper: number): string {
  const items = Array.from(
    value,
    (item, index) => write(item, `${path}[${String(index)}]`, String(index), deeper) ?? "null",
  );
  return `[${items.join(",")}]`;
}

function writeObject(value: object, path: string, deeper: number): string {
  // Without an argument it sorts by UTF-16 units, which is the order of the RFC.
  const members = Object.keys(value)
    .sort()
    .map((name) => {
      const key = writeText(name, path);
      const item = write(
        (value as Record<string, unknown>)[name],
        `${path}.${name.slice(0, 100)}`,
        name,
        deeper,
      );
      return item === undefined ? undefined : `${key}:${item}`;
    });
  return `{${members.filter((one) => one !== undefined).join(",")}}`;
}

/** Half of a pair of UTF-16 units, alone. */
const LONE = /\p{Surrogate}/u;

function writeText(text: string, path: string): string {
  if (LONE.test(text)) throw new CanonicalError(path, "has half a character (a lone surrogate)");
  return JSON.stringify(text);
}

/** Beyond it the server's reader makes a double of a whole number, as JavaScript does. */
const DOUBLES_BEYOND = 2 ** 64;

function writeNumber(number: number, path: string): string {
  if (!Number.isFinite(number))
    throw new CanonicalError(path, `is ${String(number)}, which JSON has not`);
  const size = Math.abs(number);
  if (size > Number.MAX_SAFE_INTEGER && size <= DOUBLES_BEYOND) {
    throw new CanonicalError(
      path,
      "is a whole number beyond 2^53 - 1, which not every reader of JSON can tell from its " +
        "neighbours; write it as text",
    );
  }
  return JSON.stringify(number);
}
