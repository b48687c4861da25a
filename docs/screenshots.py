"""Makes the screenshots of the web page: ``python docs/screenshots.py [FOLDER]``.

It runs a daemon, has agents ask, and looks at the page with Chromium.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.daemon.api import Api
from tests.daemon.process import running_daemon
from tests.page.browser import Inbox, open_chromium
from tests.page.scenes import fill

FOLDER = Path(__file__).resolve().parent / "screenshots"
WIDE = {"width": 1100, "height": 760}
PHONE = {"width": 390, "height": 760}
SHOTS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", PHONE)}
LOOKS = {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC"}


def make(folder: Path) -> None:
    """Write a PNG for each of the shots."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        running_daemon() as process,
        closing(Api(process.rest)) as api,
        open_chromium() as browser,
    ):
        prompts = fill(api)
        for name, (scheme, size) in SHOTS.items():
            context = browser.new_context(color_scheme=scheme, viewport=size, **LOOKS)
            context.add_init_script("localStorage.setItem('ailoop.name', 'Ann')")
            inbox = Inbox(context, process.rest)
            inbox.card(prompts[0]).wait_for()
            # Drawn, and told to the server: somebody has seen them.
            inbox.page.wait_for_timeout(500)
            inbox.page.screenshot(path=folder / f"web-{name}.png")
            context.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
