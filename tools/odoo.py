"""Run Odoo: its configuration, its environment, its log."""

import atexit
import os
import re
import subprocess
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tools import odoo_source, processes
from tools.errors import KitError
from tools.paths import BIN, HOME, KIT, LOGS, PYTHON, ROOT, TMP
from tools.postgres import Server

COMMAND = ROOT / "tools" / "bin" / "odoo"
LOG_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) "
    r"(?P<db>\S+) (?P<logger>[\w.\-]+): (?P<message>.*)$"
)
LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


@dataclass
class LogEntry:
    """One record of Odoo's log, with the lines that belong to it."""

    level: str
    logger: str
    lines: list[str]

    @property
    def message(self) -> str:
        """The record's first line."""
        return self.lines[0]

    @property
    def text(self) -> str:
        """The whole record."""
        return "\n".join(self.lines)


def parse_log(lines: Iterable[str]) -> Iterator[LogEntry]:
    """Read log records from lines; what comes before the first one counts as an error."""
    entry: LogEntry | None = None
    for raw in lines:
        line = raw.rstrip("\n")
        if match := LOG_LINE.match(line):
            if entry:
                yield entry
            entry = LogEntry(match["level"], match["logger"], [match["message"]])
        elif entry:
            entry.lines.append(line)
        elif line.strip():
            entry = LogEntry("INFO", "output", [line])
    if entry:
        yield entry


@dataclass
class Odoo:
    """Odoo on one PostgreSQL server, with one data folder."""

    server: Server
    data: Path
    addons_paths: list[Path] = field(default_factory=lambda: [ROOT])
    options: dict[str, str | int] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Give the variables that Odoo's processes run with; nothing they write leaves the checkout."""
        unwanted = re.compile(
            r"PG[A-Z]+|ODOO_\w+|PYTHON(PATH|HOME)|XDG_\w+|VIRTUAL_ENV"
        )
        kept = {
            key: value
            for key, value in os.environ.items()
            if not unwanted.fullmatch(key)
        }
        return {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(HOME),
            "TMPDIR": str(TMP),
            "ODOO_RC": str(self.write_configuration()),
            "PYTHONUNBUFFERED": "1",
        }

    def write_configuration(self) -> Path:
        """Write this process's configuration file for Odoo, which only its owner may read."""
        source = odoo_source.find()
        if source is None:
            raise KitError("There is no Odoo in this checkout yet: run make setup.")
        options = {
            "addons_path": ",".join(
                _quote(path) for path in (*source.addons, *self.addons_paths)
            ),
            "data_dir": self.data,
            "db_host": self.server.host or False,
            "db_port": self.server.port,
            "db_user": self.server.user or False,
            "db_password": self.server.password or False,
            "http_interface": "127.0.0.1",
            "workers": 0,
            "log_handler": ":INFO",
            "limit_time_real": 0,
            "limit_memory_hard": 0,
            "limit_memory_soft": 0,
            "screenshots": LOGS / "screenshots",
            "publisher_warranty_url": "",
            # Nothing is ever sent: nobody listens on this port (the demo has a server that keeps mail).
            "smtp_server": "127.0.0.1",
            "smtp_port": 9,
            **self.options,
        }
        text = "\n".join(
            (
                "[options]",
                *(
                    f"{key} = {str(value).replace('%', '%%')}"
                    for key, value in options.items()
                ),
                "",
            )
        )
        self.data.mkdir(parents=True, exist_ok=True)
        # Servers read it again when they start processes: other options are another file.
        number = zlib.crc32(text.encode())
        file = TMP / f"{self.data.name}-{os.getpid()}-{number:08x}.conf"
        if not file.exists():
            file.touch(mode=0o600)
            atexit.register(file.unlink, missing_ok=True)
            file.write_text(text, encoding="utf-8")
        return file

    def start(
        self, arguments: Iterable[str], *, database: str, output: IO[str] | None = None
    ) -> subprocess.Popen:
        """Start Odoo with its log (and whatever else it says) in a file, or in a pipe to read."""
        return processes.start(
            [PYTHON, COMMAND, *arguments, "-d", database],
            env=self.environment(),
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=KIT,
        )

    def run(
        self, arguments: Iterable[str], *, database: str, log: Path
    ) -> Iterator[LogEntry]:
        """Run Odoo to its end, giving its log records as they come.

        :raises KitError: when it ends with an error that is not a test's.
        """
        process = self.start([*arguments, "--stop-after-init"], database=database)
        last: deque[str] = deque(maxlen=3)
        failed_tests = False
        try:
            with log.open("a", encoding="utf-8") as copy:

                def lines() -> Iterator[str]:
                    for line in process.stdout or ():
                        copy.write(line)
                        copy.flush()
                        yield line

                for entry in parse_log(lines()):
                    if entry.level in ("ERROR", "CRITICAL"):
                        last.append(
                            entry.lines[-1] if len(entry.lines) > 1 else entry.message
                        )
                        failed_tests |= "when loading database" in entry.message
                    yield entry
            process.wait()
        finally:
            processes.stop(process)
        if process.returncode and not failed_tests:
            raise KitError(
                f"Odoo ended with an error ({last[-1] if last else f'exit code {process.returncode}'}): "
                f"see {log.relative_to(ROOT)}."
            )


def _quote(path: Path) -> str:
    if "," in str(path):
        raise KitError(
            f"The path {path} has a comma, which Odoo takes for the end of a path: use another folder."
        )
    return str(path)
