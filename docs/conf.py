"""How the documentation is built: ``python3 tasks.py docs``; a warning is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ailoop.version import __version__

project = "ailoop"
author = "the ailoop authors"
copyright = "the ailoop authors, Apache License 2.0"
version = release = __version__

extensions = ["sphinx.ext.autodoc", "sphinxcontrib_trio", "tables", "measured"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"ailoop {release}"
highlight_language = "none"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
# It does not go with what the others need; tasks.py has an environment of its own for it.
autodoc_mock_imports = ["agents"]

# A setting, an error code or a label that does not exist is an error. The Python names in
# signatures are of other projects, whose inventories a build without a network has not.
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]
