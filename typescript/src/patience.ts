/** How long a client bears with a server: settings, and when to try again. */

import { type AiloopError, Busy, Unavailable, Unreachable } from "./errors.js";

/** How long a client waits for what, in seconds. */
export interface Patience {
  /**
   * Before the first attempt to connect again (0.1); each further attempt waits twice as long,
   * less a random part of up to a half.
   */
  readonly firstSeconds: number;
  /** What that grows to at most (15). */
  readonly longestSeconds: number;
  /**
   * Without a connection for so long, whatever waits rejects with what came of the last attempt,
   * and the client is done. `null`: it waits as long as its caller does. 0: it never connects
   * again.
   */
  readonly giveUpSeconds: number | null;
  /** For opening one connection (10). */
  readonly connectSeconds: number;
  /**
   * After so long without a word from the server it is asked for one (10); after as long again
   * the connection counts as lost.
   */
  readonly heartbeatSeconds: number;
  /**
   * How many messages of `say(…, { wait: false })` may be on their way (1000); further ones are
   * dropped, and counted.
   */
  readonly bufferedMessages: number;
}

const DEFAULT: Patience = {
  firstSeconds: 0.1,
  longestSeconds: 15,
  giveUpSeconds: null,
  connectSeconds: 10,
  heartbeatSeconds: 10,
  bufferedMessages: 1000,
};

/** Return settings with what is left out filled in. Throws a `RangeError` for what cannot be. */
export function patienceOf(given: { [name in keyof Patience]?: Patience[name] | undefined } = {}) {
  const patience: Record<string, number | null> = { ...DEFAULT };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const may = name === "giveUpSeconds" || name === "bufferedMessages";
    const fits = value === null ? name === "giveUpSeconds" : may ? value >= 0 : value > 0;
    if (!fits) throw new RangeError(`patience.${name} cannot be ${value}`);
    patience[name] = value;
  }
  return patience as unknown as Patience;
}

/** How a client stands to its server; `waiting`: the next attempt to connect is due later. */
export type ConnectionState = "connecting" | "connected" | "waiting" | "closed";

/** Whether trying the same again later makes sense. */
export function mayPass(error: AiloopError): boolean {
  return error instanceof Unreachable || error instanceof Busy || error instanceof Unavailable;
}

/** Counts failures in a row and says how long to wait after each. */
export class Retries {
  readonly #patience: Patience;
  readonly #random: () => number;
  #failures = 0;
  #since: number | undefined;

  /** @param random where the random part of a wait comes from. */
  constructor(patience: Patience, random: () => number = Math.random) {
    this.#patience = patience;
    this.#random = random;
  }

  /** Begin anew: what fails next fails for the first time. */
  succeeded(): void {
    this.#failures = 0;
    this.#since = undefined;
  }

  /**
   * Return how many seconds to wait before the next attempt.
   *
   * @param now on any clock that does not jump, in seconds.
   * @param error what came of this attempt; it is thrown when there is to be no other.
   */
  failed(now: number, error: AiloopError): number {
    if (!mayPass(error)) throw error;
    this.#since ??= now;
    const { firstSeconds, longestSeconds, giveUpSeconds } = this.#patience;
    const step = Math.min(longestSeconds, firstSeconds * 2 ** this.#failures);
    this.#failures += 1;
    const delay =
      error.retryAfter === undefined
        ? step * (0.5 + this.#random() / 2)
        : // Never sooner than the server said, and not all clients at that very moment.
          error.retryAfter + step * this.#random();
    if (giveUpSeconds === null) return delay;
    const left = this.#since + giveUpSeconds - now;
    if (left <= 0) throw error;
    return Math.min(delay, left);
  }
}
