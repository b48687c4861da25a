/** The keys of a client: for whom it seals, and what it opens. */

import { AiloopError, BadKeyFile } from "../errors.js";
import { CryptoMissing } from "../trust/crypto.js";
import { findKeys, type KeySource } from "../trust/sources.js";
import { BadKey, Key } from "./keys.js";

/** Each recipient adds about 250 bytes to every message. */
const MOST_RECIPIENTS = 50;

/**
 * Read the keys of those to seal for.
 *
 * Throws {@link BadKeyFile} if one cannot be used.
 */
export async function loadRecipients(sources: readonly KeySource[]): Promise<Key[]> {
  const keys = await load(sources, "for", (key) =>
    key.private ? "a private key; sealing takes the public one" : undefined,
  );
  if (keys.length > MOST_RECIPIENTS)
    throw new BadKeyFile(
      `there must be 1 to ${MOST_RECIPIENTS} keys to seal for, not ${keys.length}`,
    );
  if (new Set(keys.map((key) => key.kid)).size < keys.length)
    throw new BadKeyFile("two of the keys to seal for have the same kid");
  return keys;
}

/**
 * Read the keys that open what was sealed for somebody.
 *
 * Throws {@link BadKeyFile} if one cannot be used.
 */
export function loadOwn(sources: readonly KeySource[]): Promise<Key[]> {
  return load(sources, "keys", (key) =>
    key.private ? undefined : "a public key; opening takes the private one",
  );
}

async function load(
  sources: readonly KeySource[],
  what: string,
  fault: (key: Key) => string | undefined,
): Promise<Key[]> {
  const keys = [];
  for (const source of sources) {
    for (const { told, members } of await found(source, what)) {
      const key = await loadOne(members, told);
      const wrong = fault(key);
      if (wrong) throw new BadKeyFile(`${told} holds ${wrong}`);
      keys.push(key);
    }
  }
  return keys;
}

async function found(source: KeySource, what: string): ReturnType<typeof findKeys> {
  try {
    return await findKeys(source, what);
  } catch (error) {
    throw new BadKeyFile((error as Error).message);
  }
}

async function loadOne(members: unknown, told: string): Promise<Key> {
  try {
    return await Key.load(members);
  } catch (error) {
    if (error instanceof CryptoMissing) throw new AiloopError(error.message);
    if (error instanceof BadKey) throw new BadKeyFile(`${told}: ${error.message}`);
    throw error;
  }
}
