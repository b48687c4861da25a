/** What a client rejects with. */

import { describe, expect, it } from "vitest";

import * as errors from "../src/errors.js";
import { AiloopError, Conflict, Refused, Unreachable, refusalOf } from "../src/errors.js";

describe("errors", () => {
  it.each([
    ["not_a_choice", "Invalid"],
    ["bad_credential", "Unauthenticated"],
    ["own_prompt", "NotAllowed"],
    ["message_not_found", "NotFound"],
    ["id_conflict", "Conflict"],
    ["already_settled", "AlreadySettled"],
    ["expired", "Expired"],
    ["rate_limited", "Busy"],
    ["journal_unavailable", "Unavailable"],
    ["what_comes_later", "Refused"],
  ])("%s is %s", (code, name) => {
    const error = refusalOf({ code, error: "A sentence", path: "$.x" });
    expect(error).toMatchObject({ name, code, message: "A sentence" });
    expect(error.details).toEqual({ code, error: "A sentence", path: "$.x" });
    expect(error).toBeInstanceOf(Refused);
    expect(error).toBeInstanceOf(Error);
  });

  it("say after how long to try again", () => {
    expect(refusalOf({ code: "rate_limited" }, "7").retryAfter).toBe(7);
    expect(refusalOf({ code: "rate_limited", retry_after: 3 }).retryAfter).toBe(3);
    expect(refusalOf({ code: "rate_limited" }, "Thu, 01 Jan 2026 00:00:00 GMT").retryAfter).toBe(
      undefined,
    );
  });

  it("have names that no minifier changes", () => {
    for (const [name, made] of Object.entries(errors))
      if (typeof made === "function" && /^[A-Z]/.test(name))
        expect((made as typeof AiloopError).kind).toBe(name);
  });

  it("are known by a class of another copy of this package", () => {
    const mark = Symbol.for("ailoop.error");
    class Root extends Error {
      static readonly kind: string = "AiloopError";
      readonly [mark] = true;
    }
    class Theirs extends Root {
      static override readonly kind: string = "Conflict";
    }
    class Later extends Theirs {
      static override readonly kind: string = "AlreadySettled";
    }
    const error = new Later();
    expect(error instanceof AiloopError).toBe(true);
    expect(error instanceof Conflict).toBe(true);
    expect(error instanceof errors.AlreadySettled).toBe(true);
    expect(error instanceof Unreachable).toBe(false);
    expect(error instanceof errors.Expired).toBe(false);
  });

  it("may have classes of the program's own", () => {
    class Own extends Conflict {}
    expect(new Own({}) instanceof Own).toBe(true);
    expect(new Own({}) instanceof Conflict).toBe(true);
    expect(new Conflict({}) instanceof Own).toBe(false);
    expect((undefined as unknown) instanceof AiloopError).toBe(false);
    expect(new Error("x") instanceof AiloopError).toBe(false);
  });
});
