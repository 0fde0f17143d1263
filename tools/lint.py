"""``make lint``: ruff for all Python, pylint-odoo and the OCA's checks for the addons."""

import os
import subprocess
import sys
from pathlib import Path

from tools import addons, progress
from tools.paths import HOME, ROOT, TMP

# The fragments in readme/ document the addons; no README.rst is made of them.
# What makes the demo data extends models in a file of its own.
UNWANTED = ("--disable=missing-readme,consider-merging-classes-inherited",)


def run() -> int:
    """Run all linters, even after one complained."""
    bin_folder = Path(sys.executable).parent
    folders = [
        str(addon.path.relative_to(ROOT)) for addon in addons.ours() + addons.examples()
    ]
    translations = [
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).glob("i18n/*.po*")
    ]
    commands: list[list[str | Path]] = [
        [bin_folder / "ruff", "check", "."],
        [bin_folder / "ruff", "format", "--check", "."],
    ]
    if folders:
        commands += [
            [
                sys.executable,
                "-m",
                "pylint",
                "--rcfile=setup.cfg",
                *UNWANTED,
                *folders,
            ],
            [bin_folder / "oca-checks-odoo-module", *folders],
        ]
    if translations:
        commands.append([bin_folder / "oca-checks-po", *translations])
    environment = {**os.environ, "PYLINTHOME": str(HOME), "TMPDIR": str(TMP)}
    failed = []
    for command in commands:
        name = " ".join([Path(command[0]).name, *(str(part) for part in command[1:3])])
        progress.say(f"— {name}")
        if subprocess.run(
            [str(part) for part in command], cwd=ROOT, env=environment, check=False
        ).returncode:
            failed.append(name)
    progress.say(
        f"Complaints from: {'; '.join(failed)}"
        if failed
        else "Nothing to complain about."
    )
    return 1 if failed else 0
