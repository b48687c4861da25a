/** The golden frames, which every SDK of this repository is checked against. */

import { readFileSync } from "node:fs";

export function golden(name: string): unknown {
  const path = new URL(`../../tests/wire/${name}`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as unknown;
}
