// The server's list of what waits, asked for anew whenever it may have changed: there is one
// truth, so that no two screens disagree for longer than a request takes.

import * as rest from "./rest.js";

const SOON = 30;
const RETRY = 2000;
/** The share of the time that requests may take, on a server with much to list: a quarter. */
const REST_FACTOR = 3;
const CHECKED_AT_ONCE = 20;

export class Waiting {
  /**
   * @param {import("./store.js").Store} store
   * @param {(fresh: object[]) => void} told called with prompts that were not known before
   */
  constructor(store, told) {
    this.store = store;
    this.told = told;
    this.isDue = false;
    this.isBusy = false;
  }

  /** Have the list read before long. */
  refresh() {
    if (this.isBusy || this.isDue) {
      this.isDue = true;
      return;
    }
    this.isDue = true;
    setTimeout(() => this.read(), SOON);
  }

  async read() {
    this.isDue = false;
    this.isBusy = true;
    const began = performance.now();
    let pause = 0;
    try {
      const { fresh, absent } = this.store.waiting(await rest.pending());
      this.told(fresh);
      await Promise.all(absent.slice(0, CHECKED_AT_ONCE).map((prompt) => this.check(prompt)));
      pause = (performance.now() - began) * REST_FACTOR;
    } catch {
      // The connection's state tells of it; a server that answers nothing may yet come back.
      this.isDue = true;
      pause = RETRY;
    }
    setTimeout(() => this.rested(), pause);
  }

  rested() {
    this.isBusy = false;
    if (this.isDue) this.read();
  }

  /** Learn what has become of a prompt that is not in the list any more. */
  async check(prompt) {
    try {
      const response = await rest.response(prompt.id);
      if (response && !prompt.response) this.store.settle(prompt.id, response);
    } catch (error) {
      if (error.status === 404) this.store.lose(prompt.id);
    }
  }
}
