"""Make a database as large as wanted: the documents of one day, copied in PostgreSQL as often as it takes.

A copy is complete. All rows that the day brought are copied, whatever their table, and refer to each
other as the day's do: a copied entry balances, is reconciled with its copied payment, and its copied
chatter has the copied followers. The names that the day's records have got :data:`proofs.day.MARK` in, their
numbers and their dates are the copy's own; older copies are of up to two years ago.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.extensions import cursor

from proofs import day
from tools import database, progress, serving
from tools.errors import KitError
from tools.odoo import Odoo
from tools.postgres import Server

SPAN = 730
"""Days from the oldest copy to the day."""
NUMBERS = 1000
"""How many numbers of each sequence a copy has; those of the day are smaller."""
NUMBER = r"(^|\D)00(\d{3})(?!\d)"
"""A number of the day within a name, of five digits: what is before its three last is the copy's."""
SECRETS = ("access_token", "message_id")
"""Columns of random characters."""
REFERENCES = {
    ("mail_message", "res_id"): "model",
    ("mail_followers", "res_id"): "res_model",
    ("loyalty_history", "order_id"): "order_model",
}
"""Columns that refer to records of many models, and the column that tells of which."""
TEXTS = ("character varying", "text", "jsonb")
DATES = ("date", "timestamp without time zone")


@dataclass(frozen=True)
class Span:
    """The ids that a table's rows of the day have, all above ``after``."""

    after: int
    width: int


@dataclass
class Day:
    """A database with one day's documents: what there is to copy."""

    name: str
    spans: Mapping[str, Span]
    """By table."""
    documents: Mapping[str, Mapping[int, int]]
    """By table, and by the document's id, the ticket it came of."""
    setup: day.Setup


@contextmanager
def one_day(odoo: Odoo, template: str, name: str) -> Iterator[Day]:
    """Have a database in which a day's documents were entered, on top of a template."""
    database.copy(odoo.server, template, name, odoo.data)
    try:
        with progress.step("One day of business"), serving.serve(odoo, name) as server:
            business = day.Business(server.rpc())
            setup = business.set_up()
            with server.connection() as link, link.cursor() as rows:
                before = _highest_ids(rows)
                documents = business.have_a_day(setup)
                after = _highest_ids(rows)
        spans = {
            table: Span(before[table], after[table] - before[table])
            for table in before
            if after[table] > before[table]
        }
        yield Day(
            name,
            spans,
            {model.replace(".", "_"): links for model, links in documents.items()},
            setup,
        )
    finally:
        database.drop(odoo.server, name, odoo.data)


def _highest_ids(rows: cursor) -> dict[str, int]:
    """Give the highest id of each table of documents: not of wizards, settings, and what users never see."""
    rows.execute(
        """
        SELECT c.table_name
          FROM information_schema.columns AS c
          JOIN information_schema.tables AS t USING (table_schema, table_name)
         WHERE c.table_schema = 'public' AND c.column_name = 'id' AND t.table_type = 'BASE TABLE'
           AND c.table_name !~ '^(ir|bus|orm|base|res_users|res_device)_'
           AND c.table_name NOT IN (
               SELECT replace(model, '.', '_') FROM ir_model WHERE transient)
        """
    )
    highest = {}
    for (table,) in rows.fetchall():
        rows.execute(f'SELECT COALESCE(max(id), 0) FROM "{table}"')
        highest[table] = rows.fetchone()[0]
    return highest


def multiply(server: Server, name: str, of: Day, copies: int) -> None:
    """Add copies of the day to a copy of its database.

    :raises KitError: when the role may not switch off the checks of foreign keys, which are of
        tables that refer to each other in circles
    """
    Copying(server, name, of, copies).run()


class Copying:
    """Copies a day within its database, two tables at a time."""

    def __init__(self, server: Server, name: str, of: Day, copies: int) -> None:
        self._server = server
        self._database = name
        self._spans = of.spans
        self._copies = copies
        self._targets: dict[str, dict[str, str]] = {}
        """By table and column, the table that is referred to."""

    def run(self) -> None:
        """Copy all tables, and let sequences go on behind the copies."""
        with (
            database.connected(self._server, self._database) as link,
            link.cursor() as rows,
            ThreadPoolExecutor(2) as pool,
        ):
            self._prepare(rows)
            tables = sorted(
                self._spans, key=lambda table: self._spans[table].width, reverse=True
            )
            with progress.step(f"{self._copies} days more") as step:
                copied = [
                    pool.submit(self._copy, table)
                    for table in (*tables, *self._relations(rows))
                ]
                for number, future in enumerate(as_completed(copied)):
                    step.update(100 * number / len(copied), future.result())
            self._advance(rows)

    def _prepare(self, rows: cursor) -> None:
        rows.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if rows.fetchone() != (True,):
            raise KitError(
                "Large databases are made by a superuser of PostgreSQL: unset the PG* variables."
            )
        rows.execute(
            """
            SELECT t.relname, a.attname, r.relname
              FROM pg_constraint AS k
              JOIN pg_class AS t ON t.oid = k.conrelid
              JOIN pg_class AS r ON r.oid = k.confrelid
              JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
             WHERE k.contype = 'f' AND array_length(k.conkey, 1) = 1
            """
        )
        for table, column, target in rows.fetchall():
            if target in self._spans:
                self._targets.setdefault(table, {})[column] = target

    def _relations(self, rows: cursor) -> Iterator[str]:
        """Find the tables of many2many fields of what is copied."""
        for table in self._targets:
            if table not in self._spans:
                rows.execute(
                    "SELECT 1 FROM information_schema.columns"
                    " WHERE table_schema = 'public' AND table_name = %s AND column_name = 'id'",
                    [table],
                )
                if not rows.fetchone():
                    yield table

    def _copy(self, table: str) -> str:
        with (
            database.connected(self._server, self._database) as link,
            link.cursor() as rows,
        ):
            rows.execute("SET session_replication_role = replica")
            self._copy_rows(rows, table)
        return table

    def _copy_rows(self, rows: cursor, table: str) -> None:
        if table in self._spans:
            condition = f"day.id > {self._spans[table].after}"
        else:
            condition = " OR ".join(
                f'day."{column}" > {self._spans[target].after}'
                for column, target in self._targets[table].items()
            )
        rows.execute(
            f'CREATE TEMP TABLE day AS SELECT * FROM "{table}" AS day WHERE {condition}'
        )
        rows.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public'",
            [table],
        )
        columns = {
            column: self._express(rows, table, column, kind)
            for column, kind in rows.fetchall()
        }
        rows.execute(
            f"""
            INSERT INTO "{table}" ({", ".join(f'"{column}"' for column in columns)})
            SELECT {", ".join(columns.values())}
              FROM generate_series(1, {self._copies}) AS copy,
                   LATERAL (SELECT copy * {SPAN} / {self._copies} AS days) AS ago,
                   LATERAL (SELECT lpad(copy::text, greatest(2, length(copy::text)), '0') AS number) AS own,
                   day
            """
        )
        if table in self._spans:
            rows.execute(
                f"""SELECT setval(pg_get_serial_sequence('"{table}"', 'id'), max(id)) FROM "{table}" """
            )

    def _express(self, rows: cursor, table: str, column: str, kind: str) -> str:
        """Write the SQL of a column of the copies."""
        value = f'day."{column}"'
        if column == "id" and table in self._spans:
            return f"{value} + copy * {self._spans[table].width}"
        if target := self._targets.get(table, {}).get(column):
            return self._refer(value, target)
        if model := REFERENCES.get((table, column)):
            cases = " ".join(
                f"WHEN '{target}' THEN {self._refer(value, target)}"
                for target in self._spans
            )
            return f"CASE replace(day.{model}, '.', '_') {cases} ELSE {value} END"
        if kind in DATES:
            return f"({value} - ago.days * interval '1 day')::{kind}"
        if (table, column) == ("account_move", "sequence_number"):
            return f"CASE WHEN {value} > 0 THEN {value} + copy * {NUMBERS} ELSE {value} END"
        if (table, column) == ("account_move_line", "matching_number"):
            return f"COALESCE(({self._refer('day.full_reconcile_id', 'account_full_reconcile')})::text, {value})"
        if column in SECRETS or (table, column) == ("loyalty_card", "code"):
            return f"md5({value} || copy)"
        if kind in TEXTS:
            return self._name(rows, value, kind)
        return value

    def _refer(self, value: str, target: str) -> str:
        span = self._spans[target]
        return f"CASE WHEN {value} > {span.after} THEN {value} + copy * {span.width} ELSE {value} END"

    def _name(self, rows: cursor, value: str, kind: str) -> str:
        """Write the SQL of a text, in which marks, numbers and years are the copy's."""
        rows.execute(
            f"""
            SELECT bool_or({value}::text LIKE '%{day.MARK}%'), bool_or({value}::text ~ '{NUMBER}'),
                   bool_or({value}::text LIKE to_char(now(), '%/YYYY/%'))
              FROM day
            """
        )
        has_marks, has_numbers, has_years = rows.fetchone()
        text = f"{value}::text"
        if has_marks:
            text = f"replace({text}, '{day.MARK}', '{day.MARK[:-1]}' || copy)"
        if has_numbers:
            text = (
                rf"regexp_replace({text}, '{NUMBER}', '\1' || own.number || '\2', 'g')"
            )
        if has_years:
            text = f"replace({text}, to_char(now(), '/YYYY/'), to_char(now() - ago.days * interval '1 day', '/YYYY/'))"
        return f"({text})::{kind}" if text != f"{value}::text" else value

    def _advance(self, rows: cursor) -> None:
        rows.execute(
            "SELECT format('%I', sequencename), last_value FROM pg_sequences"
            " WHERE sequencename LIKE 'ir_sequence_%%' AND last_value IS NOT NULL"
        )
        for name, value in rows.fetchall():
            rows.execute(f"SELECT setval('{name}', {value + self._copies * NUMBERS})")


def link(server: Server, name: str, of: Day, copies: int) -> None:
    """Make the day's documents, and those of the copies, documents of their tickets.

    For the time when our addons are installed: their services are switched on for the tickets' team.
    """
    tickets = of.spans["helpdesk_ticket"].width
    with database.connected(server, name) as connected, connected.cursor() as rows:
        for table, links in of.documents.items():
            rows.execute(
                f"""
                UPDATE {table} AS document
                   SET ticket_id = link.ticket::integer + copy * {tickets}
                  FROM json_each_text(%s) AS link(document, ticket), generate_series(0, {copies}) AS copy
                 WHERE document.id = link.document::integer + copy * {of.spans[table].width}
                """,
                [json.dumps(links)],
            )
        rows.execute(
            "UPDATE project_task SET planned_date_start = create_date + interval '1 day',"
            " planned_date_end = create_date + interval '26 hours' WHERE ticket_id IS NOT NULL"
        )
        rows.execute(
            "UPDATE project_project SET is_field_service = true WHERE id = %s",
            [of.setup.project],
        )
        rows.execute(
            """
            UPDATE helpdesk_ticket_team
               SET use_refund = true, use_coupon = true, use_return = true, use_repair = true,
                   use_fieldservice = true, fieldservice_project_id = %s
             WHERE id = %s
            """,
            [of.setup.project, of.setup.team],
        )


def tidy(server: Server, name: str) -> None:
    """Gather what PostgreSQL knows of the tables, as it does by itself after a while."""
    with (
        database.connected(server, name) as connected,
        connected.cursor() as rows,
        progress.step("VACUUM ANALYZE"),
    ):
        rows.execute("VACUUM ANALYZE")
