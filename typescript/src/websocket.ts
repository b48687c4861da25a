/** Everything over WebSockets: who waits for what, and the connection that is kept for them. */

import { readAnswer } from "./answer.js";
import { Connection, type Surroundings } from "./connection.js";
import { AiloopError, ConnectionLost, NotFound } from "./errors.js";
import type { SessionEvent } from "./events.js";
import { DeliveryFeed, Feed } from "./feed.js";
import { type Cursors, takeUp } from "./following.js";
import type { Arrival, Followed, Link, Signal } from "./link.js";
import type { Message, ResponseMessage } from "./model.js";
import type { ConnectionState } from "./patience.js";
import type { Told } from "./sealing.js";
import { ClientSession } from "./session.js";
import { Slot, abortable, ignore, within } from "./slot.js";

type Reply = Record<string, unknown>;

/** A link over a connection that is made again whenever it is lost. */
export class WebSocketLink implements Link {
  readonly #session: ClientSession;
  readonly #connection: Connection;
  readonly #slots = new Map<number, Slot<Reply>>();
  readonly #settled = new Map<string, Set<Slot<ResponseMessage>>>();
  readonly #feeds = new Map<number, { feed: Feed; arrival: Arrival }>();
  readonly #deliveries = new Set<DeliveryFeed>();
  readonly #done: Promise<void>;
  #closing = false;

  /** @param role `agent`, `human` or `observer`; without one, nothing is promised. */
  constructor(role: string | undefined, surroundings: Surroundings) {
    this.#session = new ClientSession(role, surroundings.patience);
    this.#connection = new Connection(this.#session, surroundings, (events) => {
      for (const event of events) this.#deliver(event);
    });
    this.#done = this.#run();
  }

  get opened(): Promise<void> {
    return this.#connection.opened.promise;
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get dropped(): number {
    return this.#session.requests.dropped;
  }

  /** Keep a connection; when there will be none, tell everybody who waits. */
  async #run(): Promise<void> {
    await this.#connection.run();
    this.#session.requests.dropUnawaited();
    const why = this.#connection.ended as AiloopError;
    for (const slot of this.#slots.values()) slot.fail(why);
    for (const slots of this.#settled.values()) for (const slot of slots) slot.fail(why);
    for (const { feed, arrival } of this.#feeds.values()) {
      feed.end(why);
      if (!this.#closing) arrival.failed(why);
    }
    for (const feed of this.#deliveries) feed.end(why);
  }

  async close(seconds: number): Promise<void> {
    this.#closing = true;
    await within(this.#connection.close(), seconds);
    this.#connection.stop();
    await this.#done;
  }

  hurry(): void {
    this.#connection.hurry();
  }

  #deliver(event: SessionEvent): void {
    switch (event.type) {
      case "replied":
        this.#slots.get(event.ref)?.put(event.frame);
        break;
      case "failed":
        this.#failed(event.ref, event.error);
        break;
      case "settled":
      case "unsettled": {
        const slots = this.#settled.get(event.promptId);
        this.#settled.delete(event.promptId);
        for (const slot of slots ?? [])
          if (event.type === "settled") slot.put(event.response);
          else slot.fail(event.error);
        break;
      }
      case "arrived": {
        const { feed, arrival } = this.#feeds.get(event.ref) ?? {};
        feed?.put(event.item);
        if (event.item instanceof AiloopError) arrival?.failed(event.item);
        else arrival?.message(event.item.message);
        break;
      }
      case "shown":
        for (const feed of this.#deliveries) feed.put(event.delivery);
    }
  }

  #failed(ref: number, error: AiloopError): void {
    const slot = this.#slots.get(ref);
    const followed = this.#feeds.get(ref);
    this.#feeds.delete(ref);
    if (slot) slot.fail(error);
    else if (followed) {
      followed.feed.end(error); // after a reconnect it could not go on
      followed.arrival.failed(error);
    }
  }

  // -- the verbs ---------------------------------------------------------------------------

  #check(): void {
    if (this.#connection.ended) throw this.#connection.ended;
  }

  /** Wait for the reply to a request. */
  async #reply(ref: number, signal?: Signal): Promise<Reply> {
    const slot = new Slot<Reply>();
    this.#slots.set(ref, slot);
    this.#connection.want();
    try {
      return await abortable(slot.promise, signal);
    } finally {
      this.#slots.delete(ref);
      this.#session.requests.forget(ref);
    }
  }

  /** Ask for something; return the reply. */
  async #request(op: string, members: Told, signal: Signal): Promise<Reply> {
    this.#check();
    return this.#reply(this.#session.requests.add(op, members), signal);
  }

  async send(message: Message, signal?: Signal): Promise<void> {
    this.#check();
    await this.#reply(this.#session.requests.post(message) as number, signal);
  }

  sendLater(message: Message): void {
    this.#check();
    this.#session.requests.post(message, false);
    this.#connection.want();
  }

  async wait(promptId: string, taken: boolean, signal?: Signal): Promise<ResponseMessage> {
    this.#check();
    const early = this.#session.watch(promptId, taken);
    if (early) return abortable(Promise.resolve(early), signal);
    const slot = new Slot<ResponseMessage>();
    const waiting = this.#settled.get(promptId) ?? new Set();
    this.#settled.set(promptId, waiting.add(slot));
    this.#connection.want();
    try {
      return await abortable(slot.promise, signal);
    } finally {
      waiting.delete(slot);
      if (!waiting.size && this.#settled.get(promptId) === waiting) {
        this.#settled.delete(promptId);
        this.#session.unwatch(promptId);
        this.#connection.want();
      }
    }
  }

  async respond(promptId: string, told: Told, signal?: Signal): Promise<ResponseMessage> {
    const { message } = await this.#request("respond", { id: promptId, ...told }, signal);
    return readAnswer(promptId, message);
  }

  async withdraw(promptId: string, signal?: Signal): Promise<ResponseMessage> {
    const { message } = await this.#request("withdraw", { id: promptId }, signal);
    return readAnswer(promptId, message);
  }

  async show(promptIds: readonly string[], word: Told, signal?: Signal): Promise<void> {
    try {
      await this.#request("show", { ids: promptIds, ...word }, signal);
    } catch (error) {
      // One of them has been forgotten, and the others are told.
      if (!(error instanceof NotFound)) throw error;
    }
  }

  deliveries(): Followed<DeliveryFeed> {
    this.#check();
    const feed = new DeliveryFeed();
    this.#deliveries.add(feed);
    const close = () => {
      this.#deliveries.delete(feed);
      feed.end(null);
    };
    return { feed, ready: Promise.resolve(), close };
  }

  /** Throws where this link follows one of them already, and has no second cursor. */
  subscribe(
    channels: readonly string[] | null,
    after: Cursors,
    replay: number | undefined,
    arrival: Arrival,
  ): Followed<Feed> {
    this.#check();
    const ref = this.#session.follow(channels, after, replay);
    const feed = new Feed();
    Object.assign(feed.cursors, after);
    this.#feeds.set(ref, { feed, arrival });
    const close = () => {
      if (!this.#feeds.delete(ref)) return;
      this.#slots.get(ref)?.fail(new ConnectionLost("this subscription has ended"));
      feed.end(null);
      this.#session.unfollow(ref);
      this.#connection.want();
    };
    const begin = async () => {
      try {
        const { channels: begun } = await this.#reply(ref);
        takeUp(feed.cursors, begun as Cursors, channels);
      } catch (error) {
        // A feed that has not begun does not end: it never was.
        close();
        throw error;
      }
    };
    const ready = begin();
    ready.catch(ignore);
    return { feed, ready, close };
  }
}
