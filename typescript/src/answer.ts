/** The answer to a prompt, as a server sends it. */

import { Incompatible, MissedMessages } from "./errors.js";
import { type ResponseMessage, count, isResponse, readMessage } from "./model.js";

/**
 * Read the response to a prompt.
 *
 * One that is another prompt's is refused: an approval must never be taken for that of something
 * else, whatever a proxy has mixed up.
 */
export function readAnswer(promptId: string, body: unknown): ResponseMessage {
  const response = understood(() => readMessage(body));
  if (!isResponse(response) || response.correlation_id !== promptId)
    throw new Incompatible(`the server sent something else than the answer to ${promptId}`);
  return response;
}

/** Read which messages of a channel are gone. */
export function readGap(channel: string, { after, first }: Record<string, unknown>) {
  return new MissedMessages(channel, count(after, "after"), count(first, "first"));
}

/** Return what is read, or say that it is not understood. */
export function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Incompatible(`what the server sent is not understood: ${error.message}`);
  }
}
