"""How Sphinx builds the guides; ``make docs`` calls it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = "Helpdesk After-Sales"
author = "Helpdesk After-Sales contributors"
copyright = author
extensions = ["myst_parser", "tools.sphinx_hooks"]
exclude_patterns = ["_build", "locale", "images"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The agents' guide exists in other languages too: docs/locale/<language>/LC_MESSAGES.
locale_dirs = [str(ROOT / "docs" / "locale")]
gettext_compact = False
gettext_location = False
gettext_uuid = False
# A picture of another language lies beside the English one: refund.de.png.
figure_language_filename = "{root}.{language}{ext}"

html_theme = "furo"
html_title = project
html_show_sourcelink = False
html_copy_source = False
