/**
 * What a client has asked for and has no reply to yet; messages share frames.
 *
 * A request lives here from its wish to its reply, over as many connections as that takes. It has
 * the same ids each time, by which the server knows it again.
 */

import { Refused, refusalOf } from "./errors.js";
import type { Failed, Replied } from "./events.js";
import { type Message, check, list, record } from "./model.js";

/** The ref of a connection's first request; the others count from 1. */
export const GREETING = 0;

const SEND = "send";

const BATCH_MESSAGES = 200;
/** In UTF-16 units; in UTF-8 that may be thrice as much. */
const BATCH_UNITS = 256 * 1024;

interface Request {
  readonly op: string;
  /** As JSON: of a message the message, else the members. */
  readonly json: string;
  readonly awaited: boolean;
  /** Whether it shares no frame, because one that it was in has been refused. */
  alone: boolean;
}

/** The open requests, in their order. */
export class Requests {
  /** Messages nobody waits for that the server has not got, and never will. */
  dropped = 0;
  /** Messages nobody waits for that are on their way. */
  unawaited = 0;
  /** Whether what a stopping server refuses waits for its successor. */
  declare readonly outlastsStop: boolean;
  readonly #room: number;
  readonly #open = new Map<number, Request>();
  #ref = GREETING;
  // What follows belongs to the present connection.
  #unsent = new Set<number>();
  #batches = new Map<number, readonly number[]>();

  /** @param room how many messages that nobody waits for may be open. */
  constructor(room: number, outlastsStop: boolean) {
    this.#room = room;
    this.outlastsStop = outlastsStop;
  }

  /** How many requests have no reply. */
  get size(): number {
    return this.#open.size;
  }

  /** Return a ref that no other request has. */
  next(): number {
    return ++this.#ref;
  }

  /** Whether a ref is that of an open request. */
  has(ref: number): boolean {
    return this.#open.has(ref) || this.#batches.has(ref);
  }

  /** Ask for something; return the ref of its reply. */
  add(op: string, members: Readonly<Record<string, unknown>>): number {
    return this.#add({ op, json: JSON.stringify(members), awaited: true, alone: false });
  }

  /** Send a message; return its ref, or `undefined` where there was no room for it. */
  post(message: Message, awaited = true): number | undefined {
    const json = JSON.stringify(message);
    if (!awaited) {
      if (this.unawaited >= this.#room) {
        this.dropped += 1;
        return undefined;
      }
      this.unawaited += 1;
    }
    return this.#add({ op: SEND, json, awaited, alone: false });
  }

  #add(request: Request): number {
    const ref = this.next();
    this.#open.set(ref, request);
    this.#unsent.add(ref);
    return ref;
  }

  /** Let a request go, sent or not; nobody waits for its reply any more. */
  forget(ref: number): void {
    const request = this.#open.get(ref);
    this.#unsent.delete(ref);
    this.#open.delete(ref);
    if (request?.awaited === false) this.unawaited -= 1;
  }

  /** Count as dropped what nobody waits for: there will be no other connection. */
  dropUnawaited(): void {
    this.dropped += this.unawaited;
    this.unawaited = 0;
  }

  // -- out ---------------------------------------------------------------------------------

  /** Write what is unsent, in its order, messages that follow one another together. */
  take(): string[] {
    const frames: string[] = [];
    let batch: number[] = [];
    let room = 0;
    const flush = () => {
      if (batch.length) frames.push(this.#write(batch));
      batch = [];
    };
    for (const ref of this.#unsent) {
      const { op, json, alone } = this.#open.get(ref) as Request;
      if (op !== SEND || alone || json.length > room) flush();
      if (op !== SEND) {
        frames.push(written(op, ref, json.slice(1, -1)));
        continue;
      }
      if (!batch.length) room = BATCH_UNITS;
      batch.push(ref);
      room = alone || batch.length === BATCH_MESSAGES ? -1 : room - json.length;
    }
    flush();
    this.#unsent.clear();
    return frames;
  }

  #write(batch: readonly number[]): string {
    const ref = this.next();
    this.#batches.set(ref, batch);
    const messages = batch.map((one) => (this.#open.get(one) as Request).json).join();
    const what = batch.length > 1 ? `"messages":[${messages}]` : `"message":${messages}`;
    return written(SEND, ref, what);
  }

  /**
   * Send on the next connection what has no reply.
   *
   * @param tooLarge whether the connection ended because of the size of a frame.
   */
  disconnected(tooLarge: boolean): (Replied | Failed)[] {
    const sent = [...this.#open.keys()].filter((ref) => !this.#unsent.has(ref));
    const shared = [...this.#batches.values()].filter((refs) => refs.length > 1).flat();
    this.#batches = new Map();
    this.#unsent = new Set(this.#open.keys());
    if (!tooLarge || !sent.length) return [];
    if (shared.length) {
      this.#separate(shared);
      return [];
    }
    // Sent again it would end the next connection too.
    const size = (ref: number) => this.#open.get(ref)?.json.length ?? 0;
    const [largest] = sent.sort((one, other) => size(other) - size(one));
    const error = "The message is larger than this server accepts";
    return this.#done(largest as number, refusalOf({ error, code: "too_large" }));
  }

  /** Send each of them by itself, to find out which one is at fault. */
  #separate(refs: readonly number[]): void {
    for (const ref of refs) {
      const request = this.#open.get(ref);
      if (!request) continue;
      request.alone = true;
      this.#unsent.add(ref);
    }
  }

  // -- in ----------------------------------------------------------------------------------

  /** Note a reply. */
  granted(ref: number, frame: Record<string, unknown>): (Replied | Failed)[] {
    const batch = this.#batches.get(ref);
    if (!batch) return this.#done(ref, frame);
    const items = list(frame["items"], "items").map((item) => record(item, "item"));
    check(items.length === batch.length, "items");
    this.#batches.delete(ref);
    return batch.flatMap((one, at) => {
      const item = items[at] as Record<string, unknown>;
      return "code" in item ? this.refused(one, refusalOf(item)) : this.#done(one, item);
    });
  }

  /** Note a refusal; of several messages, each has another chance alone. */
  refused(ref: number, error: Refused): (Replied | Failed)[] {
    // Nothing took effect; it goes again on the next connection.
    if (this.outlastsStop && error.code === "shutting_down") return [];
    const refs = this.#batches.get(ref) ?? [ref];
    this.#batches.delete(ref);
    if (refs.length === 1) return this.#done(refs[0] as number, error);
    this.#separate(refs);
    return [];
  }

  /** Be done with a request; tell whoever waits for it. */
  #done(ref: number, outcome: Refused | Record<string, unknown>): (Replied | Failed)[] {
    const awaited = this.#open.get(ref)?.awaited;
    const refused = outcome instanceof Refused && outcome;
    this.forget(ref);
    if (refused && awaited === false) this.dropped += 1;
    if (!awaited) return [];
    return [
      refused ? { type: "failed", ref, error: refused } : { type: "replied", ref, frame: outcome },
    ];
  }
}

/** Write the frame of a request, whose members are JSON already. */
function written(op: string, ref: number, members: string): string {
  return `{"op":"${op}","ref":${ref},${members}}`;
}

/** Write a frame; members that are `undefined` are left out. */
export function frameOf(op: string, members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ op, ...members });
}
