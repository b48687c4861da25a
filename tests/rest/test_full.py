"""Full tables: what is over a bound is refused with 429, and room makes it possible again."""

from __future__ import annotations

from tests.rest.kit import MESSAGES, check_error
from tests.serving import Served, note, question, serving


async def test_channels() -> None:
    """A new channel over the bound is refused; those there are go on."""
    async with serving(max_channels=1) as server:
        await server.post(note("a"))
        answer = await server.http.post(MESSAGES, json=note("b"))
        check_error(answer, "too_many_channels", limit=1)
        # Of an array nothing is taken.
        answer = await server.http.post(MESSAGES, json=[note("a"), note("b")])
        check_error(answer, "too_many_channels", limit=1)
        assert (await server.http.get("/api/stats")).json()["active_channels"] == 1
        assert (await server.http.get("/api/channels/a/stats")).json()["message_count"] == 1


async def test_prompts() -> None:
    """So is a new prompt, until one is settled; what waits for nobody is always taken."""
    async with serving(max_prompts=1) as server:
        first = await server.post(question("a"))
        answer = await server.http.post(MESSAGES, json=question("b"))
        check_error(answer, "too_many_prompts", limit=1)
        await server.post(note("b"))
        await server.respond(first, answer="x")
        await server.post(question("b"))


async def test_prompts_of_a_channel() -> None:
    """One channel's bound leaves the other channels alone."""
    async with serving(max_channel_prompts=1) as server:
        await server.post(question("a"))
        answer = await server.http.post(MESSAGES, json=question("a"))
        check_error(answer, "too_many_prompts", limit=1)
        await server.post(question("b"))


async def test_prompts_in_an_array() -> None:
    """An array that overfills the table says what was accepted of it."""
    async with serving(max_prompts=1) as server:
        answer = await server.http.post(MESSAGES, json=[question(), question()])
        body = check_error(answer, "too_many_prompts", limit=1, index=1)
        assert len(body["accepted"]) == 1
        assert await server.state_of({"id": body["accepted"][0]}) == "pending"


async def test_again_when_full() -> None:
    """A full table does not refuse what is in it already."""
    async with serving(max_prompts=1, max_channels=1) as server:
        asked = await server.post(question())
        again = await server.http.post(MESSAGES, json=asked)
        assert again.status_code == 200


async def test_batch() -> None:
    """An array longer than the bound is not valid, whatever it holds; so is an empty one."""
    async with serving(batch_messages=2) as server:
        for count in (0, 3):
            answer = await server.http.post(MESSAGES, json=[note()] * count)
            check_error(answer, "invalid_message")


async def test_choices_and_depth(server: Served) -> None:
    """Bounds inside a message are told with the path of what is over them."""
    answer = await server.http.post(MESSAGES, json=question(choices=["x"] * 51))
    check_error(answer, "invalid_message", path="$.content.choices")
    deep: dict = {}
    for _ in range(20):
        deep = {"deeper": deep}
    answer = await server.http.post(MESSAGES, json={**note(), "metadata": deep})
    check_error(answer, "invalid_message", path="$.metadata")
