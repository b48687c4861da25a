/** Messages that nobody waits for, on their way over HTTP. */

import { Refused } from "./errors.js";
import type { Message } from "./model.js";

const BATCH_MESSAGES = 100;

/** Posts what it is given, in its order, what has gathered meanwhile together. */
export class Outgoing {
  /** Messages that the server has not got, and never will. */
  dropped = 0;
  readonly #room: number;
  readonly #post: (messages: readonly Message[]) => Promise<void>;
  #waiting: Message[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /**
   * @param room how many messages may be on their way; others are dropped, and counted.
   * @param post posts some; all or none are taken.
   */
  constructor(room: number, post: (messages: readonly Message[]) => Promise<void>) {
    this.#room = room;
    this.#post = post;
  }

  /** Have a message posted, if there is room for it. */
  put(message: Message): void {
    if (this.#closed || this.#waiting.length >= this.#room) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(message);
    this.#running ??= this.#run();
  }

  /** Return when what waits has been posted or dropped. */
  async flush(): Promise<void> {
    await this.#running;
  }

  /** Drop what is left. */
  close(): void {
    this.#closed = true;
    this.dropped += this.#waiting.length;
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // for what is said in this turn to travel together
    while (this.#waiting.length) {
      // They keep their room until the server has them.
      const batch = this.#waiting.slice(0, BATCH_MESSAGES);
      const lost = await this.#deliver(batch);
      if (this.#closed) return; // they have been counted as dropped
      this.dropped += lost;
      this.#waiting.splice(0, batch.length);
    }
    this.#running = undefined;
  }

  /** Post some messages; return how many are lost. */
  async #deliver(batch: readonly Message[]): Promise<number> {
    try {
      await this.#post(batch);
      return 0;
    } catch (error) {
      if (!(error instanceof Refused) || batch.length === 1) return batch.length;
    }
    let lost = 0; // to find out which of them is at fault
    for (const one of batch) lost += await this.#deliver([one]);
    return lost;
  }
}
