/**
 * Fitting what a person said to what was asked: choices, forms, edited authorizations. The server
 * does it for what it can read.
 */

import { UnfitAnswer, refusalOf } from "../errors.js";
import { type FormResponse, filled } from "../form.js";
import {
  type Authorization,
  type Content,
  type Question,
  type ResponseMessage,
  isRecord,
  parse,
} from "../model.js";
import type { Told } from "../sealing.js";
import { choose } from "./choices.js";
import { isTooDeep } from "./contents.js";
import { Unfit, describe } from "./fields.js";
import { type Field, FormError, readSchema } from "./schema.js";
import { sortedJson } from "./sorted.js";

/** So many levels may a context have, as on the server. */
const CONTEXT_LEVELS = 16;

/** Of so many unknown fields the error names each; it is not to outgrow the message. */
const UNKNOWN_SHOWN = 10;

const PATH = "$.content.answer";

/** The members of a decision that say what was answered, and what that means. */
interface Fitted {
  readonly answer?: string | undefined;
  readonly index?: number;
  readonly value?: unknown;
}

/**
 * Do what the server does with answers that it can read.
 *
 * @returns the answer as it is recorded, and for a choice its `index` and `value`, for a form and
 *   an edited context the `value`.
 */
export function fit(content: Content, told: Told): Fitted {
  const { answer: given, response_type } = told;
  const answer =
    typeof given === "string" || given == null ? (given ?? undefined) : JSON.stringify(given);
  if (content.type === "question" && response_type === "text") {
    if (answer === undefined) throw refused("wrong_response", "A question takes an answer", PATH);
    return fitWords(content, answer);
  }
  if (content.type === "authorization" && response_type === "authorization_approved")
    return fitEdit(content, answer);
  return answer === undefined ? {} : { answer };
}

function fitWords({ choices, schema }: Question, answer: string): Fitted {
  if (choices) {
    const index = choose(choices, answer);
    if (index === undefined)
      throw refused("not_a_choice", `The answer is none of the choices: ${choices.join(", ")}`);
    return { answer: choices[index], index, value: choices[index] };
  }
  if (!schema) return { answer };
  const value = fitForm(readSchema(schema), read(answer));
  return { answer: JSON.stringify(value), value };
}

/** Take an edited context; one that is as it was is no edit. */
function fitEdit({ editable, context }: Authorization, answer: string | undefined): Fitted {
  if (answer === undefined) return {};
  const edited = read(answer);
  if (editable !== true) {
    if (!isRecord(edited)) return { answer };
    throw refused(
      "wrong_response",
      "This authorization is not editable: it is approved as asked, or denied",
      PATH,
    );
  }
  if (!isRecord(edited))
    throw refuseAnswer([
      [
        "",
        `An edited context is an object, not ${describe(edited)}; without an answer it is ` +
          "approved as asked",
      ],
    ]);
  if (isTooDeep(edited, CONTEXT_LEVELS))
    throw refuseAnswer([
      ["", `The context is nested more than ${String(CONTEXT_LEVELS)} levels deep`],
    ]);
  if (sortedJson(edited) === sortedJson(context)) return {};
  return { answer: JSON.stringify(edited), value: edited };
}

/** Return what a text is as JSON; what is none stays the text. */
function read(answer: string): unknown {
  const value = parse(answer);
  return value === undefined ? answer : value;
}

/**
 * Return an answer as it is recorded: its fields in the order of the form. A field that is `null`
 * counts as left out.
 */
function fitForm(fields: readonly Field[], value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) {
    const names = fields.map((one) => one.name).join(", ");
    throw refuseAnswer([
      ["", `This question is a form: its answer is an object of ${names.slice(0, 500)}`],
    ]);
  }
  const given = new Map(Object.entries(value).filter(([, one]) => one !== null));
  const fitted: Record<string, unknown> = {};
  const problems: [string, string][] = [];
  for (const { name, isRequired, fit: fitOne } of fields)
    try {
      if (given.has(name)) fitted[name] = fitOne(given.get(name));
      else if (isRequired) problems.push([name, "is required"]);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push([name, error.message]);
    } finally {
      given.delete(name);
    }
  for (const name of [...given.keys()].sort().slice(0, UNKNOWN_SHOWN))
    problems.push([name.slice(0, 100), "is no field of this form"]);
  if (problems.length) throw refuseAnswer(problems);
  return fitted;
}

/**
 * Refuse to ask for what no server would take if it could read it.
 *
 * Throws `Invalid`, with the path of what is wrong with a schema.
 */
export function checkAsked(content: Content): void {
  if (content.type === "authorization" && content.editable === true && !isRecord(content.context))
    throw refused(
      "invalid_message",
      "an editable authorization has an object as its context",
      "$.content.context",
    );
  if (content.type !== "question" || content.schema == null) return;
  if (content.choices != null)
    throw refused(
      "invalid_message",
      "a question has choices or a schema, not both",
      "$.content.schema",
    );
  try {
    readSchema(content.schema);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    const path = `$.content.schema${error.path}`;
    throw refused("invalid_message", `${path}: ${error.message}`, path);
  }
}

/**
 * Return the response to a form with its value, checked: no server has done that.
 *
 * Throws {@link UnfitAnswer} if it does not fit.
 */
export function filledIn(response: ResponseMessage, schema: unknown): FormResponse<object> {
  checkAsked({ type: "question", text: "", timeout_seconds: 0, schema } as Question);
  const { answer, response_type } = response.content;
  if (response_type !== "text") return filled(response);
  try {
    const value = fitForm(readSchema(schema), read(answer ?? ""));
    return { ...response, value };
  } catch (error) {
    throw new UnfitAnswer(response, (error as Error).message);
  }
}

/** Return one refusal of an answer that names each field that is wrong. */
function refuseAnswer(problems: readonly [string, string][]): Error {
  const told = problems.map(([name, error]) => ({ path: name ? `${PATH}.${name}` : PATH, error }));
  const [[name, sentence] = ["", ""]] = problems;
  return refusalOf({
    code: "invalid_answer",
    error: name ? `${name} ${sentence}` : sentence,
    path: told[0]?.path,
    problems: told,
  });
}

function refused(code: string, error: string, path = "$.answer"): Error {
  return refusalOf({ code, error, path });
}
