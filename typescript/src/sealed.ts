/**
 * End-to-end encryption: what an agent says is sealed for those who are to read it, and their
 * answers for the agent.
 *
 * @packageDocumentation
 */

export { SealedMessage } from "./sealed/opening.js";
export { sealing, type SealingOptions } from "./sealed/sealing.js";
export { BadKeyFile, SealedPrompt, UnreadAnswer } from "./errors.js";
export type { Sealing } from "./sealing.js";
export type { KeySource } from "./trust/sources.js";
