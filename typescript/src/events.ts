/** What a session tells its link, and what a client tells its program. */

import type { AiloopError } from "./errors.js";
import type { Delivery, Message, ResponseMessage } from "./model.js";

/** The server has answered a connection's first frame; what was open follows. */
export interface Greeted {
  readonly type: "greeted";
}
/** A request was granted; of a message, `frame` is its item of the `ack`. */
export interface Replied {
  readonly type: "replied";
  readonly ref: number;
  readonly frame: Record<string, unknown>;
}
/** A request was refused. */
export interface Failed {
  readonly type: "failed";
  readonly ref: number;
  readonly error: AiloopError;
}
/** A prompt that is waited for has its response. */
export interface Settled {
  readonly type: "settled";
  readonly promptId: string;
  readonly response: ResponseMessage;
}
/** A prompt cannot be waited for. */
export interface Unsettled {
  readonly type: "unsettled";
  readonly promptId: string;
  readonly error: AiloopError;
}
/** A feed has a message, or an error such as messages that were missed. */
export interface Arrived {
  readonly type: "arrived";
  /** Of the subscription. */
  readonly ref: number;
  readonly item: FeedItem;
}
/** A prompt has come further on its way to people. */
export interface Shown {
  readonly type: "shown";
  readonly delivery: Delivery;
}

/** What a session tells its link. */
export type SessionEvent = Greeted | Replied | Failed | Settled | Unsettled | Arrived | Shown;

/** What a feed hands on: a message with its seq, a cursor alone, or an error. */
export type FeedItem =
  | AiloopError
  | { readonly channel: string; readonly seq: number | undefined; readonly message?: Message };

/** What a client tells its program, by the name of the event. */
export interface ClientEvents {
  /** A channel that is followed has a message; over HTTP alone while somebody listens or reads. */
  message: Message;
  /** The server has answered; what was open is taken up again. */
  connected: undefined;
  /** Another attempt will be made, after so many seconds. */
  reconnecting: { readonly seconds: number };
  /** The connection has ended, or could not be opened, and why. */
  lost: AiloopError;
  /** A subscription has missed messages, or has ended, and why. */
  error: AiloopError;
}

/** An event with what it tells. */
export class ClientEvent<T> extends Event {
  readonly detail: T;

  constructor(type: string, detail: T) {
    super(type);
    this.detail = detail;
  }
}

/** Hears an event. */
export type Listener<T> =
  ((event: ClientEvent<T>) => void) | { handleEvent(event: ClientEvent<T>): void };

/** An `EventTarget` that knows what its events tell, with the short words of Node beside. */
export class Emitter extends EventTarget {
  override addEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: Listener<ClientEvents[K]> | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListener | null, options);
  }

  override removeEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: Listener<ClientEvents[K]> | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener | null, options);
  }

  /** Call a function with what each event of a type tells. */
  on<K extends keyof ClientEvents>(type: K, call: (detail: ClientEvents[K]) => void): this {
    const hear = this.#wrapped(call);
    this.addEventListener(type, hear);
    return this;
  }

  /** The same, for the next event only. */
  once<K extends keyof ClientEvents>(type: K, call: (detail: ClientEvents[K]) => void): this {
    const hear = this.#wrapped(call);
    this.addEventListener(type, hear, { once: true });
    return this;
  }

  /** Call it no longer. */
  off<K extends keyof ClientEvents>(type: K, call: (detail: ClientEvents[K]) => void): this {
    this.removeEventListener(type, this.#wrapped(call));
    return this;
  }

  /** @internal */
  protected emit<K extends keyof ClientEvents>(type: K, detail: ClientEvents[K]): void {
    this.dispatchEvent(new ClientEvent(type, detail));
  }

  #wrapped<T>(call: (detail: T) => void): (event: ClientEvent<T>) => void {
    const known = wrapped.get(call) as ((event: ClientEvent<T>) => void) | undefined;
    if (known) return known;
    const hear = (event: ClientEvent<T>) => {
      call(event.detail);
    };
    wrapped.set(call, hear);
    return hear;
  }
}

const wrapped = new WeakMap<object, unknown>();
