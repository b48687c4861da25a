// What the tests in Python call: it opens clients, calls verbs, reads feeds, and tells the outcome.
// `tests/client/bridge.py` describes the lines; where they come from is no matter here.

import { AiloopClient, type ClientOptions, type Decision } from "../../src/index.js";
import { receipts, type ReceiptKey } from "../../src/receipts.js";
import { sealing } from "../../src/sealed.js";
import { refusalOf } from "../../src/errors.js";
import { failure, incoming, keptAs, outgoing, type Failure } from "./values.js";

/** A feed as it is read here: that of messages, or that of deliveries. */
interface Feed {
  next(): Promise<IteratorResult<unknown>>;
  close(): unknown;
  readonly ready?: Promise<unknown>;
  readonly cursors?: unknown;
}

type Thing = AiloopClient | Feed;

interface Request {
  op: string;
  id: number;
  target: number;
  name: string;
  verb: string;
  args: unknown[];
  baseURL: string | null;
  environment: Record<string, string>;
  options: Record<string, unknown>;
  body: Record<string, unknown>;
  need: number;
  value: string;
}

export class Bridge {
  readonly #tell: (line: string) => void;
  readonly #things = new Map<number, Thing>();
  readonly #calls = new Map<number, AbortController>();
  readonly #needs = new Map<number, (value: string) => void>();
  #count = 0;
  /** The client that is being opened: what is warned of is about it. */
  #opening = 0;

  /** @param tell sends a line. */
  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Take a line. */
  take(line: string): void {
    const request = JSON.parse(line) as Request;
    if (request.op === "abort") {
      this.#calls.get(request.id)?.abort();
    } else if (request.op === "give") {
      this.#needs.get(request.need)?.(request.value);
      this.#needs.delete(request.need);
    } else {
      void this.#reply(request);
    }
  }

  /** Tell of a warning. */
  warn(text: string): void {
    this.#say({ target: this.#opening, warning: text });
  }

  #say(word: Record<string, unknown>): void {
    this.#tell(JSON.stringify(word));
  }

  async #reply(request: Request): Promise<void> {
    const call = new AbortController();
    this.#calls.set(request.id, call);
    let outcome: { value?: unknown } | { error: Failure };
    try {
      outcome = { value: outgoing(await this.#do(request, call.signal)) };
    } catch (error) {
      outcome = { error: failure(error) };
    }
    this.#calls.delete(request.id);
    this.#say({ id: request.id, ...outcome });
  }

  async #do(request: Request, signal: AbortSignal): Promise<unknown> {
    switch (request.op) {
      case "make":
        return this.#make(request);
      case "connect":
        this.#opening = request.target;
        return this.#client(request)
          .connect()
          .then(() => undefined);
      case "close":
        return this.#client(request).close();
      case "get":
        return Reflect.get(this.#things.get(request.target) ?? {}, request.name) as unknown;
      case "call":
        return this.#call(request, signal);
      case "feed":
        return this.#feed(request);
      case "next":
        return this.#next(request, signal);
      case "redeem":
        return (keptAs(request.target) as Decision).redeem(...(request.args as [string, unknown]));
      case "refuse":
        throw refusalOf(request.body);
      case "leave":
        return (this.#things.get(request.target) as Feed).close();
      default:
        throw new Error(`unknown op ${request.op}`);
    }
  }

  #keep(thing: Thing): number {
    this.#count += 1;
    this.#things.set(this.#count, thing);
    return this.#count;
  }

  #client(request: Request): AiloopClient {
    return this.#things.get(request.target) as AiloopClient;
  }

  async #make(request: Request): Promise<number> {
    this.#count += 1;
    const number = this.#count;
    const { token, seals, proves, ...rest } = request.options;
    const client = await inEnvironment(request.environment, async () => {
      const options: ClientOptions = {
        ...rest,
        baseURL: request.baseURL ?? undefined,
        token: token === undefined || typeof token === "string" ? token : () => this.#need(number),
        sealing: seals ? await sealing(seals) : undefined,
        receipts: proves ? await receipts((proves as { key?: ReceiptKey }).key) : undefined,
      };
      return new AiloopClient(options);
    });
    this.#things.set(number, client);
    client.on("connected", () => {
      this.#say({ target: number, event: { type: "connected" } });
    });
    client.on("lost", ({ detail: why }) => {
      this.#say({ target: number, event: { type: "lost", why: failure(why) } });
    });
    client.on("reconnecting", ({ detail: { seconds } }) => {
      this.#say({ target: number, event: { type: "reconnecting", seconds } });
    });
    return number;
  }

  #need(target: number): Promise<string> {
    this.#count += 1;
    const need = this.#count;
    return new Promise((resolve) => {
      this.#needs.set(need, resolve);
      this.#say({ target, need });
    });
  }

  async #call(request: Request, signal: AbortSignal): Promise<unknown> {
    const client = this.#client(request);
    const { verb } = request;
    const args = request.args.map((one) => (one === null ? undefined : incoming(one)));
    if (ABORTABLE.has(verb)) {
      const [last, before] = [args.at(-1), ABORTABLE.get(verb) ?? 0];
      // The forms of the earlier SDK have no place for it.
      if (args.length <= before) args.push({ signal });
      else if (isOptions(last)) args[args.length - 1] = { ...last, signal };
    }
    const method = Reflect.get(client, verb) as (...args: unknown[]) => Promise<unknown>;
    return method.apply(client, args);
  }

  async #feed(request: Request): Promise<number> {
    const client = this.#client(request);
    const [channels, options] = request.args.map(incoming);
    const feed: Feed =
      request.verb === "subscribe"
        ? client.subscribe(channels as string[], options as object)
        : client.deliveries();
    await feed.ready;
    return this.#keep(feed);
  }

  async #next(request: Request, signal: AbortSignal): Promise<unknown> {
    const feed = this.#things.get(request.target) as Feed;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
    const result = await Promise.race([feed.next(), aborted]);
    if (result.done === true) throw new Error("the feed has ended");
    return result.value;
  }
}

/** What can be aborted, and how many arguments come before the options. */
const ABORTABLE = new Map([
  ["ask", 2],
  ["decide", 2],
  ["authorize", 2],
  ["navigate", 2],
  ["say", 2],
  ["wait", 1],
  ["respond", 2],
]);

function isOptions(last: unknown): last is object {
  return typeof last === "object" && last?.constructor === Object && !("content" in last);
}

/** Make something in an environment, where there is one. */
async function inEnvironment<T>(
  environment: Record<string, string>,
  make: () => Promise<T>,
): Promise<T> {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  if (!process) return make();
  Object.assign(process.env, environment);
  try {
    return await make();
  } finally {
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
  }
}
