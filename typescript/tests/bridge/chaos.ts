// An agent that asks and asks, and writes down how each ask ended: `chaos_agent.py` in Node.

import { AiloopClient, AiloopError } from "../../src/index.js";

const TIMEOUT = 600;

const [transport, url, asks, abreast] = process.argv.slice(2) as [
  "websocket" | "rest",
  string,
  string,
  string,
];

const client = new AiloopClient({
  baseURL: url,
  transport,
  patience: { firstSeconds: 0.01, longestSeconds: 0.2, heartbeatSeconds: 3 },
});

async function ask(text: string): Promise<object> {
  try {
    const { content } = await client.ask("a", text, { timeout: TIMEOUT });
    return { answer: content.answer, type: content.response_type };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: name, typed: error instanceof AiloopError, words: message };
  }
}

async function askInTurn(first: number): Promise<void> {
  for (let number = first; number < Number(asks); number += Number(abreast)) {
    const text = `node.${transport}.${String(number)}`;
    process.stdout.write(`${JSON.stringify({ text, ...(await ask(text)) })}\n`);
  }
}

await client.connect();
await Promise.all(Array.from({ length: Number(abreast) }, (_, first) => askInTurn(first)));
await client.close();
