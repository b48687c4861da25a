"""What the pages take from the code, and what they say of files, settings and metrics."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from attrs import fields

from ailoop.daemon import Settings, load_settings
from ailoop.model.errors import CATALOGUE
from benchmarks.catalogue import WORKLOADS
from tests.cli.commands import all_commands
from tests.docs.blocks import DOCS, ROOT, read_blocks
from tests.serving import serving

PAGES = sorted(DOCS.glob("*.rst"))


@pytest.fixture
def tables(monkeypatch):
    """Return the module that makes the generated tables."""
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.delitem(sys.modules, "tables", raising=False)
    import tables

    return tables


def test_the_generated_tables_are_complete(tables):
    """Each error, each setting and each option of a command has its row."""
    assert [row[0].strip("`") for row in tables.error_rows()] == list(CATALOGUE)
    names = [one.name for one in fields(Settings)]
    assert [row[0].strip("`") for row in tables.setting_rows()] == names
    for name, command in all_commands().items():
        rows = list(tables.option_rows(name))
        shown = {flag for row in rows for flag in re.findall(r"--[a-z-]+", row[0])}
        real = {
            flag
            for one in command.params
            for flag in (*one.opts, *one.secondary_opts)
            if flag.startswith("--") and one.name not in names
        }
        assert shown == real, name


def measured(name: str) -> Any:
    """Return a file of figures that is beside a page: measured in earnest, and none failed."""
    report = json.loads((DOCS / name).read_text())
    assert report["method"]["failed"] == []
    assert not report["method"]["smoke"]
    return report


def test_the_measured_figures_are_of_a_whole_run(monkeypatch):
    """Every workload is in one of the files: those of the journal in its own.

    What rate limits cost is measured by who wants to know; no page has figures of it.
    """
    monkeypatch.syspath_prepend(str(DOCS))
    from measured import measured_rows

    report, journal = measured("performance.json"), measured("journal.json")
    names = {row["workload"] for row in report["rows"]}
    assert {"fan-out", "batch-frames", "post-one", "ask-answer", "base"} <= names
    ours = [one for one in WORKLOADS if one.name.startswith(("journal-", "rates"))]
    # Four of the fan-out, and each other workload under a name of its own.
    assert len(names) == len(WORKLOADS) - len(ours) - 3
    rows = list(measured_rows(report))
    assert all(len(row) == 4 for row in rows)
    assert any("met" in row[3] for row in rows)
    assert any("fastapi" in row[2] and "(0." in row[2] for row in rows)
    assert {row["workload"] for row in journal["rows"]} > {"journal-frames", "journal-turns"}
    assert all("missed" not in row[3] for row in measured_rows(journal))


def test_a_name_that_is_not_in_the_code_is_noticed(tables):
    """The check behind ``:src:`` tells what a file defines from what it does not."""
    names = tables.names_in(ROOT / "ailoop" / "broker" / "state.py")
    assert {"ChannelState", "ChannelState.apply", "Outcome", "Accepted.created"} <= names
    assert not {"Accepted.apply", "apply", "Broker"} & names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page, tables):
    """Files, names in files, settings and variables on the page are those of the code."""
    text = page.read_text()
    settings = {one.name for one in fields(Settings)}
    assert set(re.findall(r":setting:`(\w+)`", text)) <= settings
    for name in re.findall(r":src:`([^`]+)`", text):
        found = tables._NAMED.fullmatch(name)
        path = ROOT / (found["path"] if found else name)
        assert path.exists(), name
        assert not found or found["name"] in tables.names_in(path), name
    known = {f"AILOOP_{name.upper()}" for name in settings}
    known |= {"AILOOP_SERVER", "AILOOP_BASE_URL", "AILOOP_CONFIG", "AILOOP_USER"}
    known |= {"AILOOP_TOKEN", "AILOOP_TOKEN_FILE", "AILOOP_RECEIPT_KEY"}
    known |= {"AILOOP_SEAL_FOR", "AILOOP_KEYS", "AILOOP_POLICY"}
    known |= {f"AILOOP_{name.upper()}" for name in ("ca_file", "cert_file", "key_file")}
    known |= {f"AILOOP_{name.upper()}_FILE" for name in settings}
    assert set(re.findall(r"AILOOP_[A-Z_]+", text)) <= known


async def test_the_metrics_of_the_buffers_exist():
    """The table of buffers names the members of ``queues`` in the health, all of them.

    It may name other metrics in full; those are held against the page about metrics.
    """
    text = (DOCS / "architecture.rst").read_text()
    table = text.partition(".. _buffers:")[2].partition(".. _promises:")[0]
    page = (DOCS / "metrics.rst").read_text()
    shown = set()
    for row in table.split("   * - ")[2:]:
        cells = row.split("     - ")
        shown |= set(re.findall(r"``(\w+)``", cells[2]))
    named = {name for name in shown if name.startswith("ailoop_")}
    assert {name for name in named if f"``{name}``" not in page} == set()
    async with serving() as server:
        queues = (await server.http.get("/api/v1/health")).json()["queues"]
    others = {"overflows", "slow_consumer_closed", "slow_reader", "evicted", "turned_away"}
    assert shown - named - others == set(queues)
    assert "overflows" in queues["feeds"]


def test_the_settings_file_of_the_page_is_one(tmp_path):
    """The TOML on the page is read, and says the same as the flags and variables beside it."""
    toml = next(block for block in read_blocks("settings.rst") if block.language == "toml")
    file = tmp_path / "ailoop.toml"
    file.write_text(toml.text)
    settings = load_settings({}, file)
    assert (settings.rest_port, settings.history_messages) == (9001, 5000)
    assert settings.allowed_origins == ("https://inbox.example.org",)
    given = {
        "rest_port": "9001",
        "history_messages": "5000",
        "allowed_origins": "https://inbox.example.org",
    }
    assert load_settings(given) == settings
