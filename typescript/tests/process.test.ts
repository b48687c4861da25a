/** Whole programs: when Node lets them end, and that nothing ends them early. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, inject } from "vitest";

import { Clients, Wire, channelOf, environment, waiting } from "./daemon.js";

/** Within the package, for `ws` to be found. */
const FOLDER = fileURLToPath(new URL(`../node_modules/.programs-${process.pid}`, import.meta.url));

const daemon = { url: inject("url") };
const clients = new Clients();

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  const entryPoints = [fileURLToPath(new URL("../src/index.ts", import.meta.url))];
  for (const format of ["esm", "cjs"] as const)
    await build({
      entryPoints,
      format,
      bundle: true,
      platform: "node",
      packages: "external",
      outfile: `${FOLDER}/ailoop.${format === "esm" ? "mjs" : "cjs"}`,
    });
});
afterAll(async () => {
  await clients.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

const HEAD = `
import { createRequire } from "node:module";
import { AiloopClient, AiloopError, ConnectionLost, Ticket } from "./ailoop.mjs";
process.on("unhandledRejection", (why) => { console.log("leaked", why); process.exit(9); });
const [baseURL, channel, transport] = process.argv.slice(1);
const options = { baseURL, transport, patience: { firstSeconds: 0.05, longestSeconds: 0.2 } };
const client = new AiloopClient(options);
const UNKNOWN = "01990000-0000-7000-8000-0000000000ff";
const tick = () => new Promise((resolve) => setTimeout(resolve, 300));
`;

/** A running program. */
class Program {
  said = "";
  readonly #child;
  readonly ended: Promise<number | null>;

  constructor(body: string, ...words: string[]) {
    const command = ["--input-type=module", "-e", HEAD + body, "--", ...words];
    const child = spawn(process.execPath, command, { cwd: FOLDER, env: environment() });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => {
        this.said += String(data);
      });
    this.ended = once(child, "exit").then(([code]) => code as number | null);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

describe.each(["websocket", "rest"])("a program over %s", (transport) => {
  const run = (body: string, channel = channelOf(), url = daemon.url) =>
    new Program(body, url, channel, transport);

  it("ends once its client is closed", async () => {
    const program = run(`
      await client.say(channel, "hello");
      const feed = client.subscribe(channel);
      await feed.ready;
      const reading = feed.next().catch((why) => console.log(why instanceof ConnectionLost));
      await client.close();
      await reading;
      console.log("closed");
    `);
    expect(await program.ended).toBe(0);
    expect(program.said).toBe("true\nclosed\n");
  });

  it("goes on for as long as it awaits an answer, also while there is no server", async () => {
    const channel = channelOf();
    const wire = await Wire.to(daemon.url);
    const program = run(
      `
      const { content } = await client.ask(channel, "Which?");
      console.log(content.answer);
      await client.close();
    `,
      channel,
      wire.url,
    );
    const person = clients.of({ baseURL: daemon.url });
    const { message_id } = await waiting(person, channel);
    wire.cut();
    await new Promise((resolve) => setTimeout(resolve, 500)); // it would have ended by now
    expect(program.isRunning).toBe(true);
    wire.mend();
    await person.respond(message_id, "this");
    expect(await program.ended).toBe(0);
    expect(program.said).toBe("this\n");
    wire.close();
  });

  it("is not ended by what it does not await", async () => {
    const wire = await Wire.to(daemon.url);
    const program = run(
      `
      await client.connect();
      const stop = new AbortController();
      const later = [
        client.subscribe(channel), // nobody reads it
        client.subscribe("other", { signal: stop.signal }),
        client.subscribe(channel + "-"),
      ];
      const asked = client.ask(channel, "Which?", { signal: stop.signal });
      asked.catch((why) => console.log(why));
      const never = later[2].next();
      never.catch((why) => console.log(why instanceof ConnectionLost));
      await tick();
      console.log("cut");
    `,
      channelOf(),
      wire.url,
    );
    await expect.poll(() => program.said, { timeout: 10_000 }).toBe("cut\n");
    wire.cut();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(program.said).toBe("cut\n");
    expect(program.isRunning).toBe(true);
    program.kill();
    await program.ended;
    wire.close();
  });

  it("gets the reason of its signal, and ends", async () => {
    const program = run(`
      const stop = new AbortController();
      const asked = client.ask(channel, "Which?", { signal: stop.signal });
      const feed = client.subscribe(channel, { signal: stop.signal });
      const reading = (async () => { for await (const _ of feed) stop.abort("enough"); })();
      for (const { reason } of await Promise.allSettled([asked, reading])) console.log(reason);
      await client.close();
    `);
    expect(await program.ended).toBe(0);
    expect(program.said).toBe("enough\nenough\n");
  });

  it("ends where nobody answers", async () => {
    const program = run(
      `
      await client.ask(channel, "Which?").catch((why) => console.log(why.name));
      await client.close();
    `,
      channelOf(),
      "http://127.0.0.1:1",
    );
    expect(await program.ended).toBe(0);
    expect(program.said).toBe("Unreachable\n");
  });

  it("may have loaded this package twice", async () => {
    const program = run(`
      const other = createRequire(process.cwd() + "/x.js")("./ailoop.cjs");
      const mine = await client.postQuestion(channel, "Which?");
      const theirs = other.Ticket.load(String(mine));
      console.log(theirs instanceof Ticket, mine instanceof other.Ticket);
      const lost = Ticket.load(JSON.stringify({ ...mine.toJSON(), id: UNKNOWN }));
      const there = new other.AiloopClient(options);
      const why = await there.wait(lost).catch((error) => error);
      console.log(why.name, why instanceof AiloopError, why instanceof other.AiloopError);
      await there.withdraw(mine);
      console.log((await client.wait(theirs)).content.response_type);
      await client.close();
      await there.close();
    `);
    expect(await program.ended).toBe(0);
    expect(program.said).toBe("true true\nPromptLost true true\ncancelled\n");
  });
});

describe("a program that forgets to close", () => {
  it("ends where there is no server any more, and nobody waits", async () => {
    const wire = await Wire.to(daemon.url);
    const program = new Program(
      `
      client.on("reconnecting", () => console.log("lost"));
      client.on("connected", () => console.log("connected"));
      await client.connect();
    `,
      wire.url,
      channelOf(),
      "websocket",
    );
    await expect.poll(() => program.said, { timeout: 10_000 }).toBe("connected\n");
    wire.cut();
    expect(await program.ended).toBe(0);
    expect(program.said).toBe("connected\nlost\n");
    wire.close();
  });
});
