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

/** What a feed hands on: a message with its seq if it is known, or an error. */
export type FeedItem =
  | AiloopError
  | { readonly channel: string; readonly seq: number | undefined; readonly message: Message };

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

/** Of the platform, whichever names it has for them. */
type Options = Parameters<EventTarget["addEventListener"]>[2];
type AddedOptions = { readonly once?: boolean } | undefined;

/** An `EventTarget` that knows what its events tell, with the short words of Node beside. */
export class Emitter extends EventTarget {
  readonly #listeners = new Set<unknown>();

  override addEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: Listener<ClientEvents[K]> | null,
    options?: Options,
  ): void {
    super.addEventListener(type, listener as EventListener | null, options);
    if (type !== "message") return;
    this.#listeners.add(listener);
    const gone = () => this.#listeners.delete(listener);
    if ((options as AddedOptions)?.once) super.addEventListener(type, gone, options);
    this.heard();
  }

  override removeEventListener<K extends keyof ClientEvents>(
    type: K,
    listener: Listener<ClientEvents[K]> | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener | null, options);
    this.#listeners.delete(listener);
  }

  /** The same as `addEventListener`. */
  on<K extends keyof ClientEvents>(type: K, listener: Listener<ClientEvents[K]>): this {
    this.addEventListener(type, listener);
    return this;
  }

  /** The same, for the next event only. */
  once<K extends keyof ClientEvents>(type: K, listener: Listener<ClientEvents[K]>): this {
    this.addEventListener(type, listener, { once: true });
    return this;
  }

  /** The same as `removeEventListener`. */
  off<K extends keyof ClientEvents>(type: K, listener: Listener<ClientEvents[K]>): this {
    this.removeEventListener(type, listener);
    return this;
  }

  /** @internal Tell whoever listens. */
  protected emit<K extends keyof ClientEvents>(type: K, detail: ClientEvents[K]): void {
    this.dispatchEvent(new ClientEvent(type, detail));
  }

  /** @internal Whether anybody listens for messages. */
  protected get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** @internal Called once somebody does. */
  protected heard(): void {
    // Who brings messages knows what to do.
  }
}
