/** What a receipt says: who decided what about exactly which action. */

import { readId } from "../ids.js";
import { text } from "../model.js";
import type { Receipt } from "../sealing.js";

const DECISIONS: readonly unknown[] = [
  "text",
  "authorization_approved",
  "authorization_denied",
  "timeout",
  "cancelled",
];

/**
 * Read the claims of a token.
 *
 * @throws TypeError - they are not those of a receipt.
 */
export function readClaims(claims: Readonly<Record<string, unknown>>, keyId: string): Receipt {
  const { sealed = null, decision } = claims;
  if (!DECISIONS.includes(decision)) throw new TypeError("decision is not known");
  if (sealed !== null && typeof sealed !== "boolean") throw new TypeError("sealed is no flag");
  return {
    id: idOf(claims, "jti"),
    promptId: idOf(claims, "prompt_id"),
    channel: text(claims["channel"], "channel"),
    decision: decision as Receipt["decision"],
    actionHash: text(claims["action_hash"], "action_hash"),
    answerHash: textOrNull(claims["answer_hash"], "answer_hash"),
    approver: textOrNull(claims["approver"], "approver"),
    sealed: sealed === true,
    issuedAt: secondsOf(claims, "iat"),
    expiresAt: secondsOf(claims, "exp"),
    keyId,
  };
}

/** Return a time as a receipt has it. */
export function secondsOf(claims: Readonly<Record<string, unknown>>, name: string): number {
  const value = claims[name];
  if (!Number.isSafeInteger(value)) throw new TypeError(`${name} is no time`);
  return value as number;
}

function idOf(claims: Readonly<Record<string, unknown>>, name: string): string {
  try {
    return readId(text(claims[name], name));
  } catch {
    throw new TypeError(`${name} is no id`);
  }
}

function textOrNull(value: unknown, name: string): string | null {
  return value === null || value === undefined ? null : text(value, name);
}
