"""Find Odoo 19.0 Community, or get it: the one module that knows where Odoo comes from."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import debian, processes, progress
from tools.errors import KitError, last_line
from tools.paths import KIT, TMP

SERIES = "19.0"
PACKAGE = "odoo-19"
REPOSITORY = "https://github.com/odoo/odoo.git"
UNPACKED = KIT / "odoo"
CLONE = KIT / "odoo-git"

# Odoo's Debian package links fonts and scripts of these.
COMPANIONS = (
    "fonts-glyphicons-halflings",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# Later versions than this suite's have dropped files that Odoo links.
OLDER_SUITE = "bookworm"
OLDER_COMPANIONS = ("fonts-font-awesome",)
# Files that Odoo needs and the packages name otherwise, or leave out: path, and what it is to link (or empty).
FONTS = "usr/share/fonts"
MENDED = {
    f"{FONTS}/truetype/inconsolata/Inconsolata.otf": f"{FONTS}/opentype/inconsolata/Inconsolata-Regular.otf",
    "usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js": "",
}


@dataclass(frozen=True)
class OdooSource:
    """An Odoo on this machine."""

    path: Path  # the folder that holds the package "odoo"
    version: str  # changes whenever the code may have changed

    @property
    def addons(self) -> list[Path]:
        """Addons folders beside those that Odoo finds by itself."""
        return [self.path / "addons"] if (self.path / "odoo-bin").exists() else []


def find() -> OdooSource | None:
    """Give the Odoo that is there already: ODOO_PATH, one that can be imported, one obtained before.

    :raises KitError: when ODOO_PATH names something else.
    """
    if named := os.environ.get("ODOO_PATH"):
        path = Path(named).expanduser().resolve()
        if _series(path) != SERIES:
            raise KitError(
                f"ODOO_PATH={named} is no checkout of Odoo {SERIES} ({_describe(path)}): name the folder that holds "
                f"odoo-bin and addons/, as made by git clone --depth 1 --branch {SERIES} {REPOSITORY}."
            )
        return OdooSource(path, f"{path}@{_commit(path)}")
    unpacked, version = UNPACKED / "usr/lib/python3/dist-packages", UNPACKED / "version"
    if version.is_file() and _series(unpacked) == SERIES:
        return OdooSource(unpacked, version.read_text())
    for path in (_importable(), CLONE):
        if path and _series(path) == SERIES:
            return OdooSource(path, f"{path}@{_commit(path)}")
    return None


def _series(path: Path) -> str:
    release = path / "odoo" / "release.py"
    if not release.is_file():
        return ""
    match = re.search(
        r"^version_info = \((\d+), (\d+)",
        release.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return f"{match[1]}.{match[2]}" if match else ""


def _describe(path: Path) -> str:
    if not path.is_dir():
        return "there is no such folder"
    series = _series(path)
    return f"it is Odoo {series}" if series else "it has no odoo/release.py"


def _commit(path: Path) -> str:
    """Give what tells this state of the code from another."""
    done = (
        subprocess.run(
            ["git", "-C", path, "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
        if (path / ".git").exists() and shutil.which("git")
        else None
    )
    if done and done.returncode == 0:
        return done.stdout.strip()
    return str(int((path / "odoo" / "release.py").stat().st_mtime))


def _importable() -> Path | None:
    """Find an Odoo installed for the Python that the virtual environment was made with."""
    base = (
        Path(sys.base_prefix)
        / "bin"
        / f"python{sys.version_info.major}.{sys.version_info.minor}"
    )
    script = "import odoo.release as r; print(r.__file__)"
    done = subprocess.run(
        [base, "-P", "-c", script]
        if sys.version_info >= (3, 11)
        else [base, "-I", "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(done.stdout.strip()).parent.parent if done.returncode == 0 else None


def check_obtainable() -> None:
    """Make sure, before anything is downloaded, that Odoo can be had.

    :raises KitError: when there is no way to get it.
    """
    if find() is None and not debian.is_available() and not shutil.which("git"):
        raise KitError(
            f"There is no Odoo {SERIES} here and neither Debian's apt nor git to get it with: install git, or set "
            f"ODOO_PATH to a checkout of Odoo {SERIES}."
        )


def obtain() -> OdooSource:
    """Give Odoo, from Debian's archive or by git when there is none on this machine."""
    if found := find():
        return found
    if debian.is_available():
        apt = debian.Apt("sid", debian.for_suites("sid", OLDER_SUITE))
        with progress.step("Asking Debian for Odoo"):
            apt.update()
            version = apt.candidate(PACKAGE)
        if version and version.startswith(SERIES):
            _unpack(apt, version)
            return _found()
        progress.say(
            f"Debian's mirror has no {PACKAGE}; taking Odoo from its git repository."
        )
    _clone()
    return _found()


def _found() -> OdooSource:
    found = find()
    if found is None:
        raise KitError(
            f"What was downloaded is not Odoo {SERIES}: run make clean, and make demo again."
        )
    return found


def _unpack(apt: debian.Apt, version: str) -> None:
    with progress.step(f"Downloading Odoo {version}") as step:
        older = [f"{package}/{OLDER_SUITE}" for package in OLDER_COMPANIONS]
        files = apt.download([PACKAGE, *COMPANIONS, *older], step.update)
    with progress.step("Unpacking Odoo") as step:
        half = UNPACKED.with_name("odoo.new")
        debian.unpack(files, half, step.update)
        mend(half)
        (half / "version").write_text(version)
        shutil.rmtree(UNPACKED, ignore_errors=True)  # what is left of a broken one
        half.rename(UNPACKED)
        apt.discard_downloads()


def mend(root: Path) -> None:
    """Put right what is missing from the unpacked packages.

    :raises KitError: when a link leads nowhere, because pages would miss fonts or scripts.
    """
    for name, target in MENDED.items():
        path = root / name
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(os.path.relpath(root / target, path.parent))
        else:
            path.touch()
    if dangling := debian.dangling_links(root):
        names = ", ".join(str(path.relative_to(root)) for path in dangling[:5])
        raise KitError(
            f"Debian's {PACKAGE} links files that its companions no longer bring ({names}): set ODOO_PATH to a "
            f"checkout of Odoo {SERIES}, and please report this."
        )


def _clone() -> None:
    with progress.step(f"Cloning Odoo {SERIES}"):
        half = TMP / "odoo-git"
        shutil.rmtree(half, ignore_errors=True)
        done = subprocess.run(
            [
                "git",
                "clone",
                "--quiet",
                "--depth",
                "1",
                "--branch",
                SERIES,
                REPOSITORY,
                half,
            ],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            preexec_fn=processes.die_with_parent,
        )
        if done.returncode:
            raise KitError(
                f"Odoo {SERIES} could not be cloned from {REPOSITORY}: check the network, or set ODOO_PATH to a "
                f"checkout of it. ({last_line(done.stderr)})"
            )
        shutil.rmtree(CLONE, ignore_errors=True)
        half.rename(CLONE)
