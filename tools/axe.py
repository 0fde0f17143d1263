"""axe-core, which finds what is not accessible in a page: its npm package, unpacked into the checkout.

Where there is no npm, the same version comes from a package of pip's index that has it inside.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

from tools import packages, processes, progress
from tools.errors import KitError, last_line
from tools.paths import KIT, TMP

VERSION = "4.12.1"
INTEGRITY = "sha512-s7iGf5GaVMxEG0ENN9x+xTr7GFZCb1ZP/1uATUpCEK2X78nDB3RwbtFCo9pGAf9ru+VwoQ464DkaLEeRM08wJA=="
WHEEL = (
    "axe-playwright-python",
    "0.1.8",
    "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8",
)
SCRIPT = KIT / f"axe-core-{VERSION}.min.js"
ADVICE = (
    "axe-core is missing, which checks how accessible the pages are: it is downloaded by npm, or by pip where "
    "there is no npm, so check the network and their configuration, and run the same command again."
)


def obtain() -> Path:
    """Give the script, downloading it if it is not there yet.

    :raises KitError: when it cannot be had, or is not what it should be.
    """
    if not SCRIPT.is_file():
        with progress.step("Downloading axe-core"):
            folder = TMP / "axe-core"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            try:
                content = _of_npm(folder) if shutil.which("npm") else _of_pip(folder)
            except KitError as error:
                raise KitError(f"{error} {ADVICE}") from error
            finally:
                shutil.rmtree(folder)
            half = SCRIPT.with_suffix(".half")
            half.write_bytes(content)
            half.replace(SCRIPT)
    return SCRIPT


def _of_npm(folder: Path) -> bytes:
    done = subprocess.run(
        ["npm", "pack", "--silent", f"axe-core@{VERSION}", "--pack-destination", folder],
        cwd=folder, capture_output=True, text=True, check=False,
        preexec_fn=processes.die_with_parent,
    )  # fmt: skip
    archive = next(folder.glob("*.tgz"), None)
    if done.returncode or not archive:
        raise KitError(
            f"axe-core could not be downloaded (npm: {last_line(done.stderr)})."
        )
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise KitError("The download of axe-core is not what was published.")
    with tarfile.open(archive) as package:
        return package.extractfile("package/axe.min.js").read()


def _of_pip(folder: Path) -> bytes:
    with zipfile.ZipFile(packages.download(*WHEEL, folder)) as wheel:
        return wheel.read("axe_playwright_python/axe.min.js")
