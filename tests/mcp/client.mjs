// What the official TypeScript client hears of us: `node client.mjs DIRECTORY DOOR TARGET…`.
// DIRECTORY is where its package is installed; it prints what it got as one line of JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [directory, door, ...target] = process.argv.slice(2);
const { resolve } = createRequire(pathToFileURL(`${directory}/`));
const load = (path) => import(pathToFileURL(resolve(`@modelcontextprotocol/sdk/${path}`)));
const { Client } = await load("client/index.js");
const { StdioClientTransport } = await load("client/stdio.js");
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");

function open() {
  if (door === "stdio") {
    const [command, ...args] = target;
    return new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" });
  }
  const headers = { Authorization: `Bearer ${process.env.AILOOP_TOKEN ?? ""}` };
  return new StreamableHTTPClientTransport(new URL(target[0]), { requestInit: { headers } });
}

const client = new Client({ name: "test", version: "1" });
await client.connect(open());
const { tools } = await client.listTools();
const progress = [];
const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);

const asked = await call(
  "ask_human",
  { question: "Which?", choices: ["main", "dev"] },
  { onprogress: (one) => progress.push(one), resetTimeoutOnProgress: true },
);
const controller = new AbortController();
const cancelled = call("ask_human", { question: "Cancelled?" }, { signal: controller.signal });
process.once("SIGUSR1", () => controller.abort("enough"));
const gone = await cancelled.then(() => "answered", () => "cancelled");
const wrong = await call("ask_human", { question: 5 });

console.log(JSON.stringify({
  tools: tools.map((tool) => tool.name),
  asked: asked.structuredContent,
  progress: progress.length > 0,
  gone,
  wrong: wrong.isError,
}));
await client.close();
