/** The connection with a WebSocket of a few lines and timers of the test: what a real wire cannot show. */

import { getEventListeners } from "node:events";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { WebSocket as Other } from "ws";

import {
  AiloopClient,
  AiloopError,
  type ClientOptions,
  ConnectionLost,
  type Message,
  NotAllowed,
  Unavailable,
  Unreachable,
  type WebSocketClass,
  type WebSocketLike,
  newId,
} from "../src/index.js";

type Frame = Record<string, unknown>;
type Heard = (event: object) => void;

/** Every WebSocket of a test, in order. */
let sockets: FakeSocket[] = [];

/** What a page has: it is told nothing of a failure. */
class FakeSocket implements WebSocketLike {
  binaryType = "";
  readonly sent: Frame[] = [];
  readonly url: string;
  closedWith: number | undefined;
  readonly #heard = new Map<string, Heard>();

  constructor(url: string) {
    this.url = url;
    sockets.push(this);
  }

  send(frame: string): void {
    this.sent.push(JSON.parse(frame) as Frame);
  }

  close(code = 1005): void {
    this.closedWith ??= code;
  }

  addEventListener(type: string, listener: never): void {
    this.#heard.set(type, listener);
  }

  tell(type: string, event: object = {}): void {
    this.#heard.get(type)?.(event);
  }

  receive(frame: Frame): void {
    this.tell("message", { data: JSON.stringify(frame) });
  }

  /** Be opened, and answer the greeting. */
  greet(): void {
    this.tell("open");
    this.receive({ op: "pong", ref: 0 });
  }

  end(code = 1006): void {
    this.tell("close", { code, reason: "" });
  }
}

const HEALTHY = '{"status": "healthy", "version": "0.1.0"}';
let health: () => Response;
const clients: AiloopClient[] = [];

function open(options: ClientOptions = {}): AiloopClient {
  const client = new AiloopClient({
    baseURL: "http://server",
    WebSocket: FakeSocket,
    fetch: () => Promise.resolve(health()),
    patience: { firstSeconds: 4, longestSeconds: 60, heartbeatSeconds: 10 },
    ...options,
  });
  clients.push(client);
  return client;
}

/** Let everything happen that needs no time. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

async function connected(client = open()): Promise<[AiloopClient, FakeSocket]> {
  const connecting = client.connect();
  await settle();
  const socket = sockets.at(-1) as FakeSocket;
  socket.greet();
  await connecting;
  return [client, socket];
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  health = () => new Response(HEALTHY);
});
afterEach(async () => {
  const closing = clients.splice(0).map((client) => client.close());
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all(closing);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a connection", () => {
  it("may be of the platform's own class, or of that of `ws`", () => {
    // It is the compiler that tells.
    const own = (): WebSocketClass => WebSocket;
    const theirs: WebSocketClass = Other;
    expect([typeof own, typeof theirs]).toEqual(["function", "function"]);
  });

  it("brings an answer that comes in one piece with the word that its prompt was taken", async () => {
    const [client, socket] = await connected();
    const asking = client.ask("a", "Which?");
    await settle();
    const { ref, message } = socket.sent.at(-1) as { ref: number; message: Message };
    const response = {
      ...message,
      id: newId(),
      content: { type: "response", answer: "this one", response_type: "text" },
      correlation_id: message.id,
    };
    socket.receive({ op: "ack", ref, items: [{ id: message.id, seq: 1, created: true }] });
    socket.receive({ op: "response", id: message.id, message: response });
    await settle();
    socket.end(); // and nobody will come again to tell it
    expect((await asking).content.answer).toBe("this one");
  });

  it("is made once for all who want it at the same time", async () => {
    const client = open();
    const said = [client.say("a", "1"), client.say("a", "2"), client.connect()];
    await settle();
    expect(sockets.map((one) => one.url)).toEqual(["ws://server/ws"]);
    sockets[0]?.greet();
    await settle();
    const [, frame] = sockets[0]?.sent ?? [];
    expect(frame?.["messages"]).toHaveLength(2);
    sockets[0]?.receive({ op: "ack", ref: frame?.["ref"], items: [{ seq: 1 }, { seq: 2 }] });
    await Promise.all(said);
  });

  it("that opens too slowly is given up", async () => {
    const client = open();
    const connecting = expect(client.connect()).rejects.toThrow("no answer in 10 s");
    await vi.advanceTimersByTimeAsync(10_000);
    await connecting;
    expect(sockets[0]?.closedWith).toBe(1005);
    expect(client.state).toBe("connecting");
  });

  it("understands frames of bytes", async () => {
    const client = open();
    const connecting = client.connect();
    await settle();
    expect(sockets[0]?.binaryType).toBe("arraybuffer");
    sockets[0]?.tell("open");
    const bytes = new TextEncoder().encode('{"op":"pong","ref":0}');
    sockets[0]?.tell("message", { data: bytes.buffer });
    await connecting;
  });

  it("comes after longer and longer waits", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const [client] = await connected();
    const waits: number[] = [];
    client.on("reconnecting", ({ detail }) => waits.push(detail.seconds));
    for (const seconds of [4, 8, 16, 32, 60, 60]) {
      sockets.at(-1)?.end();
      await settle();
      expect(client.state).toBe("waiting");
      const count = sockets.length;
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 10);
      expect(sockets.length).toBe(count);
      await vi.advanceTimersByTimeAsync(10);
      expect(sockets.length).toBe(count + 1);
    }
    expect(waits).toEqual([4, 8, 16, 32, 60, 60]);
    sockets.at(-1)?.greet();
    sockets.at(-1)?.end();
    await settle();
    expect(waits.at(-1)).toBe(4);
    vi.restoreAllMocks();
  });

  it.each(["online", "visibilitychange"])("is tried at once on %s", async (type) => {
    const page = new EventTarget();
    vi.stubGlobal("document", page);
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    const [client, socket] = await connected();
    socket.end();
    await settle();
    expect([client.state, sockets.length]).toEqual(["waiting", 1]);
    page.dispatchEvent(new Event(type));
    await settle();
    expect([client.state, sockets.length]).toEqual(["connecting", 2]);
    const other = sockets[1] as FakeSocket;
    other.greet();
    await settle();
    other.sent.length = 0;
    page.dispatchEvent(new Event(type)); // is this one still there?
    await settle();
    expect(other.sent).toEqual([{ op: "ping" }]);
    other.end();
    await client.close();
    page.dispatchEvent(new Event(type));
    await settle();
    expect(sockets.length).toBe(2);
  });
});

describe("over HTTP alone", () => {
  it("what waits to be tried again is tried at once when the network is back", async () => {
    const page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    let posts = 0;
    const fetching = (url: unknown) => {
      if (String(url).endsWith("/health")) return Promise.resolve(new Response(HEALTHY));
      posts += 1;
      if (posts === 1) return Promise.reject(new TypeError("offline"));
      return Promise.resolve(new Response("[]"));
    };
    const client = open({ transport: "rest", fetch: fetching });
    const said = client.say("a", "x");
    await settle();
    expect(posts).toBe(1);
    page.dispatchEvent(new Event("online"));
    await said;
    expect(posts).toBe(2);
  });
});

describe("a silent server", () => {
  it("is asked for a word, and given up", async () => {
    const [client, socket] = await connected();
    const lost: AiloopError[] = [];
    client.on("lost", ({ detail }) => lost.push(detail));
    socket.sent.length = 0;
    await vi.advanceTimersByTimeAsync(9_900);
    expect(socket.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(socket.sent).toEqual([{ op: "ping" }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lost[0]).toBeInstanceOf(ConnectionLost);
    expect(lost[0]?.message).toContain("silent");
  });

  it("is kept while it answers", async () => {
    const [client, socket] = await connected();
    for (let turn = 0; turn < 10; turn++) {
      await vi.advanceTimersByTimeAsync(10_100);
      expect(socket.sent.at(-1)).toEqual({ op: "ping" });
      socket.receive({ op: "pong" });
    }
    expect([client.state, sockets.length]).toEqual(["connected", 1]);
  });

  it("is asked once more by a page that has slept", async () => {
    const [client, socket] = await connected();
    await vi.advanceTimersByTimeAsync(10_100);
    const asked = socket.sent.length;
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(10_100);
    expect(client.state).toBe("connected");
    expect(socket.sent.slice(asked)).toEqual([{ op: "ping" }]);
    socket.receive({ op: "pong" });
    vi.restoreAllMocks();
  });
});

describe("a failure of which a page is told nothing", () => {
  const refused = (code: string, status: number) => () =>
    new Response(JSON.stringify({ error: "no", code }), { status });

  it("is asked for over HTTP, and is final where it is", async () => {
    const [client, socket] = await connected();
    const said = client.say("a", "x");
    said.catch(() => undefined);
    health = refused("bad_host", 403);
    socket.end();
    await vi.advanceTimersByTimeAsync(4_000);
    sockets[1]?.tell("error");
    sockets[1]?.end();
    await expect(said).rejects.toBeInstanceOf(NotAllowed);
    expect(client.state).toBe("closed");
    await expect(client.say("a", "x")).rejects.toMatchObject({ code: "bad_host" });
  });

  it("is taken for passing where it may pass", async () => {
    const [client, socket] = await connected();
    health = refused("rate_limited", 429);
    socket.end();
    await vi.advanceTimersByTimeAsync(4_000);
    sockets[1]?.tell("error");
    sockets[1]?.end();
    await settle();
    expect(client.state).toBe("waiting");
  });
});

describe("a credential", () => {
  it("that cannot be had at present is asked for again", async () => {
    let fails = false;
    const token = () => (fails ? Promise.reject(new Error("offline")) : Promise.resolve("t"));
    const [client, socket] = await connected(open({ token }));
    expect(socket.sent[0]).toEqual({ op: "auth", ref: 0, credential: "t" });
    fails = true;
    const lost: AiloopError[] = [];
    client.on("lost", ({ detail }) => lost.push(detail));
    socket.end();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(lost[1]).toBeInstanceOf(Unreachable);
    expect(lost[1]?.cause).toEqual(new Error("offline"));
    fails = false;
    await vi.advanceTimersByTimeAsync(8_000);
    sockets.at(-1)?.greet();
    expect(client.state).toBe("connected");
  });

  it("that never comes is not waited for", async () => {
    let token: () => string | Promise<string> = () => "t";
    const [client, socket] = await connected(open({ token: () => token() }));
    token = () => new Promise(() => undefined);
    const lost: AiloopError[] = [];
    client.on("lost", ({ detail }) => lost.push(detail));
    socket.end();
    await vi.advanceTimersByTimeAsync(14_000);
    expect(lost[1]?.message).toContain("token");
  });
});

describe("a prompt that is to wait for longer than there are dates", () => {
  it.each([1e14, Infinity])("is waited for: %s", async (timeout) => {
    const [client, socket] = await connected();
    const posting = client.postQuestion("a", "Which?", { timeout });
    await settle();
    const { ref, message } = socket.sent.at(-1) as { ref: number; message: Message };
    socket.receive({ op: "ack", ref, items: [{ id: message.id, seq: 1, created: true }] });
    expect(JSON.parse(String(await posting))).toMatchObject({
      id: message.id,
      expires_at: "9999-12-31T23:59:59.999000+00:00",
    });
  });
});

describe("what never began", () => {
  it("leaves no listener on the caller's signal", async () => {
    const client = open({ fetch: () => Promise.reject(new Error("offline")) });
    const { signal } = new AbortController();
    const subscription = client.subscribe("a", { signal });
    await expect(subscription.next()).rejects.toBeInstanceOf(Unreachable);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await expect(subscription.next()).rejects.toBeInstanceOf(Unreachable);
  });
});

describe("closing", () => {
  it("says goodbye, and does not wait for ever for the answer", async () => {
    const [client, socket] = await connected();
    const closing = client.close();
    await settle();
    expect(socket.closedWith).toBe(1000);
    await vi.advanceTimersByTimeAsync(1_000);
    await closing;
    expect(client.state).toBe("closed");
  });

  it("gives what nobody waits for a second", async () => {
    const [client, socket] = await connected();
    await client.say("a", "1", { wait: false });
    const closing = client.close();
    await settle();
    expect(socket.closedWith).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(socket.closedWith).toBe(1000);
    socket.end(1000);
    await closing;
    expect(client.dropped).toBe(1);
  });

  it("ends an attempt to connect", async () => {
    const client = open();
    const connecting = expect(client.connect()).rejects.toBeInstanceOf(AiloopError);
    await settle();
    await Promise.all([client.close(), vi.advanceTimersByTimeAsync(1_000)]);
    await connecting;
  });

  it("ends an attempt that has hardly begun", async () => {
    const client = open({ fetch: () => new Promise(() => undefined) });
    const connecting = expect(client.connect()).rejects.toBeInstanceOf(ConnectionLost);
    await settle();
    await client.close();
    await connecting;
  });

  it("waits for no token", async () => {
    const given = [Promise.resolve("x"), new Promise<string>(() => undefined)];
    const client = open({ token: () => given.shift() as Promise<string> });
    const connecting = client.connect();
    const failing = expect(connecting).rejects.toBeInstanceOf(ConnectionLost);
    await settle();
    expect(given).toHaveLength(0);
    const closing = client.close();
    await vi.advanceTimersByTimeAsync(2_000);
    await closing;
    await failing;
  }, 1_000);

  it("waits for no explanation of why there is no connection", async () => {
    const asked: AbortSignal[] = [];
    const silent = (_: unknown, { signal }: { signal: AbortSignal }) => {
      asked.push(signal);
      return asked.length === 1
        ? Promise.resolve(new Response(HEALTHY))
        : new Promise(() => undefined);
    };
    const client = open({ fetch: silent as never });
    const connecting = client.connect();
    const failing = expect(connecting).rejects.toBeInstanceOf(AiloopError);
    await settle();
    sockets[0]?.tell("error");
    await settle();
    expect(asked).toHaveLength(2);
    const closing = client.close();
    await vi.advanceTimersByTimeAsync(2_000);
    await closing;
    await failing;
  }, 1_000);

  it("leaves a page alone, also right after it has connected", async () => {
    const listeners = new Set<string>();
    vi.stubGlobal("addEventListener", (type: string) => listeners.add(type));
    vi.stubGlobal("removeEventListener", (type: string) => listeners.delete(type));
    const client = open();
    const connecting = client.connect().catch(() => undefined);
    await settle();
    sockets[0]?.greet();
    const closing = client.close();
    await vi.advanceTimersByTimeAsync(2_000);
    await Promise.all([closing, connecting]);
    expect([...listeners]).toEqual([]);
  });

  it("leaves nothing that nobody awaits", async () => {
    const [client, socket] = await connected();
    // None of these is awaited by anybody, as in a program that forgets an `await`.
    void client.wait("00000000-0000-0000-0000-000000000001").catch(() => undefined);
    const feed = client.subscribe("a");
    const deliveries = client.deliveries();
    await settle();
    socket.end();
    const closing = client.close();
    await vi.advanceTimersByTimeAsync(2_000);
    await closing;
    await expect(feed.next()).rejects.toBeInstanceOf(ConnectionLost);
    await expect(deliveries.next()).rejects.toBeInstanceOf(ConnectionLost);
  });
});

describe("a server that says when to come back", () => {
  it("is not asked before", async () => {
    const [client, socket] = await connected();
    const waits: number[] = [];
    client.on("reconnecting", ({ detail }) => waits.push(detail.seconds));
    const lost: AiloopError[] = [];
    client.on("lost", ({ detail }) => lost.push(detail));
    socket.end();
    await vi.advanceTimersByTimeAsync(4_000);
    sockets[1]?.tell("open");
    sockets[1]?.receive({
      op: "error",
      ref: 0,
      error: "The server is stopping",
      code: "shutting_down",
      retry_after: 50,
    });
    await settle();
    expect(lost[1]).toBeInstanceOf(Unavailable);
    expect(waits[1]).toBeGreaterThanOrEqual(50);
  });
});
