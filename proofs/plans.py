"""What PostgreSQL does for the statements that an action sends: no reading of large tables from end to end."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor

from tools.odoo import parse_log

SQL_LOG = {"log_handler": ":INFO,odoo.sql_db:DEBUG"}
"""Options of an Odoo that logs each statement it sends."""
SENT = re.compile(r"\[[\d.]+ ms\] query: (.*)", re.DOTALL)
PLANNED = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
LIST = re.compile(r"\(\?(?:\s*,\s*\?)+\)")
READ_WHOLE = ("Aggregate", "Hash", "Materialize", "Sort")
"""Nodes that read all there is before they give the first row."""
LARGE = 5000
"""Rows of a table that is not to be read from end to end."""


@dataclass(frozen=True)
class Plan:
    """How PostgreSQL would carry out a statement."""

    statement: str
    scanned: tuple[str, ...]
    """The large tables that it would read from end to end, or an index of which."""
    text: str


class Listener:
    """Reads the statements that an Odoo has logged since it was asked last."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._offset = 0

    def hear(self) -> list[str]:
        """Give the statements, each shape of them once."""
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._offset)
            lines = log.readlines()
            self._offset = log.tell()
        shapes = {}
        for entry in parse_log(lines):
            if entry.logger == "odoo.sql_db" and (match := SENT.match(entry.text)):
                shapes.setdefault(shape(match[1]), match[1])
        return [sent for sent in shapes.values() if PLANNED.match(sent)]


def shape(statement: str) -> str:
    """Write a statement without its values."""
    return LIST.sub("(?)", LITERAL.sub("?", " ".join(statement.split())))


def explain(
    rows: cursor, statements: Iterable[str], large: int = LARGE
) -> Iterator[Plan]:
    """Ask for the statements' plans.

    :param large: how many rows a table has that counts as large
    """
    rows.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [large]
    )
    tables = {name for (name,) in rows.fetchall()}
    rows.execute("SELECT indexname, tablename FROM pg_indexes")
    indexed = dict(rows.fetchall())
    for statement in statements:
        rows.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        [[[answer]]] = rows.fetchall()
        scanned = {
            indexed.get(node.get("Index Name"), node.get("Relation Name"))
            for node in _reads_all(answer["Plan"])
        }
        rows.execute(f"EXPLAIN (COSTS OFF) {statement}")
        text = "\n".join(line for (line,) in rows.fetchall())
        yield Plan(statement, tuple(sorted(scanned & tables)), text)


def _reads_all(node: dict[str, Any], limited: bool = False) -> Iterator[dict[str, Any]]:
    """Give the nodes that read a table, or an index of one, from end to end.

    :param limited: whether reading stops once there is enough, as of a list's first page
    """
    kind = node["Node Type"]
    if kind == "Seq Scan" or (
        "Index" in kind and "Index Cond" not in node and not limited
    ):
        yield node
    limited = kind == "Limit" or (limited and kind not in READ_WHOLE)
    for child in node.get("Plans", ()):
        yield from _reads_all(child, limited)
