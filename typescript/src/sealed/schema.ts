/**
 * Which JSON Schemas are forms: reading one, strictly. Nothing that is not understood is passed
 * over: a keyword that was ignored would let through what the agent had ruled out.
 */

import { isRecord } from "../model.js";
import {
  FORMATS,
  type Fit,
  Unfit,
  booleanFit,
  choiceFit,
  choicesFit,
  describe,
  lengthOf,
  numberFit,
  textFit,
} from "./fields.js";

const MOST_FIELDS = 50;
const MOST_OPTIONS = 100;
const NAME_LENGTH = 100;
/** Of one text of a schema; all of them together a message has room for. */
const TEXT_LENGTH = 2000;

/** A schema is no form. */
export class FormError extends Error {
  /** Where in the schema, such as `.properties.age.type`; empty for the whole. */
  readonly path: string;

  constructor(path: string, sentence: string) {
    super(sentence);
    this.path = path;
  }
}

/** One field of a form. */
export interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly fit: Fit;
}

/**
 * Return the fields that a schema describes, in their order.
 * @throws FormError - it is no form
 */
export function readSchema(schema: unknown): readonly Field[] {
  const root = new Part("", schema);
  if (root.get("type") !== "object") throw root.error("type", 'must be "object"');
  for (const name of ["$schema", "title", "description"]) root.text(name);
  if ((root.get("additionalProperties") ?? false) !== false)
    throw root.error("additionalProperties", "must be false: a form has no other fields");
  const properties = root.get("properties");
  if (!isRecord(properties))
    throw root.error("properties", `must be an object, not ${describe(properties)}`);
  const names = Object.keys(properties);
  if (names.length > MOST_FIELDS)
    throw root.error(
      "properties",
      `has ${String(names.length)} fields, the limit is ${String(MOST_FIELDS)}`,
    );
  const required = readRequired(root, names);
  root.close();
  return names.map((name) => {
    checkName(root, name);
    const part = new Part(`.properties.${name.slice(0, NAME_LENGTH)}`, properties[name]);
    return { name, isRequired: required.includes(name), fit: readField(part) };
  });
}

function readRequired(root: Part, names: readonly string[]): readonly unknown[] {
  const required = root.get("required") ?? [];
  if (!Array.isArray(required))
    throw root.error("required", `must be an array of names, not ${describe(required)}`);
  const other = required.findIndex((name) => !names.includes(name as string));
  if (other >= 0) throw root.error(`required[${String(other)}]`, "is none of the properties");
  return required;
}

/** Refuse a name that a surface could not show, or would trip over. */
function checkName(root: Part, name: string): void {
  const isShown = /^(?: |[^\p{C}\p{Z}])+$/u.test(name) && name.trim() !== "";
  if (!isShown || lengthOf(name) > NAME_LENGTH || name === "__proto__")
    throw root.error(
      "properties",
      `has a name that is not 1 to ${String(NAME_LENGTH)} characters to be shown`,
    );
}

function readField(part: Part): Fit {
  part.text("title");
  part.text("description");
  const value = part.get("default");
  const fit = readKind(part);
  part.close();
  if (value === undefined) return fit;
  try {
    fit(value);
  } catch (error) {
    if (error instanceof Unfit) throw part.error("default", error.message);
    throw error;
  }
  return fit;
}

function readKind(part: Part): Fit {
  const type = part.get("type");
  switch (type) {
    case "string":
      return part.get("enum") === undefined && part.get("oneOf") === undefined
        ? readText(part)
        : choiceFit(readOptions(part, "oneOf"));
    case "number":
    case "integer":
      return readNumber(part, type === "integer");
    case "boolean":
      return booleanFit;
    case "array":
      return readChoices(part);
    default:
      throw part.error("type", "must be string, number, integer, boolean or array");
  }
}

function readText(part: Part): Fit {
  if (part.get("pattern") !== undefined)
    throw part.error(
      "pattern",
      "is not taken: some patterns take for ever; say it in the description",
    );
  const [least, most] = part.bounds("minLength", "maxLength", true);
  const format = part.get("format");
  if (format !== undefined && !(typeof format === "string" && Object.hasOwn(FORMATS, format)))
    throw part.error("format", `must be one of ${Object.keys(FORMATS).join(", ")}`);
  return textFit(least ?? 0, most, format);
}

function readNumber(part: Part, isWhole: boolean): Fit {
  const [minimum, maximum] = part.bounds("minimum", "maximum", false);
  if (isWhole && Math.ceil(minimum ?? -Infinity) > Math.floor(maximum ?? Infinity))
    throw part.error("minimum", "leaves no whole number up to maximum");
  return numberFit(isWhole, minimum, maximum);
}

function readChoices(part: Part): Fit {
  const items = new Part(part.at("items"), part.get("items"));
  if ((items.get("type") ?? "string") !== "string")
    throw items.error("type", 'must be "string": an array is of choices');
  const options = readOptions(items, "anyOf");
  items.close();
  const [least = 0, most] = part.bounds("minItems", "maxItems", true);
  if (least > options.length)
    throw part.error("minItems", `is more than the ${String(options.length)} choices there are`);
  if ((part.get("uniqueItems") ?? true) !== true)
    throw part.error("uniqueItems", "must be true: each choice is there once");
  return choicesFit(options, least, most);
}

/** Return what can be chosen: texts in `enum`, or texts with titles in another member. */
function readOptions(part: Part, titled: string): readonly string[] {
  const [plain, named] = [part.get("enum"), part.get(titled)];
  if (plain !== undefined && named !== undefined)
    throw part.error(titled, "does not go together with enum");
  const [name, listed] = named === undefined ? ["enum", plain] : [titled, named];
  if (!Array.isArray(listed) || !listed.length)
    throw part.error(name, "must be an array with something to choose from");
  if (listed.length > MOST_OPTIONS)
    throw part.error(
      name,
      `has ${String(listed.length)} choices, the limit is ${String(MOST_OPTIONS)}`,
    );
  const options = listed.map((one: unknown, index) => {
    const place = `${name}[${String(index)}]`;
    if (named !== undefined) return readTitled(new Part(part.at(place), one));
    if (!isText(one)) throw part.error(place, "must be a text that is not empty");
    return one;
  });
  const twice = options.findIndex((one, index) => options.indexOf(one) < index);
  if (twice >= 0) throw part.error(`${name}[${String(twice)}]`, "is there twice");
  return options;
}

function readTitled(part: Part): string {
  const [value, title] = [part.text("const"), part.text("title")];
  part.close();
  if (value === undefined || title === undefined)
    throw part.error(value === undefined ? "const" : "title", "a required field is missing");
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && lengthOf(value) <= TEXT_LENGTH;
}

/** One object of a schema, and where it stands; what is never asked for is refused. */
class Part {
  readonly #path: string;
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  constructor(path: string, value: unknown) {
    if (!isRecord(value)) throw new FormError(path, `must be an object, not ${describe(value)}`);
    this.#path = path;
    this.#value = value;
    for (const [name, one] of Object.entries(value))
      if (one === null) throw this.error(name.slice(0, NAME_LENGTH), "must not be null");
  }

  get(name: string): unknown {
    this.#known.add(name);
    return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
  }

  /** Refuse what nobody has asked for. */
  close(): void {
    const present = Object.keys(this.#value).filter((name) => this.#value[name] !== undefined);
    const other = present.find((name) => !this.#known.has(name));
    if (other !== undefined)
      throw this.error(other.slice(0, NAME_LENGTH), "is no keyword that forms have here");
  }

  at(name: string): string {
    return `${this.#path}.${name}`;
  }

  error(name: string, sentence: string): FormError {
    return new FormError(this.at(name), sentence);
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || isText(value)) return value;
    const isLong = typeof value === "string" && value.trim() !== "";
    throw this.error(
      name,
      isLong
        ? `has more than ${String(TEXT_LENGTH)} characters`
        : "must be a text that is not empty",
    );
  }

  /** Return the least and the most that there may be. */
  bounds(low: string, high: string, isCount: boolean): [number | undefined, number | undefined] {
    const [least, most] = [this.#number(low, isCount), this.#number(high, isCount)];
    if (least !== undefined && most !== undefined && least > most)
      throw this.error(low, `is more than ${high}, so that nothing fits`);
    return [least, most];
  }

  #number(name: string, isCount: boolean): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number")
      throw this.error(name, `must be a number, not ${describe(value)}`);
    if (!Number.isFinite(value)) throw this.error(name, "must be a number that JSON has");
    if (isCount && (value < 0 || !Number.isInteger(value)))
      throw this.error(name, "must be a whole number that is not negative");
    return value;
  }
}
