"""What the image is made of, with versions and licences: a CycloneDX 1.5 document."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

__all__ = ["needed_distributions", "write_sbom"]

_DOC = Path("/usr/share/doc")


def needed_distributions(site: Path, first: str) -> set[str]:
    """Return the names of a distribution and of all that it needs here, directly or not."""
    there = {_plain(one.name): one for one in distributions(path=[str(site)])}
    needed: set[str] = set()
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        for text in there[name].requires or ():
            wanted = Requirement(text)
            extras = [*wanted.extras]
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                waiting.append(_plain(wanted.name))
                waiting += _of_extras(there[_plain(wanted.name)], extras)
    return needed


def _of_extras(one: Distribution, extras: list[str]) -> Iterator[str]:
    for text in one.requires or ():
        wanted = Requirement(text)
        if wanted.marker and any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            yield _plain(wanted.name)


def write_sbom(root: Path, document: Path, site: Path) -> None:
    """List what a root holds; leave there what scanners and Debian's licences ask for."""
    components = [_python(one) for one in distributions(path=[str(site)])]
    components += [_debian(package, root) for package in sorted(_debian_packages(root))]
    components.sort(key=lambda one: one["purl"])
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "ailoop"}},
        "components": components,
    }
    document.write_text(json.dumps(told, indent=1) + "\n")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _python(one: Distribution) -> dict[str, Any]:
    about = one.metadata
    classified = [
        text.rpartition(" :: ")[2]
        for text in about.get_all("Classifier") or ()
        if text.startswith("License :: OSI")
    ]
    licence = about["License-Expression"] or " AND ".join(classified) or about["License"]
    name = _plain(one.name)
    return _component(name, one.version, f"pkg:pypi/{name}@{one.version}", [licence or "?"])


def _debian(package: str, root: Path) -> dict[str, Any]:
    """Describe a package of Debian's, and copy its record and its licence into the root."""
    status = _told("dpkg", "--status", package)
    records = root / "var/lib/dpkg/status.d"
    records.mkdir(parents=True, exist_ok=True)
    (records / package).write_text(status)
    licences = ["see copyright"]
    copyright_file = _DOC / package / "copyright"
    if copyright_file.exists():
        target = root / copyright_file.relative_to("/")
        target.parent.mkdir(parents=True)
        shutil.copy(copyright_file, target)
        text = copyright_file.read_text(errors="replace")
        found = re.findall(r"^License: *(\S.*)$", text, re.MULTILINE)
        licences = sorted({one.strip() for one in found}) or licences
    version = re.findall(r"^Version: (.*)$", status, re.MULTILINE)[0]
    return _component(package, version, f"pkg:deb/debian/{package}@{version}", licences)


def _debian_packages(root: Path) -> set[str]:
    """Return whose files were copied, by what Debian's package manager knows of them."""
    names = {f"*/{one.name}" for one in root.rglob("*.so*") if "local" not in one.parts}
    told = _told("dpkg", "--search", *sorted(names))
    there = {str(one.relative_to(root)) for one in root.rglob("*")}
    found = {
        "ca-certificates",
        "libpython3.11-minimal",
        "libpython3.11-stdlib",
        "python3.11-minimal",
    }
    for line in told.splitlines():
        packages, _, path = line.partition(": ")
        relative = path.lstrip("/")
        if relative in there or f"usr/{relative}" in there:
            found.update(one.strip().split(":")[0] for one in packages.split(","))
    return found


def _component(name: str, version: str, purl: str, licences: list[str]) -> dict[str, Any]:
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"name": one[:200]}} for one in licences],
    }


def _told(*command: str) -> str:
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False
    ).stdout
