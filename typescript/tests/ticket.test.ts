/** Identifiers, and what is kept of a prompt. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { AiloopError } from "../src/errors.js";
import { idOfKey, newId, sha1 } from "../src/ids.js";
import { Ticket, promptIdOf } from "../src/ticket.js";
import { PYTHON, environment } from "./daemon.js";

const KEYS = ["x", "", "höhe 1", "€".repeat(40), "🙂 long ".repeat(30)];

describe("ids", () => {
  it("are new, of version 7, and sort by time", () => {
    const ids = Array.from({ length: 1000 }, newId);
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const times = ids.map((id) => id.slice(0, 13));
    expect(times).toEqual([...times].sort());
    const made = parseInt((ids[0] as string).replace("-", "").slice(0, 12), 16);
    expect(Math.abs(Date.now() - made)).toBeLessThan(60_000);
  });

  it.each([0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000])(
    "have the SHA-1 of %i bytes",
    (length) => {
      const bytes = Array.from({ length }, (_, at) => (at * 37) % 256);
      const theirs = createHash("sha1").update(Uint8Array.from(bytes)).digest("hex");
      expect(sha1(bytes)).toBe(theirs);
    },
  );

  it("of keys are those of Python", () => {
    const program = `
import json, sys
from ailoop.client.ticket import id_of_key
from ailoop.model.message import Authorization, Navigate, Question
for key in json.loads(sys.argv[1]):
    for content in Question(text="x"), Authorization(action="x"), Navigate(url="http://a"):
        print(id_of_key("deploys", content, key))
`;
    const theirs = execFileSync(PYTHON, ["-c", program, JSON.stringify(KEYS)], {
      env: environment(),
    });
    const kinds = ["question", "authorization", "navigate"];
    const ours = KEYS.flatMap((key) => kinds.map((kind) => idOfKey("deploys", kind, key)));
    expect(ours.join("\n")).toBe(theirs.toString().trim());
  });

  it("are taken in any case, and nothing else is", () => {
    const id = newId();
    expect(promptIdOf(id.toUpperCase())).toBe(id);
    expect(promptIdOf({ id })).toBe(id);
    for (const none of ["", "x", `${id}0`, undefined as unknown as string])
      expect(() => promptIdOf(none)).toThrow(AiloopError);
  });
});

describe("tickets", () => {
  const id = "01990000-0000-7000-8000-000000000001";

  it("are the same JSON in Python", () => {
    const program = `
import sys
from datetime import UTC, datetime
from uuid import UUID
from ailoop.client.ticket import Ticket
id = UUID("${id}")
when = datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)
theirs = [Ticket(id, "a"), Ticket(id, "a", when), Ticket(id, "a", when, b"secret", "c", "p")]
for line in sys.stdin:
    print(Ticket.load(line))
for ticket in theirs:
    print(ticket)
`;
    const ours = Ticket.load(`{"id":"${id}","channel":"a","expires_at":null}`);
    const input = String(ours);
    const said = execFileSync(PYTHON, ["-c", program], { env: environment(), input });
    const [mine, ...theirs] = said.toString().trim().split("\n");
    expect(mine).toBe(input);
    expect(theirs.map((one) => String(Ticket.load(one)))).toEqual(theirs);
    expect(theirs.map((one) => JSON.stringify(Ticket.load(one)))).toEqual(theirs);
    const [, timed, sealed] = theirs.map((one) => Ticket.load(one));
    expect(timed?.expiresAt?.toISOString()).toBe("2026-01-31T12:00:00.123Z");
    expect(sealed?.kept?.reply_secret).toBe("736563726574");
  });

  it("tell when they expire", () => {
    const prompt = {
      id,
      channel: "a",
      sender_type: "AGENT",
      content: { type: "question", text: "?", timeout_seconds: 60 },
      timestamp: "",
      correlation_id: null,
    } as const;
    const ticket = Ticket.of(prompt, 60);
    const left = Number(ticket.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(Ticket.of(prompt, 0).expiresAt).toBeNull();
    expect(Ticket.load(String(ticket)).expiresAt).toEqual(ticket.expiresAt);
    expect(ticket).toBeInstanceOf(Ticket);
  });

  it.each([
    "",
    "[]",
    "{}",
    `{"id":"x","channel":"a","expires_at":null}`,
    `{"id":"${id}","channel":1,"expires_at":null}`,
    `{"id":"${id}","channel":"a","expires_at":"soon"}`,
    `{"id":"${id}","channel":"a"}`,
  ])("that are none are refused: %s", (written) => {
    expect(() => Ticket.load(written)).toThrow("not a ticket");
  });
});
