"""Ask a person for several things at once, and let them change what will be done.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox`` or on the page.
"""

from typing import Literal

import trio
from attrs import field, frozen

from ailoop import AiloopClient


@frozen
class Release:
    """What the person fills in."""

    version: str = field(metadata={"title": "Version", "minLength": 1})
    region: Literal["eu", "us"]
    replicas: int = field(default=3, metadata={"minimum": 1, "maximum": 9})


async def main() -> None:
    """Ask for a release, and for permission to tell people of it."""
    async with AiloopClient(role="agent") as client:
        answer = await client.ask("deploys", "What is to be released?", schema=Release)
        release = answer.value
        if release is None:
            print(f"No answer: {answer.content.response_type}.")
            return
        print(f"deploy {release.version} to {release.region} on {release.replicas} machines")
        approval = await client.authorize(
            "deploys",
            "send a mail about it",
            context={"to": ["team@example.org"], "subject": f"{release.version} is out"},
            editable=True,
        )
        if approval:
            print(f"mail {approval.context['to']}: {approval.context['subject']}")


trio.run(main)
