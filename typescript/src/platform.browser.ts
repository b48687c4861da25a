/** What of Node a page has: nothing. */

import type * as node from "./platform.js";

export const isPage: typeof node.isPage = () => true;
export const variable: typeof node.variable = () => undefined;
export const readFile: typeof node.readFile = () => Promise.reject(new Error("a page has none"));
export const otherCrypto: typeof node.otherCrypto = () =>
  Promise.reject(new Error("a page has none"));
export const otherWebSocket: typeof node.otherWebSocket = () => readFile("");
export const warn: typeof node.warn = (sentence) => {
  console.warn(sentence);
};
