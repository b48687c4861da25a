/**
 * What was sealed, read as strictly as the server reads what comes in the clear: whoever sealed
 * it has passed no check of the server's.
 */

import type { Content } from "../model.js";
import { readSchema } from "./schema.js";

/** So many levels may anything have that is read, as on the server. */
const DEEPEST = 64;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value.trim() !== "";
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isAnything: Check = () => true;
const isSeconds: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const isPriority: Check = (value) =>
  typeof value === "string" && ["low", "normal", "high", "urgent"].includes(value.toLowerCase());
const isFlag: Check = (value) => typeof value === "boolean";

const timeout_seconds = isSeconds;
const context = isAnything;

/** By kind: the member that there must be, and what each may hold. */
const KINDS: Readonly<
  Record<string, { readonly words: string; readonly members: Readonly<Record<string, Check>> }>
> = {
  question: {
    words: "text",
    members: { text: isText, choices: isTexts, schema: isObject, timeout_seconds },
  },
  authorization: {
    words: "action",
    members: { action: isText, context, editable: isFlag, timeout_seconds },
  },
  navigate: { words: "url", members: { url: isUrl, context, timeout_seconds } },
  notification: { words: "text", members: { text: isText, priority: isPriority } },
};

/**
 * Read what was said.
 * @throws TypeError - no server would have taken it
 * @throws FormError - it has a schema that is no form
 */
export function readContent(value: unknown): Content {
  if (!isObject(value)) throw new TypeError("no content");
  const { type } = value;
  const kind = typeof type === "string" && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (!kind) throw new TypeError("an unknown kind of content");
  const members: Record<string, unknown> = { type };
  for (const [name, member] of Object.entries(value)) {
    if (name === "type" || member === null) continue; // what is null counts as absent
    if (!Object.hasOwn(kind.members, name) || kind.members[name]?.(member) !== true) {
      throw new TypeError(`the member ${name} is not understood`);
    }
    members[name] = name === "priority" ? (member as string).toLowerCase() : member;
  }
  if (!(kind.words in members)) throw new TypeError("there are no words");
  if (type === "notification") members["priority"] ??= "normal";
  if (Array.isArray(members["choices"]) && members["choices"].length === 0)
    delete members["choices"];
  if ("schema" in members) {
    if ("choices" in members) throw new TypeError("it has choices and a schema");
    readSchema(members["schema"]);
  }
  if (members["editable"] === true && !isObject(members["context"]))
    throw new TypeError("what may be edited is no object");
  return members as unknown as Content;
}

/** Return the members of an object, or throw. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isUrl(value: unknown): boolean {
  if (typeof value !== "string" || /[\u0000- \u007f]/.test(value)) return false;
  try {
    const { protocol, hostname } = new URL(value);
    return /^https?:\/\//i.test(value) && /^https?:$/.test(protocol) && hostname !== "";
  } catch {
    return false;
  }
}

/** Whether arrays and objects are nested deeper than a server reads. */
export function isTooDeep(value: unknown, deepest = DEEPEST): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < deepest; depth += 1) {
    level = level.flatMap((node) =>
      Object.values(node as Readonly<Record<string, unknown>>).filter(
        (child) => typeof child === "object" && child !== null,
      ),
    );
    if (level.length === 0) return false;
  }
  return true;
}
