"""Download and unpack Debian packages with the machine's own apt, without installing anything.

apt gets private lists and a private cache below ``.kit/apt``; mirror, components and keyring are those
of the first enabled Debian entry of the machine's own configuration, so signatures and hashes are
checked as always.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from tools import processes
from tools.errors import KitError
from tools.paths import KIT

SUITE_WORDS = ("stable", "oldstable", "testing", "unstable", "sid")


@dataclass(frozen=True)
class Source:
    """One entry of apt's configuration."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = (
        ""  # path of a keyring, or an embedded key; empty: apt's own keyrings
    )

    def to_deb822(self) -> str:
        """Write the entry as a paragraph of a .sources file."""
        lines = [
            "Types: deb",
            f"URIs: {self.uri}",
            f"Suites: {' '.join(self.suites)}",
            f"Components: {' '.join(self.components)}",
        ]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(lines) + "\n"


def is_available() -> bool:
    """Tell whether this machine has what :class:`Apt` needs."""
    return all(map(shutil.which, ("apt-get", "dpkg-deb"))) and bool(machine_sources())


def machine_sources(etc: Path = Path("/etc")) -> list[Source]:
    """Read the enabled entries for Debian's own archives from the machine's apt configuration."""
    codename = _codename(etc / "os-release")
    files = [etc / "apt/sources.list", *sorted((etc / "apt/sources.list.d").glob("*"))]
    found = []
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".list":
            found += _read_one_line_style(text)
        elif file.suffix == ".sources":
            found += _read_deb822(text)
    return [source for source in found if _is_debian(source, codename)]


def _codename(os_release: Path) -> str:
    match = os_release.is_file() and re.search(
        r'^VERSION_CODENAME="?([\w-]+)',
        os_release.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return match[1] if match else "sid"


def _is_debian(source: Source, codename: str) -> bool:
    suites = {suite.partition("-")[0].partition("/")[0] for suite in source.suites}
    if "main" not in source.components or not suites & {codename, *SUITE_WORDS}:
        return False
    folders = {folder for folder in urlsplit(source.uri).path.split("/") if folder}
    return "debian-archive" in source.signed_by or bool(
        folders & {"debian", "debian-security"}
    )


def _read_one_line_style(text: str) -> Iterator[Source]:
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        match = re.fullmatch(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line)
        if match:
            options = dict(
                option.split("=", 1)
                for option in (match[1] or "").split()
                if "=" in option
            )
            yield Source(
                match[2],
                (match[3],),
                tuple(match[4].split()),
                options.get("signed-by", ""),
            )


def _read_deb822(text: str) -> Iterator[Source]:
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1].isspace() and name:
                fields[name] += "\n" + line
            elif ":" in line:
                name, _colon, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get(
            "enabled", "yes"
        ).lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            yield Source(
                uri,
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", ""),
            )


def for_suites(*suites: str) -> list[Source]:
    """Give entries for other suites of the mirror that the machine uses."""
    plain = [
        source
        for source in machine_sources()
        if not any("security" in part for part in (source.uri, *source.suites))
    ]
    if not plain:
        return []
    return [Source(plain[0].uri, suites, ("main",), plain[0].signed_by)]


@dataclass
class Apt:
    """A private apt directory."""

    name: str
    sources: list[Source]
    knows_installed: bool = False  # whether installed packages count as there
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = KIT / "apt" / self.name

    def update(self) -> None:
        """Fetch the package lists.

        :raises KitError: when the mirror is not reached.
        """
        for part in ("etc", "lists/partial", "cache/archives/partial", "state"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "etc" / "kit.sources").write_text(
            "\n".join(source.to_deb822() for source in self.sources), encoding="utf-8"
        )
        try:
            self._run("apt-get", "update", "-qq", "-o", "APT::Update::Error-Mode=any")
        except subprocess.CalledProcessError as error:
            raise KitError(
                f"Debian's mirror {self.sources[0].uri} is not reached: check the network (or set ODOO_PATH to a "
                f"checkout of Odoo 19.0, and install wkhtmltopdf and Chromium yourself). {_last_line(error.output)}"
            ) from error

    def candidate(self, package: str) -> str | None:
        """Give the version that would be downloaded."""
        output = self._run("apt-cache", "policy", package)
        match = re.search(r"Candidate: (\S+)", output)
        return match[1] if match and match[1] != "(none)" else None

    def download(
        self,
        packages: Iterable[str],
        on_progress: Callable[[float, str], None],
        *,
        with_dependencies: bool = False,
    ) -> list[Path]:
        """Download packages, and give the .deb files (those of missing dependencies as well, if asked)."""
        # apt checks what it downloads (or resumes) now, and of older files no more than their size.
        self.discard_downloads()
        archives = self.folder / "cache" / "archives"
        if with_dependencies:
            command = [
                "install",
                "--download-only",
                "--reinstall",
                "-y",
                "--no-install-recommends",
                *packages,
            ]
        else:
            command = ["download", *packages]
        try:
            self._run("apt-get", *command, cwd=archives, on_progress=on_progress)
        except subprocess.CalledProcessError as error:
            raise KitError(
                f"Debian's packages {', '.join(packages)} could not be downloaded: check network and disk, and run "
                f"the same command again. {_last_line(error.output)}"
            ) from error
        return sorted(archives.glob("*.deb"))

    def discard_downloads(self) -> None:
        """Remove the downloaded .deb files."""
        for file in (self.folder / "cache" / "archives").glob("*.deb"):
            file.unlink()

    def _run(
        self,
        program: str,
        *arguments: str,
        cwd: Path | None = None,
        on_progress: Callable[[float, str], None] | None = None,
    ) -> str:
        read_end, write_end = os.pipe()
        status = (
            Path("/var/lib/dpkg/status")
            if self.knows_installed
            else self.folder / "status"
        )
        config = self.folder / "apt.conf"
        config.write_text(
            "\n".join(
                f'{key} "{value}";'
                for key, value in {
                    "Dir::Etc::SourceList": "/dev/null",
                    "Dir::Etc::SourceParts": self.folder / "etc",
                    "Dir::Etc::Preferences": "/dev/null",
                    "Dir::Etc::PreferencesParts": "/dev/null",
                    "Dir::State": self.folder / "state",
                    "Dir::State::Lists": self.folder / "lists",
                    "Dir::State::status": status,
                    "Dir::Cache": self.folder / "cache",
                    "Acquire::Languages": "none",
                    "Debug::NoLocking": "1",
                    "Acquire::Retries": "2",
                    "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
                    "APT::Status-Fd": write_end,
                }.items()
                if value != ""
            ),
            encoding="utf-8",
        )
        environment = {
            **os.environ,
            "APT_CONFIG": str(config),
            "LC_ALL": "C",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        with subprocess.Popen(
            [program, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=(output := _scratch(self.folder / "output.log")),
            stderr=subprocess.STDOUT,
            pass_fds=(write_end,),
            preexec_fn=processes.die_with_parent,
        ) as process:
            os.close(write_end)
            with os.fdopen(read_end, encoding="utf-8", errors="replace") as messages:
                for message in messages:
                    kind, _number, percent, detail = (
                        message.rstrip("\n").split(":", 3) + [""] * 3
                    )[:4]
                    if kind == "dlstatus" and on_progress:
                        on_progress(float(percent), detail)
        output.seek(0)
        text = output.read()
        output.close()
        if process.returncode:
            raise subprocess.CalledProcessError(
                process.returncode, [program, *arguments], output=text
            )
        return text


def _scratch(path: Path) -> TextIO:
    return path.open("w+", encoding="utf-8", errors="replace")


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(("E:", "W:"))]
    return f"(apt says: {lines[0][3:]})" if lines else ""


def unpack(
    files: Iterable[Path],
    folder: Path,
    on_progress: Callable[[float, str], None] | None = None,
) -> None:
    """Unpack .deb files into a folder, which appears only when it is complete."""
    half = folder.with_name(folder.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    files = list(files)
    for number, file in enumerate(files):
        if on_progress:
            on_progress(100 * number / len(files), file.name)
        done = subprocess.run(
            ["dpkg-deb", "-x", file, half],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=processes.die_with_parent,
        )
        if done.returncode:
            raise KitError(
                f"{file.name} could not be unpacked ({done.stderr.strip()}): check that the disk is not full."
            )
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)


def dangling_links(folder: Path) -> list[Path]:
    """Find links below the folder whose target is not there."""
    return [
        path
        for base, folders, names in os.walk(folder)
        for path in (Path(base, name) for name in (*folders, *names))
        if path.is_symlink() and not path.exists()
    ]
