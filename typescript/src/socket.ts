/** One WebSocket of the platform: the global one, or that of the package `ws` on Node 18 and 20. */

import { AiloopError, ConnectionLost, Unreachable, refusalOf } from "./errors.js";
import { parse } from "./model.js";
import { otherWebSocket } from "./platform.js";
import { SUBPROTOCOL } from "./session.js";
import { type Timer, after } from "./slot.js";

/** The largest message that is taken from a server, where the platform lets it be said. */
const FRAME_BYTES = 16 * 1024 * 1024;

/** For `ws`; what is compressed could be a thousand times as much. */
const OPTIONS = { maxPayload: FRAME_BYTES, perMessageDeflate: false };

const HUNG_UP = "the server hung up";

/** How much of a refusal is read. */
const REFUSAL_UNITS = 64 * 1024;

/** How long the server has to say goodbye, in seconds. */
const GOODBYE_SECONDS = 1;

/** What opens a WebSocket, such as the class of the platform. */
export type WebSocketClass = new (
  url: string,
  protocols?: string | string[],
  options?: object,
) => WebSocketLike;

/** What of a WebSocket is used; what its listeners hear differs from platform to platform. */
export interface WebSocketLike {
  binaryType: string;
  send(frame: string): void;
  close(code?: number): void;
  addEventListener(type: string, listener: never): void;
  /** What `ws` has beside. */
  terminate?(): void;
  on?(type: string, listener: never): unknown;
}

/** A refusal of the handshake, as `ws` tells it. */
interface Rejection {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  setEncoding(name: string): void;
  on(type: "data" | "end" | "error", listener: (data: string) => void): void;
}

/** Hears of a WebSocket what there is to hear; `ended` comes last, and once. */
export interface Hearing {
  opened(): void;
  received(frame: string): void;
  ended(why: AiloopError): void;
}

/** Return the class that opens WebSockets here. */
export async function webSocketClass(): Promise<WebSocketClass> {
  const { WebSocket: known } = globalThis as { WebSocket?: unknown };
  if (known) return known as WebSocketClass;
  try {
    return (await otherWebSocket()) as WebSocketClass;
  } catch {
    throw new AiloopError(
      'this platform has no WebSocket; install the package "ws", or use the transport "rest"',
    );
  }
}

/** A WebSocket from its opening to its end. */
export class Socket {
  readonly #url: string;
  readonly #hearing: Hearing;
  readonly #socket: WebSocketLike;
  #timer: Timer | undefined;
  #open = false;
  #ended = false;

  /** @param seconds how long opening may take. */
  constructor(Class: WebSocketClass, url: string, seconds: number, hearing: Hearing) {
    this.#url = url;
    this.#hearing = hearing;
    // Only `ws` has further options; a page's class takes no notice.
    const socket = (this.#socket = new Class(url, [SUBPROTOCOL], OPTIONS));
    const hear = (type: string, listener: (event: never) => void) => {
      socket.addEventListener(type, listener as never);
    };
    socket.binaryType = "arraybuffer";
    this.#timer = after(seconds, () => {
      this.drop(this.#unreachable(`no answer in ${seconds} s`));
    });
    hear("open", () => {
      if (this.#ended) return;
      clearTimeout(this.#timer);
      this.#open = true;
      hearing.opened();
    });
    hear("message", ({ data }: { data: unknown }) => {
      if (this.#ended) return;
      hearing.received(
        typeof data === "string" ? data : new TextDecoder().decode(data as ArrayBuffer),
      );
    });
    hear("error", ({ message }: { message?: string }) => {
      // A page is told nothing; after this comes `close`.
      if (!this.#open) this.#end(this.#unreachable(message || HUNG_UP));
    });
    hear("close", ({ code, reason }: { code: number; reason: string }) => {
      this.#end(
        this.#open
          ? new ConnectionLost(
              `the connection to ailoop ended (${`${code} ${reason}`.trim()})`,
              code,
            )
          : this.#unreachable(HUNG_UP),
      );
    });
    const rejected = (_: unknown, response: Rejection) => {
      this.#rejected(response);
    };
    socket.on?.("unexpected-response", rejected as never);
  }

  /** Whether a refusal of the handshake is not told. */
  get isMute(): boolean {
    return !this.#socket.on;
  }

  /** Send a frame; what nobody takes any more is lost. */
  send(frame: string): void {
    try {
      this.#socket.send(frame);
    } catch {
      // It is closing; its end is told next.
    }
  }

  /** Say goodbye, and wait a little for the server to do so. */
  close(): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = after(GOODBYE_SECONDS, () => {
      this.drop(new ConnectionLost(HUNG_UP));
    });
    this.#quit(1000);
  }

  /** Be done with it at once. */
  drop(why: AiloopError): void {
    this.#end(why);
    this.#quit();
  }

  #quit(code?: number): void {
    const socket = this.#socket;
    try {
      if (code === undefined && socket.terminate) socket.terminate();
      else socket.close(code);
    } catch {
      // It was never open.
    }
  }

  #end(why: AiloopError): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#ended = true;
    this.#hearing.ended(why);
  }

  #unreachable(why: string): Unreachable {
    return new Unreachable(`cannot open ${this.#url}: ${why}`);
  }

  /** End with what a server said instead of opening a WebSocket. */
  #rejected(response: Rejection): void {
    let body = "";
    const done = () => {
      const { statusCode, headers } = response;
      const said = { ...(parse(body) as object) };
      this.drop(
        "code" in said
          ? refusalOf(said, headers["retry-after"])
          : this.#unreachable(`HTTP ${String(statusCode)}`),
      );
    };
    response.setEncoding("utf8");
    response.on("data", (data) => {
      body += data;
      if (body.length > REFUSAL_UNITS) done();
    });
    response.on("end", done);
    response.on("error", done);
  }
}
