/**
 * The client's types are those of the daemon's OpenAPI document: `tsc` refuses this file where
 * they are not. `../openapi.d.ts` is made from the document; `tests/typescript` in Python holds it
 * against the daemon. Nothing here runs.
 */

import type {
  Authorization,
  ChannelInfo,
  Content,
  Delivery,
  Health,
  Message,
  Navigate,
  NewContent,
  Notification,
  PendingItem,
  PromptState,
  Question,
  Response,
  Showing,
} from "../../src/model.js";
import type {
  FormBoolean,
  FormChoice,
  FormChoices,
  FormField,
  FormNumber,
  FormOption,
  FormSchema,
  FormText,
} from "../../src/form.js";
import type { ErrorBody } from "../../src/errors.js";
import type { components } from "../openapi.js";

type Document = components["schemas"];

/** A type without `readonly`, which is ours, and with intersections made one. */
type Plain<T> = T extends readonly (infer One)[]
  ? Plain<One>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Plain<T[Name]> }
    : T;

/** Whether two types are one: what only can be assigned both ways may still lack a member. */
// TypeScript holds two generic functions for the same only where these types are.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters */
type Same<One, Other> =
  (<T>() => T extends Plain<One> ? 1 : 2) extends <T>() => T extends Plain<Other> ? 1 : 2
    ? true
    : false;
/* eslint-enable */

/** Whether each value of a type is one of another. */
type Fits<One, Other> = [One] extends [Other] ? true : false;

/**
 * A content as the daemon writes it. It takes more than it writes: what may be left out it fills
 * in (`Always`), and `null` it writes only where that means something (`Null`).
 */
type Written<Taken, Always extends keyof Taken, Null extends keyof Taken = never> = Plain<
  {
    [Name in keyof Taken as Name extends Always ? Name : never]-?: Name extends Null
      ? Taken[Name]
      : Exclude<Taken[Name], null>;
  } & {
    [Name in keyof Taken as Name extends Always ? never : Name]: Exclude<Taken[Name], null>;
  }
>;

type Contents = {
  question: Written<Document["Question"], "type" | "text" | "timeout_seconds">;
  authorization: Written<Document["Authorization"], "type" | "action" | "timeout_seconds">;
  navigate: Written<Document["Navigate"], "type" | "url" | "timeout_seconds">;
  notification: Written<Document["Notification"], "type" | "text" | "priority">;
  response: Written<Document["Response"], "type" | "answer" | "response_type", "answer">;
};

/** A schema with the contents as they are written. */
type Holding<Schema extends { content: unknown }> = Omit<Schema, "content"> & { content: Content };

/** Refuses a claim that is not so. */
type Holds<Claim extends true> = Claim;

/** What has to be so. */
export interface Proofs {
  question: Holds<Same<Question, Contents["question"]>>;
  authorization: Holds<Same<Authorization, Contents["authorization"]>>;
  navigate: Holds<Same<Navigate, Contents["navigate"]>>;
  notification: Holds<Same<Notification, Contents["notification"]>>;
  response: Holds<Same<Response, Contents["response"]>>;
  // There is none that the client does not know, and none that it has made up.
  everyContent: Holds<Same<Content["type"], Document["Content"]["type"]>>;
  everyProof: Holds<Same<Content["type"], keyof Contents>>;

  form: Holds<Same<FormSchema, Document["Form"]>>;
  formText: Holds<Same<FormText, Document["FormText"]>>;
  formNumber: Holds<Same<FormNumber, Document["FormNumber"]>>;
  formBoolean: Holds<Same<FormBoolean, Document["FormBoolean"]>>;
  formChoice: Holds<Same<FormChoice, Document["FormChoice"]>>;
  formChoices: Holds<Same<FormChoices, Document["FormChoices"]>>;
  formOption: Holds<Same<FormOption, Document["FormOption"]>>;
  everyField: Holds<Same<FormField, Document["Form"]["properties"][string]>>;

  // What the client posts, the daemon takes.
  posted: Holds<Fits<Plain<NewContent>, Document["Content"]>>;
  everyPosted: Holds<Same<NewContent["type"], Document["Content"]["type"]>>;
  postedMessage: Holds<Fits<Plain<Message>, Document["NewMessage"]>>;

  message: Holds<Same<Message, Holding<Document["Message"]>>>;
  pending: Holds<
    Same<PendingItem, Omit<Document["PendingItem"], "message"> & { message: Message }>
  >;
  delivery: Holds<Same<Omit<Delivery, "prompt_id">, Document["Delivery"]>>;
  promptDelivery: Holds<
    Same<Omit<Delivery, "prompt_id">, Omit<Document["PromptDelivery"], "message_id" | "state">>
  >;
  state: Holds<Same<PromptState, Document["PromptDelivery"]["state"]>>;
  // Typing is told over a WebSocket only.
  showing: Holds<Same<Exclude<Showing, "typing">, Document["Word"]["state"]>>;
  channel: Holds<Same<ChannelInfo, Document["Channels"]["channels"][number]>>;
  health: Holds<Same<Health, Document["Health"]>>;
  // Of a refusal: what every one has, and its details.
  refusal: Holds<Fits<Document["Error"], ErrorBody>>;
}
