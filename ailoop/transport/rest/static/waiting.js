// The server's list of what waits, asked for anew whenever it may have changed: there is one
// truth, so that no two screens disagree for longer than a request takes.

import * as rest from "./rest.js";

const SOON = 30;
const RETRY = 2000;
/** The share of the time that requests may take, on a server with much to list: a quarter. */
const REST_FACTOR = 3;
const LONGEST_REST = 5000;
const CHECKED_AT_ONCE = 20;
/** A prompt whose time has been over for so long should be settled: its response is missed. */
const OVERDUE = 3000;

export class Waiting {
  /**
   * @param {import("./store.js").Store} store
   * @param {(fresh: object[]) => void} told called with prompts that were not known to wait
   */
  constructor(store, told) {
    this.store = store;
    this.told = told;
    this.isDue = false;
    this.isBusy = false;
    this.running = new AbortController();
  }

  /** Have the list read before long. */
  refresh() {
    if (!this.isBusy && !this.isDue) this.timer = setTimeout(() => this.read(), SOON);
    this.isDue = true;
  }

  /** Read the list now, over a connection that is new: on the old one nothing may ever come. */
  renew() {
    this.running.abort();
    clearTimeout(this.timer);
    this.read();
  }

  /** Look after prompts that should have ended. */
  tick(now) {
    if (this.store.open.some((prompt) => prompt.expiresAt + OVERDUE < now)) this.refresh();
  }

  async read() {
    this.isDue = false;
    this.isBusy = true;
    const { signal } = (this.running = new AbortController());
    const began = performance.now();
    let pause = RETRY;
    try {
      const { fresh, absent } = this.store.waiting(await rest.pending(signal), began);
      this.told(fresh);
      for (let at = 0; at < absent.length; at += CHECKED_AT_ONCE) {
        await Promise.all(absent.slice(at, at + CHECKED_AT_ONCE).map((prompt) => this.check(prompt, signal)));
      }
      pause = Math.min((performance.now() - began) * REST_FACTOR, LONGEST_REST);
    } catch {
      // The connection's state tells of it; a server that answers nothing may yet come back.
      this.isDue = true;
    }
    if (!signal.aborted) this.timer = setTimeout(() => this.rested(), pause);
  }

  rested() {
    this.isBusy = false;
    if (this.isDue) this.read();
  }

  /** Learn what has become of a prompt that is not in the list any more. */
  async check(prompt, signal) {
    try {
      const response = await rest.response(prompt.id, signal);
      if (response && !prompt.response) this.store.settle(prompt.id, response);
    } catch (error) {
      if (error.status !== 404) throw error;
      this.store.lose(prompt.id);
    }
  }
}
