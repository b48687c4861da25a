/** What one subscriber of a client has yet to read. */

import { AiloopError, MissedMessages } from "./errors.js";
import type { FeedItem } from "./events.js";
import { cursorsOf } from "./following.js";
import type { Delivery, Message } from "./model.js";
import { Slot, ignore } from "./slot.js";

/** Messages held for a reader; beyond it they are let go, and it is told which. */
const FEED_MESSAGES = 10_000;

/** Something that is read one after the other, by several readers in turns. */
abstract class Waiting<T> {
  #readers: Slot<T | undefined>[] = [];
  #end: AiloopError | null | undefined;
  /** Called when a read finds nothing yet. */
  wanted: () => void = ignore;

  /** How many reads wait for something to come. */
  get readers(): number {
    return this.#readers.length;
  }

  /** Return the next; `undefined` once it has been closed here. */
  read(): Promise<T | undefined> {
    const reader = new Slot<T | undefined>();
    this.#readers.push(reader);
    this.serve();
    if (this.readers) this.wanted();
    return reader.promise;
  }

  /** Have every read fail, or find nothing (`null`), once what has arrived is read. */
  end(why: AiloopError | null): void {
    this.#end ??= why;
    if (why === null) this.clear();
    this.serve();
  }

  /** Give readers what there is. */
  protected serve(): void {
    while (this.#readers.length) {
      const taken = this.take();
      if (taken === undefined && this.#end === undefined) return;
      const reader = this.#readers.shift() as Slot<T | undefined>;
      const outcome = taken ?? this.#end;
      if (outcome instanceof AiloopError) reader.fail(outcome);
      else reader.put(outcome ?? undefined);
    }
  }

  /** Return what comes next, if it is there. */
  protected abstract take(): T | AiloopError | undefined;
  protected abstract clear(): void;
}

/** Messages for one subscriber; a reader that falls behind is told what it missed. */
export class Feed extends Waiting<Message> {
  /** By channel, the seq of the message read last. */
  readonly cursors = cursorsOf();
  #waiting: FeedItem[] = [];

  /** How many messages wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Hand over what has arrived; never waits. */
  put(item: FeedItem): void {
    if (this.size >= FEED_MESSAGES && !(item instanceof AiloopError)) this.#overflow();
    this.#waiting.push(item);
    this.serve();
  }

  protected override take(): Message | AiloopError | undefined {
    const item = this.#waiting.shift();
    if (item instanceof MissedMessages) this.cursors[item.channel] = item.first - 1;
    if (!item || item instanceof AiloopError) return item;
    if (item.seq !== undefined) this.cursors[item.channel] = item.seq;
    return item.message;
  }

  protected override clear(): void {
    this.#waiting = [];
  }

  /** Let go of what waits, and leave word of it for each channel it was of. */
  #overflow(): void {
    const spans = new Map<string, { after: number; first: number }>();
    const seen = (channel: string, after: number, first: number) => {
      spans.set(channel, { after: spans.get(channel)?.after ?? after, first });
    };
    for (const item of this.#waiting) {
      if (item instanceof MissedMessages) seen(item.channel, item.after, item.first);
      if (item instanceof AiloopError) continue;
      // Over HTTP only the end of a page has a seq.
      const { channel, seq } = item;
      if (seq === undefined) seen(channel, this.cursors[channel] ?? 0, 0);
      else seen(channel, seq - 1, seq + 1);
    }
    this.#waiting = [...spans].map(
      ([channel, { after, first }]) => new MissedMessages(channel, after, first),
    );
  }
}

/** What is new about prompts that were shown, the latest of each. */
export class DeliveryFeed extends Waiting<Delivery> {
  readonly #latest = new Map<string, Delivery>();

  /** Hand over what has arrived; never waits. */
  put(delivery: Delivery): void {
    this.#latest.set(delivery.prompt_id, delivery);
    this.serve();
  }

  protected override take(): Delivery | undefined {
    for (const [id, delivery] of this.#latest) {
      this.#latest.delete(id);
      return delivery;
    }
    return undefined;
  }

  protected override clear(): void {
    this.#latest.clear();
  }
}
