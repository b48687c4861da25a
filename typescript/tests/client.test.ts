/** The verbs against a real daemon, over both transports. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  AiloopError,
  AlreadySettled,
  type ClientOptions,
  Conflict,
  ConnectionLost,
  Invalid,
  type Message,
  NotAuthorized,
  NotFound,
  PromptLost,
  Ticket,
  Undelivered,
  Unreachable,
  newId,
} from "../src/index.js";
import { Clients, Daemon, channelOf, eventually, waiting } from "./daemon.js";

let daemon: Daemon;
const clients = new Clients();

beforeAll(async () => {
  daemon = await Daemon.start();
});
afterAll(async () => {
  await clients.close();
  await daemon.remove();
});

describe.each(["websocket", "rest"] as const)("over %s", (transport) => {
  const open = (more: ClientOptions = {}) =>
    clients.of({ baseURL: daemon.url, transport, ...more });

  it("asks, and is answered", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.ask(channel, "What is the answer?");
    const { message_id, message } = await waiting(person, channel);
    expect(message.content).toMatchObject({ type: "question", timeout_seconds: 60 });
    await person.respond(message_id, "42", { responder: "ann", surface: "test" });
    const response = await asked;
    expect(response.content).toEqual({ type: "response", answer: "42", response_type: "text" });
    expect(response.metadata).toMatchObject({ responder: "ann", surface: "test" });
    await expect(person.respond(message_id, "43", { responder: "bob" })).rejects.toBeInstanceOf(
      AlreadySettled,
    );
  });

  it("has the forms of the earlier SDK", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.ask(channel, "Which?", 30, ["red", "green"]);
    const { message } = await waiting(person, channel);
    expect(message.content).toMatchObject({ timeout_seconds: 30, choices: ["red", "green"] });
    await expect(person.respond(message.id, "blue")).rejects.toMatchObject({
      code: "not_a_choice",
    });
    await person.respond(message, "2");
    const response = await asked;
    expect(response.content.answer).toBe("green");
    expect(response.metadata).toMatchObject({ index: 1, value: "green" });
  });

  it("approves only where a person approved", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.authorize(channel, "Deploy", { context: { version: "1.4.2" } });
    const { message } = await waiting(person, channel);
    expect(message.content).toMatchObject({ context: { version: "1.4.2" }, timeout_seconds: 300 });
    await person.respond(message, null, {
      responseType: "authorization_approved",
      responder: "ann",
    });
    const approval = await asked;
    expect(approval && [approval.approved, approval.responder]).toEqual([true, "ann"]);
    expect(approval && approval.latencySeconds).toBeGreaterThan(0);
  });

  it("is false where it is denied, and decide tells why", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.authorize(channel, "Deploy");
    await person.respond((await waiting(person, channel)).message_id, null, "authorization_denied");
    expect(await asked).toBe(false);
    const decided = agent.decide(channel, "Deploy");
    const denial = { responseType: "authorization_denied", reason: "Friday" } as const;
    await person.respond((await waiting(person, channel)).message_id, undefined, denial);
    expect(await decided).toMatchObject({ approved: false, reason: "Friday" });
    const required = agent.requireAuthorization(channel, "Deploy", { timeout: 1 });
    await expect(required).rejects.toBeInstanceOf(NotAuthorized);
    await expect(required).rejects.toThrow("timeout");
  });

  it("says, navigates, lists, and reads what was", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    await agent.say(channel, "low", "low");
    const said = await agent.say(channel, "hello", { priority: "high", metadata: { run: 7 } });
    const page = agent.navigate(channel, "https://example.org/", { context: "look" });
    const { message_id, label } = await waiting(person, channel);
    expect(label).toBe("https://example.org/");
    await person.respond(message_id);
    expect((await page).content.response_type).toBe("text");
    const [low, loud, asked] = await person.history(channel);
    expect(low?.content).toMatchObject({ priority: "low" });
    expect(loud).toEqual({ ...said, metadata: { run: 7 } });
    expect(asked?.content).toMatchObject({ type: "navigate", context: "look" });
    expect((await person.history(channel, { limit: 1 })).length).toBe(1);
    const known = (await person.channels()).find((one) => one.name === channel);
    expect(known?.message_count).toBe(4);
    expect(await person.health()).toMatchObject({ status: "healthy" });
    expect(await person.getMessage(said.id)).toEqual(loud);
  });

  it("asks in steps, and waits elsewhere", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const ticket = await agent.postAuthorization(channel, "Deploy", { key: "release 7" });
    const again = await agent.postAuthorization(channel, "Deploy", { key: "release 7" });
    expect(again.id).toBe(ticket.id);
    await expect(agent.postAuthorization(channel, "Destroy", { key: "release 7" })).rejects.toThrow(
      Conflict,
    );
    const elsewhere = open().wait(Ticket.load(String(ticket)));
    await person.respond(ticket, null, "authorization_approved");
    const response = await elsewhere;
    expect((await agent.decisionOf(response, channel, "Deploy")).approved).toBe(true);
    expect(await agent.wait(ticket.id)).toEqual(response);
    const other = await agent.postQuestion(channel, "Which?");
    expect((await agent.withdraw(other)).content.response_type).toBe("cancelled");
    const page = await agent.postNavigate(channel, "https://example.org/");
    expect((await agent.withdraw(page.id)).metadata).toMatchObject({ reason: "withdrawn" });
  });

  it("knows what it does not know", async () => {
    const agent = open();
    const lost = JSON.stringify({ id: newId(), channel: "a", expires_at: null });
    await expect(agent.wait(newId())).rejects.toMatchObject({ name: "NotFound" });
    await expect(agent.wait(Ticket.load(lost))).rejects.toBeInstanceOf(PromptLost);
    await expect(agent.withdraw(newId())).rejects.toBeInstanceOf(NotFound);
    await expect(agent.wait("x")).rejects.toBeInstanceOf(AiloopError);
    await expect(agent.ask("-", "x")).rejects.toMatchObject({ code: "bad_channel" });
    await expect(agent.ask("a", "")).rejects.toBeInstanceOf(Invalid);
    await expect(agent.ask("a", "x".repeat(2_000_000))).rejects.toMatchObject({
      code: "too_large",
    });
    await expect(agent.say("a", "x", { metadata: { n: 1n } })).rejects.toThrow(TypeError);
  });

  describe("a signal", () => {
    it("withdraws what is asked, and rejects with its reason", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const stop = new AbortController();
      const asked = agent.ask(channel, "Which?", { signal: stop.signal });
      const { message_id } = await waiting(person, channel);
      stop.abort(new Error("enough"));
      await expect(asked).rejects.toThrow("enough");
      expect(await person.pending(channel)).toEqual([]);
      expect((await agent.wait(message_id)).content.response_type).toBe("cancelled");
    });

    it.each([{ leaveOpen: true }, { key: "k" }])("leaves it open: %j", async (more) => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const stop = new AbortController();
      const asked = agent.ask(channel, "Which?", { signal: stop.signal, ...more });
      await waiting(person, channel);
      stop.abort();
      await expect(asked).rejects.toMatchObject({ name: "AbortError" });
      expect(await person.pending(channel)).toHaveLength(1);
    });

    it("ends a wait, and the prompt stays", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const ticket = await agent.postQuestion(channel, "Which?");
      const stop = new AbortController();
      const waited = agent.wait(ticket, { signal: stop.signal });
      stop.abort("why");
      await expect(waited).rejects.toBe("why");
      expect(await person.pending(channel)).toHaveLength(1);
      await expect(agent.wait(ticket, { signal: stop.signal })).rejects.toBe("why");
      for (const late of [
        agent.ask(channel, "x", { signal: stop.signal }),
        agent.say(channel, "x", { signal: stop.signal }),
        agent.pending(channel, { signal: stop.signal }),
      ])
        await expect(late).rejects.toBe("why");
    });
  });

  describe("a subscription", () => {
    it("brings each message once, in order, and leaving it ends it", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const feed = person.subscribe(channel);
      await feed.ready;
      for (const text of ["1", "2", "3"]) await agent.say(channel, text);
      const read: string[] = [];
      for await (const { content } of feed) {
        if ("text" in content) read.push(content.text);
        if (read.length === 3) break;
      }
      expect(read).toEqual(["1", "2", "3"]);
      expect(await feed.next()).toEqual({ done: true, value: undefined });
      const after = { ...feed.cursors };
      await agent.say(channel, "4");
      const more = person.subscribe([channel], { after });
      expect((await more.next()).value?.content).toMatchObject({ text: "4" });
      more.close();
      const replayed = person.subscribe(channel, { replay: 2 });
      expect((await replayed.next()).value?.content).toMatchObject({ text: "3" });
      replayed.close();
    });

    it("gives readers their turns, and ends them when it is closed", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const feed = person.subscribe(channel);
      const reads = [feed.next(), feed.next(), feed.next()];
      await feed.ready;
      await agent.say(channel, "1");
      await agent.say(channel, "2");
      const [first, second] = await Promise.all(reads.slice(0, 2));
      expect([first, second].map((one) => one?.value?.content)).toMatchObject([
        { text: "1" },
        { text: "2" },
      ]);
      feed.close();
      expect(await reads[2]).toEqual({ done: true, value: undefined });
    });

    it("is ended by a signal, with its reason", async () => {
      const [person, channel] = [open(), channelOf()];
      const stop = new AbortController();
      const feed = person.subscribe(channel, { signal: stop.signal });
      await feed.ready;
      const reading = feed.next();
      stop.abort("why");
      await expect(reading).rejects.toBe("why");
      await expect(feed.next()).rejects.toBe("why");
      const never = person.subscribe(channel, { signal: stop.signal });
      await expect(never.ready).rejects.toBe("why");
    });

    it("is heard as events too", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const heard: Message[] = [];
      const hear = (event: { detail: Message }) => heard.push(event.detail);
      const feed = person.subscribe(channel);
      await feed.ready;
      person.on("message", hear);
      await agent.say(channel, "1");
      await eventually(() => heard.length === 1, "the event");
      expect(heard[0]?.content).toMatchObject({ text: "1" });
      person.off("message", hear);
      await agent.say(channel, "2");
      expect((await feed.next()).value).toEqual(heard[0]);
      expect((await feed.next()).value?.content).toMatchObject({ text: "2" });
      expect(heard.length).toBe(1);
    });

    it("follows all there are and will be", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const feed = person.subscribe();
      await feed.ready;
      await agent.say(channel, "new");
      for await (const message of feed) if (message.channel === channel) break;
      expect(Object.keys(feed.cursors)).toContain(channel);
    });
  });

  describe("presence", () => {
    it("tells who was shown a prompt", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      const ticket = await agent.postQuestion(channel, "Which?");
      await expect(agent.waitDelivered(ticket, { within: 0.05 })).rejects.toBeInstanceOf(
        Undelivered,
      );
      const shown = agent.waitDelivered(ticket, { within: 20 });
      await person.show([ticket.id, newId()], "seen", { name: "ann", surface: "test" });
      expect(await shown).toMatchObject({ prompt_id: ticket.id, seen_by: ["ann"] });
      expect(await agent.delivery(ticket)).toMatchObject({ seen_by: ["ann"], typing: [] });
      await expect(agent.delivery(newId())).rejects.toBeInstanceOf(NotFound);
      const stop = new AbortController();
      const other = await agent.postQuestion(channel, "Which?");
      const cut = agent.waitDelivered(other, { within: 20, signal: stop.signal });
      stop.abort("why");
      await expect(cut).rejects.toBe("why");
    });
  });

  describe("closing", () => {
    it("rejects what waits, and all that comes after", async () => {
      const [agent, channel] = [open(), channelOf()];
      const ticket = await agent.postQuestion(channel, "Which?");
      const feed = agent.subscribe(channelOf());
      await feed.ready;
      const waits = [agent.wait(ticket), agent.ask(channel, "And?"), feed.next()];
      const settled = Promise.allSettled(waits);
      await eventually(async () => (await agent.pending(channel)).length === 2);
      await agent.close();
      await agent.close();
      for (const outcome of await settled)
        expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(ConnectionLost);
      expect(agent.state).toBe("closed");
      for (const late of [agent.ask(channel, "x"), agent.pending(), agent.say(channel, "x")])
        await expect(late).rejects.toBeInstanceOf(ConnectionLost);
      await expect(agent.subscribe(channel).next()).rejects.toBeInstanceOf(ConnectionLost);
    });

    it("lets out what nobody waits for", async () => {
      const [agent, person, channel] = [open(), open(), channelOf()];
      for (let at = 0; at < 500; at++) void agent.say(channel, String(at), { wait: false });
      await agent.connect();
      await agent.close();
      const texts = (await person.history(channel, { limit: 1000 })).map(
        ({ content }) => "text" in content && content.text,
      );
      expect(texts).toEqual(Array.from({ length: 500 }, (_, at) => String(at)));
      expect(agent.dropped).toBe(0);
    });

    it("counts what is dropped", async () => {
      const [agent, channel] = [open({ patience: { bufferedMessages: 3 } }), channelOf()];
      await agent.connect();
      const said = Array.from({ length: 5 }, () => agent.say(channel, "x", { wait: false }));
      await Promise.all(said);
      expect(agent.dropped).toBe(2);
    });
  });

  it("says what is refused in the middle of others", async () => {
    const [agent, channel] = [open(), channelOf()];
    const said = ["1", "", "3"].map((text) => agent.say(channel, text));
    const outcomes = await Promise.allSettled(said);
    expect(outcomes.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("connects anew after a failure", async () => {
    const nobody = open({ baseURL: "http://127.0.0.1:1" });
    await expect(nobody.ask("a", "x")).rejects.toBeInstanceOf(Unreachable);
    await expect(nobody.connect()).rejects.toThrow("ailoopd");
    expect(nobody.state).toBe("connecting");
  });
});

describe("over a WebSocket", () => {
  it("hears of deliveries", async () => {
    const [one, other, channel] = [
      clients.of({ baseURL: daemon.url }),
      clients.of({ baseURL: daemon.url }),
      channelOf(),
    ];
    const ticket = await other.postQuestion(channel, "Which?");
    const feed = one.deliveries();
    await feed.ready;
    await one.show(ticket, "delivered");
    await other.show(ticket, "typing", { name: "bob" });
    for await (const delivery of feed) if (delivery.typing.includes("bob")) break;
  });

  it("cannot follow a channel twice", async () => {
    const [client, channel] = [clients.of({ baseURL: daemon.url }), channelOf()];
    await client.subscribe(channel).ready;
    const again = client.subscribe("*");
    await expect(again.ready).rejects.toThrow("already");
    await expect(again.next()).rejects.toThrow("already");
  });

  it("declares its role", async () => {
    const agent = clients.of({ baseURL: daemon.url, role: "agent" });
    const ticket = await agent.postQuestion(channelOf(), "Which?");
    await expect(agent.respond(ticket, "x")).rejects.toMatchObject({ code: "not_allowed" });
  });
});

describe("over HTTP alone", () => {
  it("cannot hear of deliveries", async () => {
    const client = clients.of({ baseURL: daemon.url, transport: "rest" });
    await expect(client.deliveries().next()).rejects.toThrow("WebSocket");
  });
});
