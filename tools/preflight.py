"""What can be known to be missing before anything long begins."""

import importlib.util
import os
import shutil
import sys

from tools import addons, chromium, odoo_source, progress, wkhtmltopdf
from tools.errors import KitError
from tools.paths import KIT, ROOT, VENV

FIRST_PORT = 8069
GIGABYTE = 1024**3


def check(*, with_browser: bool) -> None:
    """Say what is missing, in one sentence.

    :raises KitError: for what the command cannot do without.
    """
    for module in ("venv", "ensurepip"):
        if not importlib.util.find_spec(module):
            raise KitError(
                f"This Python ({sys.executable}) has no {module}: install it (on Debian: apt install python3-venv)."
            )
    if not os.access(ROOT, os.W_OK):
        raise KitError(
            f"{ROOT} is not writable for you: clone the repository to a folder of your own."
        )
    if KIT.exists() and KIT.stat().st_uid != os.geteuid():
        raise KitError(
            f"{KIT} belongs to another user: remove it as that user, or clone to a folder of your own."
        )
    if sys.version_info >= (3, 13):
        progress.say(
            "Note: barcodes in PDFs need Python 3.10 to 3.12 (make PYTHON=python3.12 …); this one has no build of rl_renderPM."
        )
    odoo_source.check_obtainable()
    _check_disk(with_browser=with_browser)
    if problem := wkhtmltopdf.problem():
        if with_browser:
            raise KitError(problem)
        progress.say(f"Note: no PDF will be printed. {problem}")
    if with_browser and (problem := chromium.problem()):
        raise KitError(problem)


def check_options(command: str) -> None:
    """Make sure that the command's options mean something.

    :raises KitError: when one does not.
    """
    if command == "demo":
        addons.selected(os.environ.get("ADDONS"))
        wanted_port()
    elif command == "test":
        tested_addons()


def wanted_port() -> int:
    """Give the port that the demo shall have."""
    port = os.environ.get("PORT") or str(FIRST_PORT)
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise KitError(f"PORT={port} is no port: give a number from 1 to 65535.")
    return int(port)


def tested_addons() -> list[addons.Addon]:
    """Give the addons that tests install: ours, and the examples."""
    known = addons.sort(addons.selected(None) + addons.examples())
    name = os.environ.get("ADDON")
    if name and name not in {addon.name for addon in known}:
        there = ", ".join(addon.name for addon in known)
        raise KitError(f"There is no addon {name} here: choose from {there}.")
    return known


def _check_disk(*, with_browser: bool) -> None:
    needed = 0.5  # a database and its files
    if not (VENV / "requirements.installed").exists():
        needed += 0.7
    if odoo_source.find() is None:
        needed += 1.6
    if with_browser and chromium.find() is None:
        needed += 1.2
    free = shutil.disk_usage(KIT if KIT.exists() else ROOT).free / GIGABYTE
    if free < needed:
        raise KitError(
            f"The disk is too full: {needed:.1f} GB are needed where this checkout lies and {free:.1f} GB are free; "
            "free some space or clone to another disk."
        )
