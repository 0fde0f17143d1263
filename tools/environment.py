"""The virtual environment: Odoo's Python packages, the OCA addons, and Odoo itself on the path."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import chromium, odoo_source, preflight, processes, progress, wkhtmltopdf
from tools.errors import KitError
from tools.paths import BIN, HOME, KIT, LOGS, PYTHON, ROOT, TMP, VENV

RUNTIME = ROOT / "requirements.txt"
TESTING = ROOT / "requirements-test.txt"
STAMP = VENV / "made-for"
UNFINISHED = VENV / "unfinished"  # there while pip unpacks


def is_inside() -> bool:
    """Tell whether this process runs in the kit's virtual environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def prepare(*, with_tools: bool, with_browser: bool) -> Path:
    """Make or renew what commands run in, and give its Python."""
    preflight.check(with_browser=with_browser)
    for folder in (KIT, BIN, LOGS, TMP, HOME):
        folder.mkdir(parents=True, exist_ok=True)
    with _alone():
        if not _is_usable():
            _create()
        _install(RUNTIME)
        if with_tools:
            _install(TESTING)
        _link(odoo_source.obtain())
        wkhtmltopdf.obtain()
        if with_browser:
            chromium.obtain()
    return PYTHON


@contextmanager
def _alone() -> Iterator[None]:
    """Hold others off who set up the same checkout at this moment."""
    with (KIT / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("Waiting for another setup of this checkout …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _identity() -> str:
    """Tell this place and Python from others: a virtual environment cannot be moved."""
    return f"{VENV}\n{sys.base_prefix}\n{sys.version}"


def _is_usable() -> bool:
    return (
        STAMP.is_file()
        and STAMP.read_text(encoding="utf-8") == _identity()
        and PYTHON.exists()
        and not UNFINISHED.exists()
    )


def _create() -> None:
    with progress.step("Creating the virtual environment"):
        shutil.rmtree(VENV, ignore_errors=True)
        done = subprocess.run(
            [sys.executable, "-m", "venv", VENV],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise KitError(
                "Python could not create a virtual environment (on Debian: apt install python3-venv): "
                + (done.stderr or done.stdout).strip().replace("\n", " ")
            )
        STAMP.write_text(_identity(), encoding="utf-8")


def _install(requirements: Path) -> None:
    """Have pip install a complete, pinned list (unless it has done so already)."""
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = VENV / requirements.with_suffix(".installed").name
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    total = sum("==" in line for line in requirements.read_text().splitlines())
    log = LOGS / f"pip-{requirements.stem}.log"
    command = [PYTHON, "-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check",
               "--no-cache-dir", "--progress-bar", "off", "--retries", "2", "-r", requirements]  # fmt: skip
    title = (
        "Installing Python packages"
        if requirements == RUNTIME
        else "Installing the test tools"
    )
    with progress.step(title) as step, log.open("w") as output:
        seen = 0
        pip = processes.start(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(TMP)},
        )
        try:
            for line in pip.stdout or ():
                output.write(line)
                if line.startswith(("Collecting", "Requirement already")):
                    seen += 1
                    step.update(90 * seen / total, line.split()[1])
                elif line.startswith("Installing collected"):
                    UNFINISHED.touch()
                    step.update(92, "unpacking")
            pip.wait()
        finally:
            processes.stop(pip)
    if pip.returncode:
        raise KitError(
            f"pip could not get the packages of {requirements.name}: check the network, pip's index and the disk, "
            f"and run the same command again ({_reason(log)}; all of it in {log.relative_to(ROOT)})."
        )
    UNFINISHED.unlink(missing_ok=True)
    stamp.write_text(wanted)


def _reason(log: Path) -> str:
    text = log.read_text(errors="replace")
    if (
        "NameResolutionError" in text
        or "NewConnectionError" in text
        or "ProxyError" in text
    ):
        return "pip's index is not reached"
    errors = [line for line in text.splitlines() if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR: ") if errors else "see the log"


def _link(source: odoo_source.OdooSource) -> None:
    """Put Odoo on the virtual environment's path."""
    packages = next((VENV / "lib").glob("python3.*")) / "site-packages"
    link = packages / "odoo-source.pth"
    if not link.is_file() or link.read_text(encoding="utf-8") != f"{source.path}\n":
        link.write_text(f"{source.path}\n", encoding="utf-8")
