/** One daemon for all files that do nothing to it: each start costs seconds. */

import type { TestProject } from "vitest/node";

import { Daemon } from "./daemon.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the daemon of all is. */
    url: string;
  }
}

export default async function share(project: TestProject): Promise<() => Promise<void>> {
  const daemon = await Daemon.start();
  project.provide("url", daemon.url);
  return () => daemon.remove();
}
