"""Every example of the pages is checked by TypeScript, runs, and prints what the page says."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import trio

from tests.docs.blocks import read_blocks
from tests.docs.test_client import person
from tests.examples.people import environment
from tests.serving import serving
from tests.typescript.kit import TYPESCRIPT, needs_typescript, program, run, tool

README = (TYPESCRIPT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
for page in ("typescript.rst", "forms.rst"):
    BLOCKS += [(block.language, block.text) for block in read_blocks(page)]
EXAMPLES = [
    (code, text if after == "text" else "")
    for (language, code), (after, text) in pairwise([*BLOCKS, ("", "")])
    if language == "ts"
]
PATIENCE = 30


@needs_typescript
@pytest.mark.parametrize(
    ("code", "output"), EXAMPLES, ids=[str(number) for number in range(len(EXAMPLES))]
)
async def test_an_example_prints_what_the_page_says(
    code: str, output: str, tmp_path: Path
) -> None:
    """The example runs against a daemon and a person, and its output is the documented one."""
    with program(code, tmp_path) as made, trio.fail_after(PATIENCE):
        async with serving() as server, person(server):
            done: CompletedProcess[bytes] = await trio.run_process(
                ["node", str(made)],
                env=environment(server.daemon.rest_url),
                capture_stdout=True,
                capture_stderr=True,
                check=False,
            )
    assert (done.stdout.decode(), done.stderr.decode()) == (output, "")
    assert done.returncode == 0


@needs_typescript
def test_the_examples_have_no_type_errors(tmp_path: Path) -> None:
    """They are strict TypeScript, and a mistake in one would be seen."""
    for number, (code, _) in enumerate(EXAMPLES):
        (tmp_path / f"example{number}.ts").write_text(code)
    (tmp_path / "wrong.ts").write_text(EXAMPLES[0][0].replace('"deploys"', "5", 1))
    settings = {
        "extends": str(TYPESCRIPT / "tsconfig.json"),
        "compilerOptions": {
            "paths": {"ailoop-js": [str(TYPESCRIPT / "src" / "index.ts")]},
            "typeRoots": [str(TYPESCRIPT / "node_modules" / "@types")],
        },
        "include": ["*.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    told = run(*tool("typescript/bin/tsc"), "-p", tmp_path, cwd=tmp_path, check=False)
    assert set(re.findall(r"^[\w/.]+\.ts", told, re.MULTILINE)) == {"wrong.ts"}, told


def test_there_are_examples() -> None:
    """A slip of what finds them cannot pass for success."""
    assert len([output for _, output in EXAMPLES if output]) >= 8
