"""What addons leave in a database, and installing and uninstalling them in a running Odoo."""

from typing import Any

from psycopg2 import sql

from tools.odoo import parse_log
from tools.rpc import Rpc
from tools.serving import OdooServer

CONFIGURATION = (
    "ir.actions.actions",
    "ir.asset",
    "ir.cron",
    "ir.model",
    "ir.model.access",
    "ir.model.data",
    "ir.model.fields",
    "ir.rule",
    "ir.sequence",
    "ir.ui.menu",
    "ir.ui.view",
    "mail.message.subtype",
    "mail.template",
    "res.groups",
)
"""The models of which an addon that goes leaves no record behind."""

SCHEMA = {
    "columns": """
        SELECT attrelid::regclass::text, attname FROM pg_attribute
          JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'public'::regnamespace AND attnum > 0
           AND NOT attisdropped AND relkind IN ('r', 'v')
    """,
    "relations": r"""
        SELECT relname, relkind FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relname !~ '^ir_sequence_\d'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
    """,
    "triggers": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}
"""What PostgreSQL's catalogue says of the addons; relations are tables, indexes, views and
sequences, without those of records of ``ir.sequence``."""

Inventory = dict[str, set[Any]]


def everything(link: Any) -> Inventory:
    """Give all that an addon might leave behind: configuration, by id, and schema, by name.

    Not the external ids by which what users may go on with is found again.

    :param link: a connection to the database
    """
    found: Inventory = {}
    with link.cursor() as cursor:
        for model in CONFIGURATION:
            table = _table(model)
            condition = (
                r"module NOT LIKE '\_\_helpdesk\_%'"
                if model == "ir.model.data"
                else "TRUE"
            )
            cursor.execute(f"SELECT id FROM {table} WHERE {condition}")
            found[model] = {row[0] for row in cursor.fetchall()}
        for what, query in SCHEMA.items():
            cursor.execute(query)
            found[what] = set(cursor.fetchall())
    return found


def rows(link: Any) -> dict[str, int]:
    """Count the rows of all tables.

    :param link: a connection to the database
    """
    with link.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        counted = {}
        for table in tables:
            cursor.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            )
            [counted[table]] = cursor.fetchone()
    return counted


def _table(model: str) -> str:
    return model.removesuffix(".actions").replace(".", "_")


def difference(left: Inventory, right: Inventory) -> Inventory:
    """Give what the left one has and the right one has not."""
    return {what: left[what] - right[what] for what in left if left[what] - right[what]}


def orphans(link: Any, before: Inventory) -> list[str]:
    """Name configuration that was not there before and that belongs to no installed addon.

    :param link: a connection to the database
    :param before: what was there without the addons
    """
    found = []
    with link.cursor() as cursor:
        for model in CONFIGURATION:
            table = _table(model)
            if model == "ir.model.data":
                query = r"""
                    SELECT id, module || '.' || name FROM ir_model_data
                     WHERE module NOT IN (SELECT name FROM ir_module_module WHERE state = 'installed')
                       AND module NOT LIKE '\_\_%'
                """
            else:
                # Fields of a model that is inherited by delegation have no external id.
                is_own = "related IS NULL" if model == "ir.model.fields" else "TRUE"
                query = f"""
                    SELECT id, id::text FROM {table}
                     WHERE {is_own} AND NOT EXISTS (
                           SELECT FROM ir_model_data AS data
                             JOIN ir_module_module AS module ON module.name = data.module
                            WHERE data.res_id = {table}.id AND module.state = 'installed'
                              AND data.model LIKE '{model.replace("actions.actions", "actions.%")}'
                     )
                """
            cursor.execute(query)
            found += [
                f"{model} {name}"
                for number, name in cursor.fetchall()
                if number not in before[model]
            ]
    return found


def problems(server: OdooServer) -> list[str]:
    """Give the warnings and errors that a server has logged."""
    with server.log.open(errors="replace") as lines:
        return [
            f"{entry.level} {entry.logger}: {entry.message}"
            + (f" … {entry.lines[-1]}" if len(entry.lines) > 1 else "")
            for entry in parse_log(lines)
            if entry.level in ("WARNING", "ERROR", "CRITICAL")
            and entry.logger != "py.warnings"
        ]


def act(server: OdooServer, action: str, *names: str) -> Rpc:
    """Install, upgrade or uninstall addons as an administrator does, and give a session on what is there then."""
    rpc = server.rpc()
    modules = rpc.call("ir.module.module", "search", [["name", "in", names]])
    if len(modules) != len(names):
        raise LookupError(f"Not all of {', '.join(names)} are known to {server.db}.")
    rpc.call("ir.module.module", f"button_immediate_{action}", modules)
    return server.rpc()


def see_screens(rpc: Rpc, *models: str) -> None:
    """Have the views made that a user opens."""
    for model in models:
        for view_type in ("form", "list", "search"):
            rpc.call(model, "get_view", view_type=view_type)
