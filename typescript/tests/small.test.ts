/** The smaller parts: versions, decisions, credentials, addresses, variables. */

import { readFileSync } from "node:fs";

import { afterEach, describe, expect, it, vi } from "vitest";

import { checkVersion } from "../src/compatibility.js";
import { credentialOf } from "../src/credential.js";
import {
  AiloopClient,
  AiloopError,
  Decision,
  Emitter,
  Incompatible,
  type Message,
  NotAuthorized,
  type ResponseMessage,
  type ResponseType,
  Unreachable,
  VERSION,
} from "../src/index.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("versions", () => {
  it("is the package's", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect((JSON.parse(text) as { version: string }).version).toBe(VERSION);
  });

  it.each(["1.0", "", "x", undefined])("of another kind are refused: %s", (theirs) => {
    expect(() => checkVersion(theirs, "it", "0.3.1")).toThrow(Incompatible);
  });

  it.each([
    ["0.3.7", "0.3.1", false],
    ["0.2.0", "0.3.1", true],
    ["0.4.0", "0.3.1", true],
    ["2.5.0", "2.4.0", false],
    ["2.3.0", "2.4.0", true],
  ])("of %s for %s: a warning? %s", (theirs, ours, warns) => {
    expect(checkVersion(theirs, "it", ours) !== undefined).toBe(warns);
  });
});

describe("a decision", () => {
  const response = (type: ResponseType, metadata?: Record<string, unknown>): ResponseMessage => ({
    id: "01990000-0000-7000-8000-000000000001",
    channel: "a",
    sender_type: "HUMAN",
    content: { type: "response", answer: null, response_type: type },
    timestamp: "2026-01-31T12:00:00.000000Z",
    correlation_id: "01990000-0000-7000-8000-000000000002",
    ...(metadata ? { metadata } : {}),
  });

  it("approves only where it says so", () => {
    const others: ResponseType[] = ["text", "authorization_denied", "timeout", "cancelled"];
    for (const type of others) expect(new Decision(response(type)).approved).toBe(false);
    expect(new Decision(response("authorization_approved")).approved).toBe(true);
  });

  it("does not approve where it is doubted", () => {
    const proof = { doubt: "forged" };
    const decision = new Decision(response("authorization_approved"), undefined, proof);
    expect(decision.approved).toBe(false);
    expect(new NotAuthorized("do", decision).message).toBe("not authorized: do (forged)");
  });

  it("tells who and why", () => {
    const told = { responder: "ann", reason: "too late", more: 1 };
    const decision = new Decision(response("authorization_denied", told));
    expect(decision).toMatchObject({ responder: "ann", reason: "too late" });
    expect(String(decision)).toBe("not approved by ann: too late");
    expect(decision.decidedAt.toISOString()).toBe("2026-01-31T12:00:00.000Z");
    expect(new Decision(response("timeout", { reason: 5 })).reason).toBeUndefined();
  });
});

describe("credentials", () => {
  it("come from the argument, or what it returns, or the environment", async () => {
    vi.stubEnv("AILOOP_TOKEN", "env");
    expect(await credentialOf(" said\n")).toBe("said");
    expect(await credentialOf(() => "called")).toBe("called");
    expect(await credentialOf(() => Promise.resolve("promised"))).toBe("promised");
    expect(await credentialOf(undefined)).toBe("env");
    vi.stubEnv("AILOOP_TOKEN", "");
    expect(await credentialOf(undefined)).toBe("");
    vi.stubEnv("AILOOP_TOKEN_FILE", new URL("../.npmrc", import.meta.url).pathname);
    await expect(credentialOf(undefined)).rejects.toThrow("characters");
    vi.stubEnv("AILOOP_TOKEN_FILE", "/nowhere/at/all");
    await expect(credentialOf(undefined)).rejects.toThrow("AILOOP_TOKEN_FILE: cannot read");
  });

  it.each(["a b", "a\r\nX: y", "ä", "a\u0000"])(
    "that cannot be sent are refused: %j",
    async (bad) => {
      await expect(credentialOf(bad)).rejects.toThrow(AiloopError);
    },
  );

  it("that cannot be had at present may be had later", async () => {
    const failing = () => Promise.reject(new Error("offline"));
    await expect(credentialOf(failing)).rejects.toBeInstanceOf(Unreachable);
    const refused = new AiloopError("never");
    await expect(credentialOf(() => Promise.reject(refused))).rejects.toBe(refused);
  });
});

describe("an address", () => {
  it("comes from the argument, the environment, or is the usual", () => {
    vi.stubEnv("AILOOP_SERVER", "");
    vi.stubEnv("AILOOP_BASE_URL", "");
    expect(new AiloopClient().baseURL).toBe("http://127.0.0.1:8081");
    vi.stubEnv("AILOOP_BASE_URL", "http://b:1/");
    expect(new AiloopClient().baseURL).toBe("http://b:1");
    vi.stubEnv("AILOOP_SERVER", "https://a/path//");
    expect(new AiloopClient().baseURL).toBe("https://a/path");
    expect(new AiloopClient({ baseURL: "http://c" }).baseURL).toBe("http://c");
  });

  it.each(["ws://a", "a:8081", "http://", "http://a:x", "http://a:70000"])(
    "is refused: %s",
    (baseURL) => {
      expect(() => new AiloopClient({ baseURL })).toThrow(TypeError);
    },
  );

  it("has no password in it, which errors would quote", () => {
    const make = () => new AiloopClient({ baseURL: "http://user:hunter2@c" });
    expect(make).toThrow("without a password: http://c");
    expect(make).not.toThrow("hunter2");
  });
});

describe("the environment", () => {
  it.each(["AILOOP_RECEIPT_KEY", "AILOOP_SEAL_FOR"])(
    "is not overlooked: %s needs what this client lacks",
    (name) => {
      vi.stubEnv(name, "key.json");
      expect(() => new AiloopClient()).toThrow(name);
      expect(() => new AiloopClient({ role: "agent" })).toThrow(name);
      expect(new AiloopClient({ role: "human" }).state).toBe("connecting");
    },
  );
});

describe("events", () => {
  it("know that nobody listens any more after what was for once", () => {
    class Heard extends Emitter {
      tell(message: Message): boolean {
        this.emit("message", message);
        return this.isHeard;
      }
    }
    const emitter = new Heard();
    let heard = 0;
    emitter.once("message", () => (heard += 1));
    expect(emitter.tell({} as Message)).toBe(false);
    emitter.on("message", () => (heard += 1));
    expect(emitter.tell({} as Message)).toBe(true);
    expect(heard).toBe(2);
  });
});
