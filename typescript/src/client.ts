/// <reference lib="esnext.disposable" preserve="true" />
/** A connection to a daemon, for an agent or for a program that serves a person. */

import { checkVersion } from "./compatibility.js";
import { type Token, credentialOf } from "./credential.js";
import { AiloopError, NotAllowed, connectionClosed } from "./errors.js";
import type { Link, Signal } from "./link.js";
import { type ConnectionState, type Patience, patienceOf } from "./patience.js";
import { variable, warn } from "./platform.js";
import { PresenceVerbs } from "./presence.js";
import { RestLink } from "./rest.js";
import type { Receipts, Sealing } from "./sealing.js";
import { abortable } from "./slot.js";
import { type WebSocketClass, webSocketClass } from "./socket.js";
import { WebSocketLink } from "./websocket.js";

/** Where a daemon is unless something else is said. */
export const DEFAULT_URL = "http://127.0.0.1:8081";

const WEB = /^https?:/;

/** How long closing may take, what nobody waits for included. */
const CLOSE_SECONDS = 1;

/** Node 18 has no `Symbol.asyncDispose` before 18.18. */
const DISPOSE = /* @__PURE__ */ disposeSymbol();

/** What a client is made with; everything has a default. */
export interface ClientOptions {
  /**
   * The server's REST address; else `AILOOP_SERVER` or `AILOOP_BASE_URL` in Node, else a page's
   * own origin, else `http://127.0.0.1:8081`.
   */
  readonly baseURL?: string | undefined;
  /** `websocket` (the same port, at `/ws`), or `rest` where only plain HTTP gets through. */
  readonly transport?: "websocket" | "rest" | undefined;
  /** The server then refuses what this role may not do. */
  readonly role?: "agent" | "human" | "observer" | undefined;
  /**
   * An API key or a token, or what returns it, asked at each connection; else `AILOOP_TOKEN`, else
   * what the file `AILOOP_TOKEN_FILE` holds at the time.
   */
  readonly token?: Token | undefined;
  /** How long to wait for what, in seconds. */
  readonly patience?:
    { readonly [name in keyof Patience]?: Patience[name] | undefined } | undefined;
  /** Encrypts, and opens what is encrypted; of `ailoop-js/sealed`. */
  readonly sealing?: Sealing | undefined;
  /** Has approvals count only with a receipt; of `ailoop-js/receipts`. */
  readonly receipts?: Receipts | undefined;
  /** In the place of the platform's. */
  readonly fetch?: typeof fetch | undefined;
  /** In the place of the platform's. */
  readonly WebSocket?: WebSocketClass | undefined;
}

/**
 * A connection to a daemon.
 *
 * ```ts
 * const client = new AiloopClient();
 * const answer = await client.ask("general", "Which branch?", { choices: ["main", "dev"] });
 * console.log(answer.content.answer);
 * await client.close();
 * ```
 *
 * It connects with the first call, and again by itself whenever the connection is lost, and takes
 * up what was open: nothing is sent or delivered twice, nothing is skipped silently. Until it is
 * closed its connection keeps a Node process running.
 */
export class AiloopClient extends PresenceVerbs {
  declare readonly baseURL: string;
  /** @internal */
  declare protected readonly sealing: Sealing | undefined;
  /** @internal */
  declare protected readonly receipts: Receipts | undefined;
  readonly #options: ClientOptions;
  readonly #rest: RestLink;
  readonly #patience: Patience;
  #checking: Promise<void> | undefined;
  #opening: Promise<Link> | undefined;
  #link: Link | undefined;
  #closing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: ClientOptions = {}) {
    super();
    this.baseURL = addressOf(options.baseURL);
    this.#options = options;
    this.#patience = patienceOf(options.patience);
    this.sealing = options.sealing;
    this.receipts = options.receipts;
    this.#checkVariables();
    this.#rest = new RestLink(this.baseURL, this.#patience, this.#credential, options.fetch);
  }

  /**
   * Connect; every other call does so by itself.
   *
   * It rejects with `Unreachable` if nobody answers, with `Unauthenticated` if the server does not
   * know the token, with `Incompatible` if its major version is another; of another minor version
   * it warns. After a failure the next call tries again.
   */
  async connect(options: { readonly signal?: Signal } = {}): Promise<this> {
    await this.link(options.signal);
    return this;
  }

  /**
   * Let out what nobody waits for, in a second at most, and close for good. Whatever still waits
   * rejects with `ConnectionLost`.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [DISPOSE](): Promise<void> {
    await this.close();
  }

  /** How this client stands to its server; over HTTP alone, whether it is open. */
  get state(): ConnectionState {
    if (this.#closing) return "closed";
    return this.#link?.state ?? "connecting";
  }

  /**
   * How many messages of `say(…, { wait: false })` the server has not got: there were too many, it
   * refused them, or the client closed first.
   */
  get dropped(): number {
    return this.#dropped + (this.#link?.dropped ?? 0);
  }

  // -- how it connects ---------------------------------------------------------------------

  /** @internal */
  protected override async link(signal: Signal): Promise<Link> {
    this.#checkOpen(signal);
    this.#opening ??= this.#open();
    return abortable(this.#opening, signal);
  }

  /** @internal */
  protected override async rest(signal: Signal): Promise<RestLink> {
    this.#checkOpen(signal);
    await abortable(this.#checked(), signal);
    return this.#rest;
  }

  /** @internal */
  protected override anyRest(): RestLink {
    return this.#rest;
  }

  readonly #credential = () => credentialOf(this.#options.token);

  #checkOpen(signal?: Signal): void {
    if (signal?.aborted) throw signal.reason;
    if (this.#closing) throw connectionClosed();
  }

  /** Find out whether the server is one that this client understands. */
  async #check(): Promise<void> {
    try {
      const { version } = await this.health();
      const warning = checkVersion(version, `the server at ${this.baseURL}`);
      if (warning !== undefined) warn(warning);
    } catch (error) {
      this.#checking = undefined; // for the next call to try again
      throw error;
    }
  }

  #checked(): Promise<void> {
    return (this.#checking ??= this.#check());
  }

  async #open(): Promise<Link> {
    let link: Link | undefined;
    try {
      await this.#checked();
      this.#checkOpen();
      link = this.#link = this.#makeLink();
      await link.opened;
      this.#listen(!this.#closing);
      return link;
    } catch (error) {
      this.#opening = undefined; // for the next call to try again
      if (link) {
        await link.close(0);
        this.#dropped += link.dropped;
      }
      this.#link = undefined;
      throw error;
    }
  }

  #makeLink(): Link {
    const { transport, role, WebSocket: given } = this.#options;
    if (transport === "rest") return this.#rest;
    return new WebSocketLink(role, {
      url: `ws${this.baseURL.slice("http".length)}/ws`,
      patience: this.#patience,
      webSocket: () => (given ? Promise.resolve(given) : webSocketClass()),
      credential: this.#credential,
      tell: (type, detail) => {
        this.emit(type, detail);
      },
      explain: (why) => this.#explain(why),
    });
  }

  /** Find out why a page could not open a WebSocket, which is told nothing. */
  async #explain(why: AiloopError): Promise<AiloopError> {
    const refused = await this.health().catch((error: unknown) => error);
    return refused instanceof NotAllowed ? refused : why;
  }

  async #close(): Promise<void> {
    this.#listen(false);
    await Promise.resolve();
    // At once: what asks why there is no connection would hold up the other.
    const [other, rest] = [this.#link, this.#rest.close(CLOSE_SECONDS)];
    if (other !== this.#rest) await other?.close(CLOSE_SECONDS);
    await rest;
  }

  /** Hear of a page that is looked at again, and of a network that is back. */
  #listen(on: boolean): void {
    const page = globalThis as unknown as Partial<EventTarget> & { document?: EventTarget };
    const verb = on ? "addEventListener" : "removeEventListener";
    page[verb]?.("online", this.#hurry);
    page.document?.[verb]("visibilitychange", this.#hurry);
  }

  readonly #hurry = () => {
    this.#link?.hurry();
    this.#rest.hurry();
  };

  /** Refuse to be less than what the environment asks of every client. */
  #checkVariables(): void {
    if (this.#options.role !== undefined && this.#options.role !== "agent") return;
    for (const [name, option, given] of [
      ["AILOOP_RECEIPT_KEY", "receipts", this.receipts],
      ["AILOOP_SEAL_FOR", "sealing", this.sealing?.seals],
    ] as const)
      if (variable(name) && !given)
        throw new AiloopError(`${name} is set, and this client was given no \`${option}\``);
  }
}

/** Return the server's address. Throws a `TypeError` if it is none. */
function addressOf(given: string | undefined): string {
  const { location } = globalThis as { location?: { origin?: string } };
  const page = location?.origin;
  const address =
    given ||
    (variable("AILOOP_SERVER") ?? variable("AILOOP_BASE_URL")) ||
    (page && WEB.test(page) ? page : DEFAULT_URL);
  const known = address.replace(/\/+$/, "");
  try {
    const { protocol, username, password } = new URL(known);
    if (WEB.test(protocol) && !username && !password) return known;
  } catch {
    // It is no address at all.
  }
  // Errors quote the address; no platform would send the password.
  const told = known.replace(/\/\/.*@/, "//");
  throw new TypeError(`baseURL must start with http:// or https://, without a password: ${told}`);
}

function disposeSymbol(): typeof Symbol.asyncDispose {
  const known = (Symbol as { asyncDispose?: symbol }).asyncDispose;
  return (known ?? Symbol.for("Symbol.asyncDispose")) as typeof Symbol.asyncDispose;
}
