// What to call a person who has set no name: two such people are not one to each other. It is
// no name to answer with.

import * as settings from "./settings.js";

const LETTERS = "abcdefghijkmnpqrstuvwxyz";
let made = "";

/** Return the name of somebody without a name: the same as long as the browser keeps it. */
export function alias() {
  made ||= settings.get("alias");
  if (!made) {
    const letters = Array.from(crypto.getRandomValues(new Uint8Array(3)), (byte) => LETTERS[byte % LETTERS.length]);
    made = `somebody ${letters.join("")}`;
    settings.set("alias", made);
  }
  return made;
}
