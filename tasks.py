#!/usr/bin/env python3
"""Set up and run everything: ``python3 tasks.py demo``, ``python3 tasks.py test``.

It needs Python 3.11 or newer and nothing else: it makes ``.venv`` here and installs into it
what the lock files in ``requirements/`` name, checked by their hashes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
VENV = ROOT / ".venv"
BIN = VENV / SCRIPTS
PYTHON = BIN / "python"
AGENTS_SDK = ROOT / ".venv-agents"
"""For the counterpart that does not go with what the others need."""
TYPESCRIPT = ROOT / "typescript"


PROGRAMS = (
    *("chromium", "curl", "tmux"),
    # The image is built, and run, with these; `container/build.py` names them, too.
    *("buildah", "catatonit", "mmdebstrap", "podman", "runc", "skopeo"),
)
"""What tests use beside Python; Debian's packages have the same names."""
NODE_PACKAGES = ("nodejs", "npm")
OLDEST_NODE = 18
"""What Debian 12 has."""
WITHOUT_PROGRAM = ("netavark",)
"""What these need of Debian's packages that is in nobody's path."""
PYTHON_FOLDERS = ("ailoop", "benchmarks", "examples", "tests")
# A test looks at what has no event of its own until it is so, under a deadline.
POLLING = ("--per-file-ignores", "tests/*:ASYNC110")
NOT_OURS = ",".join(
    (
        "ASYNC109",  # `timeout` is a word of the client's: what the server is asked to apply
        "ASYNC114",  # wants a list of names, of what may be started in a context manager
        "ASYNC124",  # Quart wants coroutine functions, whether they wait or not
        "ASYNC128",  # does not see `task_status` handed on
    )
)


def fail(sentence: str) -> NoReturn:
    """Stop with one clear line."""
    sys.exit(f"tasks.py: {sentence}")


def run(*command: str | Path, folder: Path = ROOT, **environment: str) -> None:
    """Run a command in a folder; stop with its status if it fails."""
    print(
        "$", " ".join(str(part).replace(f"{BIN}{os.sep}", "") for part in command), flush=True
    )
    status = subprocess.run(command, cwd=folder, env=os.environ | environment, check=False)
    if status.returncode:
        sys.exit(status.returncode)


def set_up(lock: str, venv: Path = VENV) -> None:
    """Make an environment hold what a lock file names, and this project itself."""
    if sys.version_info < (3, 11):  # noqa: UP036 -- this is where older ones are told so
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    locks = ROOT / "requirements"
    wanted = hashlib.sha256(sys.version.encode())
    for path in (locks / lock, ROOT / "pyproject.toml"):
        wanted.update(path.read_bytes())
    python, stamp = venv / SCRIPTS / "python", venv / f"{lock}.stamp"
    if python.exists() and stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    if not python.exists():
        print(f"setting up {venv.name}", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", venv], check=False)
        if made.returncode:
            shutil.rmtree(venv, ignore_errors=True)
            fail("this Python has no working venv module; try: apt-get install python3-venv")
    pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--require-hashes", "--requirement", locks / lock)
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    stamp.write_text(wanted.hexdigest())


def provide() -> None:
    """Have the programs that tests use, installed by Debian's package manager if we may."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    # Whoever has a Node of their own keeps it, and what came with it.
    missing += [] if shutil.which("node") else NODE_PACKAGES
    if not missing:
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        run("apt-get", "update", "--quiet")
        install = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends")
        run(*install, *missing, *WITHOUT_PROGRAM, DEBIAN_FRONTEND="noninteractive")
    else:
        print(
            f"missing: {', '.join(missing)}; the tests that need them are skipped. "
            f"Try: sudo apt-get install {' '.join(missing)}",
            flush=True,
        )


def set_up_typescript() -> bool:
    """Make ``typescript/node_modules`` hold what its lock file names; tell whether it does.

    Where Node or npm is missing one is told what to do; in CI that is a failure.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        lack = f"TypeScript is not checked: {'npm' if node else 'node'} is missing"
        sentence = f"{lack}; try: sudo apt-get install nodejs npm"
        if os.environ.get("AILOOP_STRICT"):
            fail(sentence)
        print(sentence, flush=True)
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    version = told.stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        fail(f"Node {OLDEST_NODE} or newer is needed, {node} is {version}")
    wanted = hashlib.sha256(version.encode())
    for name in ("package.json", "package-lock.json"):
        wanted.update((TYPESCRIPT / name).read_bytes())
    stamp = TYPESCRIPT / "node_modules" / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return True
    # No script of a package runs here; none that is used needs to.
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=TYPESCRIPT)
    stamp.write_text(wanted.hexdigest())
    return True


def run_typescript(*scripts: str) -> None:
    """Run scripts of ``typescript/package.json``, where there is Node."""
    if not set_up_typescript():
        return
    npm = shutil.which("npm") or "npm"
    for script in scripts:
        run(npm, "run", "--silent", script, folder=TYPESCRIPT)


def check() -> None:
    """Read the code without running it: format, lint, types, floors."""
    set_up("dev.txt")
    run(BIN / "ruff", "format", "--check", ".")
    run(BIN / "ruff", "check", ".")
    run(
        BIN / "flake8",
        "--select",
        "ASYNC1,ASYNC2",
        "--ignore",
        NOT_OURS,
        *POLLING,
        *PYTHON_FOLDERS,
    )
    run(BIN / "mypy")
    run(BIN / "lint-imports")
    run_typescript("check-format", "lint", "types")


def docs() -> None:
    """Build the documentation; a warning is an error."""
    set_up("dev.txt")
    # -E: tables come from the code, so a page can change where its file has not.
    run(PYTHON, "-m", "sphinx", "-E", "-W", "-q", "-b", "html", "docs", "docs/_build/html")
    run_typescript("docs")


def test(arguments: list[str]) -> None:
    """Run every check and every test; with arguments, only pytest with them."""
    set_up("dev.txt")
    if arguments:
        run(PYTHON, "-m", "pytest", *arguments)
        return
    provide()
    set_up("agents-sdk.txt", AGENTS_SDK)
    check()
    docs()
    run_typescript("build", "test")
    run(BIN / "coverage", "erase")
    # Most tests wait for processes more than they compute.
    workers = str((os.cpu_count() or 1) + 1)
    run(BIN / "coverage", "run", "-m", "pytest", "-n", workers, "--dist", "worksteal")
    run(BIN / "coverage", "combine", "--quiet")
    run(BIN / "coverage", "report")


def demo(arguments: list[str]) -> None:
    """Start the daemon with a demo agent that asks a real question."""
    set_up("run.txt")
    demo_script = str(ROOT / "examples" / "demo.py")
    os.execv(PYTHON, [str(PYTHON), demo_script, *arguments])  # noqa: S606


def bench(arguments: list[str]) -> None:
    """Measure this server and its peers; ``bench --help`` lists what can be chosen."""
    set_up("dev.txt")
    run(PYTHON, "-m", "benchmarks", *arguments)


def lock() -> None:
    """Resolve the requirements anew and write the lock files (needs ``uv``)."""
    uv = shutil.which("uv")
    if uv is None:
        fail("locking needs uv; try: pip install uv")
    for group, name in (("build", "run"), ("dev", "dev"), ("agents-sdk", "agents-sdk")):
        run(
            *(uv, "pip", "compile", "pyproject.toml", "--group", group, "--universal"),
            *("--python-version", "3.11", "--generate-hashes", "--no-header"),
            *("--no-emit-index-url", "--quiet", "--upgrade", "-o", f"requirements/{name}.txt"),
        )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    with_arguments = {"demo": demo, "test": test, "bench": bench}
    plain = {"check": check, "docs": docs, "lock": lock}
    for name, function in {**with_arguments, **plain}.items():
        commands.add_parser(name, help=function.__doc__, add_help=False)
    known, rest = parser.parse_known_args()
    if known.command in with_arguments:
        with_arguments[known.command](rest)
    elif rest:
        parser.error(f"{known.command} takes no arguments")
    else:
        plain[known.command]()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
