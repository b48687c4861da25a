/**
 * What of a sealed message stays readable: its envelope, which the server goes by.
 *
 * A sealed message keeps its kind, how long it waits and how loudly it calls; in the place of
 * its words stands one sentence, the same for all.
 */

import type { Content } from "../model.js";

export const COVER = "Encrypted: open it in an inbox that has the key";

/** A page that cannot exist (RFC 6761, section 6.4) stands where the page to open was. */
export const COVER_URL = "https://encrypted.invalid/";

export const COVER_ANSWER = "encrypted";

/** Return what everybody may see of a content: no word of what was said. */
export function conceal(content: Content): Content {
  switch (content.type) {
    case "question":
      return { type: content.type, text: COVER, timeout_seconds: content.timeout_seconds };
    case "authorization":
      return { type: content.type, action: COVER, timeout_seconds: content.timeout_seconds };
    case "navigate":
      return { type: content.type, url: COVER_URL, timeout_seconds: content.timeout_seconds };
    case "notification":
      return { type: content.type, text: COVER, priority: content.priority };
    case "response":
      throw new TypeError("an answer is sealed by who gives it"); // and never comes here;
  }
}
