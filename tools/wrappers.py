"""Small scripts in ``.kit/bin`` that start unpacked programs with the libraries and fonts they need."""

import os
import shlex
from pathlib import Path

from tools.paths import BIN, KIT

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  {folders}
  <cachedir>{cache}</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


def path_without_kit() -> str:
    """Give the PATH on which the machine's own programs are."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder) != BIN)


def library_path(root: Path) -> str:
    """Give the LD_LIBRARY_PATH of what is unpacked in a folder."""
    return ":".join(
        str(folder)
        for lib in ("usr/lib", "lib")
        for triplet in sorted((root / lib).glob("*-linux-gnu*"))
        for folder in (triplet, triplet / "pulseaudio")
        if folder.is_dir()
    )


def write(
    name: str,
    program: Path,
    root: Path,
    *,
    arguments: str = "",
    cwd: Path | None = None,
    before: str = "",
) -> None:
    """Write the script ``name`` for a program whose libraries may lie in an unpacked ``root``.

    ``before`` is what the shell does first.
    """
    lines = ["#!/bin/sh"]
    if joined := library_path(root):
        lines.append(f"export LD_LIBRARY_PATH={shlex.quote(joined)}")
    lines.append(f"export FONTCONFIG_FILE={shlex.quote(str(_write_fonts()))}")
    if cwd:
        lines += [f"cd {shlex.quote(str(cwd))}", "export TMPDIR=tmp"]
        lines += ["unset XDG_CONFIG_HOME XDG_CACHE_HOME", 'export HOME="$PWD/home"']
    if before:
        lines.append(before.strip())
    lines.append(f'exec {shlex.quote(str(program))} {arguments} "$@"')
    script = BIN / name
    half = BIN / f"{name}.half"
    half.write_text("\n".join(lines) + "\n", encoding="utf-8")
    half.chmod(0o755)
    half.replace(script)


def _write_fonts() -> Path:
    """Write a font configuration that finds the machine's fonts and ours, and caches in the checkout."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    folders += [
        KIT / name / "usr/share/fonts"
        for name in ("chromium", "wkhtmltopdf-libs", "odoo")
    ]
    config = KIT / "fonts.conf"
    config.write_text(
        FONTS.format(
            folders="".join(f"<dir>{folder}</dir>" for folder in folders),
            cache=KIT / "fontcache",
        ),
        encoding="utf-8",
    )
    return config
