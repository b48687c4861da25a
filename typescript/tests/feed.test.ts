/** What one subscriber has yet to read. */

import { describe, expect, it } from "vitest";

import { AiloopError, ConnectionLost, MissedMessages } from "../src/errors.js";
import { DeliveryFeed, Feed } from "../src/feed.js";
import type { Message } from "../src/model.js";

function message(text: string, channel = "a"): Message {
  return {
    id: "01990000-0000-7000-8000-000000000001",
    channel,
    sender_type: "AGENT",
    content: { type: "notification", text, priority: "normal" },
    timestamp: "2026-01-31T12:00:00.000000Z",
    correlation_id: null,
  };
}

function words(read: Message | undefined): unknown {
  return read && "text" in read.content && read.content.text;
}

describe("a feed", () => {
  it("gives readers their turns, in order", async () => {
    const feed = new Feed();
    const reads = [feed.read(), feed.read(), feed.read()];
    expect(feed.readers).toBe(3);
    for (const seq of [1, 2, 3]) feed.put({ channel: "a", seq, message: message(String(seq)) });
    expect((await Promise.all(reads)).map(words)).toEqual(["1", "2", "3"]);
    expect({ ...feed.cursors }).toEqual({ a: 3 });
  });

  it("moves its cursor with what is read, not with what has arrived", async () => {
    const feed = new Feed();
    for (const seq of [1, 2]) feed.put({ channel: "a", seq, message: message(String(seq)) });
    expect({ ...feed.cursors }).toEqual({});
    await feed.read();
    expect({ ...feed.cursors }).toEqual({ a: 1 });
  });

  it("rejects with what was missed, and goes on", async () => {
    const feed = new Feed();
    feed.put(new MissedMessages("a", 1, 5));
    feed.put({ channel: "a", seq: 5, message: message("5") });
    await expect(feed.read()).rejects.toBeInstanceOf(MissedMessages);
    expect({ ...feed.cursors }).toEqual({ a: 4 });
    expect(words(await feed.read())).toBe("5");
  });

  it("tells of each channel what it let go, where nobody reads", async () => {
    const feed = new Feed();
    feed.put(new MissedMessages("b", 3, 7));
    for (let seq = 1; seq <= 10_005; seq++)
      feed.put({ channel: "a", seq, message: message(String(seq)) });
    expect(feed.size).toBeLessThan(20);
    await expect(feed.read()).rejects.toMatchObject({ channel: "b", after: 3, first: 7 });
    await expect(feed.read()).rejects.toMatchObject({ channel: "a", after: 0, first: 10_000 });
    expect(words(await feed.read())).toBe("10000");
  });

  it("tells it also of pages, which have one seq", async () => {
    const feed = new Feed();
    for (let at = 1; at <= 10_000; at++) {
      const seq = at % 100 ? undefined : at;
      feed.put({ channel: "a", seq, message: message(String(at)) });
    }
    feed.put({ channel: "b", seq: 4, message: message("4") });
    await expect(feed.read()).rejects.toMatchObject({ channel: "a", after: 0, first: 10_001 });
  });

  it("ends after what has arrived is read", async () => {
    const feed = new Feed();
    feed.put({ channel: "a", seq: 1, message: message("1") });
    feed.end(new ConnectionLost("x"));
    expect(words(await feed.read())).toBe("1");
    await expect(feed.read()).rejects.toBeInstanceOf(ConnectionLost);
    await expect(feed.read()).rejects.toBeInstanceOf(ConnectionLost);
  });

  it("is at its end for whoever reads when it is closed", async () => {
    const feed = new Feed();
    const reading = feed.read();
    feed.end(null);
    expect(await reading).toBeUndefined();
    expect(await feed.read()).toBeUndefined();
  });

  it("leaves no rejection that nobody awaits", async () => {
    const feed = new Feed();
    void feed.read();
    feed.put(new AiloopError("x"));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("deliveries", () => {
  it("are the latest of each prompt", async () => {
    const feed = new DeliveryFeed();
    const delivery = { delivered_at: null, seen_at: null, seen_by: [], typing: [] };
    feed.put({ ...delivery, prompt_id: "1" });
    feed.put({ ...delivery, prompt_id: "2" });
    feed.put({ ...delivery, prompt_id: "1", typing: ["ann"] });
    expect(await feed.read()).toMatchObject({ prompt_id: "1", typing: ["ann"] });
    expect(await feed.read()).toMatchObject({ prompt_id: "2" });
    expect(feed.readers).toBe(0);
  });
});
