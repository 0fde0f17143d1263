"""Getting axe-core, by npm or by pip, and refusing what is not it."""

import base64
import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import axe, packages
from tools.errors import KitError

CONTENT = b"/*! axe */"


@pytest.fixture(autouse=True)
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without axe-core, on a machine without npm."""
    monkeypatch.setattr(axe, "SCRIPT", tmp_path / "axe.min.js")
    monkeypatch.setattr(axe, "TMP", tmp_path / "tmp")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


@pytest.fixture
def npm(kit: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that packs what it has: the script's package, pinned by its hash."""
    archive = kit / "axe.tgz"
    with tarfile.open(archive, "w:gz") as package:
        info = tarfile.TarInfo("package/axe.min.js")
        info.size = len(CONTENT)
        package.addfile(info, io.BytesIO(CONTENT))
    digest = hashlib.sha512(archive.read_bytes()).digest()
    monkeypatch.setattr(axe, "INTEGRITY", "sha512-" + base64.b64encode(digest).decode())
    program = kit / "bin" / "npm"
    program.write_text(
        f'#!/bin/sh\necho "$@" > "{kit}/call"\n/bin/cp "{archive}" "$5"\n'
    )
    program.chmod(0o755)
    return program


def test_npm_packs_it_once(npm: Path, kit: Path) -> None:
    assert axe.obtain().read_bytes() == CONTENT
    assert f"axe-core@{axe.VERSION}" in (kit / "call").read_text()
    npm.unlink()
    assert axe.obtain().read_bytes() == CONTENT
    assert sorted(os.listdir(kit / "tmp")) == []


def test_another_package_is_refused(npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axe, "INTEGRITY", "sha512-other")
    with pytest.raises(KitError, match="not what was published"):
        axe.obtain()
    assert not axe.SCRIPT.exists()


def test_npm_says_why(npm: Path) -> None:
    npm.write_text("#!/bin/sh\necho npm error network unreachable >&2\nexit 1\n")
    with pytest.raises(KitError, match=r"network unreachable.*check the network"):
        axe.obtain()


def test_pip_has_it_where_there_is_no_npm(
    kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(package: str, version: str, sha256: str, folder: Path) -> Path:
        with zipfile.ZipFile(folder / "axe.whl", "w") as wheel:
            wheel.writestr("axe_playwright_python/axe.min.js", CONTENT)
        return folder / "axe.whl"

    monkeypatch.setattr(packages, "download", download)
    assert axe.obtain().read_bytes() == CONTENT


def test_neither_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_arguments: object) -> Path:
        raise KitError("It could not be downloaded.")

    monkeypatch.setattr(packages, "download", download)
    with pytest.raises(KitError, match="axe-core is missing"):
        axe.obtain()
