#!/usr/bin/env python3
"""Put together the root of the image: Python, the daemon, what both load, and nothing else.

``rootfs.py SITE ROOT`` runs in the build stage: SITE is where pip has installed everything,
ROOT is made. What Python and the wheels need of the C world is asked of the dynamic loader, so
that nothing is left out, and nobody keeps a list.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from sbom import needed_distributions, write_sbom

USER = 65532
"""As distroless images have it."""

STDLIB = Path(sysconfig.get_path("stdlib"))
SITE = Path("usr/local/lib/python{}.{}/dist-packages".format(*sys.version_info))

UNUSED = (
    "__pycache__",
    "config-*",
    "ctypes/macholib",
    "ctypes/test",
    "distutils",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib-dynload/_codecs_*",
    "lib-dynload/_ctypes_test*",
    "lib-dynload/_test*",
    "lib-dynload/_tkinter*",
    "lib-dynload/_xx*",
    "lib2to3",
    "pydoc_data",
    "sitecustomize.py",
    "test",
    "tkinter",
    "turtle.py",
    "turtledemo",
)
"""Of the standard library: tests, tools of developers, and the encodings of East Asia."""

UNUSED_DISTRIBUTIONS = {"pycparser"}
"""cffi needs it where it compiles."""

SCRIPT = """#!/usr/bin/python3 -I
import sys
from ailoop.cli import {function}
sys.exit({function}())
"""

FILES = {
    "etc/passwd": f"ailoop:x:{USER}:{USER}:ailoop:/var/lib/ailoop:/nonexistent\n",
    "etc/group": f"ailoop:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
    "usr/local/bin/ailoop": SCRIPT.format(function="main"),
    "usr/local/bin/ailoopd": SCRIPT.format(function="main_daemon"),
}


def main() -> None:
    """Make the root."""
    site, root = map(Path, sys.argv[1:])
    root.mkdir()
    for name in ("lib", "lib64"):  # one place, as Debian has it
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    copy_python(root)
    copy_site(site, root / SITE)
    programs = [root / "usr/bin/python3", *root.rglob("*.so"), *root.rglob("*.so.*")]
    for library in libraries(programs):
        copy(library, root)
    copy(Path("/etc/ssl/certs/ca-certificates.crt"), root)
    for path, text in FILES.items():
        write(root / path, text)
    share = root / "usr/share/ailoop"
    share.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("imports.py"), share)
    write_sbom(root, share / "sbom.cdx.json", root / SITE)
    # SQLite's journal, if no volume is mounted there; and for programs that insist on one.
    for path, owner, mode in (("var/lib/ailoop", USER, 0o700), ("tmp", 0, 0o1777)):
        (root / path).mkdir(parents=True)
        os.chown(root / path, owner, owner)
        (root / path).chmod(mode)
    settle(root)


def copy_python(root: Path) -> None:
    """Copy the interpreter, and of the standard library what somebody could import."""
    target = root / "usr/bin/python3"
    target.parent.mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), target)
    shutil.copytree(STDLIB, root / STDLIB.relative_to("/"), symlinks=False)
    prune(root / STDLIB.relative_to("/"), UNUSED)
    compile_folder(root / STDLIB.relative_to("/"), root, keep_source=False)


def copy_site(site: Path, target: Path) -> None:
    """Copy what the daemon depends on, without its tests and without what only built it."""
    wanted = needed_distributions(site, "ailoop") - UNUSED_DISTRIBUTIONS
    target.mkdir(parents=True)
    for info in sorted(site.glob("*.dist-info")):
        name = re.sub(r"[-_.]+", "-", info.name.split("-")[0]).lower()
        if name not in wanted:
            continue
        for line in (info / "RECORD").read_text().splitlines():
            path = line.rsplit(",", 2)[0].strip('"')
            source = site / path
            if ".." in path or not source.is_file():
                continue
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / path)
        # Where it was built is no property of what it is.
        for left in ("direct_url.json", "INSTALLER", "REQUESTED", "RECORD"):
            (target / info.name / left).unlink(missing_ok=True)
    prune(target, ("**/_tests", "**/tests", "**/*.pyi", "**/*.pyx", "**/*.c", "**/*.h"))
    compile_folder(target, target.parents[len(SITE.parts) - 1], keep_source=False)


def prune(folder: Path, patterns: tuple[str, ...]) -> None:
    """Remove what fits a pattern, at any depth where it is a cache."""
    for path in [one for pattern in patterns for one in folder.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in list(folder.rglob("__pycache__")):
        shutil.rmtree(path)


def compile_folder(folder: Path, root: Path, *, keep_source: bool) -> None:
    """Compile everything now: on a root that cannot be written each start would do it again."""
    compileall.compile_dir(
        folder,
        maxlevels=30,
        quiet=1,
        legacy=not keep_source,
        stripdir=str(root),
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not keep_source:
        for path in list(folder.rglob("*.pyc")):
            path.with_suffix(".py").unlink(missing_ok=True)


def libraries(programs: list[Path]) -> list[Path]:
    """Return what the dynamic loader would load for programs and libraries."""
    loader = next(Path("/lib64").glob("ld-linux-*"), None) or next(Path("/lib").glob("ld-linux-*"))
    found = {loader}
    # Threads moved into libc; what was built before still asks for the old name.
    for program in programs:
        told = subprocess.run(  # noqa: S603
            [loader, "--list", program], capture_output=True, text=True, check=False
        )
        found.update(Path(one) for one in re.findall(r"=> (/\S+)", told.stdout))
    # libc looks these up itself: names of hosts, and the end of a thread.
    for name in ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2", "libgcc_s.so.1"):
        found.update(Path("/usr/lib").glob(f"*/{name}"))
    inside = tuple(str(one.parents[0]) for one in programs[1:])
    return sorted(one for one in found if not str(one).startswith(inside))


def copy(path: Path, root: Path) -> None:
    """Copy a file to where it is, under the name by which it is asked for."""
    folder = root / path.parent.resolve().relative_to("/")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / path.name)


def write(path: Path, text: str) -> None:
    """Write a small file; a script can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755 if text.startswith("#!") else 0o644)


def settle(root: Path) -> None:
    """Give everything the same time, so that two builds are the same."""
    then = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))
    for path in [root, *root.rglob("*")]:
        os.utime(path, (then, then), follow_symlinks=False)


if __name__ == "__main__":
    main()
