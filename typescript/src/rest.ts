/** Everything over HTTP alone: for what a proxy lets through, and for reading lists. */

import { readAnswer } from "./answer.js";
import {
  AiloopError,
  NotFound,
  PromptLost,
  Refused,
  Unreachable,
  connectionClosed,
  refusalOf,
} from "./errors.js";
import type { DeliveryFeed, Feed } from "./feed.js";
import type { Cursors } from "./following.js";
import type { Arrival, Followed, Link, Signal } from "./link.js";
import { type Message, type ResponseMessage, parse } from "./model.js";
import { Outgoing } from "./outgoing.js";
import { type ConnectionState, type Patience, Retries, mayPass } from "./patience.js";
import { isPage } from "./platform.js";
import { POLL_SECONDS, Polling } from "./polling.js";
import type { Told } from "./sealing.js";
import { Slot, abortable, bounded, clock, sleep, within } from "./slot.js";
import { Turns } from "./turns.js";

/** One long poll; short enough for proxies, which often cut what is silent for 30 seconds. */
const SLICE_SECONDS = 25;

/** One long poll where others wait for their turn. */
const TURN_SECONDS = 1;

/** A browser opens six connections to a host; what is not a wait needs one too. */
const PAGE_TURNS = 4;

/** How long a server may take to answer, beyond what it was asked to wait. */
const ANSWER_SECONDS = 10;

/** What an address says after `?`; what is `undefined` is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** What further a request says. */
export interface Asked {
  readonly query?: Query | undefined;
  /** JSON. */
  readonly body?: string;
  /** A status that is an answer here although it is an error elsewhere. */
  readonly also?: number;
  readonly signal?: Signal;
}

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Method = "GET" | "POST" | "DELETE";

/** A link over HTTP. */
export class RestLink implements Link {
  readonly opened = Promise.resolve();
  readonly #url: string;
  readonly #patience: Patience;
  readonly #credential: () => Promise<string>;
  readonly #fetch: typeof fetch;
  readonly #outgoing: Outgoing;
  /** What is to be aborted on closing. */
  readonly #running = new Set<AbortController>();
  readonly #turns = new Turns(isPage() ? PAGE_TURNS : Infinity);
  #closed: AiloopError | undefined;
  readonly #polls = new Set<Polling>();
  readonly #naps = new Set<Slot<void>>();

  /**
   * @param url the server's address, such as `http://127.0.0.1:8081`.
   * @param credential returns what says who this is.
   * @param fetching the platform's `fetch`, or one like it.
   */
  constructor(
    url: string,
    patience: Patience,
    credential: () => Promise<string>,
    fetching: typeof fetch = globalThis.fetch,
  ) {
    this.#url = url;
    this.#patience = patience;
    this.#credential = credential;
    // A page's `fetch` wants to be called on the page's global object.
    this.#fetch = (...asked) => fetching(...asked);
    this.#outgoing = new Outgoing(patience.bufferedMessages, (messages) => this.#post(messages));
  }

  get state(): ConnectionState {
    // Between two requests there is nothing that could be lost.
    return this.#closed ? "closed" : "connected";
  }

  get dropped(): number {
    return this.#outgoing.dropped;
  }

  async close(seconds: number): Promise<void> {
    await within(this.#outgoing.flush(), seconds);
    this.#outgoing.close();
    const why = (this.#closed ??= connectionClosed());
    for (const running of this.#running) running.abort(why);
    for (const poll of this.#polls) poll.stop(why);
  }

  hurry(): void {
    for (const nap of this.#naps) nap.put();
  }

  /** Look for news now; over a WebSocket they come by themselves. */
  nudge(): void {
    for (const poll of this.#polls) poll.nudge();
  }

  // -- requests ----------------------------------------------------------------------------

  /** Send a request; return the status and the parsed body. */
  async call(method: Method, path: string, asked: Asked = {}): Promise<Answer> {
    if (this.#closed) throw this.#closed;
    const seconds = ANSWER_SECONDS + Number(asked.query?.["wait"] ?? 0);
    const why = () => this.#unreachable(new Error(`no answer in ${seconds} s`));
    const bounds = { signal: asked.signal, seconds, why, among: this.#running };
    return bounded(bounds, (signal) => this.#request(method, path, asked, signal));
  }

  async #request(
    method: Method,
    path: string,
    { query = {}, body, also }: Asked,
    signal: AbortSignal,
  ): Promise<Answer> {
    const url = new URL(this.#url + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const headers: Record<string, string> = {};
    const credential = await this.#credential();
    if (credential) headers["Authorization"] = `Bearer ${credential}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer: Response;
    let said: string;
    try {
      answer = await this.#fetch(url.href, {
        method,
        headers,
        body: body ?? null,
        signal,
        // A redirect is none of ours, and the credential is for nobody else.
        redirect: "error",
        cache: "no-store",
      });
      said = await answer.text();
    } catch (error) {
      throw this.#unreachable(error);
    }
    const value = parse(said);
    if (value === undefined)
      throw new Unreachable(`what answers at ${this.#url} is not ailoop (HTTP ${answer.status})`);
    if (answer.status >= 400 && answer.status !== also) {
      throw refusalOf({ ...(value as object) }, answer.headers.get("retry-after"));
    }
    return { status: answer.status, body: value };
  }

  #unreachable(error: unknown): Unreachable {
    // What Node says is in the cause, and of several addresses only the code says anything.
    const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
    const why = cause?.message || cause?.code || message || String(error);
    return new Unreachable(
      `cannot reach ailoop at ${this.#url} (${why}); ` +
        "start it with `ailoopd`, or set AILOOP_SERVER to its address",
      { cause: error },
    );
  }

  /**
   * Send a request that may be repeated, until it is answered.
   *
   * What a stopping server refuses is for its successor. What only reads is repeated also where
   * the server says that it cannot at present.
   */
  async insist(method: Method, path: string, asked: Asked = {}): Promise<Answer> {
    const retries = new Retries(this.#patience);
    const tries = async (signal: AbortSignal): Promise<Answer> => {
      for (;;) {
        let seconds: number;
        try {
          return await this.call(method, path, { ...asked, signal });
        } catch (error) {
          if (!(error instanceof AiloopError) || signal.aborted || this.#closed) throw error;
          const isStopping = error instanceof Refused && error.code === "shutting_down";
          const isLost = error instanceof Unreachable || isStopping;
          if (!isLost && !(method === "GET" && mayPass(error))) throw error;
          seconds = retries.failed(clock(), error);
        }
        await sleep(seconds, signal, this.#naps);
      }
    };
    return bounded({ signal: asked.signal, among: this.#running }, tries);
  }

  // -- the verbs ---------------------------------------------------------------------------

  async send(message: Message, signal?: Signal): Promise<void> {
    // What was said before comes before.
    await abortable(this.#outgoing.flush(), signal);
    await this.#post([message], signal);
  }

  sendLater(message: Message): void {
    JSON.stringify(message); // what cannot be written is the caller's to know
    this.#outgoing.put(message);
  }

  async #post(messages: readonly Message[], signal?: Signal): Promise<void> {
    const body = JSON.stringify(messages.length === 1 ? messages[0] : messages);
    await this.insist("POST", "/api/v1/messages", { body, signal });
  }

  async wait(promptId: string, taken: boolean, signal?: Signal): Promise<ResponseMessage> {
    const path = `/api/v1/messages/${promptId}/response`;
    try {
      for (;;) {
        const began = clock();
        const answer = await this.#turns.take(signal, async (stop, isCrowded) => {
          const query = { wait: isCrowded ? TURN_SECONDS : SLICE_SECONDS };
          return this.insist("GET", path, { query, signal: stop });
        });
        if (!answer) continue; // others want a turn
        if (answer.status === 200) return readAnswer(promptId, answer.body);
        taken = true; // the server had it just now
        // The server had no room to wait for us.
        if (clock() - began < POLL_SECONDS)
          await bounded({ signal, among: this.#running }, (stop) => sleep(POLL_SECONDS, stop));
      }
    } catch (error) {
      throw taken && error instanceof NotFound ? new PromptLost(error.details) : error;
    }
  }

  async respond(promptId: string, told: Told, signal?: Signal): Promise<ResponseMessage> {
    const path = `/api/v1/messages/${promptId}/response`;
    const { body } = await this.insist("POST", path, { body: JSON.stringify(told), signal });
    return readAnswer(promptId, body);
  }

  async withdraw(promptId: string, signal?: Signal): Promise<ResponseMessage> {
    const { body } = await this.insist("DELETE", `/api/v1/messages/${promptId}`, { signal });
    return readAnswer(promptId, body);
  }

  async show(promptIds: readonly string[], word: Told, signal?: Signal): Promise<void> {
    for (const promptId of promptIds)
      try {
        const path = `/api/v1/messages/${promptId}/delivery`;
        await this.insist("POST", path, { body: JSON.stringify(word), signal });
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
      }
  }

  /** Refuse: over HTTP nothing comes by itself. */
  deliveries(): Followed<DeliveryFeed> {
    throw new AiloopError("hearing of deliveries needs the WebSocket transport");
  }

  subscribe(
    channels: readonly string[] | null,
    after: Cursors,
    replay: number | undefined,
    arrival: Arrival,
  ): Followed<Feed> {
    const get = async (path: string, query: Query, signal: AbortSignal) =>
      (await this.insist("GET", path, { query, signal })).body;
    const polling = new Polling(get, channels, after, replay, arrival);
    this.#polls.add(polling);
    polling.ended = () => this.#polls.delete(polling);
    return polling;
  }
}
