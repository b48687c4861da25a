"""Type checkers know what the client's three faces take and give, and refuse the rest."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import ailoop
import ailoop.aio
import ailoop.sync

ROOT = Path(__file__).resolve().parents[2]
FACES = ("trio_face", "asyncio_face", "sync_face")
REFUSED = re.compile(r"  # type: ignore\[[\w-]+(, [\w-]+)*\]$", re.MULTILINE)


def checked(cache: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy over files, as this project is set up."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")),
            *("--cache-dir", str(cache), "--no-error-summary", *map(str, files)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy keeps from one run to the next, away from what a developer's mypy keeps."""
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.timeout(300)
def test_types(cache: Path) -> None:
    """Every result has the type that is promised, and every wrong call is refused."""
    done = checked(cache, *(ROOT / "tests" / "types" / f"{face}.py" for face in FACES))
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.timeout(300)
def test_a_wrong_call_is_noticed(cache: Path, tmp_path: Path) -> None:
    """Each line that is marked as refused is a fault once the mark is gone."""
    marked = set()
    for face in FACES:
        text = (ROOT / "tests" / "types" / f"{face}.py").read_text()
        bare = tmp_path / f"bare_{face}.py"
        bare.write_text(REFUSED.sub("", text))
        lines = enumerate(text.splitlines(), 1)
        marked |= {f"{bare.name}:{number}" for number, line in lines if REFUSED.search(line)}
    done = checked(cache, *tmp_path.iterdir())
    found = re.findall(r"(bare_\w+\.py:\d+): error", done.stdout)
    assert done.returncode == 1
    assert set(found) == marked
    assert len(marked) > 100


@pytest.mark.timeout(300)
def test_a_right_call_is_not_marked(cache: Path, tmp_path: Path) -> None:
    """A mark on a call that mypy accepts is itself a fault, as is a type that is another."""
    copy = tmp_path / "marked_face.py"
    shutil.copy(ROOT / "tests" / "types" / "trio_face.py", copy)
    text = copy.read_text()
    right = "assert_type(await client.health(), dict[str, Any])"
    other = "assert_type(client.dropped, int)"
    assert text.count(right) == text.count(other) == 1
    text = text.replace(right, f"{right}  # type: ignore[call-arg]")
    copy.write_text(text.replace(other, other.replace("int", "str")))
    done = checked(cache, copy)
    assert done.returncode == 1
    faults = re.findall(r"\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert sorted(faults) == ["assert-type", "unused-ignore"]


@pytest.mark.parametrize(
    ("face", "extra"),
    [("ailoop.aio", set()), ("ailoop.sync", {"BlockingFeed", "fail_after"})],
)
def test_one_list_of_names(face: str, extra: set[str]) -> None:
    """Every public name means the same on each face, but for the client itself."""
    module = import_module(face)
    assert {*module.__all__} == {*ailoop.__all__} - {"__version__"} | extra
    assert len(module.__all__) == len({*module.__all__})
    for name in {*ailoop.__all__} - {"__version__", "AiloopClient"}:
        assert getattr(module, name) is getattr(ailoop, name)


def test_three_clients() -> None:
    """``AiloopClient`` is another class on each face."""
    faces = (ailoop, ailoop.aio, ailoop.sync)
    assert len({face.AiloopClient for face in faces}) == 3
