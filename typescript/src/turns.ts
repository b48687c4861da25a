/** Taking turns where there is room for few. */

import { Slot, abortable, bounded } from "./slot.js";

/** Lets so many at a time do what takes long. */
export class Turns {
  #room: number;
  /** Turns that nobody waited for when they began. */
  readonly #running = new Set<AbortController>();
  readonly #waiting = new Set<Slot<void>>();

  /** @param room how many there may be at a time. */
  constructor(room: number) {
    this.#room = room;
  }

  /**
   * Do something when it is one's turn; return nothing where it was cut short for others.
   *
   * @param use gets the signal that ends it, and whether others wait.
   */
  async take<T>(
    signal: AbortSignal | null | undefined,
    use: (stop: AbortSignal, isCrowded: boolean) => Promise<T>,
  ): Promise<T | undefined> {
    if (!this.#room) {
      // Who has had the room to themselves begins anew, with less time.
      for (const running of this.#running) running.abort(CUT);
      const turn = new Slot<void>();
      this.#waiting.add(turn);
      try {
        await abortable(turn.promise, signal);
      } catch (error) {
        if (!this.#waiting.delete(turn)) this.#pass();
        throw error;
      }
    } else this.#room -= 1;
    const isCrowded = this.#waiting.size > 0;
    const among = isCrowded ? undefined : this.#running;
    try {
      return await bounded({ signal, among }, (stop) => use(stop, isCrowded));
    } catch (error) {
      if (error === CUT) return undefined;
      throw error;
    } finally {
      this.#pass();
    }
  }

  /** Let the next one have the room. */
  #pass(): void {
    for (const turn of this.#waiting) {
      this.#waiting.delete(turn);
      turn.put();
      return;
    }
    this.#room += 1;
  }
}

/** Why a turn ends that others want. */
const CUT = /* @__PURE__ */ Symbol("others wait");
