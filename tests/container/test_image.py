"""The image as it runs in earnest: confined, stopped, asked, and answered."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.container.engine import Container, Engine
from tests.daemon.process import PATIENCE, eventually

SERVER = "http://127.0.0.1:8081"

pytestmark = pytest.mark.timeout(300)


@contextmanager
def asking(container: Container, image: str):
    """Ask from a container of its own that shares the daemon's loopback, as in a pod."""
    shares = ("--network", f"container:{container.name}", "--env", f"AILOOP_SERVER={SERVER}")
    question = ("ask", "Which region?", "-c", "deploys", "--choice", "eu", "--choice", "us")
    agent = subprocess.Popen(
        ["podman", "run", "--rm", *shares, "--entrypoint", "ailoop", image, *question],
        env=container.engine.builder.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield agent
    finally:
        agent.kill()
        agent.communicate()


def pending(container: Container) -> list[dict[str, str]]:
    """Return the prompts that wait."""
    status, body = container.get(f"{SERVER}/api/v1/pending")
    assert status == 200
    return json.loads(body)["items"]


def test_as_nobody_with_nothing(engine: Engine, image: str) -> None:
    """Process 1 is not root, has no capability, writes nowhere, and finds no shell."""
    with engine.running(image) as container:
        pid = container.inspect("{{.State.Pid}}")
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        assert status["Uid"].split() == ["65532"] * 4
        assert status["NSpid"].split()[-1] == "1"
        assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert container.python("import os; print(os.getuid())").stdout == "65532\n"
        for path in ("/x", "/tmp/x", "/var/lib/ailoop/x", "/usr/local/bin/x"):
            refused = container.python(f"open({path!r}, 'w')", check=False)
            assert refused.returncode == 1
            assert "Read-only file system" in refused.stderr, path
        for shell in ("sh", "/bin/sh", "bash", "busybox", "dash"):
            assert container.run(shell, "-c", "true", check=False).returncode != 0
        # And health, as the health check of Compose asks.
        assert container.run("ailoop", "health").stdout.startswith("healthy: ailoop ")
        assert container.run("ailoop", "health", "--live").returncode == 0


def test_what_it_says(engine: Engine, image: str) -> None:
    """JSON on standard output: where it listens, and that nobody has to sign in."""
    with engine.running(image) as container:
        warning, ready = container.log()
        assert (warning["event"], warning["host"]) == ("no_authentication", "0.0.0.0")
        assert ready["rest"] == "http://0.0.0.0:8081"
        assert container.get(f"{SERVER}/api/v1/live")[0] == 200
        assert container.get(f"{SERVER}/api/v1/ready")[0] == 200


def test_an_agent_asks_and_a_person_answers(engine: Engine, image: str) -> None:
    """Over the loopback that both containers share, the answer reaches the agent."""
    with engine.running(image) as container, asking(container, image) as agent:
        (prompt,) = eventually(lambda: pending(container), "the question is there")
        container.run("ailoop", "answer", prompt["message_id"], "2")
        out, err = agent.communicate(timeout=PATIENCE)
        assert (agent.returncode, out) == (0, "us\n"), err


def test_a_stop_tells_who_waits(engine: Engine, image: str) -> None:
    """SIGTERM settles what is open, the agent learns it, and process 1 exits with 0."""
    with engine.running(image) as container, asking(container, image) as agent:
        eventually(lambda: pending(container), "the question is there")
        engine.podman("kill", "--signal", "TERM", container.name)
        assert engine.podman("wait", container.name).stdout == "0\n"
        agent.communicate(timeout=PATIENCE)
        assert agent.returncode == 1  # cancelled; 3 would be a daemon that went without a word
        assert [one["event"] for one in container.log()][-2:] == ["stopping", "stopped"]


def test_settings_and_secrets(engine: Engine, image: str, tmp_path: Path) -> None:
    """A secret comes as a file; strangers are then told that it lives, and nothing else."""
    keys = tmp_path / "keys.json"
    made = ("key", "create", "ann", "--grant", "admin:*", "--file", "/made/keys.json")
    (tmp_path).chmod(0o777)
    options = (
        "--volume",
        f"{tmp_path}:/made",
        "--entrypoint",
        "ailoop",
        "--user",
        "65532:65532",
    )
    told = engine.podman("run", "--rm", "--network", "none", *options, image, *made)
    keys.chmod(0o444)
    mounted = ("--volume", f"{keys}:/run/secrets/keys:ro")
    variables = ("--env", "AILOOP_AUTH_KEYS_FILE=/run/secrets/keys")
    with engine.running(
        image, *mounted, *variables, command=("--host", "0.0.0.0")
    ) as container:
        assert [line["event"] for line in container.log()] == ["ready"]
        assert container.get(f"{SERVER}/api/v1/pending")[0] == 401
        assert container.get(f"{SERVER}/api/v1/ready") == (
            200,
            '{"status":"ready"}',
        )
        credential = next(word for word in told.stdout.split() if word.startswith("ailoop_"))
        listed = engine.podman(
            *("exec", "--env", f"AILOOP_TOKEN={credential}", container.name),
            *("ailoop", "inbox", "--once", "--json"),
        )
        assert listed.returncode == 0


def test_an_open_door_is_asked_for(engine: Engine, image: str) -> None:
    """Without a word about authentication it does not listen where others could come in."""
    done = engine.podman(
        "run", "--rm", "--network", "none", image, "--host", "0.0.0.0", check=False
    )
    assert done.returncode == 3
    assert "insecure" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_journal_on_a_volume(engine: Engine, image: str, tmp_path: Path) -> None:
    """What was asked outlives the container, which needs no other place to write."""
    tmp_path.chmod(0o777)
    options = (
        *("--volume", f"{tmp_path}:/var/lib/ailoop"),
        *("--env", "AILOOP_JOURNAL=sqlite:/var/lib/ailoop/journal.db"),
    )
    with engine.running(image, *options) as container:
        container.run("ailoop", "say", "still here", "-c", "deploys", "--server", SERVER)
        engine.podman("stop", container.name)
        assert container.inspect("{{.State.ExitCode}}") == "0"
    with engine.running(image, *options) as container:
        said = container.run("ailoop", "history", "-c", "deploys").stdout
        assert "still here" in said
