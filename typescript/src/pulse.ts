/** Whether the other end of a connection is still there. */

/**
 * Asks for a word when there has been none for a while, and notices if none comes.
 *
 * What it asks with is a frame of the protocol, not of the WebSocket: the answer then comes from
 * the session that everything else depends on, and a page can send no other.
 */
export class Pulse {
  readonly #seconds: number;
  #heard = Infinity;
  #asked = Infinity;

  /** @param seconds how long silence is borne, and how long the answer may take. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Count from now; the connection's first frame is a question itself. */
  begin(now: number): void {
    this.#heard = this.#asked = now;
  }

  /** Note a sign of life. */
  heard(now: number): void {
    this.#heard = now;
    this.#asked = Infinity;
  }

  /** Ask at once, unless an answer is awaited already. */
  hurry(): void {
    if (this.#asked === Infinity) this.#heard = -Infinity;
  }

  /** When to ask, or when to count the connection as lost. */
  get deadline(): number {
    const since = this.#asked === Infinity ? this.#heard : this.#asked;
    return since + this.#seconds;
  }

  /** Whether to ask now; the answer is then awaited. */
  asks(now: number): boolean {
    const due = this.#asked === Infinity && now >= this.#heard + this.#seconds;
    if (due) this.#asked = now;
    return due;
  }

  /** Whether no answer has come in time. */
  isDead(now: number): boolean {
    if (now >= this.#asked + 2 * this.#seconds && this.#asked !== this.#heard) {
      // Nobody looked for so long: this machine, or this page, has slept. The answer may have
      // come meanwhile, to be read next; so it is asked for once more.
      this.heard(-Infinity);
      return false;
    }
    return now >= this.#asked + this.#seconds;
  }
}
