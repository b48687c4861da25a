/** The golden frames of `tests/wire`, as every client of this repository is checked against. */

import { readFileSync } from "node:fs";

import { afterAll, describe, expect, it, inject } from "vitest";

import { Incompatible, type Message, type NewContent, Refused } from "../src/index.js";
import { readMessage } from "../src/model.js";
import { RestLink } from "../src/rest.js";
import { patienceOf } from "../src/patience.js";
import { Clients } from "./daemon.js";

function frames<T>(name: string): T[] {
  const file = new URL(`../../tests/wire/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as T[];
}

interface Incoming {
  name: string;
  in: { channel: string; content: NewContent };
  out: Partial<Message>;
}
interface RefusedFrame {
  name: string;
  in?: unknown;
  text?: string;
  code: string;
  path?: string;
}

const daemon = { url: inject("url") };
const clients = new Clients();

afterAll(async () => {
  await clients.close();
});

describe("what leaves the server", () => {
  it.each(frames<{ name: string; text: string }>("outgoing"))(
    "is understood: $name",
    ({ text }) => {
      const message = readMessage(JSON.parse(text));
      expect(JSON.stringify(message)).toBe(text);
    },
  );
});

describe("what the server takes", () => {
  const rest = () => new RestLink(daemon.url, patienceOf(), () => Promise.resolve(""));

  it.each(frames<Incoming>("incoming"))("comes back as it is read: $name", async (frame) => {
    // A response is for a prompt that is there, and what has no id of its own gets one.
    if (frame.out.content?.type === "response") return;
    const body = JSON.stringify({ ...frame.in, id: null });
    const answer = await rest().call("POST", "/api/v1/messages", { body });
    const { id, timestamp, ...read } = readMessage(answer.body);
    const out = { timestamp, ...frame.out, id };
    expect({ ...read, id, timestamp }).toEqual(out);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(frames<Incoming>("incoming"))("may be posted by its content: $name", async (frame) => {
    if (frame.out.content?.type === "response") return;
    const client = clients.of({ baseURL: daemon.url });
    const { channel, content } = frame.in;
    const message = await client.post(channel, content);
    const read = await client.getMessage(message.id);
    expect(read.content).toEqual(frame.out.content);
    await client.close();
  });

  it.each(frames<RefusedFrame>("refused"))("is refused by its code: $name", async (frame) => {
    const body = frame.text ?? JSON.stringify(frame.in);
    const refused = rest().call("POST", "/api/v1/messages", { body });
    const error = await refused.catch((why: unknown) => why);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ code: frame.code });
    if (frame.path) expect((error as Refused).details["path"]).toBe(frame.path);
  });
});

describe("what no server of ours sends", () => {
  const good = JSON.parse(frames<{ text: string }>("outgoing")[0]?.text ?? "") as Message;

  it.each([
    null,
    [],
    "x",
    {},
    { ...good, id: 5 },
    { ...good, channel: undefined },
    { ...good, sender_type: "agent" },
    { ...good, content: null },
    { ...good, content: { type: "song", text: "x" } },
    { ...good, content: { type: "constructor", text: "x" } },
    { ...good, content: { type: "question" } },
    { ...good, content: { type: "response", answer: 5, response_type: "text" } },
    { ...good, content: { type: "response", answer: null, response_type: "yes" } },
    { ...good, correlation_id: 5 },
    { ...good, metadata: [] },
  ])("is not taken: %j", (value) => {
    expect(() => readMessage(value)).toThrow(TypeError);
  });

  it("is incompatible where it is the answer to a request", async () => {
    const fetching = () => Promise.resolve(new Response('{"items": 5}'));
    const client = clients.of({ baseURL: daemon.url, fetch: healthyThen(fetching) });
    await expect(client.pending()).rejects.toBeInstanceOf(Incompatible);
  });
});

/** A `fetch` that tells of a good health, and then does something else. */
function healthyThen(fetching: () => Promise<Response>): typeof fetch {
  return (url) =>
    (url as string).endsWith("/health")
      ? Promise.resolve(new Response('{"status": "healthy", "version": "0.1.0"}'))
      : fetching();
}
