/** What a client shows to say who it is: an API key, or a token. */

import { AiloopError, Unreachable } from "./errors.js";
import { readFile, variable } from "./platform.js";

/** The text, or what returns it, asked for anew at each request and connection. */
export type Token = string | (() => string | Promise<string>);

/**
 * Return the credential, and nothing if there is none.
 *
 * What a function throws counts as a failure that may pass, as being offline does: whoever has
 * the tokens may be away for a while.
 */
export async function credentialOf(token: Token | undefined): Promise<string> {
  const known = (await read(token)).trim();
  if (/[^\x21-\x7e]/.test(known))
    throw new AiloopError("the token has characters that no API key and no token has");
  return known;
}

async function read(token: Token | undefined): Promise<string> {
  if (typeof token === "function") {
    try {
      return await token();
    } catch (error) {
      if (error instanceof AiloopError) throw error;
      throw new Unreachable(`the token cannot be had: ${String(error)}`, { cause: error });
    }
  }
  if (token !== undefined) return token;
  const path = variable("AILOOP_TOKEN_FILE");
  const known = variable("AILOOP_TOKEN");
  if (known !== undefined || !path) return known ?? "";
  try {
    return await readFile(path);
  } catch (error) {
    const why = (error as Error).message;
    throw new AiloopError(`AILOOP_TOKEN_FILE: cannot read ${path}: ${why}`);
  }
}
