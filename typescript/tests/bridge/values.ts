// Values as they go over the bridge: plain JSON, and what is more than that says what it is.

import { AiloopError, Decision, Ticket } from "../../src/index.js";

export interface Failure {
  name: string;
  message: string;
  stack?: string | undefined;
  members: Record<string, unknown>;
}

/** Return what Python sent as what it stands for. */
export function incoming(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(incoming);
  if ("$ticket" in value) return Ticket.load(value.$ticket as string);
  return value;
}

/** Return a result as JSON that Python knows again. */
export function outgoing(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(outgoing);
  if (value instanceof Ticket) return { $: "ticket", text: String(value) };
  if (value instanceof Decision) {
    const { approved, reason, responder, response, latencySeconds } = value;
    return { $: "decision", approved, reason, responder, response, latencySeconds };
  }
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
  return { name, message, stack, members };
}

/** What every error has, and what is an object with errors of its own. */
const LEFT_OUT = new Set(["name", "message", "stack", "cause", "approval", "decision", "response"]);
