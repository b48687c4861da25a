/** What travels: a message, its contents, and what a server tells about prompts. */

import type { FormSchema } from "./form.js";

/** Who speaks. */
export type SenderType = "AGENT" | "HUMAN" | "SYSTEM";
/** How loudly a message calls, from the quietest on. */
export type Priority = "low" | "normal" | "high" | "urgent";
/** How a prompt ended. Only `authorization_approved` approves. */
export type ResponseType =
  "text" | "authorization_approved" | "authorization_denied" | "timeout" | "cancelled";
/** How a prompt stands with a surface: listed, before somebody's eyes, being answered. */
export type Showing = "delivered" | "seen" | "typing";

/** An agent asks for words, for one of several choices, or for a form to be filled in. */
export interface Question {
  readonly type: "question";
  readonly text: string;
  readonly timeout_seconds: number;
  readonly choices?: readonly string[];
  /** Without choices: the answer is an object that fits it. */
  readonly schema?: FormSchema;
}

/** An agent asks for permission; only an explicit approval gives it. */
export interface Authorization {
  readonly type: "authorization";
  readonly action: string;
  readonly timeout_seconds: number;
  readonly context?: unknown;
  /** Whether an approval may bring another context: an object. */
  readonly editable?: boolean;
}

/** An agent asks a person to open a page. */
export interface Navigate {
  readonly type: "navigate";
  readonly url: string;
  readonly timeout_seconds: number;
  readonly context?: unknown;
}

/** An agent tells people something and does not wait. */
export interface Notification {
  readonly type: "notification";
  readonly text: string;
  readonly priority: Priority;
}

/** What settles a prompt. */
export interface Response {
  readonly type: "response";
  /** Of a form, or of an edited context, its JSON. */
  readonly answer: string | null;
  readonly response_type: ResponseType;
}

/** What waits for a person. */
export type PromptContent = Question | Authorization | Navigate;
/** What a message says; `type` tells which it is. */
export type Content = PromptContent | Notification | Response;
/** What may be posted: a server fills in what is left out. */
export type NewContent =
  | (Omit<Question, "timeout_seconds"> & Partial<Pick<Question, "timeout_seconds">>)
  | (Omit<Authorization, "timeout_seconds"> & Partial<Pick<Authorization, "timeout_seconds">>)
  | (Omit<Navigate, "timeout_seconds"> & Partial<Pick<Navigate, "timeout_seconds">>)
  | (Omit<Notification, "priority"> & Partial<Pick<Notification, "priority">>)
  | (Omit<Response, "answer" | "response_type"> &
      Partial<Pick<Response, "answer" | "response_type">>);

/** One record on a channel. */
export interface Message<C = Content> {
  readonly id: string;
  readonly channel: string;
  readonly sender_type: SenderType;
  readonly content: C;
  /** RFC 3339, in UTC with microseconds. */
  readonly timestamp: string;
  /** On a response, the id of the prompt it settles. */
  readonly correlation_id: string | null;
  /** The server adds its own: to responses `reason`, `responder`, `index` (from 0), `value`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A message that settles a prompt. */
export type ResponseMessage = Message<Response>;

/** How far a prompt has come on its way to people. */
export interface Delivery {
  readonly prompt_id: string;
  /** When a surface first listed it. */
  readonly delivered_at: string | null;
  /** When a person first had it before their eyes. */
  readonly seen_at: string | null;
  /** Who had, by the name of the person or else of the surface. */
  readonly seen_by: readonly string[];
  /** Who is answering at present. */
  readonly typing: readonly string[];
}

/** A prompt that waits for a person, as a list shows it. */
export interface PendingItem {
  readonly message_id: string;
  readonly kind: PromptContent["type"];
  readonly channel: string;
  readonly position: number;
  readonly label: string;
  readonly expires_at: string;
  /** Seconds that are left. */
  readonly expires_in: number;
  readonly delivery: Omit<Delivery, "prompt_id">;
  readonly message: Message;
}

/** A live channel. */
export interface ChannelInfo {
  readonly name: string;
  readonly message_count: number;
  readonly oldest_message: string | null;
  readonly newest_message: string | null;
}

/** How a server is; strangers are told no more than the first two. */
export interface Health {
  readonly status: "healthy" | "stopping" | "failing";
  readonly version: string;
  readonly active_connections?: number;
  readonly queue_size?: number;
  readonly active_channels?: number;
  readonly activeConnections?: number;
  readonly queueSize?: number;
  readonly activeChannels?: number;
  readonly queues?: Readonly<Record<string, Queue>>;
  /** The rate limits that are on. */
  readonly rates?: Readonly<Record<string, Rate>>;
  /** Why nothing can be stored. */
  readonly journal?: string;
}

/** How full one of a server's buffers is. */
export interface Queue {
  readonly used: number;
  readonly limit: number;
  readonly overflows?: number;
}

/** A rate limit, and how often it has refused something. */
export interface Rate {
  readonly rate: number;
  readonly burst: number;
  readonly refused: number;
}

/** How a prompt stands. */
export type PromptState = "pending" | "answered" | "approved" | "denied" | "timeout" | "cancelled";

/** By the kind of content, the member that has its words. */
const WORDS = /* @__PURE__ */ new Map([
  ["question", "text"],
  ["authorization", "action"],
  ["navigate", "url"],
  ["notification", "text"],
]);
const SENDERS = ["AGENT", "HUMAN", "SYSTEM"];
const RESPONSES = [
  "text",
  "authorization_approved",
  "authorization_denied",
  "timeout",
  "cancelled",
];

/** Return whether a content waits for a person. */
export function isPrompt(content: Content): content is PromptContent {
  return content.type !== "notification" && content.type !== "response";
}

/** Return whether a message settles a prompt. */
export function isResponse(message: Message): message is ResponseMessage {
  return message.content.type === "response";
}

/** Read a message as a server sends it. Throws a `TypeError` that names what is wrong. */
export function readMessage(value: unknown): Message {
  const message = record(value, "message");
  const { id, channel, sender_type, timestamp, correlation_id, metadata } = message;
  text(id, "id");
  text(channel, "channel");
  text(timestamp, "timestamp");
  oneOf(sender_type, SENDERS, "sender_type");
  if (correlation_id !== null) text(correlation_id, "correlation_id");
  if (metadata !== undefined) record(metadata, "metadata");
  const content = record(message["content"], "content");
  const { type, answer, response_type } = content;
  if (type === "response") {
    oneOf(response_type, RESPONSES, "response_type");
    if (answer !== null) text(answer, "answer");
  } else {
    const words = WORDS.get(type as string);
    check(words !== undefined, "content.type");
    text(content[words as string], words as string);
  }
  return value as Message;
}

/** Read what a server tells of a prompt's delivery; members that are not known are left out. */
export function readDelivery(promptId: string, value: unknown): Delivery {
  const { delivered_at = null, seen_at = null, seen_by = [], typing = [] } = record(value, "it");
  for (const time of [delivered_at, seen_at]) if (time !== null) text(time, "a time");
  for (const name of [...list(seen_by, "seen_by"), ...list(typing, "typing")]) text(name, "a name");
  return { prompt_id: promptId, delivered_at, seen_at, seen_by, typing } as Delivery;
}

/** Read JSON; what is none is `undefined`, which stands for no JSON. */
export function parse(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}

/** Whether a value is an object of JSON. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Return the value if it is an object. */
export function record(value: unknown, name: string): Record<string, unknown> {
  check(isRecord(value), name);
  return value as Record<string, unknown>;
}

/** Return the value if it is an array. */
export function list(value: unknown, name: string): readonly unknown[] {
  check(Array.isArray(value), name);
  return value as readonly unknown[];
}

/** Return the value if it is a text. */
export function text(value: unknown, name: string): string {
  check(typeof value === "string", name);
  return value as string;
}

/** Return the value if it is a whole number from 0. */
export function count(value: unknown, name: string): number {
  check(Number.isSafeInteger(value) && (value as number) >= 0, name);
  return value as number;
}

function oneOf(value: unknown, known: readonly string[], name: string): void {
  check(known.includes(value as string), name);
}

/** Throw where a value does not fit. */
export function check(fits: boolean, name: string): void {
  if (!fits) throw new TypeError(`${name} is not as it should be`);
}
