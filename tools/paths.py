"""Where the kit keeps what it makes: everything below ``.kit/`` in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIT = ROOT / ".kit"
VENV = KIT / "venv"
PYTHON = VENV / "bin" / "python"
BIN = KIT / "bin"  # wrappers of programs, first on Odoo's PATH
LOGS = KIT / "log"
TMP = KIT / "tmp"
HOME = KIT / "home"
EXAMPLE_ADDONS = ROOT / "tests" / "addons"
