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
    *("__pycache__", "config-*", "dist-packages", "sitecustomize.py"),
    # Tests, documents, and tools of developers.
    *("ctypes/macholib", "ctypes/test", "distutils", "doctest.py", "ensurepip"),
    *("idlelib", "lib2to3", "optparse.py", "pickletools.py", "pydoc_data", "unittest"),
    *("test", "tkinter", "turtle.py", "turtledemo", "venv", "zipapp.py"),
    *("lib-dynload/_ctypes_test*", "lib-dynload/_test*", "lib-dynload/_tkinter*"),
    *("lib-dynload/_xx*", "lib-dynload/xx*", "lib-dynload/_lsprof*", "profile.py"),
    *("cProfile.py", "pstats.py", "trace.py", "tabnanny.py", "pyclbr.py", "modulefinder.py"),
    *("pydoc.py", "statistics.py", "tarfile.py", "fileinput.py", "compileall.py"),
    # Formats and protocols of another time, some with C libraries of their own.
    *("dbm", "lib-dynload/_dbm*", "lib-dynload/_gdbm*", "lib-dynload/nis*", "shelve.py"),
    *("lib-dynload/audioop*", "lib-dynload/ossaudiodev*", "aifc.py", "sunau.py", "wave.py"),
    *("chunk.py", "sndhdr.py", "imghdr.py", "cgi.py", "cgitb.py", "ftplib.py", "imaplib.py"),
    *("mailbox.py", "mailcap.py", "msilib", "nntplib.py", "poplib.py", "smtpd.py"),
    *("asynchat.py", "asyncore.py", "_osx_support.py"),
    *("smtplib.py", "telnetlib.py", "uu.py", "xdrlib.py", "xml", "xmlrpc"),
    *("pipes.py", "crypt.py", "lib-dynload/_crypt*", "plistlib.py"),
    # What stands in where a C module is missing: none is.
    *("_pydecimal.py", "_pyio.py"),
    # Encodings of East Asia; lines that are edited, which the inbox does by itself.
    *("curses", "lib-dynload/_codecs_*", "lib-dynload/_curses*", "lib-dynload/readline*"),
)
"""Of the standard library: what nothing here can have a use for."""

WITHOUT = (
    *("**/_tests", "**/tests", "**/*.pyi", "**/*.pyx", "**/*.c", "**/*.h", "**/py.typed"),
    # cffi compiles with it; what it has compiled needs its C module alone, which is beside it.
    "cffi",
    # Clients of other kinds than ours, tools for tests, a debugger on a web page.
    *("trio/testing", "websockets/legacy", "websockets/sync", "websockets/trio"),
    "werkzeug/debug",
    # For agents, which do not run in here, and for extras that are not.
    "ailoop/adapters",
    # How single terminals draw emoji otherwise, by a name that no container is told.
    "wcwidth/table_grapheme_overrides/_known_*",
)
"""Of the packages."""

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
    copy_site(site, root)
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
    # Without what help() would show, as `python -OO` has it.
    compile_folder(root / STDLIB.relative_to("/"), root, optimize=2)


def copy_site(site: Path, root: Path) -> None:
    """Copy what the daemon depends on, without its tests and without what only built it."""
    wanted = needed_distributions(site, "ailoop") - UNUSED_DISTRIBUTIONS
    target = root / SITE
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
    prune(target, WITHOUT)
    compile_folder(target, root)


def prune(folder: Path, patterns: tuple[str, ...]) -> None:
    """Remove what fits a pattern, at any depth where it is a cache."""
    for path in [one for pattern in patterns for one in folder.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in list(folder.rglob("__pycache__")):
        shutil.rmtree(path)


def compile_folder(folder: Path, root: Path, *, optimize: int = 0) -> None:
    """Compile everything now, and leave the source out.

    On a root that cannot be written, each start would do it again.
    """
    compileall.compile_dir(
        folder,
        maxlevels=30,
        quiet=1,
        legacy=True,
        stripdir=str(root),
        prependdir="/",
        optimize=optimize,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    for path in list(folder.rglob("*.pyc")):
        path.with_suffix(".py").unlink(missing_ok=True)


def libraries(programs: list[Path]) -> list[Path]:
    """Return what the dynamic loader would load for programs and libraries."""
    loader = next(Path("/lib64").glob("ld-linux-*"), None) or next(
        Path("/lib").glob("ld-linux-*")
    )
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
