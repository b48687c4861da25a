"""The manifests, by the schemas of those who will read them, and by what they promise."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ailoop.version import __version__
from tests.container.engine import CONTAINER

KUBERNETES = CONTAINER / "kubernetes"
OTHERS = ("kustomization.yaml", "servicemonitor.yaml")
"""Of kinds that no cluster has of itself."""
MANIFESTS = sorted(one for one in KUBERNETES.rglob("*.yaml") if one.name not in OTHERS)


def read(path) -> dict[str, Any]:
    """Return a manifest."""
    return yaml.safe_load(path.read_text())


def pods() -> list[dict[str, Any]]:
    """Return the specification of every pod, of whatever kind."""
    found = [read(path) for path in MANIFESTS if path.name != "volume.yaml"]
    specs = [one["spec"] for one in found if one["kind"] in ("Pod", "Deployment")]
    return [one.get("template", {"spec": one})["spec"] for one in specs]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_schemas_of_kubernetes(path) -> None:
    """Each fits, strictly: a member that Kubernetes does not know would be a typing error."""
    manifest = read(path)
    if path.name == "volume.yaml":  # a patch: it lacks what it does not change
        manifest["spec"]["selector"] = {"matchLabels": {"a": "b"}}
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_a_mistake_is_noticed() -> None:
    """The check can fail."""
    manifest = read(KUBERNETES / "sidecar" / "pod.yaml")
    manifest["spec"]["containers"][0]["imag"] = "x"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            manifest, kubernetes_validate.latest_version(), strict=True
        )


def test_every_container_is_confined() -> None:
    """Not root, no capability, nothing to write to, a seccomp profile, and bounds."""
    assert len(pods()) == 4
    for spec in pods():
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["enableServiceLinks"] is spec["automountServiceAccountToken"] is False
        for container in [*spec["containers"], *spec.get("initContainers", ())]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert container["resources"]["limits"]["memory"]
            assert container["image"] == f"ailoop:{__version__}"


def test_every_daemon_is_probed() -> None:
    """Ready is what traffic depends on, live what a restart does: never the other way round."""
    for spec in pods():
        containers = [*spec["containers"], *spec.get("initContainers", ())]
        (daemon,) = [one for one in containers if one["name"] == "ailoop"]
        paths = {
            name: daemon[name]["httpGet"]["path"] for name in daemon if name.endswith("Probe")
        }
        assert paths == {
            "startupProbe": "/api/v1/ready",
            "readinessProbe": "/api/v1/ready",
            "livenessProbe": "/api/v1/live",
        }


def test_the_native_sidecar_is_one() -> None:
    """It is an init container that stays."""
    spec = read(KUBERNETES / "sidecar" / "native.yaml")["spec"]["template"]["spec"]
    assert spec["initContainers"][0]["restartPolicy"] == "Always"


@pytest.mark.parametrize("name", ["sidecar", "coordinator", "journal"])
def test_a_kustomization_names_files_that_are_there(name: str) -> None:
    """And all that select something select what the Deployment has."""
    folder = KUBERNETES / name
    told = read(folder / "kustomization.yaml")
    paths = [*told["resources"], *(one["path"] for one in told.get("patches", ()))]
    assert all((folder / path).is_file() for path in paths)
    if name == "journal":
        return
    labels = read(folder / "deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    for path in paths:
        spec = read(folder / path)["spec"]
        selector = spec.get("podSelector", spec.get("selector"))
        wanted = selector.get("matchLabels", selector)
        assert wanted.items() <= labels.items(), path


def test_the_compose_file() -> None:
    """It fits the schema of the Compose specification."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(CONTAINER / "compose.yaml")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert __version__ in (CONTAINER / "compose.yaml").read_text()
