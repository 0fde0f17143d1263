"""How an answer to bad input is judged."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from tools import addons
from tools.odoo import parse_log
from tools.paths import ROOT
from tools.serving import OdooServer

SENTENCES = frozenset(
    f"odoo.exceptions.{name}"
    for name in (
        "AccessDenied",
        "AccessError",
        "LockError",
        "MissingError",
        "RedirectWarning",
        "UserError",
        "ValidationError",
    )
) | {"odoo.http.SessionExpiredException"}
"""The exceptions whose message is written for users."""

FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)')
OURS = tuple(str(ROOT / addon.name) for addon in addons.ours())

ACCEPTED = "accepted"
SENTENCE = "a sentence"
FRAMEWORK = "by the framework"
FAULT = "fault"

INVARIANTS = {
    "no more is credited than was invoiced": """
        SELECT invoice.id
          FROM account_move AS invoice
          JOIN account_move AS credit ON credit.reversed_entry_id = invoice.id
         WHERE credit.move_type = 'out_refund' AND credit.state != 'cancel' AND credit.amount_total > 0
         GROUP BY invoice.id
        HAVING bool_or(credit.ticket_id IS NOT NULL)
           AND NOT sum(credit.amount_total) <= invoice.amount_total + 0.05
    """,
    "no more comes back than was delivered": """
        SELECT delivered.id
          FROM stock_move AS delivered
          JOIN stock_move AS returned ON returned.origin_returned_move_id = delivered.id
          JOIN stock_location AS source ON source.id = returned.location_id
          LEFT JOIN stock_picking AS transfer ON transfer.id = returned.picking_id
         WHERE returned.state != 'cancel' AND source.usage = 'customer'
         GROUP BY delivered.id
        HAVING bool_or(transfer.ticket_id IS NOT NULL)
           AND NOT sum(
                CASE returned.state WHEN 'done' THEN returned.quantity ELSE returned.product_uom_qty END
           ) <= delivered.quantity
    """,
    "a window makes one coupon at most, and no two the same": """
        SELECT coupon_id FROM helpdesk_coupon_generate
         WHERE coupon_id IS NOT NULL GROUP BY coupon_id HAVING count(*) > 1
    """,
    "a coupon's points are a number that is not negative": """
        SELECT id FROM loyalty_card
         WHERE ticket_id IS NOT NULL AND (points < 0 OR points::text IN ('NaN', 'Infinity'))
           AND create_uid != 2 AND write_uid != 2
    """,
    "a visit ends after it starts": """
        SELECT id FROM project_task
         WHERE ticket_id IS NOT NULL AND planned_date_end IS NOT NULL
           AND (planned_date_start IS NULL OR planned_date_end < planned_date_start)
    """,
    "what a customer asks for waits for an answer": """
        SELECT id FROM stock_picking
         WHERE request_state = 'open' AND state NOT IN ('draft', 'cancel')
    """,
    **{
        f"a ticket's record in {table} is of the ticket's company": f"""
            SELECT document.id FROM {table} AS document
              JOIN helpdesk_ticket AS ticket ON ticket.id = document.ticket_id
             WHERE document.company_id != ticket.company_id
        """
        for table in (
            "account_move",
            "loyalty_card",
            "project_task",
            "repair_order",
            "stock_picking",
        )
    },
}
"""What holds whatever was accepted; a query gives what breaks it."""


@dataclass(frozen=True)
class Verdict:
    """What became of a call; for a fault, what is wrong."""

    kind: str
    what: str = ""


class Counterpart(Protocol):
    """Tells whether core refuses the same arguments in the same way, without our code."""

    def __call__(self, exception: str, raised_by: "Frame") -> bool:
        """Do the like by core alone.

        :param exception: the class that was raised where our code had a part
        :param raised_by: what raised it
        """


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    path: str
    line: int
    name: str

    @property
    def is_ours(self) -> bool:
        """Whether it is in one of our addons."""
        return self.path.startswith(OURS)

    @property
    def hands_on(self) -> bool:
        """Whether it does nothing but hand on to core what it was given."""
        return any(first <= self.line <= last for first, last in super_calls(self.path))


@cache
def super_calls(path: str) -> tuple[tuple[int, int], ...]:
    """Give the lines on which a file calls the method that it extends."""
    return tuple(
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "super"
    )


def frames(traceback: str) -> list[Frame]:
    """Read the frames of the exception that was raised last, from the outermost on."""
    last = re.split(r"^Traceback \(most recent call last\):$", traceback, flags=re.M)[
        -1
    ]
    found = map(FRAME.match, last.splitlines())
    return [
        Frame(match["path"], int(match["line"]), match["name"])
        for match in found
        if match
    ]


def judge(exception: str, traceback: str, counterpart: Counterpart) -> Verdict:
    """Tell whose a technical error is.

    It is the framework's where our code has no part in it: no frame of ours; or the
    innermost of them hands on, by super(), what it was given; or core alone, given the
    same, raises the same in the same line.
    """
    trace = frames(traceback)
    depths = [depth for depth, frame in enumerate(trace) if frame.is_ours]
    if not depths:
        return Verdict(FRAMEWORK)
    innermost = trace[depths[-1]]
    if innermost.hands_on or counterpart(exception, trace[-1]):
        return Verdict(FRAMEWORK)
    where = Path(innermost.path).relative_to(ROOT)
    return Verdict(FAULT, f"{exception} in {innermost.name} ({where}:{innermost.line})")


class Watch:
    """Sees what changes in a database, and what its server's log says."""

    def __init__(self, server: OdooServer, tables: Iterable[str]) -> None:
        self._link = server.connection()
        self._cursor = self._link.__enter__().cursor()
        self._broken: set[str] = set()
        self._log = server.log
        self._read = server.log.stat().st_size
        parts = [
            f"SELECT '{table}', count(*), COALESCE(sum(xmin::text::bigint), 0) FROM {table}"
            for table in sorted(tables)
        ]
        parts.append(
            "SELECT 'ir_attachment', count(*), COALESCE(sum(xmin::text::bigint), 0) FROM ir_attachment"
            " WHERE res_model IS NOT NULL AND res_model != 'ir.ui.view'"
        )
        self._query = " UNION ALL ".join(parts)

    def close(self) -> None:
        """Give the connection back."""
        self._link.__exit__(None, None, None)

    def digest(self) -> Mapping[str, tuple]:
        """Give of each table a digest of its rows: any that is written changes it."""
        self._cursor.execute(self._query)
        return {table: facts for table, *facts in self._cursor.fetchall()}

    def broken(self) -> list[str]:
        """Name the invariants that have come not to hold since the last call, with a record of each."""
        broken = set()
        for sentence, query in INVARIANTS.items():
            self._cursor.execute(query)
            broken |= {
                f"not so: {sentence} (record {record_id})"
                for record_id, *_more in self._cursor.fetchall()
            }
        new, self._broken = sorted(broken - self._broken), broken
        return new

    def tracebacks(self) -> list[str]:
        """Give the errors with a traceback that the log has got since the last call."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
            self._read = log.tell()
        entries = parse_log(text.decode("utf-8", "replace").splitlines())
        return [
            entry.text
            for entry in entries
            if entry.level in ("ERROR", "CRITICAL") and "Traceback (most" in entry.text
        ]


def exception_of(traceback: str) -> str:
    """Name the class of the exception that a traceback ends with."""
    lines = [
        line for line in traceback.splitlines() if line and not line.startswith(" ")
    ]
    found = [match for line in lines if (match := re.match(r"([\w.]+)(:|$)", line))]
    return found[-1][1] if found else ""


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name the tables in which something was written."""
    return [table for table, facts in after.items() if before[table] != facts]
