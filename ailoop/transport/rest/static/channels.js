// The channels: how many prompts wait on each, and which one is looked at.

import { name } from "./text.js";

const MOST = 200;

export class Channels {
  /**
   * @param {import("./store.js").Store} store
   * @param {(channel: string) => void} choose called with a channel, or "" for all
   */
  constructor(store, choose) {
    this.store = store;
    this.choose = choose;
    this.current = "";
    this.list = document.getElementById("channels");
    this.search = document.getElementById("channel-search");
    this.onlyWaiting = document.getElementById("only-waiting");
    this.items = new Map();
    this.search.addEventListener("input", () => this.render());
    this.onlyWaiting.addEventListener("change", () => this.render());
  }

  pick(channel) {
    this.current = channel;
    this.choose(channel);
    this.render();
  }

  render() {
    const counts = this.store.channels();
    const all = [...counts.values()];
    const sum = (key) => all.reduce((total, one) => total + one[key], 0);
    const wanted = this.search.value.trim().toLowerCase();
    const names = [...counts.keys()].filter(
      (one) =>
        one === this.current ||
        (one.toLowerCase().includes(wanted) && (counts.get(one).waiting || !this.onlyWaiting.checked)),
    );
    // Where somebody waits comes first.
    names.sort((one, other) => Boolean(counts.get(other).waiting) - Boolean(counts.get(one).waiting) || (one < other ? -1 : 1));
    const shown = ["", ...names.slice(0, MOST)];
    for (const [channel, item] of this.items) {
      if (!shown.includes(channel)) {
        item.remove();
        this.items.delete(channel);
      }
    }
    let at = this.list.firstElementChild;
    for (const channel of shown) {
      const count = channel ? counts.get(channel) ?? { waiting: 0, threads: 0 } : { waiting: sum("waiting"), threads: sum("threads") };
      const item = this.item(channel);
      this.fill(item, channel, count);
      if (item === at) at = at.nextElementSibling;
      else this.list.insertBefore(item, at);
    }
    document.getElementById("more-channels").hidden = names.length <= MOST;
  }

  item(channel) {
    if (this.items.has(channel)) return this.items.get(channel);
    const item = document.createElement("li");
    const press = item.appendChild(document.createElement("button"));
    press.type = "button";
    press.addEventListener("click", () => this.pick(channel));
    press.append(channel ? name(channel) : "All channels", document.createElement("span"));
    this.items.set(channel, item);
    return item;
  }

  fill(item, channel, { waiting, threads }) {
    const press = item.firstElementChild;
    press.setAttribute("aria-pressed", channel === this.current);
    const count = press.lastElementChild;
    count.className = waiting ? "count waiting" : "count";
    count.textContent = waiting ? `${waiting} waiting` : String(threads);
    count.title = `${waiting} waiting, ${threads} in the history`;
  }
}
