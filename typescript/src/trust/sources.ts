/** Where keys come from: a program has them at hand, or names a file, where there are files. */

import { isPage, readFile, variable } from "../platform.js";

/**
 * A JSON Web Key or a set of them (`{"keys": […]}`); its JSON; or, in Node, the path of a file
 * with either.
 */
export type KeySource = string | object;

const MOST_BYTES = 64 * 1024;

/** A key as it was found, and what to call its source in a sentence. */
export interface FoundKey {
  readonly told: string;
  readonly members: unknown;
}

/** Return the paths that an environment variable lists. */
export function pathsFromEnvironment(name: string): string[] {
  const separator = variable("OS") === "Windows_NT" ? ";" : ":";
  return (variable(name) ?? "").split(separator).filter((path) => path !== "");
}

/**
 * Return all keys of a source.
 *
 * @param what to call the source where it is no file, such as `keys`.
 * @throws Error - there is none; the sentence names the source.
 */
export async function findKeys(source: KeySource, what: string): Promise<FoundKey[]> {
  const { told, value } = await read(source, what);
  const listed =
    typeof value === "object" && value !== null ? (value as { keys?: unknown }).keys : undefined;
  const found: unknown[] = Array.isArray(listed) ? listed : [value];
  return found.map((members) => ({ told, members }));
}

async function read(source: KeySource, what: string): Promise<{ told: string; value: unknown }> {
  if (typeof source !== "string") return { told: what, value: source };
  if (source.trimStart().startsWith("{")) return { told: what, value: parse(source, what) };
  if (isPage()) throw new Error(`${what}: there are no files here; give the key, or its JSON`);
  return { told: source, value: parse(await readText(source), source) };
}

async function readText(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
  if (text.length > MOST_BYTES) throw new Error(`${path} is too large to be a key`);
  return text;
}

function parse(text: string, told: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${told} holds no JSON Web Key`);
  }
}
