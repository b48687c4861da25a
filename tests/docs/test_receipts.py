"""The page about receipts: its example runs, its faults are those there are."""

from __future__ import annotations

import re

import pytest
import trio

from ailoop.trust.faults import Fault
from ailoop.trust.receipt_keys import make_key_files
from tests.docs.blocks import DOCS, read_blocks
from tests.docs.test_client import SCRIPT, person, run_piece
from tests.examples.people import environment
from tests.serving import APPROVE, PATIENCE, serving
from tests.typescript.kit import needs_typescript, program


async def test_the_example_prints_what_the_page_says(tmp_path, capsys, monkeypatch):
    """Approved, it is redeemed once and for nothing else."""
    blocks = read_blocks("receipts.rst")
    at = [block.language for block in blocks].index("python")
    make_key_files(tmp_path / "key")
    monkeypatch.setitem(SCRIPT, "drop the old table", APPROVE)
    async with (
        serving(receipt_signing_key=str(tmp_path / "key")) as server,
        person(server),
    ):
        monkeypatch.setenv("AILOOP_BASE_URL", server.daemon.rest_url)
        monkeypatch.setenv("AILOOP_RECEIPT_KEY", str(tmp_path / "key.pub"))
        capsys.readouterr()
        await run_piece(blocks[at])
        printed = capsys.readouterr().out
    assert printed == blocks[at + 1].text


@needs_typescript
async def test_from_typescript(tmp_path, monkeypatch):
    """It is the same in the other language."""
    blocks = read_blocks("receipts.rst")
    at = [block.language for block in blocks].index("ts")
    make_key_files(tmp_path / "key")
    monkeypatch.setitem(SCRIPT, "drop the old table", APPROVE)
    with program(blocks[at].text, tmp_path) as made:
        async with (
            serving(receipt_signing_key=str(tmp_path / "key")) as server,
            person(server),
        ):
            more = {"AILOOP_RECEIPT_KEY": str(tmp_path / "key.pub")}
            with trio.fail_after(PATIENCE):
                done = await trio.run_process(
                    ["node", str(made)],
                    env=environment(server.daemon.rest_url) | more,
                    capture_stdout=True,
                )
    assert done.stdout.decode() == blocks[at + 1].text


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_explained(fault):
    """Each has its place in the table."""
    rows = re.findall(r"^   \* - (``.*)$", (DOCS / "receipts.rst").read_text(), re.MULTILINE)
    assert any(f"``{fault}``" in row for row in rows)
