/** A receipt that Python believes is believed here; one that it refuses, refused for the same reason. */

import { describe, expect, test } from "vitest";

import type { PromptContent, Response } from "../src/model.js";
import { ReceiptVerifier } from "../src/receipts/verifier.js";
import {
  CanonicalError,
  canonicalHash,
  canonicalJson,
  contentHash,
} from "../src/trust/canonical.js";
import { ReceiptError } from "../src/trust/faults.js";
import type { Hidden } from "../src/trust/hidden.js";
import { golden } from "./golden.js";

interface HiddenFrame {
  readonly content_hash: string | null;
  readonly prompt_hash: string | null;
  readonly answer_hash: string | null;
}

interface ReceiptFrame {
  readonly name: string;
  readonly token: unknown;
  readonly now: number;
  readonly expected: {
    readonly prompt_id: string;
    readonly channel: string;
    readonly content: PromptContent;
    readonly response: Response;
    readonly hidden?: HiddenFrame;
  };
  readonly receipt?: Readonly<Record<string, unknown>>;
  readonly fault?: string;
}

interface Frames {
  readonly keys: readonly object[];
  readonly canonical: readonly { name: string; text: string; canonical: string; hash: string }[];
  readonly uncanonical: readonly { name: string; text: string; path: string }[];
  readonly contents: readonly { name: string; content: PromptContent; hash: string }[];
  readonly receipts: readonly ReceiptFrame[];
}

const frames = golden("receipts.json") as Frames;

function expectedOf({ expected }: ReceiptFrame) {
  const { prompt_id: promptId, channel, content, response, hidden } = expected;
  return { promptId, channel, content, response, hidden: hidden && hiddenOf(hidden) };
}

function hiddenOf(told: HiddenFrame): Hidden {
  return {
    contentHash: told.content_hash ?? undefined,
    promptHash: told.prompt_hash ?? undefined,
    answerHash: told.answer_hash ?? undefined,
  };
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((why: unknown) => why);
  if (!(error instanceof ReceiptError)) throw new Error(`no fault: ${String(error)}`);
  return error.fault;
}

describe("canonical JSON", () => {
  test.each(frames.canonical)("$name", async ({ text, canonical, hash }) => {
    const value: unknown = JSON.parse(text);
    expect(canonicalJson(value)).toBe(canonical);
    expect(await canonicalHash(value)).toBe(hash);
    expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
  });

  test.each(frames.uncanonical)("$name has none", ({ text, path }) => {
    const told: unknown = expect.objectContaining({ name: "CanonicalError", path });
    expect(() => canonicalJson(JSON.parse(text))).toThrow(told as Error);
  });

  const itself: Record<string, unknown> = {};
  itself["a"] = itself;
  test.each([
    ["a number that is none", NaN],
    ["an infinite one", [Infinity]],
    ["a large integer", { a: 5n }],
    ["half a character", { a: "\ud800" }],
    ["half a character in a name", { "\udfff": 1 }],
    ["nothing", undefined],
    ["a function", () => 0],
    ["what holds itself", itself],
  ])("%s has none", (_, value) => {
    expect(() => canonicalJson(value)).toThrow(CanonicalError);
  });

  test("it goes by what travels", () => {
    const value = {
      when: new Date(0),
      absent: undefined,
      list: [undefined, () => 0, new Number(5)],
      map: new Map([["a", 1]]),
    };
    expect(canonicalJson(value)).toBe(canonicalJson(JSON.parse(JSON.stringify(value))));
  });

  test.each(frames.contents)("the hash of $name", async ({ content, hash }) => {
    expect(await contentHash(content)).toBe(hash);
    expect(await contentHash({ ...content, timeout_seconds: 7 })).toBe(hash);
  });
});

describe("receipts", () => {
  test.each(frames.receipts)("$name", async (frame) => {
    const expected = expectedOf(frame);
    const verifier = await ReceiptVerifier.of({ keys: frames.keys }, { now: () => frame.now });
    if (frame.fault !== undefined) {
      expect(await faultOf(verifier.check(frame.token, expected))).toBe(frame.fault);
      expect(await faultOf(verifier.redeem(frame.token, expected))).toBe(frame.fault);
      return;
    }
    const {
      id,
      prompt_id: promptId,
      approver,
      sealed,
      expires_at: expiresAt,
    } = frame.receipt ?? {};
    const receipt = await verifier.redeem(frame.token, expected);
    expect(receipt).toMatchObject({ id, promptId, approver, sealed, expiresAt });
    expect(await faultOf(verifier.redeem(frame.token, expected))).toBe("used");
    expect(await faultOf(verifier.check(frame.token, expected))).toBe("used");
  });

  const [approved] = frames.receipts as readonly [ReceiptFrame, ...ReceiptFrame[]];
  const now = () => approved.now;

  test("of two that come at once with the same, one is refused", async () => {
    const verifier = await ReceiptVerifier.of({ keys: frames.keys }, { now });
    const twice = [0, 1].map(() => verifier.redeem(approved.token, expectedOf(approved)));
    const outcomes = await Promise.allSettled(twice);
    expect(outcomes.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("the memory is bounded, and forgets nothing that counts", async () => {
    let late = 0;
    const verifier = await ReceiptVerifier.of(
      { keys: frames.keys },
      { now: () => approved.now + late, mostUsed: 1 },
    );
    const page = frames.receipts.find((one) => one.name === "a page") as ReceiptFrame;
    const ahead = frames.receipts.find((one) => one.name === "a clock a little behind");
    await verifier.redeem(approved.token, expectedOf(approved));
    expect(await faultOf(verifier.redeem(page.token, expectedOf(page)))).toBe("too_many");
    late = 600; // the first has expired, and is still remembered: the clock may be set back
    const redeem = () => verifier.redeem(ahead?.token, expectedOf(ahead as ReceiptFrame));
    expect(await faultOf(redeem())).toBe("too_many");
    late = 0;
    expect(await faultOf(verifier.redeem(approved.token, expectedOf(approved)))).toBe("used");
  });

  test("an audit reads what has expired", async () => {
    const verifier = await ReceiptVerifier.of({ keys: frames.keys }, { now: () => 2e9 });
    expect(await faultOf(verifier.read(approved.token))).toBe("expired");
    const receipt = await verifier.read(approved.token, { expiredToo: true });
    expect(receipt.approver).toBe("ann");
  });

  test("no letter of it can be changed", async () => {
    const verifier = await ReceiptVerifier.of({ keys: frames.keys }, { now });
    const token = String(approved.token);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === "A" ? "B" : "A";
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      await faultOf(verifier.check(changed, expectedOf(approved)));
    }
  });

  test("a key may be given in several forms", async () => {
    const [key] = frames.keys as readonly [{ readonly x: string }, ...unknown[]];
    const raw = Uint8Array.from(Buffer.from(key.x, "base64url"));
    for (const source of [key, { keys: [key] }, JSON.stringify(key), raw]) {
      const verifier = await ReceiptVerifier.of(source, { now });
      await verifier.check(approved.token, expectedOf(approved));
    }
    const { x } = key;
    for (const [source, why] of [
      [{ ...key, d: x }, "private key"],
      [{ kty: "OKP", crv: "X25519", x }, "not of Ed25519"],
      [{ ...key, x: "AA" }, "cannot be read"],
      [{ keys: [] }, "no key"],
      [{ keys: [5] }, "no key"],
      ["{", "no JSON Web Key"],
      ["/nowhere", "cannot be read"],
      [new Uint8Array(5), "cannot be read"],
    ] as const)
      await expect(ReceiptVerifier.of(source)).rejects.toThrow(why);
  });
});
