// Values as they go over the bridge: plain JSON, and what is more than that says what it is.

import {
  AiloopError,
  Decision,
  NotAuthorized,
  Ticket,
  UnfitAnswer,
  UnreadAnswer,
} from "../../src/index.js";
import { SealedMessage } from "../../src/sealed.js";
import { hiddenOf } from "../../src/trust/hidden.js";

export interface Failure {
  name: string;
  message: string;
  stack?: string | undefined;
  members: Record<string, unknown>;
}

/**
 * What stays here, as it knows more than Python is told: messages and answers that were opened,
 * and decisions that have a receipt.
 */
const kept: object[] = [];

function keep(value: object): number {
  return kept.push(value) - 1;
}

/** Return what was kept. */
export function keptAs(number: number): object | undefined {
  return kept[number];
}

/** Return what Python sent as what it stands for. */
export function incoming(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(incoming);
  if ("$ticket" in value) return Ticket.load(value.$ticket as string);
  if ("$kept" in value) return keptAs(value.$kept as number);
  return value;
}

/** Return a result as JSON that Python knows again. */
export function outgoing(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(outgoing);
  if (value instanceof Ticket) return { $: "ticket", text: String(value) };
  if (value instanceof Decision) {
    const { approved, reason, responder, response, latencySeconds, receipt, doubt } = value;
    const { edited, context } = value;
    const told = { approved, reason, responder, latencySeconds, receipt, doubt, edited, context };
    return { $: "decision", ...told, response: outgoing(response), number: keep(value) };
  }
  if (value instanceof SealedMessage) {
    const { keyName, trouble, ...message } = value;
    return { $: "sealed", value: message, keyName, trouble, number: keep(value) };
  }
  if ("value" in value && "sender_type" in value) {
    const { value: filled, ...response } = value;
    return { $: "form", filled, response: outgoing(response) };
  }
  if (hiddenOf(value)) return { $: "opened", value, number: keep(value) };
  if ("message_id" in value && "message" in value)
    return { ...value, message: outgoing(value.message) };
  if ("seen_by" in value) return { $: "delivery", value };
  if ("sender_type" in value) return { $: "message", value };
  return value;
}

/** Return an error with all that it has of its own. */
export function failure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), members: {} };
  const { name, message, stack } = error;
  const own = error instanceof AiloopError ? Object.entries(error) : [];
  const members = Object.fromEntries(own.filter(([key]) => !LEFT_OUT.has(key)));
  if (error instanceof NotAuthorized) members["approval"] = outgoing(error.approval);
  if (error instanceof UnreadAnswer || error instanceof UnfitAnswer)
    members["response"] = outgoing(error.response);
  return { name, message, stack, members };
}

/** What every error has, and what is an object with errors of its own. */
const LEFT_OUT = new Set(["name", "message", "stack", "cause", "approval", "decision", "response"]);
