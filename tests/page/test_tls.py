"""The page over TLS: it loads, and its own WebSocket is let in."""

from __future__ import annotations

from contextlib import closing

from tests.daemon.api import Api
from tests.daemon.process import running_daemon
from tests.page.posting import IN_BROWSER, post
from tests.tls.kit import Papers

pytestmark = IN_BROWSER


def test_a_prompt_is_answered(tmp_path, open_inbox):
    """It comes over ``wss``, and what a person says goes back."""
    papers = Papers(tmp_path / "papers")
    with (
        running_daemon(*papers.flags, "--log-level", "error") as daemon,
        closing(Api(daemon.rest, papers.trust())) as api,
    ):
        inbox = open_inbox("ann", url=daemon.rest, ignore_https_errors=True, cable=True)
        assert inbox.page.url.startswith("https://")
        prompt = post(api, choices=["eu", "us"])
        inbox.select(prompt)
        inbox.press("2")
        inbox.expect_outcome(prompt, "Answered by you")
        assert api.response_to(prompt)["content"]["answer"] == "us"
        assert inbox.page.evaluate("window.isSecureContext")
        inbox.context.close()
