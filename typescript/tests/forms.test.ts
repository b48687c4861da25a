/** Questions that are forms, and authorizations that a person may edit, over both transports. */

import { afterAll, describe, expect, expectTypeOf, it, inject } from "vitest";

import {
  type ClientOptions,
  Decision,
  type FormValue,
  Invalid,
  UnfitAnswer,
} from "../src/index.js";
import { Clients, channelOf, waiting } from "./daemon.js";

const RELEASE = {
  type: "object",
  properties: {
    version: { type: "string", minLength: 1 },
    replicas: { type: "integer", minimum: 1 },
    region: { type: "string", enum: ["eu", "us"] },
    size: { type: "string", oneOf: [{ const: "s", title: "Small" }] },
    checks: { type: "array", items: { enum: ["unit", "load"] } },
    notify: { type: "boolean" },
  },
  required: ["version", "region"],
} as const;
const CONTEXT = { to: ["ann", "bob"], limit: 5 };

const daemon = { url: inject("url") };
const clients = new Clients();

afterAll(async () => {
  await clients.close();
});

it("knows the types of what is filled in", () => {
  interface Filled {
    readonly version: string;
    readonly region: "eu" | "us";
    readonly replicas?: number;
    readonly size?: "s";
    readonly checks?: readonly ("unit" | "load")[];
    readonly notify?: boolean;
  }
  expectTypeOf<FormValue<typeof RELEASE>>().branded.toEqualTypeOf<Filled>();
});

describe.each(["websocket", "rest"] as const)("over %s", (transport) => {
  const open = (more: ClientOptions = {}) =>
    clients.of({ baseURL: daemon.url, transport, ...more });

  it("asks for a form, and gets an object", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.ask(channel, "What?", { schema: RELEASE });
    const { message } = await waiting(person, channel);
    expect(message.content).toMatchObject({ type: "question", schema: RELEASE });
    const wrong = person.respond(message, { replicas: 0, region: "eu" });
    await expect(wrong).rejects.toBeInstanceOf(Invalid);
    await expect(wrong).rejects.toMatchObject({
      code: "invalid_answer",
      message: "version is required",
      details: { problems: [{}, { path: "$.content.answer.replicas" }] },
    });
    await person.respond(message, { region: "eu", version: "1.4" });
    const response = await asked;
    expect(response.content.answer).toBe('{"version":"1.4","region":"eu"}');
    expect(response.value).toEqual({ version: "1.4", region: "eu" });
    expectTypeOf(response.value?.region).toEqualTypeOf<"eu" | "us" | undefined>();
  });

  it("has no value where nobody answered", async () => {
    const [agent, channel] = [open(), channelOf()];
    const schema = { type: "object", properties: {} } as const;
    const response = await agent.ask<{ x: number }>(channel, "?", { schema, timeout: 1 });
    expect(response.content.response_type).toBe("timeout");
    expect(response.value).toBeUndefined();
    expectTypeOf(response.value).toEqualTypeOf<{ x: number } | undefined>();
  });

  it("waits for a form in steps", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const ticket = await agent.postQuestion(channel, "What?", { schema: RELEASE });
    await person.respond(ticket, { version: "1", region: "us" });
    expect((await agent.wait(ticket, { schema: RELEASE })).value?.region).toBe("us");
    expect(await agent.wait(ticket)).not.toHaveProperty("value");
    const words = await agent.postQuestion(channel, "What?");
    await person.respond(words, "as usual");
    await expect(agent.wait(words, { schema: RELEASE })).rejects.toBeInstanceOf(UnfitAnswer);
  });

  it("asks nobody for what is no form", async () => {
    const [agent, channel] = [open(), channelOf()];
    const schema = {
      type: "object",
      properties: { x: { type: "string", pattern: "a*" } },
    } as const;
    await expect(agent.ask(channel, "?", { schema })).rejects.toMatchObject({
      code: "invalid_message",
      details: { path: "$.content.schema.properties.x.pattern" },
    });
    const both = agent.postQuestion(channel, "?", { schema: RELEASE, choices: ["a"] });
    await expect(both).rejects.toMatchObject({ code: "invalid_message" });
    const without = agent.authorize(channel, "Go", { editable: true });
    await expect(without).rejects.toMatchObject({ details: { path: "$.content.context" } });
  });

  it.each([
    ["edited", { limit: 1 }, true, { limit: 1 }],
    ["as it was", CONTEXT, false, CONTEXT],
    ["without a context", undefined, false, CONTEXT],
  ])("approves what may be edited: %s", async (_, answer, edited, context) => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.authorize(channel, "Send", { context: CONTEXT, editable: true });
    await person.respond(
      (await waiting(person, channel)).message,
      answer,
      "authorization_approved",
    );
    expect(await asked).toMatchObject({ approved: true, edited, context });
  });

  it("has no context of a denial", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const asked = agent.decide(channel, "Send", { context: CONTEXT, editable: true });
    await person.respond((await waiting(person, channel)).message, null, "authorization_denied");
    expect(await asked).toMatchObject({ approved: false, edited: false, context: undefined });
  });

  it("takes edits in steps, and none that nobody offered", async () => {
    const [agent, person, channel] = [open(), open(), channelOf()];
    const options = { context: CONTEXT, editable: true };
    const ticket = await agent.postAuthorization(channel, "Send", options);
    await person.respond(ticket, { limit: 2 }, "authorization_approved");
    const decision = await agent.decisionOf(await agent.wait(ticket), channel, "Send", options);
    expect(decision).toMatchObject({ approved: true, edited: true, context: { limit: 2 } });
    const other = await agent.postAuthorization(channel, "Send", { context: CONTEXT });
    const refused = person.respond(other, { limit: 2 }, "authorization_approved");
    await expect(refused).rejects.toMatchObject({ code: "wrong_response" });
  });
});

describe("what a server should not have let through", () => {
  const approved = (answer: string | null) => ({
    id: "01990000-0000-7000-8000-000000000001",
    channel: "a",
    sender_type: "HUMAN" as const,
    content: { type: "response", answer, response_type: "authorization_approved" } as const,
    timestamp: "2026-01-31T12:00:00.000000Z",
    correlation_id: "01990000-0000-7000-8000-000000000002",
  });

  it.each([
    [{ editable: false }, '{"limit":1000}', "edited unasked"],
    [{ editable: true }, "but not to bob", "not understood"],
    [{ editable: true }, "[1]", "not understood"],
  ])("approves nothing: %o, %s", (offered, answer, doubt) => {
    const decision = new Decision(approved(answer), 0, { context: CONTEXT, ...offered });
    expect(decision).toMatchObject({ approved: false, edited: false, context: undefined });
    expect(decision.doubt).toContain(doubt);
  });

  it("is no doubt where words were said to what nobody may edit", () => {
    const decision = new Decision(approved("go on"), 0, { context: CONTEXT, editable: false });
    expect(decision).toMatchObject({ approved: true, edited: false, context: CONTEXT });
  });
});
