/** Forms: the schemas of their fields, and what is filled in. */

import { UnfitAnswer } from "./errors.js";
import { type ResponseMessage, isRecord, parse } from "./model.js";

/** What every field may have. */
interface FieldAbout {
  /** What a surface shows in place of the name. */
  readonly title?: string;
  readonly description?: string;
}

/** A choice with a title. */
export interface FormOption {
  readonly const: string;
  readonly title: string;
}

/** Words, or what is written like words. */
export interface FormText extends FieldAbout {
  readonly type: "string";
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: "email" | "uri" | "date" | "date-time";
  /** What the field is filled in with at first; it may be left out all the same. */
  readonly default?: string;
}

/** A number. */
export interface FormNumber extends FieldAbout {
  readonly type: "number" | "integer";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

/** Yes or no. */
export interface FormBoolean extends FieldAbout {
  readonly type: "boolean";
  readonly default?: boolean;
}

/** One of several: of `enum`, or of `oneOf`, which has titles. */
export interface FormChoice extends FieldAbout {
  readonly type: "string";
  readonly enum?: readonly string[];
  readonly oneOf?: readonly FormOption[];
  readonly default?: string;
}

/** Any of several, each once. */
export interface FormChoices extends FieldAbout {
  readonly type: "array";
  readonly items:
    | { readonly type?: "string"; readonly enum: readonly string[] }
    | { readonly anyOf: readonly FormOption[] };
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: true;
  readonly default?: readonly string[];
}

/** One field. */
export type FormField = FormText | FormNumber | FormBoolean | FormChoice | FormChoices;

/** What a form asks for: a flat part of JSON Schema, the one of elicitations in MCP. */
export interface FormSchema {
  readonly $schema?: string;
  readonly type: "object";
  readonly title?: string;
  readonly description?: string;
  readonly properties: Readonly<Record<string, FormField>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
}

/** What a choice can be. */
type Chosen<F> = F extends { readonly enum: readonly (infer V)[] }
  ? V
  : F extends { readonly [name in "oneOf" | "anyOf"]?: readonly { readonly const: infer V }[] }
    ? unknown extends V
      ? string
      : V
    : string;

/** What is filled into a field. */
export type FieldValue<F> = F extends { readonly type: "boolean" }
  ? boolean
  : F extends { readonly type: "number" | "integer" }
    ? number
    : F extends { readonly type: "array"; readonly items: infer I }
      ? readonly Chosen<I>[]
      : Chosen<F>;

/** The names of the fields that are there for certain. */
type Needed<S> = S extends { readonly required: readonly (infer N)[] }
  ? string extends N
    ? never
    : N
  : never;

/** What is filled in by who answers a schema that is written down, or is `as const`. */
export type FormValue<S extends FormSchema> = {
  readonly [N in keyof S["properties"] as N extends Needed<S> ? N : never]: FieldValue<
    S["properties"][N]
  >;
} & {
  readonly [N in keyof S["properties"] as N extends Needed<S> ? never : N]?: FieldValue<
    S["properties"][N]
  >;
};

/** The response to a form. */
export interface FormResponse<T> extends ResponseMessage {
  /** What was filled in; `undefined` unless somebody answered. */
  readonly value: T | undefined;
}

/** Whether a schema has been asked for: a form, and what its response is. */
export interface Filling<S = FormSchema> {
  /** Of the form that was asked: the response has a `value` then. */
  readonly schema: S;
}

/** Return a response with what a form was filled in with. */
export function filled(response: ResponseMessage): FormResponse<object> {
  const { answer, response_type } = response.content;
  if (response_type !== "text") return { ...response, value: undefined };
  const value = parse(answer as string);
  if (!isRecord(value)) throw new UnfitAnswer(response, "its answer is an object");
  return { ...response, value };
}
