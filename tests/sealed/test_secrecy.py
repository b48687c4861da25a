"""What is written down anywhere holds no word of what was sealed."""

from __future__ import annotations

from pathlib import Path

import trio

from ailoop import AiloopClient
from tests.client.test_imports import loaded_by
from tests.daemon.process import running_daemon
from tests.sealed.kit import WORDS, People

ANSWER = "answer-lychee"


def test_no_words_on_disk(people: People, tmp_path: Path) -> None:
    """Neither the journal's bytes nor the log of a real daemon hold prompt, reason or answer.

    What was not sealed is found, so that the search is known to work.
    """
    journal = tmp_path / "journal.db"
    with running_daemon("--journal", f"sqlite:{journal}", "--log-level", "debug") as daemon:

        async def converse() -> None:
            async with (
                AiloopClient(daemon.rest, seal_for=people.public("ann")) as agent,
                AiloopClient(daemon.rest, keys=people.private("ann")) as ann,
                AiloopClient(daemon.rest) as plain,
            ):
                await agent.say("a", WORDS, metadata={"why": WORDS})
                await plain.say("a", "in-the-clear-mango")
                asking = await agent.post_question("a", WORDS, choices=[WORDS, ANSWER])
                await ann.respond(asking, "2", reason=WORDS)
                assert (await agent.wait(asking)).content.answer == ANSWER
                asking = await agent.post_authorization("a", WORDS, context={WORDS: WORDS})
                await ann.respond(asking, response_type="authorization_approved", reason=WORDS)
                await agent.wait(asking)
                asking = await agent.post_navigate("a", f"https://{WORDS}.example.org/")
                await ann.respond(asking, response_type="authorization_denied", reason=WORDS)
                await agent.wait(asking)

        trio.run(converse)
        files = [one for one in tmp_path.iterdir() if one.name.startswith("journal.db")]
        written = b"".join(one.read_bytes() for one in files)
        written += (daemon.stdout + daemon.stderr).encode()
    assert b"in-the-clear-mango" in written
    assert b"Encrypted: open it in an inbox that has the key" in written
    for word in (WORDS, ANSWER):
        assert word.encode() not in written


def test_no_cryptography_where_nothing_is_sealed() -> None:
    """Neither the client nor the broker loads what seals, before somebody seals."""
    for statement in (
        "from ailoop import AiloopClient; AiloopClient()",
        "import ailoop.aio; ailoop.aio.AiloopClient()",
        "import ailoop.broker, ailoop.transport.decision",
    ):
        assert loaded_by(statement).isdisjoint({"joserfc", "cryptography", "ailoop.trust.keys"})
