/** A subscription over HTTP alone: channels that are asked for news now and then. */

import { readGap, understood } from "./answer.js";
import { type AiloopError, type MissedMessages, known } from "./errors.js";
import { Feed } from "./feed.js";
import { type Cursors, cursorsOf } from "./following.js";
import type { Arrival, Followed } from "./link.js";
import { type Message, count, list, readMessage, record, text } from "./model.js";
import { ignore, sleep } from "./slot.js";

/** How often channels are asked for news, in seconds. */
export const POLL_SECONDS = 0.5;

/** Reads a page: a path, and what it is asked for. */
export type GetPage = (
  path: string,
  query: Readonly<Record<string, number>>,
  signal: AbortSignal,
) => Promise<unknown>;

/**
 * Asks each channel in turn for what came after its cursor, while somebody reads or listens.
 *
 * A page tells no seq of its messages. So the cursor goes on only when all of a page has been
 * read; of what has been read in part, the rest is to come again.
 */
export class Polling implements Followed<Feed> {
  readonly feed = new Feed();
  declare readonly ready: Promise<void>;
  /** Called once it is closed. */
  ended: () => unknown = ignore;
  readonly #get: GetPage;
  readonly #channels: readonly string[] | null;
  readonly #replay: number;
  readonly #arrival: Arrival;
  /** By channel, what has been asked for up to now. */
  readonly #asked: Cursors;
  readonly #others: number;
  readonly #stopped = new AbortController();
  #polling = false;
  #begun = false;

  constructor(
    get: GetPage,
    channels: readonly string[] | null,
    after: Cursors,
    replay: number | undefined,
    arrival: Arrival,
  ) {
    this.#get = get;
    this.#channels = channels;
    this.#replay = replay ?? 0;
    this.#arrival = arrival;
    this.#others = after["*"] ?? 0;
    this.#asked = cursorsOf(after);
    delete this.#asked["*"];
    this.feed.wanted = () => {
      this.nudge();
    };
    Object.assign(this.feed.cursors, this.#asked);
    this.ready = this.#begin();
    this.ready.catch(ignore);
  }

  nudge(): void {
    if (this.#begun && !this.#polling) void this.#poll();
  }

  close(): void {
    this.stop(null);
    this.ended();
  }

  /** Ask no more; whoever reads is told why, or finds the end. */
  stop(why: AiloopError | null): void {
    this.#stopped.abort(why);
    this.feed.end(why);
  }

  /** Take up a cursor on every channel that has none. */
  async #begin(): Promise<void> {
    for (const name of await this.#names()) {
      if (name in this.#asked) continue;
      const page = await this.#page(name, { limit: Math.max(this.#replay, 1) });
      if (this.#replay) this.#keep(name, page);
      else this.feed.cursors[name] = this.#asked[name] = page.seq;
    }
    this.#begun = true;
    this.nudge();
  }

  /** Ask for news until nobody wants them. */
  async #poll(): Promise<void> {
    this.#polling = true;
    try {
      while ((this.feed.readers || this.#arrival.isHeard()) && !this.#stopped.signal.aborted) {
        await sleep(POLL_SECONDS, this.#stopped.signal);
        for (const name of await this.#names()) await this.#read(name);
      }
    } catch (error) {
      // It is for whoever reads; with the next read it goes on.
      if (!this.#stopped.signal.aborted) this.#fail(error);
    } finally {
      this.#polling = false;
    }
  }

  #fail(error: unknown): void {
    const why = known(error);
    this.feed.put(why);
    this.#arrival.failed(why);
  }

  async #read(name: string): Promise<void> {
    // A channel that appeared since is read from its beginning.
    const page = await this.#page(name, { after: this.#asked[name] ?? this.#others });
    if (!page.gap) {
      this.#keep(name, page);
      return;
    }
    this.#asked[name] = page.gap.first - 1;
    this.#fail(page.gap);
  }

  #keep(channel: string, { messages, seq }: Page): void {
    this.feed.cursors[channel] ??= 0;
    this.#asked[channel] = seq;
    messages.forEach((message, at) => {
      this.feed.put({ channel, message, seq: at === messages.length - 1 ? seq : undefined });
      this.#arrival.message(message);
    });
    // Nothing is unread that it could overtake.
    if (!messages.length && !this.feed.size) this.feed.cursors[channel] = seq;
  }

  async #names(): Promise<readonly string[]> {
    if (this.#channels) return this.#channels;
    const body = await this.#get("/api/channels", {}, this.#stopped.signal);
    return understood(() =>
      list(record(body, "body")["channels"], "channels").map((one) =>
        text(record(one, "channel")["name"], "name"),
      ),
    );
  }

  async #page(channel: string, query: Readonly<Record<string, number>>): Promise<Page> {
    const path = `/api/channels/${encodeURIComponent(channel)}/messages`;
    const body = await this.#get(path, query, this.#stopped.signal);
    return understood(() => {
      const page = record(body, "body");
      const { gap } = page;
      return {
        messages: list(page["messages"], "messages").map(readMessage),
        seq: count(page["next_after"], "next_after"),
        gap: gap == null ? undefined : readGap(channel, record(gap, "gap")),
      };
    });
  }
}

/** A page of a channel's messages, and the cursor after it. */
interface Page {
  readonly messages: readonly Message[];
  readonly seq: number;
  readonly gap: MissedMessages | undefined;
}
