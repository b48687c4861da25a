/** What a program reads: messages of channels, and what becomes of prompts that it shows. */

import { cursorsOf, type Cursors } from "./following.js";
import type { Followed, Signal } from "./link.js";
import { abortable } from "./slot.js";

/** What a subscription reads from. */
interface Readable<T> {
  read(): Promise<T | undefined>;
  readonly cursors?: Cursors;
}

/**
 * Something to read with `for await`; it goes on over lost connections, with nothing twice.
 *
 * Leaving the loop closes it, an error does not: after `MissedMessages` another loop, or another
 * `next()`, goes on. Who neither reads nor closes keeps at most 10,000 messages.
 */
export class Subscription<T> implements AsyncIterableIterator<T> {
  /** Fulfilled once the server has taken it; what is posted then is delivered. */
  declare readonly ready: Promise<void>;
  readonly #open: (value: T) => Promise<T>;
  readonly #signal: Signal;
  #followed: Followed<Readable<T>> | undefined;
  #isClosed = false;
  readonly #abort = () => {
    this.close();
  };

  /** @internal */
  constructor(
    beginning: Promise<Followed<Readable<T>>>,
    open: (value: T) => Promise<T>,
    signal: Signal,
  ) {
    this.#open = open;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
    this.ready = this.#begin(beginning);
    // Who is told so by a loop does not close what has not begun.
    this.ready.catch(() => {
      this.#release();
    });
    if (signal?.aborted) this.close();
  }

  async #begin(beginning: Promise<Followed<Readable<T>>>): Promise<void> {
    const following = beginning.then((followed) => {
      this.#followed = followed;
      if (this.#isClosed) followed.close();
      return followed;
    });
    const followed = await abortable(following, this.#signal);
    await abortable(followed.ready, this.#signal);
  }

  /** By channel, the seq of the message read last: what `after` takes to go on from here. */
  get cursors(): Readonly<Record<string, number>> {
    return cursorsOf(this.#followed?.feed.cursors);
  }

  /** Return the next; several may be asked for at once, and come in turns. */
  async next(): Promise<IteratorResult<T, undefined>> {
    const value = await this.#read();
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (value === undefined) return { done: true, value: undefined };
    return { done: false, value: await this.#open(value) };
  }

  async #read(): Promise<T | undefined> {
    if (this.#isClosed) return undefined;
    try {
      await this.ready;
      const { feed } = this.#followed as Followed<Readable<T>>;
      return await abortable(feed.read(), this.#signal);
    } catch (error) {
      if (this.#isClosed) return undefined;
      throw error;
    }
  }

  /** Follow no longer; whoever reads finds the end. */
  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #release(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#followed?.close();
  }
}
