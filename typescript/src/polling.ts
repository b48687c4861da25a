/** A subscription over HTTP alone: channels that are asked for news now and then. */

import { understood } from "./answer.js";
import { AiloopError, MissedMessages } from "./errors.js";
import { Feed } from "./feed.js";
import { type Cursors, cursorsOf } from "./following.js";
import type { Arrival, Followed } from "./link.js";
import { count, list, readMessage, record, text } from "./model.js";
import { ignore, sleep } from "./slot.js";

/** How often channels are asked for news, in seconds. */
export const POLL_SECONDS = 0.5;

/** Reads a page: a path, and what it is asked for. */
export type GetPage = (path: string, query: Record<string, unknown>) => Promise<unknown>;

/**
 * Asks each channel in turn for what came after its cursor, while somebody reads or listens.
 *
 * A page tells no seq of its messages. So the cursor goes on only when all of a page has been
 * read; of what has been read in part, the rest is to come again.
 */
export class Polling implements Followed<Feed> {
  readonly feed: PolledFeed;
  readonly ready: Promise<void>;
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
    get: (signal: AbortSignal) => GetPage,
    channels: readonly string[] | null,
    after: Cursors,
    replay: number | undefined,
    arrival: Arrival,
  ) {
    this.#get = get(this.#stopped.signal);
    this.#channels = channels;
    this.#replay = replay ?? 0;
    this.#arrival = arrival;
    this.#others = after["*"] ?? 0;
    this.#asked = cursorsOf(after);
    delete this.#asked["*"];
    this.feed = new PolledFeed(() => {
      this.nudge();
    });
    Object.assign(this.feed.cursors, this.#asked);
    this.ready = this.#begin();
    this.ready.catch(ignore);
  }

  nudge(): void {
    if (this.#begun && !this.#polling) void this.#poll();
  }

  close(): void {
    this.#stopped.abort();
    this.feed.end(null);
  }

  /** Take up a cursor on every channel that has none. */
  async #begin(): Promise<void> {
    for (const name of await this.#names()) {
      if (name in this.#asked) continue;
      const page = await this.#page(name, { limit: Math.max(this.#replay, 1) });
      if (this.#replay) this.#keep(name, page);
      else this.feed.cursors[name] = this.#asked[name] = nextAfter(page);
    }
    this.#begun = true;
    this.nudge();
  }

  /** Whether anybody wants news. */
  get #isWanted(): boolean {
    return this.feed.readers > 0 || this.#arrival.isHeard();
  }

  /** Ask for news until nobody wants them. */
  async #poll(): Promise<void> {
    this.#polling = true;
    try {
      while (this.#isWanted && !this.#stopped.signal.aborted) {
        await sleep(POLL_SECONDS, this.#stopped.signal);
        for (const name of await this.#names()) await this.#read(name);
      }
    } catch (error) {
      // It is for whoever reads; with the next read it goes on.
      if (!this.#stopped.signal.aborted) this.#fail(error as Error);
    } finally {
      this.#polling = false;
    }
  }

  #fail(error: Error): void {
    const why =
      error instanceof AiloopError ? error : new AiloopError(String(error), { cause: error });
    this.feed.put(why);
    this.#arrival.failed(why);
  }

  async #read(name: string): Promise<void> {
    // A channel that appeared since is read from its beginning.
    const page = await this.#page(name, { after: this.#asked[name] ?? this.#others });
    if (page["gap"] == null) {
      this.#keep(name, page);
      return;
    }
    const gap = understood(() => record(page["gap"], "gap"));
    const [after, first] = understood(() => [
      count(gap["after"], "after"),
      count(gap["first"], "first"),
    ]) as [number, number];
    this.#asked[name] = first - 1;
    this.#fail(new MissedMessages(name, after, first));
  }

  #keep(channel: string, page: Record<string, unknown>): void {
    const messages = understood(() => list(page["messages"], "messages").map(readMessage));
    const seq = nextAfter(page);
    this.feed.cursors[channel] ??= 0;
    this.#asked[channel] = seq;
    messages.forEach((message, at) => {
      this.feed.put({ channel, message, seq: at === messages.length - 1 ? seq : undefined });
      this.#arrival.message(message);
    });
    if (!messages.length) this.feed.put({ channel, seq });
  }

  async #names(): Promise<readonly string[]> {
    if (this.#channels) return this.#channels;
    const body = await this.#get("/api/channels", {});
    return understood(() =>
      list(record(body, "body")["channels"], "channels").map((one) =>
        text(record(one, "channel")["name"], "name"),
      ),
    );
  }

  async #page(name: string, query: Record<string, unknown>): Promise<Record<string, unknown>> {
    const path = `/api/channels/${encodeURIComponent(name)}/messages`;
    const body = await this.#get(path, query);
    return understood(() => record(body, "body"));
  }
}

/** A feed that asks for news when it is read and has none. */
class PolledFeed extends Feed {
  readonly #ask: () => void;

  constructor(ask: () => void) {
    super();
    this.#ask = ask;
  }

  override read() {
    const reading = super.read();
    if (this.readers) this.#ask();
    return reading;
  }
}

function nextAfter(page: Record<string, unknown>): number {
  return understood(() => count(page["next_after"], "next_after"));
}
