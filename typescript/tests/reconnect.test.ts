/** What outlasts a connection, and what outlasts a daemon. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  vi,
  inject,
} from "vitest";

import {
  AiloopError,
  type ClientOptions,
  ConnectionLost,
  MissedMessages,
  PromptLost,
  Unauthenticated,
  Unreachable,
} from "../src/index.js";
import {
  Clients,
  Daemon,
  PYTHON,
  SOON,
  Wire,
  channelOf,
  environment,
  eventually,
  waiting,
} from "./daemon.js";

const TRANSPORTS = ["websocket", "rest"] as const;

const clients = new Clients();
const daemon = { url: inject("url") };
let wire: Wire;
beforeEach(async () => {
  wire = await Wire.to(daemon.url);
});
afterEach(async () => {
  await clients.close();
  wire.close();
});

describe.each(TRANSPORTS)("over a wire that is cut, %s", (transport) => {
  const far = (more: ClientOptions = {}) =>
    clients.of({ baseURL: wire.url, transport, patience: SOON, ...more });
  const near = () => clients.of({ baseURL: daemon.url });

  it("an answer that is given meanwhile arrives", async () => {
    const [agent, person, channel] = [far(), near(), channelOf()];
    const asked = agent.ask(channel, "Which?");
    const { message_id } = await waiting(person, channel);
    wire.cut();
    await person.respond(message_id, "this");
    wire.mend();
    expect((await asked).content.answer).toBe("this");
  });

  it("what is asked meanwhile is asked once", async () => {
    const [agent, person, channel] = [far(), near(), channelOf()];
    await agent.connect();
    wire.cut();
    const asked = agent.ask(channel, "Which?");
    const said = agent.say(channel, "hello");
    wire.mend();
    await said;
    await person.respond((await waiting(person, channel)).message_id, "this");
    expect((await asked).content.answer).toBe("this");
    expect((await person.history(channel)).length).toBe(3);
  });

  it("a subscription goes on, with nothing twice", async () => {
    const [reader, agent, channel] = [far(), near(), channelOf()];
    const feed = reader.subscribe(channel);
    await feed.ready;
    const read: unknown[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await agent.say(channel, `${turn}a`);
      read.push((await feed.next()).value?.content);
      wire.cut();
      await agent.say(channel, `${turn}b`);
      wire.mend();
      read.push((await feed.next()).value?.content);
    }
    expect(read).toMatchObject(["0a", "0b", "1a", "1b", "2a", "2b"].map((text) => ({ text })));
  });

  it("an abort takes back what was asked, once the wire is there", async () => {
    const [agent, person, channel] = [far(), near(), channelOf()];
    const stop = new AbortController();
    const asked = agent.ask(channel, "Which?", { signal: stop.signal });
    await waiting(person, channel);
    wire.cut();
    stop.abort("why");
    wire.mend();
    await expect(asked).rejects.toBe("why");
    expect(await person.pending(channel)).toEqual([]);
  });

  it("whoever has no patience is told", async () => {
    const agent = far({ patience: { ...SOON, giveUpSeconds: 0.1 } });
    const channel = channelOf();
    const ticket = await agent.postQuestion(channel, "Which?");
    const waited = agent.wait(ticket);
    const feed = agent.subscribe(channelOf());
    await feed.ready;
    wire.cut();
    await expect(waited).rejects.toBeInstanceOf(Unreachable);
    await expect(feed.next()).rejects.toBeInstanceOf(Unreachable);
    await expect(agent.say(channel, "x")).rejects.toBeInstanceOf(Unreachable);
  });

  it("closing ends all that waits for it", async () => {
    const agent = far();
    const ticket = await agent.postQuestion(channelOf(), "Which?");
    const waited = agent.wait(ticket);
    wire.cut();
    const lost = expect(waited).rejects.toBeInstanceOf(ConnectionLost);
    await agent.close();
    await lost;
  });
});

describe("a WebSocket", () => {
  it("that is silent is given up, and what waits goes on with the next", async () => {
    const patience = { ...SOON, heartbeatSeconds: 0.3 };
    const agent = clients.of({ baseURL: wire.url, patience });
    const person = clients.of({ baseURL: daemon.url });
    const channel = channelOf();
    const told: string[] = [];
    agent.on("lost", ({ detail }) => told.push(detail.message));
    agent.on("connected", () => told.push("connected"));
    const asked = agent.ask(channel, "Which?");
    const { message_id } = await waiting(person, channel);
    wire.freeze();
    await person.respond(message_id, "this");
    expect((await asked).content.answer).toBe("this");
    expect(told[0]).toBe("connected");
    expect(told[1]).toContain("silent");
    expect(told.at(-1)).toBe("connected");
  });

  it("tells what becomes of it", async () => {
    const agent = clients.of({ baseURL: wire.url });
    const told: string[] = [];
    for (const type of ["connected", "lost", "reconnecting"] as const)
      agent.addEventListener(type, () => told.push(type));
    expect(agent.state).toBe("connecting");
    await agent.connect();
    expect([agent.state, ...told]).toEqual(["connected", "connected"]);
    wire.cut();
    await eventually(() => agent.state === "waiting", "the loss");
    wire.mend();
    await eventually(() => agent.state === "connected", "another connection");
    expect(told.slice(0, 3)).toEqual(["connected", "lost", "reconnecting"]);
    await agent.close();
    expect(agent.state).toBe("closed");
  });
});

describe("a daemon that is started anew", () => {
  it("with a journal has what was asked before", async () => {
    const lasting = await Daemon.start("--journal", "sqlite:journal.db");
    try {
      const asked = TRANSPORTS.map((transport) => {
        const agent = clients.of({ baseURL: lasting.url, transport });
        const channel = channelOf();
        return { channel, answer: agent.ask(channel, "Which?", { timeout: 600 }) };
      });
      const watcher = clients.of({ baseURL: lasting.url, transport: "rest" });
      for (const { channel } of asked) await waiting(watcher, channel);
      await lasting.stop();
      await lasting.start(new URL(lasting.url).port, "--journal", "sqlite:journal.db");
      const person = clients.of({ baseURL: lasting.url });
      for (const { channel, answer } of asked) {
        await person.respond((await waiting(person, channel)).message_id, "this");
        expect((await answer).content.answer).toBe("this");
      }
    } finally {
      await clients.close();
      await lasting.remove();
    }
  });

  it("without one has lost prompts, and messages", async () => {
    const forgetful = await Daemon.start();
    try {
      const readers = await Promise.all(
        TRANSPORTS.map(async (transport) => {
          const agent = clients.of({ baseURL: forgetful.url, transport });
          const channel = channelOf();
          const feed = agent.subscribe(channel);
          await feed.ready;
          const ticket = await agent.postQuestion(channel, "Which?");
          expect((await feed.next()).value?.id).toBe(ticket.id);
          const missed: AiloopError[] = [];
          agent.on("error", ({ detail }) => missed.push(detail));
          return { agent, channel, feed, ticket, missed };
        }),
      );
      // What is killed has no time to cancel what is open.
      await forgetful.kill();
      await forgetful.start(new URL(forgetful.url).port);
      const person = clients.of({ baseURL: forgetful.url });
      for (const { agent, channel, feed, ticket, missed } of readers) {
        await expect(agent.wait(ticket)).rejects.toBeInstanceOf(PromptLost);
        const next = expect(feed.next()).rejects.toBeInstanceOf(MissedMessages);
        await person.say(channel, "after");
        await next;
        expect(missed[0]).toBeInstanceOf(MissedMessages);
        for await (const message of feed) {
          expect(message.content).toMatchObject({ text: "after" });
          break;
        }
      }
    } finally {
      await clients.close();
      await forgetful.remove();
    }
  });
});

describe("where somebody has to say who they are", () => {
  let guarded: Daemon;
  let keys: Record<string, string>;
  const command = (...words: string[]) =>
    execFileSync(PYTHON, ["-m", "ailoop", "key", ...words], {
      cwd: guarded.folder,
      env: environment(),
      stdio: ["ignore", "pipe", "ignore"],
    }).toString();
  const make = (name: string, grant: string) => {
    const said = command("create", name, "--grant", grant, "--file", "keys.json");
    return /ailoop_\S+/.exec(said)?.[0] ?? "";
  };

  beforeAll(async () => {
    guarded = new Daemon();
    keys = { bot: make("bot", "agent:*"), ann: make("ann", "human:*") };
    await guarded.start("0", "--auth-keys", join(guarded.folder, "keys.json"));
  });
  afterAll(async () => {
    await guarded.remove();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const open = (more: ClientOptions = {}) => clients.of({ baseURL: guarded.url, ...more });

  it.each(TRANSPORTS)("they do, and their names are known: %s", async (transport) => {
    const channel = channelOf();
    vi.stubEnv("AILOOP_TOKEN", keys["bot"] ?? "");
    const agent = open({ transport, role: "agent" });
    const person = open({ transport, token: () => Promise.resolve(keys["ann"] ?? "") });
    const asked = agent.authorize(channel, "Deploy");
    const { message } = await waiting(person, channel);
    expect(message.metadata).toEqual({ sender: "bot" });
    await expect(agent.respond(message, "x")).rejects.toMatchObject({ name: "NotAllowed" });
    await person.respond(message, null, "authorization_approved");
    expect((await asked) && (await asked)).toMatchObject({ responder: "ann" });
  });

  it.each(TRANSPORTS)("nobody else gets in, and is told so: %s", async (transport) => {
    await expect(open({ transport }).say("a", "x")).rejects.toMatchObject({
      name: "Unauthenticated",
      code: "unauthenticated",
    });
    const bad = open({ transport, token: "nobody" });
    await expect(bad.say("a", "x")).rejects.toBeInstanceOf(Unauthenticated);
    await expect(bad.say("a", "x")).rejects.toMatchObject({ code: "bad_credential" });
  });

  it("a revoked key is good no longer; its successor is", async () => {
    const channel = channelOf();
    const old = make("worker", "agent:*");
    const id = /ailoop_([a-z0-9]+)_/.exec(old)?.[1] ?? "";
    let current = old;
    const agent = open({ token: () => current });
    const stuck = open({ token: old });
    const person = open({ token: keys["ann"] });
    const asked = agent.ask(channel, "Which?");
    const { message_id } = await waiting(person, channel);
    const left = expect(stuck.wait(message_id)).rejects.toBeInstanceOf(Unauthenticated);
    current = make("worker", "agent:*");
    command("revoke", id, "--file", "keys.json");
    await left;
    await person.respond(message_id, "this");
    expect((await asked).content.answer).toBe("this");
  });
});
