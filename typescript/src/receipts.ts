/**
 * Receipts: approvals that are believed only with the daemon's signature on exactly what runs.
 *
 * @packageDocumentation
 */

export { receipts, receiptsOf } from "./receipts/receipts.js";
export { BadReceiptKey, type ReceiptKey } from "./receipts/keys.js";
export { type Expected, ReceiptVerifier, type VerifierOptions } from "./receipts/verifier.js";
export { ReceiptInvalid } from "./errors.js";
export type { Receipt, Receipts } from "./sealing.js";
export {
  answerHash,
  CanonicalError,
  canonicalHash,
  canonicalJson,
  contentHash,
} from "./trust/canonical.js";
export { type Fault, ReceiptError } from "./trust/faults.js";
export { type Hidden, sealedHash } from "./trust/hidden.js";
