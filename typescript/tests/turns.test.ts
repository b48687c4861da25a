/** Taking turns where there is room for few. */

import { describe, expect, it } from "vitest";

import { Slot } from "../src/slot.js";
import { Turns } from "../src/turns.js";

/** Something under way, and how it was begun. */
interface Use {
  readonly isCrowded: boolean;
  readonly stop: AbortSignal;
  readonly end: Slot<string>;
}

function using(turns: Turns, uses: Use[], signal?: AbortSignal): Promise<string | undefined> {
  return turns.take(signal, (stop, isCrowded) => {
    const end = new Slot<string>();
    uses.push({ isCrowded, stop, end });
    return end.promise;
  });
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("turns", () => {
  it("are had by all where there is room", async () => {
    const uses: Use[] = [];
    const turns = new Turns(Infinity);
    const taken = Array.from({ length: 20 }, () => using(turns, uses));
    expect(uses.map((one) => one.isCrowded)).toEqual(Array(20).fill(false));
    uses.forEach(({ end }, at) => {
      end.put(String(at));
    });
    expect((await Promise.all(taken)).at(-1)).toBe("19");
  });

  it("are cut short for others, who have shorter ones", async () => {
    const uses: Use[] = [];
    const turns = new Turns(2);
    const first = [using(turns, uses), using(turns, uses)];
    const others = [using(turns, uses), using(turns, uses), using(turns, uses)];
    expect(await Promise.all(first)).toEqual([undefined, undefined]);
    await settle();
    expect(uses.map((one) => one.stop.aborted)).toEqual([true, true, false, false]);
    expect(uses[2]?.isCrowded).toBe(true);
    const again = using(turns, uses); // it waits, and cuts nobody's short turn
    await settle();
    expect(uses.length).toBe(4);
    for (let at = 2; at < 6; at++) {
      uses[at]?.end.put(String(at));
      await settle();
    }
    expect(await Promise.all([...others, again])).toEqual(["2", "3", "4", "5"]);
    const alone = using(turns, uses);
    expect(uses.at(-1)?.isCrowded).toBe(false);
    uses.at(-1)?.end.put("alone");
    expect(await alone).toBe("alone");
  });

  it("are given back by whoever fails, or is not patient", async () => {
    const uses: Use[] = [];
    const turns = new Turns(1);
    const first = using(turns, uses);
    const stop = new AbortController();
    const impatient = using(turns, uses, stop.signal);
    const next = using(turns, uses);
    expect(await first).toBeUndefined();
    stop.abort("why");
    await expect(impatient).rejects.toBe("why");
    await settle();
    uses.at(-1)?.end.fail(new Error("x"));
    await expect(next).rejects.toThrow("x");
    const last = using(turns, uses);
    uses.at(-1)?.end.put("last");
    expect(await last).toBe("last");
  });
});
