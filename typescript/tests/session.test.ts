/** The session against a server of a few lines: whatever is cut when, each thing ends once. */

import { describe, expect, it } from "vitest";

import { Incompatible, MissedMessages, PromptLost, Unauthenticated } from "../src/errors.js";
import type { SessionEvent } from "../src/events.js";
import { newId } from "../src/ids.js";
import type { Message } from "../src/model.js";
import { patienceOf } from "../src/patience.js";
import { ClientSession } from "../src/session.js";

/** The text of a message that the server refuses, and a whole frame with it. */
const BAD = "bad";

type Frame = Record<string, unknown>;

function notification(text: string): Message {
  return {
    id: newId(),
    channel: "a",
    sender_type: "AGENT",
    content: { type: "notification", text, priority: "normal" },
    timestamp: "2026-01-31T12:00:00.000000Z",
    correlation_id: null,
  };
}

/** Knows every message by its id; forgets nothing but connections. */
class Server {
  readonly log: Message[] = [];

  answer(frame: string): string[] {
    const value = JSON.parse(frame) as Frame;
    const { ref } = value;
    switch (value["op"]) {
      case "ping":
      case "hello":
        return [JSON.stringify({ op: "pong", ref })];
      case "send":
        return [JSON.stringify(this.#send(ref, value))];
      case "subscribe": {
        const cursor = (value["after"] as Record<string, number>)["a"] ?? this.log.length;
        const news = this.log.map((message, at) => ({ op: "message", seq: at + 1, message }));
        return [
          { op: "subscribed", ref, channels: { a: cursor } },
          ...news.filter(({ seq }) => seq > cursor),
        ].map((one) => JSON.stringify(one));
      }
      default:
        return [];
    }
  }

  #send(ref: unknown, value: Frame): Frame {
    const sent = (value["messages"] ?? [value["message"]]) as Message[];
    const words = (one: Message) => "text" in one.content && one.content.text;
    if (sent.some((one) => words(one) === BAD))
      return { op: "error", ref, error: "no", code: "invalid_message" };
    const items = sent.map((one) => {
      const created = !this.log.some((known) => known.id === one.id);
      if (created) this.log.push(one);
      return { id: one.id, seq: this.log.length, created };
    });
    return { op: "ack", ref, items };
  }
}

function make(role?: string, patience = {}): ClientSession {
  return new ClientSession(role, patienceOf(patience));
}

/** Bring a session to where it may send. */
function greeted(session: ClientSession): void {
  session.opened(0);
  const [frame] = session.take(0);
  const events = session.receive(new Server().answer(frame as string)[0] as string, 0);
  expect(events).toEqual([{ type: "greeted" }]);
}

function frames(session: ClientSession, now = 0): Frame[] {
  return session.take(now).map((frame) => JSON.parse(frame) as Frame);
}

function receive(session: ClientSession, frame: Frame): SessionEvent[] {
  return session.receive(JSON.stringify(frame), 0);
}

/** Random numbers that are the same in each run (mulberry32). */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("each ends once", () => {
  const STEPS = ["post", "bad", "loud", "take", "forget", "cut"] as const;

  it.each(Array.from({ length: 300 }, (_, seed) => seed))("whatever is cut when: %i", (seed) => {
    const random = randomOf(seed);
    const session = make();
    const server = new Server();
    const feed = session.follow(["a"], { a: 0 }, undefined);
    const open = new Map<number, string>();
    const ended: number[] = [];
    const read: number[] = [];
    let loud = 0;
    const tell = (replies: string[]) => {
      for (const reply of replies)
        for (const event of session.receive(reply, 0)) {
          if ((event.type === "replied" || event.type === "failed") && event.ref !== feed) {
            expect(event.type === "failed").toBe(open.get(event.ref) === BAD);
            open.delete(event.ref);
            ended.push(event.ref);
          }
          if (event.type === "arrived" && "seq" in event.item) read.push(event.item.seq as number);
        }
    };
    const talk = () => {
      for (let turn = 0; turn < 6; turn++)
        tell(session.take(0).flatMap((frame) => server.answer(frame)));
    };
    session.opened(0);
    for (let step = 0; step < 40; step++) {
      switch (STEPS[Math.floor(random() * STEPS.length)]) {
        case "post":
          open.set(session.requests.post(notification("x")) as number, "x");
          break;
        case "bad":
          open.set(session.requests.post(notification(BAD)) as number, BAD);
          break;
        case "loud":
          session.requests.post(notification("y"), false);
          loud += 1;
          break;
        case "take":
          talk();
          break;
        case "forget":
          for (const ref of [...open.keys()].slice(0, 1)) {
            session.requests.forget(ref);
            open.delete(ref);
          }
          break;
        default:
          // A cut lets some frames of the client through, and no reply.
          for (const frame of session.take(0).slice(0, Math.floor(random() * 4)))
            server.answer(frame);
          session.closed();
          session.opened(0);
      }
    }
    talk();
    expect(open.size).toBe(0);
    expect(new Set(ended).size).toBe(ended.length);
    expect([session.requests.unawaited, session.requests.dropped]).toEqual([0, 0]);
    expect(new Set(server.log.map((one) => one.id)).size).toBe(server.log.length);
    const heard = server.log.filter((one) => "text" in one.content && one.content.text === "y");
    expect(heard.length).toBe(loud);
    session.closed(); // whatever the feed has not had yet comes with the next connection
    session.opened(0);
    talk();
    expect(read).toEqual(server.log.map((_, at) => at + 1));
  });
});

describe("what is sent", () => {
  it("shares a frame with what is wanted in the same turn", () => {
    const session = make();
    greeted(session);
    session.requests.post(notification("1"));
    expect(frames(session)).toMatchObject([{ op: "send", message: {} }]);
    session.requests.post(notification("2"));
    session.requests.post(notification("3"));
    const [frame] = frames(session);
    expect(frame?.["messages"]).toHaveLength(2);
  });

  it("keeps its order: a withdrawal never overtakes what it withdraws", () => {
    const session = make();
    greeted(session);
    session.requests.post(notification("1"));
    session.requests.add("withdraw", { id: "x" });
    session.requests.post(notification("2"));
    expect(frames(session).map((one) => one["op"])).toEqual(["send", "withdraw", "send"]);
  });

  it("is bounded: so many messages and so much a frame", () => {
    const session = make();
    greeted(session);
    const texts = [
      ...Array.from({ length: 450 }, (_, at) => String(at)),
      ...["a", "b", "c", "d", "e", "f", "g"].map((letter) => letter.repeat(100_000)),
    ];
    for (const text of texts) session.requests.post(notification(text));
    const sent = frames(session).map((one) => (one["messages"] ?? [one["message"]]) as Message[]);
    expect(sent.flat().map((one) => "text" in one.content && one.content.text)).toEqual(texts);
    expect(Math.max(...sent.map((batch) => batch.length))).toBe(200);
    expect(sent.length).toBe(3 + 3);
  });

  it("is dropped beyond the room for what nobody waits for", () => {
    const session = make(undefined, { bufferedMessages: 2 });
    greeted(session);
    for (const text of ["1", "2", "3"]) session.requests.post(notification(text), false);
    expect([session.requests.unawaited, session.requests.dropped]).toEqual([2, 1]);
    session.requests.dropUnawaited();
    expect([session.requests.unawaited, session.requests.dropped]).toEqual([0, 3]);
  });

  it("fails alone when a frame is too large", () => {
    const session = make();
    greeted(session);
    const small = session.requests.post(notification("1")) as number;
    const large = session.requests.post(notification("2".repeat(1000))) as number;
    session.take(0);
    expect(session.closed(1009)).toEqual([]); // the two shared a frame: nobody knows yet
    greeted(session);
    expect(session.take(0)).toHaveLength(2);
    expect(session.closed(1009)).toMatchObject([{ ref: large, error: { code: "too_large" } }]);
    greeted(session);
    expect(frames(session)).toHaveLength(1);
    expect(session.requests.has(small)).toBe(true);
  });

  it("waits for the next server where this one stops", () => {
    const session = make();
    greeted(session);
    const ref = session.requests.post(notification("1")) as number;
    const [frame] = frames(session);
    const stopping = { op: "error", ref: frame?.["ref"], error: "", code: "shutting_down" };
    expect(receive(session, stopping)).toEqual([]);
    session.closed(1001);
    greeted(session);
    expect(session.take(0)).toHaveLength(1);
    expect(session.requests.has(ref)).toBe(true);
  });

  it("begins with a credential, where there is one", () => {
    const session = make("agent");
    session.opened(0, "secret");
    expect(frames(session)).toMatchObject([
      { op: "auth", ref: 0, credential: "secret" },
      { op: "hello", ref: 0, role: "agent" },
    ]);
    expect(receive(session, { op: "auth", ref: 0, name: "bot", grants: [] })).toEqual([]);
    const error = { op: "error", ref: 0, error: "no", code: "bad_credential" };
    expect(() => receive(session, error)).toThrow(Unauthenticated);
  });
});

describe("the pulse", () => {
  it("asks after a silence, and counts the server as dead after another one", () => {
    const session = make(undefined, { heartbeatSeconds: 10 });
    greeted(session);
    expect(session.deadline).toBe(10);
    expect(session.take(9.9)).toEqual([]);
    expect(frames(session, 10)).toEqual([{ op: "ping" }]);
    expect(session.take(15)).toEqual([]);
    expect(session.isDead(19.9)).toBe(false);
    expect(session.isDead(20)).toBe(true);
    session.receive('{"op":"pong"}', 19.95);
    expect(session.isDead(20)).toBe(false);
    expect(session.deadline).toBeCloseTo(29.95);
  });

  it("is silent from the start, where the greeting is not answered", () => {
    const session = make("agent", { heartbeatSeconds: 10 });
    session.opened(0);
    expect(frames(session)).toMatchObject([{ op: "hello" }]);
    expect(session.take(5)).toEqual([]);
    expect(session.isDead(10)).toBe(true);
  });

  it("asks once more where nobody looked for a while, as after a sleep", () => {
    const session = make(undefined, { heartbeatSeconds: 10 });
    greeted(session);
    expect(session.take(10)).toHaveLength(1);
    expect(session.isDead(3600)).toBe(false);
    expect(frames(session, 3600)).toEqual([{ op: "ping" }]);
    expect(session.isDead(3609)).toBe(false);
    expect(session.isDead(3610)).toBe(true);
  });

  it("asks at once when told to", () => {
    const session = make(undefined, { heartbeatSeconds: 10 });
    greeted(session);
    session.hurry();
    expect(session.deadline).toBeLessThan(0);
    expect(frames(session, 1)).toEqual([{ op: "ping" }]);
    session.hurry(); // the answer is awaited
    expect(session.take(2)).toEqual([]);
  });
});

describe("prompts", () => {
  const id = "00000000-0000-0000-0000-000000000001";

  it("are watched on every connection; what was taken and is unknown is lost", () => {
    const session = make();
    greeted(session);
    session.watch(id, true);
    expect(frames(session)).toEqual([{ op: "watch", ref: id, ids: [id] }]);
    const stopping = { op: "error", id, error: "", code: "shutting_down" };
    expect(receive(session, stopping)).toEqual([]);
    session.closed(1001);
    greeted(session);
    expect(frames(session)).toEqual([{ op: "watch", ref: id, ids: [id] }]);
    const unknown = { ...stopping, code: "message_not_found", ref: id };
    const [event] = receive(session, unknown);
    expect(event?.type === "unsettled" && event.error).toBeInstanceOf(PromptLost);
    expect(receive(session, unknown)).toEqual([]);
  });

  const response = {
    ...notification("x"),
    content: { type: "response", answer: "yes", response_type: "text" },
    correlation_id: id,
  };

  it("wake nobody twice", () => {
    const session = make();
    greeted(session);
    session.watch(id, true);
    const frame = { op: "response", id, message: response };
    expect(receive(session, frame)).toMatchObject([{ type: "settled", promptId: id }]);
    expect(receive(session, frame)).toEqual([]);
  });

  it("are not settled by the answer to another", () => {
    const session = make();
    greeted(session);
    session.watch(id, true);
    const other = { ...response, correlation_id: "00000000-0000-0000-0000-000000000002" };
    const frame = { op: "response", id, message: other };
    expect(() => receive(session, frame)).toThrow(Incompatible);
  });
});

describe("feeds", () => {
  it("tell of a gap, and go on after it, on the next connection too", () => {
    const session = make();
    greeted(session);
    const ref = session.follow(null, { a: 17 }, undefined);
    session.take(0);
    receive(session, { op: "subscribed", ref, channels: { a: 17 } });
    const [event] = receive(session, { op: "gap", channel: "a", after: 17, first: 5 });
    expect(event?.type === "arrived" && event.item).toBeInstanceOf(MissedMessages);
    session.closed();
    greeted(session);
    expect(frames(session)).toMatchObject([{ after: { a: 4, "*": 0 } }]);
  });

  it("get nothing that is still on its way from one that has ended", () => {
    const session = make();
    greeted(session);
    session.unfollow(session.follow(["a"], {}, undefined));
    const ref = session.follow(["a"], { a: 3 }, undefined);
    const message = { op: "message", seq: 9, message: notification("x") };
    expect(receive(session, message)).toEqual([]);
    receive(session, { op: "subscribed", ref, channels: { a: 3 } });
    expect(receive(session, { ...message, seq: 4 })).toHaveLength(1);
  });

  it("follow a channel once", () => {
    const session = make();
    session.follow(["a"], {}, undefined);
    expect(() => session.follow(["b", "a"], {}, undefined)).toThrow("already");
    expect(() => session.follow(null, {}, undefined)).toThrow("already");
    session.follow(["b"], {}, undefined);
  });

  it("know a channel that is called as what objects have", () => {
    const session = make();
    greeted(session);
    const ref = session.follow(["constructor"], {}, undefined);
    receive(session, { op: "subscribed", ref, channels: { constructor: 3 } });
    const message = { ...notification("x"), channel: "constructor" };
    expect(receive(session, { op: "message", seq: 3, message })).toEqual([]);
    expect(receive(session, { op: "message", seq: 4, message })).toHaveLength(1);
  });
});

describe("foreign servers", () => {
  it.each(["", "[]", "{}", '{"op":"message"}', '{"op":"gap"}', "\x00", "null", '{"op":5}'])(
    "are incompatible: %j",
    (frame) => {
      const session = make();
      greeted(session);
      expect(() => session.receive(frame, 0)).toThrow(Incompatible);
    },
  );

  it("are incompatible when replaced by another major version", () => {
    const session = make("agent");
    session.opened(0);
    expect(() => session.receive('{"op":"hello","ref":0,"version":"7.0"}', 0)).toThrow(
      Incompatible,
    );
  });
});

describe("a response that comes before anybody waits", () => {
  /** Have one come; return the prompt's id and the frame. */
  function early(session: ClientSession): { id: string; frame: Frame } {
    const id = newId();
    const content = { type: "response", answer: "yes", response_type: "text" };
    const message = { ...notification(""), id: newId(), content, correlation_id: id };
    const frame = { op: "response", id, message };
    expect(receive(session, frame)).toEqual([]);
    return { id, frame };
  }

  it("is there for who will", () => {
    const session = make();
    greeted(session);
    const { id, frame } = early(session);
    const response = session.watch(id, true);
    expect(response).toEqual(frame["message"]);
    expect(session.take(0)).toEqual([]);
    expect(session.isBusy).toBe(false);
    expect(session.watch(id, true)).toBeUndefined();
    expect(receive(session, frame)).toEqual([{ type: "settled", promptId: id, response }]);
  });

  it("is not kept for another connection: it may lead to another server", () => {
    const session = make();
    greeted(session);
    const { id } = early(session);
    session.closed();
    greeted(session);
    expect(session.watch(id, true)).toBeUndefined();
  });

  it("is one of few: the server has them still", () => {
    const session = make();
    greeted(session);
    const [first, second] = Array.from({ length: 1001 }, () => early(session).id);
    expect(session.watch(first as string, true)).toBeUndefined();
    expect(session.watch(second as string, true)).toBeDefined();
  });
});
