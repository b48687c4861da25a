/** Real daemons, and a wire before them that can be cut. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { AiloopClient, type ClientOptions, type PendingItem, newId } from "../src/index.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VENV = join(ROOT, ".venv", "bin", "python");
/** The Python that has the daemon's packages. */
export const PYTHON = process.env["AILOOP_TEST_PYTHON"] ?? (existsSync(VENV) ? VENV : "python3");

/** Return this process' environment without what would change how anything behaves. */
export function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("AILOOP_"));
  return { ...Object.fromEntries(kept), PYTHONPATH: ROOT };
}

/** A daemon of its own process, in a folder of its own. */
export class Daemon {
  readonly folder = mkdtempSync(join(tmpdir(), "ailoop-js-"));
  url = "";
  #process: ChildProcess | undefined;

  /** Start one, and return when it is ready. */
  static async start(...flags: string[]): Promise<Daemon> {
    const daemon = new Daemon();
    await daemon.start("0", ...flags);
    return daemon;
  }

  /** Start it, on a port. */
  async start(port: string, ...flags: string[]): Promise<void> {
    const command = ["-m", "ailoop", "serve", "--ws-port", "0", "--rest-port", port, ...flags];
    const child = spawn(PYTHON, command, {
      cwd: this.folder,
      env: environment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#process = child;
    const lines = createInterface({ input: child.stdout });
    const [ready] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as unknown[];
    this.url = /rest=(\S+)/.exec(String(ready))?.[1] ?? "";
    if (!this.url) throw new Error(`the daemon did not start: ${String(ready)}`);
  }

  /** Let it say goodbye to everybody. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Stop it before it can say anything. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Stop it, and leave nothing behind. */
  async remove(): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

/** A wire to a daemon: everything passes, until it is cut. */
export class Wire {
  url = "";
  /** How many connections it has carried. */
  carried = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isUp = true;

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((near) => {
      if (!this.#isUp) {
        near.destroy();
        return;
      }
      this.carried += 1;
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  /** Lay one. */
  static async to(target: string): Promise<Wire> {
    const wire = new Wire(target);
    wire.#server.listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    wire.url = `http://127.0.0.1:${(wire.#server.address() as AddressInfo).port}`;
    return wire;
  }

  /** End every connection, and refuse others until {@link mend}. */
  cut(): void {
    this.#isUp = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Stop carrying anything, without ending anything. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  mend(): void {
    this.#isUp = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

/** Patience for tests: soon again. */
export const SOON = { firstSeconds: 0.02, longestSeconds: 0.1 };

/** Makes clients, and closes them. */
export class Clients {
  readonly #made: AiloopClient[] = [];

  of(options: ClientOptions): AiloopClient {
    const client = new AiloopClient({ patience: SOON, ...options });
    this.#made.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((client) => client.close()));
  }
}

/** Look until there is something to see, and return it. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  what = "it",
): Promise<NonNullable<T>> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Return a channel that no other test uses. */
export function channelOf(): string {
  return `c-${newId()}`;
}

/** Wait until a prompt waits on a channel, and return it. */
export async function waiting(person: AiloopClient, channel: string): Promise<PendingItem> {
  return eventually(async () => (await person.pending(channel))[0], "a prompt");
}
