"""What the image is made of: how much, of what, under which licences; and the same again."""

from __future__ import annotations

import json
import tarfile

import pytest

from tests.container.engine import Engine, build_module

pytestmark = pytest.mark.timeout(300)

MOST_BYTES = 22_000_000
"""Of what travels; the page in docs/ tells the figure."""


@pytest.fixture(scope="module")
def layer(engine: Engine, image: str):
    """Return the image's one layer."""
    return engine.builder.layer(image)


def test_its_size(layer) -> None:
    """With SQLite and TLS in it, it is small enough to be beside every agent."""
    assert build_module().tell(layer) <= MOST_BYTES


def test_it_is_the_same_again(engine: Engine, layer) -> None:
    """Two builds of one checkout are one layer, to the bit."""
    wheels = engine.builder.folder / "wheels"
    engine.builder.build(wheels, "localhost/ailoop-test:again")
    assert engine.builder.layer("localhost/ailoop-test:again").name == layer.name


def test_nothing_that_helps_an_intruder(layer) -> None:
    """No shell, no package manager, nothing that runs as somebody else."""
    with tarfile.open(layer) as tar:
        members = tar.getmembers()
    programs = {one.name for one in members if one.isfile() and "/bin/" in f"/{one.name}"}
    assert programs == {"usr/bin/python3", "usr/local/bin/ailoop", "usr/local/bin/ailoopd"}
    assert not [one.name for one in members if one.mode & 0o6000]
    world = [one.name for one in members if one.mode & 0o002 and not one.issym()]
    assert world == ["tmp"]


def test_what_it_is_made_of(layer) -> None:
    """The bill of materials has every package that is there, with its version and licence."""
    with tarfile.open(layer) as tar:
        names = tar.getnames()
        bill = json.load(tar.extractfile("usr/share/ailoop/sbom.cdx.json"))
    listed = {one["purl"].split("@")[0].split("/")[-1] for one in bill["components"]}
    packages = {
        name.split("/")[-1]
        .removesuffix(".dist-info")
        .rsplit("-", 1)[0]
        .replace("_", "-")
        .lower()
        for name in names
        if name.endswith(".dist-info")
    }
    debian = {name.split("/")[-1] for name in names if "/status.d/" in name}
    assert {"ailoop", "trio", "cryptography"} <= packages
    assert {"libc6", "libssl3", "libsqlite3-0", "ca-certificates"} <= debian
    assert "hatchling" not in packages
    assert listed == packages | debian
    for one in bill["components"]:
        assert one["version"]
        assert all(each["license"]["name"] not in ("", "?") for each in one["licenses"]), one
