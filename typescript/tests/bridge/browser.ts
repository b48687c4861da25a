// The bridge in a page: `bridge` takes a line, and `tell` is what the tests have put there.

import { Bridge } from "./bridge.js";

declare global {
  /** Provided by the tests. */
  function tell(line: string): Promise<void>;
  var bridge: (line: string) => void;
}

const bridge = new Bridge((line) => void tell(line));

console.warn = (text: string) => {
  bridge.warn(text);
};
// The tests hear of an uncaught error, but not of a rejection that nobody handles.
addEventListener("unhandledrejection", (event) => {
  setTimeout(() => {
    throw event.reason;
  });
});
globalThis.bridge = (line) => {
  bridge.take(line);
};
