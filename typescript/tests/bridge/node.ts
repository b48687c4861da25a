// The bridge in Node: a line in, a line out. When there are no more lines, nothing must be left
// that keeps the process alive.

import { createInterface } from "node:readline";

import { Bridge } from "./bridge.js";

const bridge = new Bridge((line) => process.stdout.write(`${line}\n`));

process.on("warning", (warning) => {
  bridge.warn(warning.message);
});
console.warn = (text: string) => {
  bridge.warn(text);
};
// An error that nobody handles ends the process, and so every test that comes after it.
createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  bridge.take(line);
});
