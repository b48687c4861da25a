/** Keys from wherever they come, what is kept back, and what a platform may lack. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, describe, expect, test, vi } from "vitest";

import { BadKeyFile, type Message, SealedPrompt, Ticket } from "../src/index.js";
import type { KeyMembers } from "../src/sealed/keys.js";
import { SealedMessage, sealing } from "../src/sealed.js";
import { checkClear, type Sealing } from "../src/sealing.js";
import { golden } from "./golden.js";

const { keys, prompts } = golden("sealed.json") as {
  keys: Readonly<Record<"ann" | "bob" | "agent", KeyMembers>>;
  prompts: readonly { clear: Message; sealed: Message }[];
};
const folder = mkdtempSync(join(tmpdir(), "ailoop-js-"));

function publicOf(name: keyof typeof keys, more: KeyMembers = {}): KeyMembers {
  const { kty, crv, x, kid, name: called } = keys[name];
  return { kty, crv, x, kid, name: called, ...more };
}

function file(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

/** Seal something, and return by whose keys it can be opened. */
async function recipientsOf(made: Sealing): Promise<string[]> {
  const sealed = await made.seal((prompts[0] as { clear: Message }).clear);
  const part = sealed.metadata?.["sealed"] as { recipients: { header: { kid: string } }[] };
  return part.recipients.map((one) => one.header.kid);
}

afterAll(() => {
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("keys", () => {
  test("are given as they are, as JSON, as a set, or in files", async () => {
    const both = { keys: [publicOf("ann"), publicOf("bob")] };
    const path = file("both.jwk", both);
    const wanted = [keys.ann.kid, keys.bob.kid];
    for (const source of [both, JSON.stringify(both), path, [publicOf("ann"), publicOf("bob")]])
      expect(await recipientsOf(await sealing({ for: source }))).toEqual(wanted);
  });

  test("are in files that the environment names", async () => {
    const paths = [file("ann.jwk", publicOf("ann")), file("bob.jwk", publicOf("bob"))];
    vi.stubEnv("AILOOP_SEAL_FOR", paths.join(":"));
    vi.stubEnv("AILOOP_KEYS", file("agent.jwk", keys.agent));
    const made = await sealing();
    expect([made.seals, made.opens]).toEqual([true, true]);
    expect(await recipientsOf(made)).toHaveLength(2);
    const none = await sealing({ for: [], keys: [] });
    expect([none.seals, none.opens]).toEqual([false, false]);
  });

  test.each([
    ["a file that is not there", { for: "/nowhere.jwk" }, "/nowhere.jwk cannot be read"],
    ["no JSON", { for: "{" }, "holds no JSON Web Key"],
    ["no key", { for: [5] }, "not a JSON Web Key"],
    [
      "another kind",
      { for: { kty: "OKP", crv: "Ed25519", x: "AA" } },
      "not a key of kind OKP X25519",
    ],
    ["a short one", { for: publicOf("ann", { x: "AAAA" }) }, "not a valid X25519 key"],
    ["no text", { for: publicOf("ann", { x: 5 }) }, "not a valid X25519 key"],
    ["no name", { for: publicOf("ann", { name: "" }) }, "have 1 to 200 characters"],
    ["a private key to seal for", { for: keys.ann }, "for holds a private key"],
    ["a public key to open with", { keys: publicOf("ann") }, "keys holds a public key"],
    ["the same twice", { for: [publicOf("ann"), publicOf("ann")] }, "have the same kid"],
    [
      "too many",
      { for: Array.from({ length: 51 }, (_, at) => publicOf("ann", { kid: `k${at}` })) },
      "1 to 50 keys",
    ],
  ])("that are none are told: %s", async (_, options, why) => {
    const making = sealing(options);
    await expect(making).rejects.toThrow(why);
    await expect(making).rejects.toBeInstanceOf(BadKeyFile);
  });
});

describe("what is opened", () => {
  test("keeps to itself where its answer goes", async () => {
    const ann = await sealing({ keys: keys.ann });
    const opened = await ann.open((prompts[0] as { sealed: Message }).sealed);
    expect(opened).toBeInstanceOf(SealedMessage);
    expect(JSON.stringify(opened)).not.toMatch(/nonce|reply_to/);
    expect(await ann.open(opened)).toBe(opened);
    const told = { response_type: "text", answer: "red" };
    const copy = { ...opened } as Message;
    const { sealed, ...clear } = await ann.sealDecision(opened, told);
    expect(sealed).toHaveProperty("ciphertext");
    expect(clear).toEqual({ response_type: "text", answer: "encrypted" });
    // A copy of it, or a client without any of this, sends nothing in the clear but a denial.
    await expect(ann.sealDecision(copy, told)).rejects.toBeInstanceOf(SealedPrompt);
    for (const prompt of [copy, opened])
      expect(() => {
        checkClear(prompt, told);
      }).toThrow(SealedPrompt);
    const denial = { response_type: "authorization_denied" };
    expect(await ann.sealDecision(copy, denial)).toBe(denial);
  });

  test("a ticket whose secret is none is told", async () => {
    const id = "0190f3a2-0000-7000-8000-000000000000";
    const text = JSON.stringify({ id, channel: "a", expires_at: null, reply_secret: "xyz" });
    const { kept } = Ticket.load(text);
    const response = (prompts[0] as { sealed: Message }).sealed as never;
    await expect((await sealing({})).openAnswer(response, kept)).rejects.toThrow("is none");
  });
});

describe("a platform", () => {
  test("that knows no X25519 is told so", async () => {
    const importKey = () => Promise.reject(new DOMException("no", "NotSupportedError"));
    vi.stubGlobal("crypto", { subtle: { importKey } });
    const anew = await import("../src/sealed.js");
    await expect(anew.sealing({ for: publicOf("ann") })).rejects.toThrow(
      "does not know X25519, which Node 18, Chrome 133",
    );
  });

  test("that has its cryptography in a module is Node 18", async () => {
    vi.stubGlobal("crypto", undefined);
    const anew = await import("../src/sealed.js");
    expect(await recipientsOf(await anew.sealing({ for: publicOf("ann") }))).toHaveLength(1);
  });

  test("that is a page of another machine over HTTP is told so", async () => {
    vi.stubGlobal("crypto", {});
    vi.doMock("../src/platform.js", () => import("../src/platform.browser.js"));
    const anew = await import("../src/sealed.js");
    await expect(anew.sealing({ for: publicOf("ann") })).rejects.toThrow("over HTTPS");
    vi.doUnmock("../src/platform.js");
  });
});
