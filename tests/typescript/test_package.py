"""What an index would be given of the TypeScript client: what is in it, and that it works."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ailoop.model.message import Message
from ailoop.version import __version__
from tests.examples.people import run_example
from tests.serving import serving
from tests.typescript.kit import OTHERS, ROOT, TYPESCRIPT, needs_typescript, run, tool

SOURCES = ("package.json", "build.mjs", "tsconfig.json", "tsconfig.build.json", "src")
BESIDE = ("README.md", "LICENSE")
MAX_BYTES = 15 * 1024

ESM = """
import { createRequire } from "node:module";
import { AiloopClient, Refused, Ticket } from "ailoop-js";
const copy = createRequire(import.meta.url)("ailoop-js");
console.log(new copy.Refused({ code: "x" }) instanceof Refused, copy.Refused === Refused);
const client = new AiloopClient({ transport: process.argv[2] });
const ticket = Ticket.load(String(await client.postQuestion("a", "Which?")));
console.log((await client.wait(ticket)).content.answer);
await client.close();
"""

CJS = """
const { AiloopClient } = require("ailoop-js");
const client = new AiloopClient();
client
  .ask("a", "Which?")
  .then(({ content }) => console.log(content.answer))
  .finally(() => client.close());
"""

TYPES = """
import { AiloopClient, type Approval, type Message } from "ailoop-js";
import type { Receipts } from "ailoop-js/receipts";
import type { SealingOptions } from "ailoop-js/sealed";
export type Both = [Receipts, SealingOptions];
export async function work(client: AiloopClient): Promise<string | null> {
  const approval: false | Approval = await client.authorize("a", "Deploy");
  if (!approval) return null;
  const { content } = await client.ask("a", "Which?", { choices: ["x"] });
  for await (const message of client.subscribe()) told(message);
  return content.answer;
}
function told({ content }: Message): number {
  return content.type === "question" ? content.timeout_seconds : 0;
}
// @ts-expect-error -- a channel is a text
void new AiloopClient().ask(5, "Which?");
"""


def npm(*arguments: str | Path, cwd: Path) -> str:
    """Run npm without the network."""
    return run("npm", *arguments, "--offline", "--no-audit", "--no-fund", "--silent", cwd=cwd)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the package as a file, made of what is committed."""
    folder = tmp_path_factory.mktemp("package")
    for name in (*SOURCES, *BESIDE):
        copy = shutil.copytree if (TYPESCRIPT / name).is_dir() else shutil.copy
        copy(TYPESCRIPT / name, folder / name)
    (folder / "node_modules").symlink_to(TYPESCRIPT / "node_modules")
    npm("pack", cwd=folder)
    (made,) = folder.glob("*.tgz")
    return made


@pytest.fixture(scope="module")
def project(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with nothing but the package in it, and ``ws``, which Node may lack."""
    folder = tmp_path_factory.mktemp("project")
    npm("pack", TYPESCRIPT / "node_modules" / "ws", "--ignore-scripts", cwd=folder)
    (ws,) = folder.glob("ws-*.tgz")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    npm("install", "--ignore-scripts", ws, packed, cwd=folder)
    return folder


@needs_typescript
def test_what_is_in_it(packed: Path) -> None:
    """For each kind of module each source and its types; no tests, and nothing else."""
    with tarfile.open(packed) as archive:
        names = {one.removeprefix("package/") for one in archive.getnames()}
    sources = TYPESCRIPT / "src"
    found = [one.relative_to(sources).as_posix() for one in sources.rglob("*.ts")]
    stems = [one.removesuffix(".ts") for one in found]
    made = {"package.json"} | {f"{stem}{end}" for stem in stems for end in (".js", ".d.ts")}
    kinds = ("esm", "cjs")
    assert names == {"package.json", *BESIDE} | {
        f"dist/{kind}/{name}" for kind in kinds for name in made
    }
    package = json.loads((TYPESCRIPT / "package.json").read_text())
    pointed = json.dumps([package[one] for one in ("exports", "main", "module", "types")])
    told = {one.removeprefix("./") for one in re.findall(r'"(\./[^"]+)"', pointed)}
    assert told - {".", *OTHERS} <= names


def test_it_is_the_same_version() -> None:
    """Daemon and clients are released together; the lock file names no place to load from."""
    package = json.loads((TYPESCRIPT / "package.json").read_text())
    lock = (TYPESCRIPT / "package-lock.json").read_text()
    told = (TYPESCRIPT / "src" / "version.ts").read_text()
    versions = {package["version"], json.loads(lock)["version"], *re.findall(r'"(\d.*)"', told)}
    assert versions == {__version__}
    assert '"resolved"' not in lock
    assert "registry" not in lock
    assert (TYPESCRIPT / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@needs_typescript
async def test_it_works_in_a_clean_project(project: Path) -> None:
    """A module and a CommonJS script ask and are answered; two copies have the same errors."""
    (project / "agent.mjs").write_text(ESM)
    (project / "agent.cjs").write_text(CJS)

    def decide(_: Message) -> dict[str, Any]:
        return {"answer": "this one"}

    async with serving() as server:
        for transport in ("websocket", "rest"):
            command: list[str | Path] = ["node", project / "agent.mjs", transport]
            done = await run_example(command, server.daemon.rest_url, decide)
            assert (done.stdout, done.stderr) == (b"true false\nthis one\n", b"")
        done = await run_example(
            ["node", project / "agent.cjs"], server.daemon.rest_url, decide
        )
        assert (done.stdout, done.stderr) == (b"this one\n", b"")


PAGE, NODE = ("ES2022", "DOM"), ("ES2022",)
SETTINGS = [
    ("nodenext", "nodenext", PAGE, ("types.mts", "types.cts")),
    ("node16", "node16", NODE, ("types.mts", "types.cts")),
    ("esnext", "bundler", PAGE, ("types.ts",)),
    ("commonjs", "node10", NODE, ("types.ts",)),
]
"""What consumers have: modules, how they are found, the platform's own types, their files."""


@needs_typescript
@pytest.mark.parametrize("settings", SETTINGS, ids=[one[1] for one in SETTINGS])
def test_its_types_are_found(
    settings: tuple[str, str, tuple[str, ...], tuple[str, ...]], project: Path
) -> None:
    """Strict TypeScript finds them, faultless: for either kind of module, for pages or Node."""
    module, resolution, lib, names = settings
    for name in names:
        (project / name).write_text(TYPES)
    options = {
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "skipLibCheck": False,
        "noEmit": True,
        "target": "es2022",
        "module": module,
        "moduleResolution": resolution,
        "lib": lib,
        "types": [] if lib is PAGE else ["node"],
        "typeRoots": [str(TYPESCRIPT / "node_modules" / "@types")],
    }
    told = {"compilerOptions": options, "files": names}
    (project / "tsconfig.json").write_text(json.dumps(told))
    assert run(*tool("typescript/bin/tsc"), "-p", project, cwd=project, check=False) == ""


@needs_typescript
def test_its_size(project: Path) -> None:
    """The whole is small, and who needs little of it gets little."""
    whole = bundled(project, 'export * from "ailoop-js";')
    little = bundled(
        project, 'import { Ticket } from "ailoop-js"; console.log(Ticket.load(""));'
    )
    assert len(gzip.compress(whole, 9)) <= MAX_BYTES
    assert len(little) < len(whole) / 5
    assert b"WebSocket" in whole
    assert b"not a ticket" in little
    assert b"WebSocket" not in little


def bundled(project: Path, source: str) -> bytes:
    """Return what a page would be given of a program, which has nothing of Node in it."""
    (project / "page.mjs").write_text(source)
    esbuild = TYPESCRIPT / "node_modules" / ".bin" / "esbuild"
    flags = ("--bundle", "--minify", "--format=esm", "--platform=browser", "--target=es2022")
    made = ("--outfile=page.out.js", "--log-level=error")
    run(esbuild, "page.mjs", *flags, *made, cwd=project)
    page = (project / "page.out.js").read_bytes()
    assert b"import(" not in page
    return page
