/** Forms and edits where no server can read them: the golden frames of what a server takes. */

import { describe, expect, test } from "vitest";

import {
  type Content,
  Invalid,
  type Question,
  type Refused,
  type ResponseMessage,
  UnfitAnswer,
} from "../src/index.js";
import { readContent } from "../src/sealed/contents.js";
import { checkAsked, filledIn, fit } from "../src/sealed/fitting.js";
import { golden } from "./golden.js";

interface Answer {
  readonly name: string;
  readonly prompt: Content;
  readonly decision: { readonly answer?: unknown; readonly response_type?: string };
  readonly answer: string | null;
  readonly value: unknown;
  readonly code?: string;
  readonly path?: string;
}

interface Asked {
  readonly name: string;
  readonly in?: { readonly content?: Partial<Question> & { readonly editable?: unknown } };
  readonly path: string;
}

// What type of response a prompt takes the server says, also of one that it cannot read.
const ANSWERS = (golden("answers.json") as readonly Answer[]).filter(
  ({ path }) => path !== "$.content.response_type",
);
const REFUSED = (golden("refused.json") as readonly Asked[]).filter(({ in: posted }) => {
  const content = posted?.content;
  return content?.schema !== undefined || content?.editable === true;
});
const FORM = (ANSWERS[0] as Answer).prompt as Question & { readonly schema: object };

function refusal(act: () => unknown): Refused {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(Invalid);
    return error as Refused;
  }
  throw new Error("it was taken");
}

describe("a person's answer", () => {
  test.each(ANSWERS)("is what the server would record: $name", (frame) => {
    const { prompt, decision, answer, value, code, path } = frame;
    const act = () => fit(prompt, { response_type: "text", ...decision });
    if (code === undefined) {
      const fitted = act();
      expect([fitted.answer ?? null, fitted.value ?? null]).toEqual([answer, value]);
    } else {
      const { code: told, details } = refusal(act);
      expect([told, details["path"]]).toEqual([code, path]);
    }
  });

  test("is refused with all that is wrong", () => {
    const { message, details } = refusal(() =>
      fit(FORM, { response_type: "text", answer: { replicas: 0, colour: 1 } }),
    );
    expect(message).toBe("version is required");
    expect(details["problems"]).toEqual([
      { path: "$.content.answer.version", error: "is required" },
      { path: "$.content.answer.replicas", error: "must be at least 1" },
      { path: "$.content.answer.region", error: "is required" },
      { path: "$.content.answer.colour", error: "is no field of this form" },
    ]);
  });

  test.each([
    ["uri", "https://[::1]/", true],
    ["uri", "http://", false],
    ["uri", "http://[::1", false],
    ["uri", "mailto:ann@example.org", true],
    ["email", "ann@example.org", true],
    ["email", "ann@home@example.org", false],
    ["date", "2024-02-29", true],
    ["date", "0000-01-01", false],
    ["date", "2026-13-01", false],
    ["date-time", "2026-01-31T23:59:59.5+02:00", true],
    ["date-time", "2026-01-31T24:00:00Z", false],
    ["date-time", "2026-01-31T12:00:00ZT", false],
  ])("of the format %s: %s? %s", (format, x, isOne) => {
    const schema = { type: "object", properties: { x: { type: "string", format } } };
    const content = { ...FORM, schema } as Question;
    const act = () => fit(content, { response_type: "text", answer: { x } });
    if (isOne) expect(act().value).toEqual({ x });
    else expect(refusal(act).code).toBe("invalid_answer");
  });
});

describe("what no server would take", () => {
  test("is among the frames", () => {
    expect(REFUSED.length).toBeGreaterThan(30);
  });

  test.each(REFUSED)("is not asked, and not read: $name", ({ in: posted, path }) => {
    const content = posted?.content as Content;
    const { code, details, message } = refusal(() => {
      checkAsked(content);
    });
    expect([code, details["path"]]).toEqual(["invalid_message", path]);
    expect(message).not.toBe("");
    expect(() => readContent(content)).toThrow();
  });
});

describe("an agent", () => {
  const answered = (answer: string | null, response_type = "text") =>
    ({
      id: "01990000-0000-7000-8000-000000000001",
      correlation_id: "01990000-0000-7000-8000-000000000002",
      content: { type: "response", answer, response_type },
    }) as ResponseMessage;

  test("gets what was filled in, in the order of the form", () => {
    const { value } = filledIn(answered('{"region":"eu","version":"1","share":null}'), FORM.schema);
    expect(JSON.stringify(value)).toBe('{"version":"1","region":"eu"}');
  });

  test.each(["timeout", "cancelled"])("gets nothing where that is %s", (type) => {
    expect(filledIn(answered(null, type), FORM.schema).value).toBeUndefined();
  });

  test.each([
    ['{"region":"eu"}', "version is required"],
    ["as usual", "its answer is an object of version"],
    ["null", "its answer is an object of version"],
  ])("refuses what a person's client has let through: %s", (answer, why) => {
    expect(() => filledIn(answered(answer), FORM.schema)).toThrow(UnfitAnswer);
    expect(() => filledIn(answered(answer), FORM.schema)).toThrow(why);
  });
});
