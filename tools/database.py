"""Databases and their files: create, copy, drop, and remember what was installed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from tools import postgres
from tools.postgres import Server


@contextmanager
def connected(server: Server, name: str = "postgres") -> Iterator[connection]:
    """Have a connection that commits each statement."""
    link = psycopg2.connect(dbname=name, **server.dsn)
    try:
        link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        yield link
    finally:
        link.close()


@contextmanager
def locked(server: Server, what: str) -> Iterator[None]:
    """Hold other processes off that want to make the same; a killed one lets go."""
    with connected(server) as link, link.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [what])
        yield


def names(server: Server) -> set[str]:
    """Give the names of the server's databases."""
    with connected(server) as link, link.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        return {name for (name,) in cursor.fetchall()}


def drop(server: Server, name: str, data: Path) -> None:
    """Remove a database and its files, if there are any."""
    with connected(server) as link, link.cursor() as cursor:
        cursor.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(name)
            )
        )
    shutil.rmtree(data / "filestore" / name, ignore_errors=True)


def copy(server: Server, source: str, target: str, data: Path) -> None:
    """Copy a database that nobody uses; its files, which never change, are linked."""
    drop(server, target, data)
    with connected(server) as link, link.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(target), sql.Identifier(source)
            )
        )
    _link_files(data, source, target)


def transfer(
    source: Server, name: str, target: Server, new_name: str, data: Path
) -> None:
    """Copy a database to another server that uses the same data folder."""
    drop(target, new_name, data)
    with connected(target) as link, link.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(
                sql.Identifier(new_name)
            )
        )
    postgres.transfer(source, name, target, new_name)
    _link_files(data, name, new_name)


def _link_files(data: Path, source: str, target: str) -> None:
    files = data / "filestore" / source
    if files.is_dir():
        shutil.copytree(files, data / "filestore" / target, copy_function=os.link)


def rename(server: Server, old: str, new: str, data: Path) -> None:
    """Rename a database that nobody uses, in place of one of the new name."""
    drop(server, new, data)
    with connected(server) as link, link.cursor() as cursor:
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(old), sql.Identifier(new)
            )
        )
    files = data / "filestore" / old
    if files.is_dir():
        files.rename(data / "filestore" / new)


def get_parameter(server: Server, name: str, key: str) -> str | None:
    """Read a system parameter, or nothing where the database is not (completely) Odoo's."""
    with connected(server, name) as link, link.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ir_config_parameter')")
        if cursor.fetchone() == (None,):
            return None
        cursor.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [key])
        row = cursor.fetchone()
    return row[0] if row else None


def set_parameters(server: Server, name: str, values: dict[str, str]) -> None:
    """Write system parameters."""
    with connected(server, name) as link, link.cursor() as cursor:
        for key, value in values.items():
            cursor.execute(
                "INSERT INTO ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date) "
                "VALUES (%s, %s, 1, 1, now(), now()) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
                [key, value],
            )


def leave_alone(server: Server, name: str, *tables: str) -> None:
    """Keep autovacuum off tables, or off all where none is named."""
    with connected(server, name) as link, link.cursor() as cursor:
        if not tables:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            tables = tuple(table for (table,) in cursor.fetchall())
        for table in tables:
            cursor.execute(
                sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = false)").format(
                    sql.Identifier(table)
                )
            )


def installed(server: Server, name: str) -> set[str]:
    """Give the names of the installed addons."""
    with connected(server, name) as link, link.cursor() as cursor:
        cursor.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
        return {row[0] for row in cursor.fetchall()}
