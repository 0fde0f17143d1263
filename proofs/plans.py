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
STOPS = ("Limit", "Merge Join")
"""Nodes that stop reading once there is enough."""
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
        """
        SELECT r.relname, t.relname
          FROM pg_class AS r
     LEFT JOIN pg_index AS i ON i.indexrelid = r.oid
          JOIN pg_class AS t ON t.oid = COALESCE(i.indrelid, r.oid)
         WHERE r.relkind IN ('r', 'i') AND r.reltuples > %s
        """,
        [large],
    )
    tables = dict(rows.fetchall())  # by the name of the table or of an index
    for statement in statements:
        rows.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        [[[answer]]] = rows.fetchall()
        read = {
            node.get("Index Name") or node["Relation Name"]
            for node in _reads_all(answer["Plan"])
        }
        scanned = sorted({tables[name] for name in read if name in tables})
        rows.execute(f"EXPLAIN (COSTS OFF) {statement}")
        text = "\n".join(line for (line,) in rows.fetchall())
        yield Plan(statement, tuple(scanned), text)


def _reads_all(node: dict[str, Any], limited: bool = False) -> Iterator[dict[str, Any]]:
    """Give the nodes that read a table, or an index of one, from end to end.

    :param limited: whether who reads stops once there is enough
    """
    kind = node["Node Type"]
    if kind == "Seq Scan" or (
        "Index" in kind and "Index Cond" not in node and not limited
    ):
        yield node
    limited = kind in STOPS or (limited and kind not in READ_WHOLE)
    for child in node.get("Plans", ()):
        yield from _reads_all(child, limited)
