"""What a daemon says of files that it cannot use: one line, and an exit code."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ailoop.daemon import DaemonError, Settings
from ailoop.daemon.tls import Certificate, open_certificate
from tests.daemon.process import FREE_PORTS, run_serve
from tests.tls.kit import Papers


def complaint(papers: Papers, **settings: str | Path) -> str:
    """Return why these files cannot be used."""
    chosen = {**papers.settings, **{name: str(value) for name, value in settings.items()}}
    with pytest.raises(DaemonError) as refused:
        open_certificate(Settings(**chosen))
    return str(refused.value)


@pytest.mark.parametrize("setting", ["tls_cert", "tls_key", "tls_client_ca"])
def test_the_setting_is_named(papers: Papers, setting: str) -> None:
    """A file that is missing, is a folder, is empty or is something else."""
    nonsense = papers.folder / "nonsense.pem"
    nonsense.write_bytes(b"\xff\xfenonsense")
    empty = papers.folder / "empty.pem"
    empty.touch()
    for bad, why in (
        (papers.folder / "missing.pem", "No such file"),
        (papers.folder, "directory"),
        (nonsense, "PEM"),
        (empty, "PEM"),
    ):
        said = complaint(papers, **{setting: bad})
        assert said.startswith(f"{setting}: {bad} cannot be used: "), said
        assert why in said, said


def test_a_key_and_a_certificate_that_do_not_belong_together(papers: Papers) -> None:
    _, other = papers.issue(to="other")
    assert "is not the key of the certificate in tls_cert" in complaint(papers, tls_key=other)


def test_a_key_with_a_passphrase(papers: Papers) -> None:
    """Nobody is asked for it, at whatever terminal."""
    locked = papers.folder / "locked.pem"
    subprocess.run(
        [
            *("openssl", "pkey", "-aes256", "-passout", "pass:secret"),
            *("-in", papers.settings["tls_key"], "-out", str(locked)),
        ],
        check=True,
        capture_output=True,
    )
    assert "locked with a passphrase" in complaint(papers, tls_key=locked)


def test_a_certificate_that_no_client_would_take_today(papers: Papers) -> None:
    """One that has expired is served, and the log says that clients will not take it."""
    papers.issue(until=datetime(2020, 1, 1, tzinfo=UTC))
    with capture_logs() as logs:
        Certificate(Settings(**papers.settings))
    assert [(one["event"], one["log_level"]) for one in logs] == [
        ("certificate_unfit", "warning")
    ]
    assert "expired" in logs[0]["why"]


def test_a_good_one_is_logged(papers: Papers) -> None:
    """The log tells for which names it is, and until when."""
    papers.issue("a.example", "127.0.0.1")
    with capture_logs() as logs:
        Certificate(Settings(**papers.settings))
    assert logs[0]["names"] == ["a.example", "127.0.0.1"]
    assert "GMT" in logs[0]["until"]


def test_the_exit_code_of_a_bad_file(papers: Papers) -> None:
    """It is 3, as for a port that cannot be had, with one line and no traceback."""
    Path(papers.settings["tls_key"]).write_text("nonsense")
    done = run_serve(*FREE_PORTS, *papers.flags, "--log-level", "error")
    assert done.returncode == 3
    assert done.stderr.startswith("ailoop: tls_key: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--tls-cert", "x.pem"], "tls_cert needs tls_key"),
        (["--tls-key", "x.pem"], "tls_key needs tls_cert"),
        (["--tls-client-ca", "x.pem"], "tls_client_ca needs tls_cert"),
    ],
)
def test_settings_that_need_each_other(flags: list[str], named: str) -> None:
    """Half of what TLS takes is a bad setting: exit code 2."""
    done = run_serve(*FREE_PORTS, *flags)
    assert done.returncode == 2
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
