"""``make dist``: a wheel of each addon, built by whool."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools import addons, progress
from tools.addons import Addon
from tools.errors import KitError, last_line
from tools.paths import ROOT, TMP

DIST = ROOT / "dist"


def run() -> int:
    """Build all wheels anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    with progress.step("Building wheels"):
        wheels = build(addons.ours(), DIST)
    for wheel in wheels:
        progress.say(str(wheel.relative_to(ROOT)))
    return 0


def build(chosen: Sequence[Addon], target: Path) -> list[Path]:
    """Build wheels of addons into a folder, and return them.

    :raises KitError: when one cannot be built
    """
    for addon in chosen:
        with tempfile.TemporaryDirectory(dir=TMP) as folder:
            # A copy without the repository: whool would count its commits otherwise.
            project = Path(folder).resolve() / addon.name
            shutil.copytree(
                addon.path, project, ignore=shutil.ignore_patterns("__pycache__")
            )
            done = subprocess.run(
                [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, project],
                # The folder may lie in the repository, of which the copy is no part.
                env={**os.environ, "GIT_CEILING_DIRECTORIES": str(project.parent)},
                capture_output=True,
                text=True,
                check=False,
            )  # fmt: skip
        if done.returncode:
            raise KitError(
                f"{addon.name} cannot be built ({last_line(done.stdout + done.stderr)})."
            )
    return sorted(target.glob("*.whl"))
