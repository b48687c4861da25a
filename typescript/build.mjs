// Builds the package: one bundle and its types for each entry and kind of module.
//
// Each kind has a folder with a package.json of its own, so that the same file names are modules
// in one and CommonJS in the other, for Node as for TypeScript.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const MAX_BYTES = 15 * 1024;
const ENTRIES = ["index", "sealed", "receipts"].filter((name) =>
  existsSync(`${ROOT}src/${name}.ts`),
);
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  target: ["es2022"],
  platform: "neutral",
  // What Node has or brings where it is missing; package.json keeps it out of pages.
  external: ["ws", "fs/promises"],
  logLevel: "warning",
};

rmSync(`${ROOT}dist`, { recursive: true, force: true });
for (const [folder, format] of [
  ["esm", "esm"],
  ["cjs", "cjs"],
]) {
  const outdir = `${ROOT}dist/${folder}`;
  mkdirSync(outdir, { recursive: true });
  const type = format === "esm" ? "module" : "commonjs";
  writeFileSync(`${outdir}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
  await build({
    ...COMMON,
    format,
    outdir,
    entryPoints: ENTRIES.map((name) => `src/${name}.ts`),
    // Entries share what they have in common, where the format can.
    splitting: format === "esm",
    chunkNames: "shared-[hash]",
  });
  const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", outdir], {
    cwd: ROOT,
    stdio: "inherit",
  });
}

const { outputFiles } = await build({
  ...COMMON,
  format: "esm",
  entryPoints: ["src/index.ts"],
  minify: true,
  write: false,
});
const [{ contents }] = outputFiles;
const bytes = gzipSync(contents, { level: 9 }).length;
console.log(`ailoop-js: ${contents.length} bytes minified, ${bytes} with gzip`);
if (bytes > MAX_BYTES) {
  console.error(`that is more than ${MAX_BYTES}`);
  process.exitCode = 1;
}
