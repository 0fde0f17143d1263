"""Reading the machine's apt configuration, and unpacking."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import debian, odoo_source
from tools.errors import KitError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "os-release").write_text("ID=debian\nVERSION_CODENAME=bookworm\n")
    return tmp_path


def test_one_line_style(etc: Path) -> None:
    (etc / "apt/sources.list").write_text(
        "# deb http://old.example/debian bookworm main\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        f"deb [arch=amd64 signed-by={KEYRING}] http://mirror.example/debian bookworm main contrib # ours\n"
        "deb http://other.example/tools stable main\n"
    )
    assert debian.machine_sources(etc) == [
        debian.Source(
            "http://mirror.example/debian", ("bookworm",), ("main", "contrib"), KEYRING
        )
    ]


def test_deb822(etc: Path) -> None:
    (etc / "apt/sources.list.d/debian.sources").write_text(
        "Types: deb deb-src\n# a comment\nURIs: http://mirror.example/debian\n"
        f"Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: {KEYRING}\n\n"
        "Types: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n\n"
        "Types: deb\nURIs: http://vendor.example/packages\nSuites: nodistro\nComponents: main\n"
    )
    assert debian.machine_sources(etc) == [
        debian.Source(
            "http://mirror.example/debian",
            ("bookworm", "bookworm-updates"),
            ("main",),
            KEYRING,
        )
    ]


def test_embedded_key_survives(etc: Path) -> None:
    key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
    (etc / "apt/sources.list.d/debian.sources").write_text(
        f"Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:{key}"
    )
    (source,) = debian.machine_sources(etc)
    assert key.rstrip() in source.to_deb822()


def test_no_debian(etc: Path) -> None:
    (etc / "os-release").write_text("VERSION_CODENAME=noble\n")
    (etc / "apt/sources.list").write_text(
        "deb http://archive.example/ubuntu noble main\n"
    )
    assert debian.machine_sources(etc) == []


def test_other_suites_take_the_plain_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        debian,
        "machine_sources",
        lambda: [
            debian.Source(
                "http://mirror.example/debian-security",
                ("bookworm-security",),
                ("main",),
            ),
            debian.Source(
                "http://mirror.example/debian", ("bookworm",), ("main",), KEYRING
            ),
        ],
    )
    assert debian.for_suites("sid") == [
        debian.Source("http://mirror.example/debian", ("sid",), ("main",), KEYRING)
    ]


def test_dangling_links(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "good").symlink_to("there")
    (tmp_path / "bad").symlink_to("nowhere")
    assert debian.dangling_links(tmp_path) == [tmp_path / "bad"]


def test_mend_complains_of_links_it_does_not_know(tmp_path: Path) -> None:
    font = tmp_path / "usr/share/fonts/opentype/inconsolata/Inconsolata-Regular.otf"
    font.parent.mkdir(parents=True)
    font.touch()
    odoo_source.mend(tmp_path)
    (tmp_path / "icon.ttf").symlink_to("gone.ttf")
    with pytest.raises(KitError, match=r"icon\.ttf"):
        odoo_source.mend(tmp_path)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A .deb with one file; on other systems than Debian tar stands in for dpkg-deb."""
    folder, package = tmp_path / "p", tmp_path / "p.deb"
    (folder / "usr").mkdir(parents=True)
    (folder / "usr/file").write_text("content")
    if shutil.which("dpkg-deb"):
        (folder / "DEBIAN").mkdir()
        (folder / "DEBIAN/control").write_text(
            "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
        )
        command = ["dpkg-deb", "-b", folder, package]
    else:
        stand_in = tmp_path / "bin/dpkg-deb"
        stand_in.parent.mkdir()
        stand_in.write_text('#!/bin/sh\nexec tar -xzf "$2" -C "$3"\n')
        stand_in.chmod(0o755)
        monkeypatch.setenv("PATH", str(stand_in.parent), prepend=os.pathsep)
        command = ["tar", "-czf", package, "-C", folder, "usr"]
    subprocess.run(command, check=True, capture_output=True)
    return package


def test_a_package_is_never_half_unpacked(tmp_path: Path, package: Path) -> None:
    debian.unpack([package], tmp_path / "good")
    assert (tmp_path / "good/usr/file").read_text() == "content"
    broken = tmp_path / "broken.deb"
    broken.write_bytes(package.read_bytes()[:80])
    with pytest.raises(KitError, match=r"broken\.deb could not be unpacked"):
        debian.unpack([package, broken], tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
