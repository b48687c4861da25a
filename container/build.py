#!/usr/bin/env python3
"""Build the image where there is no registry: ``python3 container/build.py --tag ailoop``.

The base is made out of Debian's packages with mmdebstrap, once; the wheels are those that
``requirements/run.txt`` names by hash. It needs root, Python 3.11, and of Debian's packages
buildah, catatonit, mmdebstrap, podman, runc and skopeo. At the end it tells what has come of
it: size, time from start to ready, memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import compressed_bytes, parts

ROOT = Path(__file__).resolve().parent.parent
BASE = "localhost/ailoop-base:bookworm"
SUITE = "bookworm"

ENGINES = ("buildah", "catatonit", "mmdebstrap", "podman", "runc", "skopeo")

CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""
"""What works without systemd, with old and new cgroups, and inside of another container."""

CONFINED = (
    *("--read-only", "--read-only-tmpfs=false", "--user", "65532:65532", "--cap-drop=all"),
    *("--security-opt", "no-new-privileges", "--pids-limit", "64", "--memory", "128m"),
)
"""As the manifests have it."""


def engine_environment(folder: Path) -> dict[str, str]:
    """Return the environment in which the engines run."""
    path = folder / "containers.conf"
    path.write_text(CONTAINERS_CONF)
    return {**os.environ, "CONTAINERS_CONF": str(path)}


class Builder:
    """Makes the base, collects the wheels, builds.

    :param folder: for what is needed on the way.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = engine_environment(folder)

    def run(self, *command: str | Path) -> str:
        """Run a command and return what it says.

        :raises RuntimeError: it failed; with what it said.
        """
        done = subprocess.run(  # noqa: S603
            command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = " ".join(done.stderr.split())[-1500:]
            raise RuntimeError(f"{command[0]} failed ({done.returncode}): {said}")
        return done.stdout.strip()

    def make_base(self) -> None:
        """Have the base among the images; where it is already, it stays."""
        if BASE.split(":")[0] in self.run("podman", "images", "--format", "{{.Repository}}"):
            return
        archive = self.folder / "base.tar"
        self.run(
            *("mmdebstrap", "--variant=minbase", "--include=python3-pip,ca-certificates"),
            *(SUITE, archive),
        )
        self.run("podman", "import", "--quiet", archive, BASE)
        archive.unlink()

    def fetch_wheels(self) -> Path:
        """Return a folder with the wheels for the base's Python."""
        wheels = self.folder / "wheels"
        self.run(
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "download"),
            *("--quiet", "--require-hashes", "--only-binary", ":all:", "--dest", wheels),
            *("--requirement", "requirements/run.txt"),
        )
        return wheels

    def build(self, wheels: Path, tag: str) -> None:
        """Build the image without a network."""
        self.run(
            *("buildah", "bud", "--build-context", f"wheels={wheels}"),
            *("--build-arg", f"BASE={BASE}", "--format", "oci", "--isolation", "oci"),
            *("--network", "none", "--pull-never", "--timestamp", "0"),
            *("--file", "container/Containerfile", "--tag", tag, "."),
        )

    def layer(self, tag: str) -> Path:
        """Return the one layer of an image, as a tar file named by its digest."""
        target = self.folder / f"layers-{tag.replace('/', '-').replace(':', '-')}"
        shutil.rmtree(target, ignore_errors=True)
        self.run("skopeo", "copy", "--quiet", f"containers-storage:{tag}", f"dir:{target}")
        layers = json.loads((target / "manifest.json").read_text())["layers"]
        (one,) = {layer["digest"].removeprefix("sha256:") for layer in layers}
        return target / str(one)

    def start_and_memory(self, tag: str) -> tuple[float, int]:
        """Run an image; return the seconds until it is ready, and then its bytes of memory."""
        began = time.monotonic()
        name = self.run("podman", "run", "--detach", "--network", "none", *CONFINED, tag)
        try:
            while '"ready"' not in self.run("podman", "logs", name):
                if time.monotonic() > began + 30:
                    raise RuntimeError("it does not get ready")
                time.sleep(0.01)
            seconds = time.monotonic() - began
            pid = self.run("podman", "inspect", "--format", "{{.State.Pid}}", name)
            pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
            return seconds, int(pages) * os.sysconf("SC_PAGE_SIZE")
        finally:
            self.run("podman", "rm", "--force", name)


def main() -> None:
    """Build, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tag", default="localhost/ailoop:latest")
    tag = parser.parse_args().tag
    if sys.version_info[:2] != (3, 11):
        sys.exit("the base has Python 3.11, so have its wheels fetched by python3.11")
    if missing := [one for one in ENGINES if shutil.which(one) is None]:
        sys.exit(f"missing: {' '.join(missing)}; try: apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        builder = Builder(Path(folder))
        try:
            builder.make_base()
            builder.build(builder.fetch_wheels(), tag)
            layer = builder.layer(tag)
            seconds, memory = builder.start_and_memory(tag)
        except RuntimeError as error:
            sys.exit(str(error))
        tell(layer)
        told = f"ready in {seconds:.2f} s, {memory / 1e6:.0f} MB of memory\n{tag}"
        print(told)  # noqa: T201


def tell(layer: Path) -> int:
    """Print how large an image is, and what makes it up; return its bytes, compressed."""
    lines = [f"{'MB':>6} {'gzip':>6}"]
    for name, (plain, packed) in parts(layer).items():
        lines.append(f"{plain / 1e6:6.1f} {packed / 1e6:6.1f}  {name}")
    plain, packed = layer.stat().st_size, compressed_bytes(layer)
    lines.append(f"{plain / 1e6:6.1f} {packed / 1e6:6.1f}  all: sha256:{layer.name}")
    print("\n".join(lines))  # noqa: T201
    return packed


if __name__ == "__main__":
    main()
