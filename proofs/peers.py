"""Addons of others to compare with or to stand beside, which our own tests must not see.

They lie in folders of their own: an addon that installs itself would be in every database otherwise.
"""

import hashlib
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools import progress
from tools.errors import KitError
from tools.paths import KIT, PYTHON, ROOT

PINNED = ROOT / "proofs" / "peers.txt"
FOLDER = KIT / "peers"


def pinned() -> dict[str, str]:
    """Give the version of each addon that ``peers.txt`` has, by the addon's technical name."""
    found = re.findall(r"^odoo-addon-(\S+)==(\S+)$", PINNED.read_text(), re.MULTILINE)
    return {name.replace("-", "_"): version for name, version in found}


def obtain(names: Iterable[str]) -> Path:
    """Get addons of ``peers.txt`` (and nothing that they need), and give the folder to put on the addons path.

    :raises KitError: when pip does not get them
    """
    versions = pinned()
    wanted = [f"odoo-addon-{name}=={versions[name]}" for name in sorted(names)]
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:10]
    target = FOLDER / digest
    if not target.is_dir():
        half = FOLDER / f"{digest}.half"
        with progress.step(f"Getting {len(wanted)} addons to stand beside"):
            done = subprocess.run(
                [PYTHON, "-m", "pip", "install", "--no-deps", "--no-input", "--quiet",
                 "--disable-pip-version-check", "--upgrade", "--target", half, *wanted],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode:
            raise KitError(f"pip could not get the addons: {done.stderr.strip()}")
        half.rename(target)
    return target / "odoo" / "addons"
