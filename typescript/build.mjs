// Builds the package, each source file by itself: bundlers then leave out what nobody imports.
//
// Each kind of module has a folder with a package.json of its own, so that the same file names are
// modules in one and CommonJS in the other, for Node as for TypeScript.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const MAX_BYTES = 15 * 1024;
const COMMON = { absWorkingDir: ROOT, target: ["es2022"], logLevel: "warning" };

const sources = readdirSync(`${ROOT}src`, { recursive: true })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `src/${name}`);
rmSync(`${ROOT}dist`, { recursive: true, force: true });
for (const format of ["esm", "cjs"]) {
  const outdir = `${ROOT}dist/${format}`;
  mkdirSync(outdir, { recursive: true });
  const type = format === "esm" ? "module" : "commonjs";
  writeFileSync(`${outdir}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
  await build({ ...COMMON, format, outdir, entryPoints: sources, platform: "neutral" });
  const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", outdir], {
    cwd: ROOT,
    stdio: "inherit",
  });
}

for (const platform of ["node", "browser"]) {
  const { outputFiles } = await build({
    ...COMMON,
    platform,
    format: "esm",
    entryPoints: ["dist/esm/index.js"],
    external: ["ws"],
    bundle: true,
    minify: true,
    write: false,
  });
  const [{ contents }] = outputFiles;
  const bytes = gzipSync(contents, { level: 9 }).length;
  console.log(`for ${platform}: ${contents.length} bytes minified, ${bytes} with gzip`);
  if (bytes > MAX_BYTES) {
    console.error(`that is more than ${MAX_BYTES}`);
    process.exitCode = 1;
  }
}
