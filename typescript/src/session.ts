/**
 * The client's side of `ailoop.v1`: what to send, what a frame means, what is still open.
 *
 * A session outlives its connections: what has not been acknowledged when one ends is sent again
 * on the next, feeds go on from their cursors and prompts are watched again. It knows no socket,
 * no clock and no event loop.
 */

import { readAnswer, readGap, understood } from "./answer.js";
import { checkVersion } from "./compatibility.js";
import { AiloopError, MissedMessages, PromptLost, type Refused, refusalOf } from "./errors.js";
import type { FeedItem, SessionEvent } from "./events.js";
import { Following, type Cursors } from "./following.js";
import {
  type ResponseMessage,
  count,
  parse,
  readDelivery,
  readMessage,
  record,
  text,
} from "./model.js";
import type { Patience } from "./patience.js";
import { Pulse } from "./pulse.js";
import { GREETING, Requests, frameOf } from "./requests.js";
import { VERSION } from "./version.js";

/** What the handshake offers. */
export const SUBPROTOCOL = "ailoop.v1";

/** WebSocket close code: the server does not take a frame of that size. */
const TOO_LARGE = 1009;

/** Responses kept for who has asked and does not wait yet; of more, the server has them too. */
const EARLY = 1000;

/**
 * One conversation, over as many connections as it takes.
 *
 * A connection sends what {@link take} returns whenever something is wanted and at
 * {@link deadline}, hands every frame to {@link receive}, and wakes whom the events name. Times
 * are those of any clock that does not jump, in seconds.
 */
export class ClientSession {
  declare readonly requests: Requests;
  readonly #role: string | undefined;
  readonly #pulse: Pulse;
  readonly #followings = new Map<number, Following>();
  /** By prompt, whether the server is known to have had it. */
  readonly #watched = new Map<string, boolean>();
  // What follows belongs to the present connection.
  #greeted = false;
  #frames: string[] = [];
  #toWatch = new Set<string>();
  /** Responses that came right behind the word that their prompts had been taken. */
  readonly #early = new Map<string, ResponseMessage>();

  /** @param role what to declare, if anything. */
  constructor(role: string | undefined, patience: Patience) {
    this.#role = role;
    this.requests = new Requests(patience.bufferedMessages, patience.giveUpSeconds !== 0);
    this.#pulse = new Pulse(patience.heartbeatSeconds);
  }

  // -- what is wanted ----------------------------------------------------------------------

  /** Whether anybody waits for anything. */
  get isBusy(): boolean {
    return this.requests.size + this.#watched.size + this.#followings.size > 0;
  }

  /**
   * Wait for a prompt's response.
   *
   * @param taken whether the server is known to have taken the prompt: then its not being there
   *   means that it has been lost.
   * @returns the response, if it has come already; then there is nothing to wait for.
   */
  watch(promptId: string, taken: boolean): ResponseMessage | undefined {
    const early = this.#early.get(promptId);
    if (this.#early.delete(promptId)) return early;
    this.#watched.set(promptId, taken || this.#watched.get(promptId) === true);
    this.#toWatch.add(promptId);
    return undefined;
  }

  /** Wait for a prompt no longer. */
  unwatch(promptId: string): void {
    this.#watched.delete(promptId);
    this.#toWatch.delete(promptId);
    // Also where it was not watched yet: the server watches for whoever asks.
    if (this.#greeted) this.#frames.push(frameOf("unwatch", { ids: [promptId] }));
  }

  /** Subscribe to channels (`null`: all); return the subscription's ref. */
  follow(channels: readonly string[] | null, after: Cursors, replay: number | undefined): number {
    for (const one of this.#followings.values())
      if (one.overlaps(channels))
        throw new AiloopError("this client follows one of these channels already; open another");
    const ref = this.requests.next();
    this.#followings.set(ref, new Following(channels, after, replay));
    if (this.#greeted) this.#subscribe(ref);
    return ref;
  }

  #subscribe(ref: number): void {
    const members = this.#followings.get(ref)?.members();
    this.#frames.push(frameOf("subscribe", { ref, ...members }));
  }

  /** Follow no longer. */
  unfollow(ref: number): void {
    const following = this.#followings.get(ref);
    this.#followings.delete(ref);
    if (following && this.#greeted)
      this.#frames.push(frameOf("unsubscribe", { channels: following.names }));
  }

  // -- the connection ----------------------------------------------------------------------

  /**
   * Begin on a new connection, with a greeting; the rest waits for its answer.
   *
   * @param credential what says who this is, where there is one: a page can set no header.
   */
  opened(now: number, credential?: string): void {
    this.#pulse.begin(now);
    // Another server may have another prompt of the same id.
    this.#early.clear();
    this.#frames = [];
    if (credential) this.#frames.push(frameOf("auth", { ref: GREETING, credential }));
    // Without a role there is nothing to declare, but somebody has to be there.
    const hello = { ref: GREETING, role: this.#role, client: "ailoop-js", version: VERSION };
    this.#frames.push(this.#role ? frameOf("hello", hello) : frameOf("ping", { ref: GREETING }));
  }

  /**
   * Forget the connection; what is open waits for the next.
   *
   * @param code the WebSocket close code, if the server closed.
   */
  closed(code?: number): SessionEvent[] {
    this.#greeted = false;
    this.#frames = [];
    this.#toWatch = new Set(this.#watched.keys());
    return this.requests.disconnected(code === TOO_LARGE);
  }

  /** When to {@link take} again, even if nothing new is wanted by then. */
  get deadline(): number {
    return this.#pulse.deadline;
  }

  /** Whether the server has been silent for too long. */
  isDead(now: number): boolean {
    return this.#pulse.isDead(now);
  }

  /** Ask at once whether the server is still there. */
  hurry(): void {
    if (this.#greeted) this.#pulse.hurry();
  }

  /** Return the frames to send now. */
  take(now: number): string[] {
    if (this.#greeted) {
      // A text as ref tells a refusal of this from those of requests.
      for (const id of this.#toWatch) this.#frames.push(frameOf("watch", { ref: id, ids: [id] }));
      this.#toWatch.clear();
      this.#frames.push(...this.requests.take());
      if (this.#pulse.asks(now)) this.#frames.push(frameOf("ping", {}));
    }
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  // -- what has come -----------------------------------------------------------------------

  /** Say what a frame means to whoever waits. Throws `Incompatible`, or what refuses all. */
  receive(frame: string, now: number): SessionEvent[] {
    this.#pulse.heard(now);
    return understood(() => this.#read(record(parse(frame), "a frame")));
  }

  #read(frame: Record<string, unknown>): SessionEvent[] {
    const { op, ref } = frame;
    switch (text(op, "op")) {
      case "message": {
        const message = readMessage(frame["message"]);
        const { channel } = message;
        return this.#arrived({ channel, seq: count(frame["seq"], "seq"), message });
      }
      case "gap":
        return this.#arrived(readGap(text(frame["channel"], "channel"), frame));
      case "response": {
        const promptId = text(frame["id"], "id");
        const response = readAnswer(promptId, frame["message"]);
        this.#toWatch.delete(promptId);
        if (this.#watched.delete(promptId)) return [{ type: "settled", promptId, response }];
        this.#early.set(promptId, response);
        const [oldest] = this.#early.keys();
        if (this.#early.size > EARLY) this.#early.delete(oldest as string);
        return [];
      }
      case "delivery": {
        const promptId = text(frame["id"], "id");
        return [{ type: "shown", delivery: readDelivery(promptId, frame["delivery"]) }];
      }
      case "error":
        return this.#refused(frame);
      case "auth":
        return []; // the greeting is answered next
    }
    if (typeof ref !== "number") return [];
    if (ref === GREETING) return this.#greet(frame);
    const following = this.#followings.get(ref);
    if (following) {
      following.begin(record(frame["channels"], "channels") as Cursors);
      return [{ type: "replied", ref, frame }];
    }
    return this.requests.has(ref) ? this.requests.granted(ref, frame) : [];
  }

  #greet(frame: Record<string, unknown>): SessionEvent[] {
    checkVersion(frame["version"] ?? VERSION);
    this.#greeted = true;
    for (const ref of this.#followings.keys()) this.#subscribe(ref);
    return [{ type: "greeted" }];
  }

  /** Return what tells the feed that a channel belongs to of something. */
  #arrived(item: FeedItem, channel = (item as MissedMessages).channel): SessionEvent[] {
    for (const [ref, following] of this.#followings) {
      // What comes before it has begun is of another, which has just ended.
      if (!following.begun || !following.wants(channel)) continue;
      // Maybe backwards: the channel's new life may count from less.
      if (item instanceof MissedMessages) following.cursors[channel] = item.first - 1;
      const isKnown = "seq" in item && !following.advances(channel, item.seq as number);
      return isKnown ? [] : [{ type: "arrived", ref, item }];
    }
    return []; // of a subscription that has ended
  }

  #refused(frame: Record<string, unknown>): SessionEvent[] {
    const { ref } = frame;
    const error = refusalOf(frame);
    if (ref === GREETING) throw error;
    if (typeof ref === "number") {
      if (this.#followings.has(ref)) return this.#unfollowed(ref, error);
      if (this.requests.has(ref)) return this.requests.refused(ref, error);
    }
    const { channel } = frame;
    if (ref == null && typeof channel === "string") return this.#arrived(error, channel);
    const id = frame["id"] ?? ref;
    return typeof id === "string" ? this.#unsettled(id, error) : [];
  }

  #unfollowed(ref: number, error: Refused): SessionEvent[] {
    const outlasts = this.#followings.get(ref)?.begun === true || this.requests.outlastsStop;
    // The connection is about to end, and the next takes it up.
    if (outlasts && error.code === "shutting_down") return [];
    this.#followings.delete(ref);
    return [{ type: "failed", ref, error }];
  }

  #unsettled(promptId: string, error: Refused): SessionEvent[] {
    const taken = this.#watched.get(promptId);
    // The prompt outlives the server; or nobody waits for it.
    if (error.code === "shutting_down" || taken === undefined) return [];
    this.#watched.delete(promptId);
    const isLost = taken && error.code === "message_not_found";
    return [{ type: "unsettled", promptId, error: isLost ? new PromptLost(error.details) : error }];
  }
}
