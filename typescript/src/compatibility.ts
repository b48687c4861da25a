/** Whether a client and a server of different versions understand each other. */

import { Incompatible } from "./errors.js";
import { VERSION } from "./version.js";

/**
 * Compare the server's version with this client's, by semantic versioning 2.0.0.
 *
 * A server with another major version is refused (item 8). A server with an older minor version
 * lacks what came since (item 7), and as long as the major version is 0 every minor version may
 * change anything (item 4).
 *
 * @param theirs what the server calls its version.
 * @param server what the sentence calls the server.
 * @returns what to warn of, if there is anything.
 */
export function checkVersion(theirs: unknown, server = "the server", ours = VERSION) {
  const sentence = `${server} is version ${theirs as string}, this client is ${ours}: `;
  const [other, own] = [parse(String(theirs)), parse(ours)];
  if (!other || !own || other[0] !== own[0])
    throw new Incompatible(`${sentence}install the same major version`);
  if (other[1] < own[1] || (other[0] === 0 && other[1] !== own[1]))
    return `${sentence}better install the same minor version`;
  return undefined;
}

/** Return major and minor version. */
function parse(version: string): [number, number] | undefined {
  const match = /^(\d+)(?:\.(\d+))?/.exec(version);
  return match ? [Number(match[1]), Number(match[2] ?? 0)] : undefined;
}
