/** When to try again. */

import { describe, expect, it } from "vitest";

import {
  AiloopError,
  Busy,
  Incompatible,
  Invalid,
  Unavailable,
  Unreachable,
  refusalOf,
} from "../src/errors.js";
import { Retries, patienceOf } from "../src/patience.js";

describe("waits", () => {
  it.each([0, 0.3, 0.999])("double up to a bound, less up to a half (%d)", (random) => {
    const retries = new Retries(
      patienceOf({ firstSeconds: 0.1, longestSeconds: 15 }),
      () => random,
    );
    for (const successAt of [3, 12, 1000]) {
      let step = 0.1;
      for (let failure = 0; failure < successAt; failure++) {
        const delay = retries.failed(0, new Unreachable("x"));
        expect(delay).toBeGreaterThanOrEqual(step / 2);
        expect(delay).toBeLessThanOrEqual(step);
        step = Math.min(15, step * 2);
      }
      retries.succeeded();
    }
  });

  it("end where it cannot get better, or has taken too long", () => {
    const retries = new Retries(patienceOf({ giveUpSeconds: 10 }));
    for (const error of [new Incompatible("x"), refusalOf({ code: "bad_origin" }), new Invalid({})])
      expect(() => retries.failed(0, error)).toThrow(error);
    for (const error of [new Busy({}), new Unavailable({}), new Unreachable("x")])
      expect(retries.failed(0, error)).toBeLessThan(1);
    const told = new Unavailable({});
    told.retryAfter = 5;
    const delay = retries.failed(1, told);
    expect(delay).toBeGreaterThanOrEqual(5);
    expect(delay).toBeLessThan(6);
    expect(retries.failed(6, told)).toBe(4);
    expect(() => retries.failed(10, told)).toThrow(Unavailable);
  });

  it("never happen where nobody has patience", () => {
    const retries = new Retries(patienceOf({ giveUpSeconds: 0 }));
    expect(() => retries.failed(0, new Unreachable("x"))).toThrow(AiloopError);
  });
});

describe("settings", () => {
  it("keep their defaults where nothing is said", () => {
    const patience = patienceOf({ firstSeconds: undefined, longestSeconds: 3 });
    expect(patience).toMatchObject({ firstSeconds: 0.1, longestSeconds: 3, giveUpSeconds: null });
  });

  it.each([
    { firstSeconds: 0 },
    { longestSeconds: -1 },
    { connectSeconds: NaN },
    { giveUpSeconds: -1 },
    { bufferedMessages: -1 },
  ])("that cannot be are refused: %j", (given) => {
    expect(() => patienceOf(given)).toThrow(RangeError);
  });
});
