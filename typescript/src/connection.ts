/** A connection that is made again whenever it is lost: the session with sockets and timers. */

import {
  type AiloopError,
  ConnectionLost,
  Unreachable,
  connectionClosed,
  known,
} from "./errors.js";
import type { ClientEvents, SessionEvent } from "./events.js";
import { type ConnectionState, type Patience, Retries } from "./patience.js";
import type { ClientSession } from "./session.js";
import { Slot, type Timer, after, bounded, clock, holds } from "./slot.js";
import { Socket, type WebSocketClass } from "./socket.js";

/** What a connection needs, and whom it tells. */
export interface Surroundings {
  /** Such as `ws://127.0.0.1:8081/ws`. */
  readonly url: string;
  readonly patience: Patience;
  /** Returns what opens WebSockets. */
  readonly webSocket: () => Promise<WebSocketClass>;
  /** Returns what says who this is. */
  readonly credential: () => Promise<string>;
  /** Is told what becomes of the connection. */
  readonly tell: <K extends "connected" | "lost" | "reconnecting">(
    type: K,
    detail: ClientEvents[K],
  ) => void;
  /** Returns what is behind a failure of which the platform tells nothing. */
  readonly explain: (why: AiloopError) => Promise<AiloopError>;
}

/** WebSockets, one after the other, under one session. */
export class Connection {
  state: ConnectionState = "connecting";
  /** What became of the first attempt. */
  readonly opened = new Slot<void>();
  /** Why there will be no other. */
  ended: AiloopError | undefined;
  readonly #session: ClientSession;
  readonly #at: Surroundings;
  readonly #deliver: (events: SessionEvent[]) => void;
  readonly #retries: Retries;
  #socket: Socket | undefined;
  #isOpen = false;
  #wasOpen = false;
  readonly #stop = new AbortController();
  #scheduled = false;
  #timer: Timer | undefined;
  /** Ends a pause, or a wait for what is on its way. */
  #wake = new Slot<void>();
  #heard = new Slot<void>();

  constructor(
    session: ClientSession,
    surroundings: Surroundings,
    deliver: (events: SessionEvent[]) => void,
  ) {
    this.#session = session;
    this.#at = surroundings;
    this.#deliver = deliver;
    this.#retries = new Retries(surroundings.patience);
  }

  /** Connect, and connect again, until there is no hope or nobody wants to. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        this.state = "connecting";
        const end = await this.#converse();
        clearTimeout(this.#timer);
        this.#socket = undefined;
        this.#isOpen = false;
        const code = end instanceof ConnectionLost ? end.closeCode : undefined;
        this.#deliver(this.#session.closed(code));
        this.#heard.put();
        if (!signal.aborted) await this.#pause(end);
      }
    } catch (error) {
      this.ended = known(error);
    }
    this.state = "closed";
    // Nobody is left to read what a last request would wait for.
    this.ended ??= signal.reason as AiloopError;
    this.opened.fail(this.ended);
  }

  /** Let out what nobody waits for, and close. */
  async close(): Promise<void> {
    while (this.#isOpen && this.#session.requests.unawaited > 0) {
      this.#heard = new Slot();
      await this.#heard.promise;
    }
    this.stop();
  }

  /** Close, whatever is on its way. */
  stop(): void {
    this.#stop.abort(connectionClosed());
    this.#wake.put();
    this.#socket?.close();
  }

  /** Have sent what the session wants sent, with all else that is wanted in this turn. */
  want(): void {
    if (this.state === "waiting") holds(this.#timer, true);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** Try at once, where an attempt is due later; see whether the server is still there. */
  hurry(): void {
    this.#wake.put();
    this.#session.hurry();
    this.want();
  }

  /** Open a socket and use it; return why it ended. */
  async #converse(): Promise<AiloopError> {
    const { url, patience } = this.#at;
    this.#wasOpen = false;
    const end = new Slot<AiloopError>();
    let credential: string;
    let Class: WebSocketClass;
    try {
      const ready = Promise.all([this.#at.webSocket(), this.#at.credential()]);
      const why = () => new Unreachable("the token cannot be had");
      const { signal } = this.#stop;
      const bounds = { signal, seconds: patience.connectSeconds, why };
      [Class, credential] = await bounded(bounds, () => ready);
      signal.throwIfAborted();
      this.#socket = new Socket(Class, url, patience.connectSeconds, {
        opened: () => {
          this.#isOpen = this.#wasOpen = true;
          this.#session.opened(clock(), credential);
          this.#pump();
        },
        received: (frame) => {
          this.#received(frame);
        },
        ended: end.put,
      });
    } catch (error) {
      return known(error);
    }
    const why = await end.promise;
    return this.#wasOpen || !this.#socket.isMute ? why : this.#at.explain(why);
  }

  #received(frame: string): void {
    try {
      const events = this.#session.receive(frame, clock());
      if (events.some((event) => event.type === "greeted")) this.#greeted();
      this.#deliver(events);
    } catch (error) {
      this.#drop(error);
      return;
    }
    this.#heard.put();
    // What was refused together goes again, apart; the pulse counts anew in any case.
    this.want();
  }

  #greeted(): void {
    this.#retries.succeeded();
    this.state = "connected";
    this.#at.tell("connected", undefined);
    this.opened.put();
  }

  /** Send what is due, see whether somebody is there, and look again when it is time. */
  #pump(): void {
    const socket = this.#socket;
    if (!socket || !this.#isOpen) return;
    clearTimeout(this.#timer);
    const now = clock();
    if (this.#session.isDead(now)) {
      this.#drop(new ConnectionLost("the server is silent; the connection is given up"));
      return;
    }
    for (const frame of this.#session.take(now)) socket.send(frame);
    this.#timer = after(this.#session.deadline - clock(), () => {
      this.#pump();
    });
    // It is the socket that keeps a process.
    holds(this.#timer, false);
  }

  #drop(error: unknown): void {
    this.#isOpen = false;
    this.#socket?.drop(known(error));
  }

  /** Wait as long as it takes to try again; throw if that is not to be. */
  async #pause(why: AiloopError): Promise<void> {
    this.#at.tell("lost", why);
    // Who has never been connected is told at once; it may be the address that is wrong.
    this.opened.fail(why);
    const seconds = this.#retries.failed(clock(), why);
    this.state = "waiting";
    this.#wake = new Slot();
    this.#at.tell("reconnecting", { seconds });
    this.#timer = after(seconds, this.#wake.put);
    holds(this.#timer, this.#session.isBusy);
    await this.#wake.promise;
    clearTimeout(this.#timer);
  }
}
