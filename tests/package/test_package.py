"""What an index would be given: it builds, installs where nothing is, and reads well."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ailoop.version import __version__
from tests.daemon.process import environment

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command to its end and return what it says."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment({"PYTHONPATH": ""}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist, and the wheel that is built from it, not from here."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    # Not `tarfile`, whose safe way Debian's Python 3.11 does not know yet.
    run("tar", "--extract", "--file", sdist, "--directory", folder, cwd=ROOT)
    source = folder / sdist.name.removesuffix(".tar.gz")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    return folder


def test_it_reads_well(built: Path) -> None:
    """The index can show the README, and takes the metadata."""
    files = [*built.glob("*.whl"), *built.glob("*.tar.gz")]
    assert len(files) == 2
    told = run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=built)
    assert told.count("PASSED") == 2


def test_what_is_in_it(built: Path) -> None:
    """The page and the mark of types are there; tests and documents are not."""
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    static = {f"ailoop/transport/rest/static/{name}" for name in ("index.html", "main.js")}
    assert {"ailoop/py.typed", *static} <= names
    assert {name.split("/")[0] for name in names} == {
        "ailoop",
        f"ailoop-{__version__}.dist-info",
    }


def test_it_installs_into_an_empty_environment(built: Path, tmp_path: Path) -> None:
    """With nothing but what the wheel and the lock file name, the commands work."""
    (wheel,) = built.glob("*.whl")
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    pip = (venv / "bin" / "pip", "--disable-pip-version-check", "install", "--quiet")
    run(
        *pip,
        "--require-hashes",
        "--requirement",
        ROOT / "requirements" / "run.txt",
        cwd=tmp_path,
    )
    # Resolved anew, offline: what the lock file has not is missing from it.
    run(*pip, "--no-index", wheel, cwd=tmp_path)
    for name in ("ailoop", "ailoopd"):
        assert "Examples" in run(venv / "bin" / name, "--help", cwd=tmp_path)
    told = run(venv / "bin" / "ailoop", "--version", cwd=tmp_path)
    assert told == f"ailoop, version {__version__}\n"
    assert "ws_port = 8080" in run(venv / "bin" / "ailoopd", "--print-config", cwd=tmp_path)
