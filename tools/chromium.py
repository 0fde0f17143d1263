"""Chromium for tours and pages: one on the PATH, or Debian's, unpacked into the checkout."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools import debian, progress, wrappers
from tools.errors import KitError, last_line
from tools.paths import BIN, KIT

FOLDER = KIT / "chromium"
PROGRAM = FOLDER / "usr/lib/chromium/chromium"
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
# Beside the browser: a font for most scripts, or pages are full of empty boxes.
# The library is for Playwright's driver, which is a program of its own.
PACKAGES = ("chromium", "fonts-dejavu-core", "libatomic1")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
ADVICE = "Chromium is missing, in which the tests run: install it so that chromium (or google-chrome) is on the PATH."


def find() -> Path | None:
    """Give the browser that Odoo's tests will take."""
    if _has_own():
        return BIN / "chromium"
    others = (shutil.which(name, path=wrappers.path_without_kit()) for name in NAMES)
    return next((Path(found) for found in others if found), None)


def _has_own() -> bool:
    """Tell whether there is an unpacked one, and a wrapper of it (a checkout may have moved)."""
    own = BIN / "chromium"
    return (
        PROGRAM.exists()
        and own.exists()
        and shlex.quote(str(PROGRAM)) in own.read_text(encoding="utf-8")
    )


@contextmanager
def launched() -> Iterator[Any]:
    """Start the browser under Playwright.

    :return: Playwright's ``Browser``
    :raises KitError: when there is none
    """
    from playwright.sync_api import sync_playwright

    executable = find()
    if executable is None:
        raise KitError(ADVICE)
    # Playwright's driver is a program of its own, which needs the libraries as well.
    libraries = wrappers.library_path(FOLDER)
    before = os.environ.get("LD_LIBRARY_PATH")
    if libraries:
        os.environ["LD_LIBRARY_PATH"] = libraries
    driver = sync_playwright()
    try:
        playwright = driver.__enter__()
    finally:
        if libraries and before is None:
            del os.environ["LD_LIBRARY_PATH"]
        elif libraries:
            os.environ["LD_LIBRARY_PATH"] = before or ""
    try:
        running = playwright.chromium.launch(
            executable_path=str(executable), args=ARGUMENTS.split()
        )
        yield running
        running.close()
    finally:
        driver.__exit__(None, None, None)


def problem() -> str | None:
    """Say why there is none and none to be had, or nothing."""
    return None if find() or debian.is_available() else ADVICE


def obtain() -> None:
    """Download Debian's Chromium with the libraries that this machine misses."""
    if (
        not _has_own()
    ):  # nor a wrapper of what is no longer there, which Odoo would find
        (BIN / "chromium").unlink(missing_ok=True)
    if find():
        return
    apt = debian.Apt("machine", debian.machine_sources(), knows_installed=True)
    apt.update()
    if not apt.candidate("chromium"):
        raise KitError(ADVICE)
    with progress.step("Downloading Chromium") as step:
        files = apt.download(PACKAGES, step.update, with_dependencies=True)
    with progress.step("Unpacking Chromium") as step:
        debian.unpack(files, FOLDER, step.update)
        apt.discard_downloads()
        # A relative TMPDIR: Chromium makes a socket there, whose path may have 107 bytes at most.
        wrappers.write(
            "chromium",
            PROGRAM,
            FOLDER,
            arguments=ARGUMENTS,
            cwd=KIT,
        )
    done = subprocess.run(
        [BIN / "chromium", "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise KitError(
            f"The unpacked Chromium does not start ({last_line(done.stderr)}). {ADVICE}"
        )
