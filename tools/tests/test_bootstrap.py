"""The first steps: an unsuitable Python, missing things, the command line."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import (
    bootstrap,
    chromium,
    cli,
    preflight,
    processes,
    wkhtmltopdf,
    wrappers,
)
from tools.errors import KitError
from tools.paths import ROOT


def test_too_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        KitError, match=r"needs Python 3\.10 to 3\.13, and this is Python 3\.9"
    ):
        bootstrap._run(["demo"])


def test_first_steps_are_readable_by_old_pythons() -> None:
    for name in ("__init__", "__main__", "bootstrap", "errors"):
        text = (ROOT / "tools" / f"{name}.py").read_text(encoding="utf-8")
        for newer in ("match ", ":=", " | None", 'f"', "f'"):
            assert newer not in text, f"{name}.py has {newer!r}"


def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        preflight.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1000})
    )
    with pytest.raises(KitError, match="The disk is too full"):
        preflight.check(with_browser=True)


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        preflight.chromium, "problem", lambda: preflight.chromium.ADVICE
    )
    with pytest.raises(KitError, match="Chromium is missing"):
        preflight.check(with_browser=True)
    monkeypatch.setattr(wkhtmltopdf, "find", lambda: None)
    monkeypatch.setattr(wkhtmltopdf.platform, "machine", lambda: "riscv64")
    with pytest.raises(KitError, match="wkhtmltopdf with patched Qt is missing"):
        preflight.check(with_browser=True)


def test_unpatched_wkhtmltopdf_does_not_do(tmp_path: Path) -> None:
    program = tmp_path / "wkhtmltopdf"
    program.write_text("#!/bin/sh\necho wkhtmltopdf 0.12.6\n")
    program.chmod(0o755)
    assert not wkhtmltopdf.is_patched(program)
    program.write_text('#!/bin/sh\necho "wkhtmltopdf 0.12.6 (with patched qt)"\n')
    assert wkhtmltopdf.is_patched(program)


def test_help_names_every_target() -> None:
    targets = [
        line.partition(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line.endswith("; @$(KIT) " + line.partition(":")[0])
    ]
    assert len(targets) >= 8
    for target in targets:
        assert target == "help" or f"make {target}" in cli.HELP


def test_next_free_port() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert processes.free_port(port) > port


def test_a_stopped_process_leaves_nothing() -> None:
    process = processes.start(
        ["sh", "-c", "sleep 60 & sleep 60"], stdout=subprocess.DEVNULL
    )
    processes.stop(process)
    deadline = time.monotonic() + 10
    with pytest.raises(ProcessLookupError):  # as soon as init has buried the last of it
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def test_a_browser_that_was_deleted_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper, program = tmp_path / "chromium", tmp_path / "a program"
    program.touch()
    wrapper.write_text(f"exec '{program}'\n")
    monkeypatch.setattr(chromium, "BIN", tmp_path)
    monkeypatch.setattr(chromium, "PROGRAM", program)
    monkeypatch.setenv("PATH", "/nowhere")
    assert chromium.find() == wrapper
    wrapper.write_text("exec '/the/checkout/before/it/moved'\n")
    assert chromium.find() is None
    wrapper.write_text(f"exec '{program}'\n")
    program.unlink()
    assert chromium.find() is None


def test_wkhtmltopdf_knows_the_document_by_its_dots(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a folder whose name has a dot, as .kit, Odoo's headers and footers are printed."""
    folder = tmp_path / "a .kit"
    folder.mkdir()
    program = folder / "program"
    program.write_text('#!/bin/sh\nfor argument do echo "$argument"; done\n')
    program.chmod(0o755)
    monkeypatch.setattr(wrappers, "BIN", tmp_path)
    monkeypatch.setattr(wrappers, "KIT", tmp_path)
    wrappers.write("wkhtmltopdf", program, tmp_path, before=wkhtmltopdf.WITHOUT_DOTS)
    done = subprocess.run(
        [tmp_path / "wkhtmltopdf", "--quiet", folder / "report.body.tmp.0.x.html", ""],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = "--quiet\n/proc/self/cwd/report.body.tmp.0.x.html\n\n"
    assert done.stdout == printed
