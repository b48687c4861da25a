"""The Pod's manifest, run as it stands: an agent and its sidecar, watched by its own probes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.container.engine import CONTAINER, Engine, get
from tests.daemon.process import eventually

pytestmark = pytest.mark.timeout(300)

MANIFEST = CONTAINER / "kubernetes" / "sidecar" / "pod.yaml"
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


class Pod:
    """A pod that runs, and the probes of its manifest, asked by us as a kubelet would."""

    def __init__(self, engine: Engine, manifest: dict[str, Any]) -> None:
        self.engine = engine
        self.name = manifest["metadata"]["name"]
        containers = manifest["spec"]["containers"]
        (daemon,) = [one for one in containers if one["name"] == "ailoop"]
        # Podman would run probes by a shell in the container, and has no use for ports here.
        self.probes = {name: daemon.pop(name) for name in PROBES}
        self.ports = {one["name"]: one["containerPort"] for one in daemon.pop("ports")}

    def container(self, name: str) -> str:
        """Return what Podman calls a container of the manifest."""
        return f"{self.name}-{name}"

    def inspect(self, what: str, name: str = "ailoop") -> str:
        told = self.engine.podman("inspect", "--format", what, self.container(name))
        return told.stdout.strip()

    @property
    def pid(self) -> str:
        return self.inspect("{{.State.Pid}}")

    def probe(self, name: str) -> bool:
        """Ask once, as the manifest has it."""
        probe = self.probes[name]
        asked = probe["httpGet"]
        port = self.ports.get(asked["port"], asked["port"])
        seconds = max(probe.get("timeoutSeconds", 1), 3)  # this machine has other work too
        try:
            status, _ = get(self.pid, f"http://127.0.0.1:{port}{asked['path']}", seconds)
        except ConnectionError:
            return False
        return 200 <= status < 400

    def pending(self) -> list[dict[str, Any]]:
        """Return the prompts that wait, none if there is no daemon just now."""
        try:
            _, body = get(self.pid, "http://127.0.0.1:8081/api/v1/pending", 5)
        except ConnectionError:
            return []
        return json.loads(body)["items"]


@pytest.fixture
def pod(engine: Engine, image: str, tmp_path) -> Iterator[Pod]:
    """Play the manifest, with the image under test in place of the published one."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["metadata"]["name"] = "ailoop-test-pod"
    for container in manifest["spec"]["containers"]:
        assert container["image"].startswith("ailoop:")
        container["image"] = image
    pod = Pod(engine, manifest)
    path = tmp_path / "pod.yaml"
    path.write_text(yaml.safe_dump(manifest))
    engine.podman("pod", "rm", "--force", pod.name, check=False)
    try:
        engine.podman("play", "kube", "--network", "none", str(path))
        yield pod
    finally:
        engine.podman("pod", "rm", "--force", "--time", "0", pod.name, check=False)


def test_a_pod_at_work(pod: Pod) -> None:
    """Its probes succeed, its agent asks, and a person answers in the sidecar."""
    for name in PROBES:
        assert eventually(lambda name=name: pod.probe(name), name)
    (prompt,) = eventually(pod.pending, "the agent asks")
    assert pod.inspect("{{.Config.User}}").startswith("65532")
    assert pod.inspect("{{.HostConfig.ReadonlyRootfs}}") == "true"
    answer = ("exec", pod.container("ailoop"), "ailoop", "answer", prompt["message_id"], "1")
    pod.engine.podman(*answer)
    said = eventually(
        lambda: pod.engine.podman("logs", pod.container("agent")).stdout, "the agent says it"
    )
    assert said.splitlines()[-1] == "eu"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_a_sidecar_that_ends_comes_back(pod: Pod, number: signal.Signals) -> None:
    """Killed or stopped, it is started again, is ready again, and hears the agent again."""
    assert eventually(lambda: pod.probe("readinessProbe"), "ready")
    before = pod.pid
    # Not `podman kill`, after which Podman would think that it is to stay away.
    os.kill(int(before), number)
    eventually(lambda: pod.pid not in (before, "0"), "another process")
    assert eventually(lambda: pod.probe("startupProbe"), "started")
    assert eventually(lambda: pod.probe("livenessProbe"), "live")
    assert eventually(pod.pending, "the agent asks again")
