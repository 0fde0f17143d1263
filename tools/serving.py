"""Serve a database for as long as somebody looks at it."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tools import database, processes
from tools.errors import KitError
from tools.languages import load
from tools.odoo import Odoo
from tools.paths import LOGS
from tools.rpc import Rpc, Visitor


@dataclass
class OdooServer:
    """A running Odoo, on one database."""

    url: str
    db: str
    log: Path
    odoo: Odoo = field(repr=False)
    process: subprocess.Popen = field(repr=False)

    def visitor(self) -> Visitor:
        """Give a session of somebody who is not signed in yet."""
        return Visitor(self.url, self.db)

    def rpc(self, login: str = "admin", password: str = "admin") -> Rpc:
        """Give a session of a user."""
        return Rpc(self.url, self.db, login, password)

    def log_in(self, page: Any, login: str = "admin", password: str = "admin") -> Rpc:
        """Give a browser page the session of a user."""
        rpc = self.rpc(login, password)
        page.context.add_cookies(
            [{"name": "session_id", "value": rpc.session_id, "url": self.url}]
        )
        return rpc

    def connection(self) -> Any:
        """Give a context manager of an autocommitting psycopg2 connection to the database."""
        return database.connected(self.odoo.server, self.db)


@contextmanager
def serve(
    odoo: Odoo, name: str, options: Mapping[str, str | int] | None = None
) -> Iterator[OdooServer]:
    """Serve a database, whose addresses become this server's.

    :param options: of Odoo's configuration, beside or in place of the kit's
    """
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    parameters = {
        "web.base.url": url,
        "web.base.url.freeze": "True",
        "report.url": url,
    }
    database.set_parameters(odoo.server, name, parameters)
    odoo = replace(
        odoo,
        options={
            **odoo.options,
            "dbfilter": f"^{name}$",
            "max_cron_threads": 0,
            **(options or {}),
        },
    )
    log = LOGS / f"{name}_{port}.log"
    with log.open("w", encoding="utf-8") as output:
        process = odoo.start(["--http-port", str(port)], database=name, output=output)
    try:
        wait_until_up(url, log, process)
        yield OdooServer(url, name, log, odoo, process)
    finally:
        processes.stop(process)


@contextmanager
def serve_copy(
    odoo: Odoo,
    template: str,
    name: str,
    *,
    languages: Sequence[str] = (),
    options: Mapping[str, str | int] | None = None,
) -> Iterator[OdooServer]:
    """Copy a database, load languages into the copy, serve it, and drop it at the end.

    :param name: the copy's; begins as :func:`tools.templates.drop_leftovers` knows it
    """
    database.copy(odoo.server, template, name, odoo.data)
    try:
        if languages:
            load(odoo, name, languages)
        with serve(odoo, name, options) as server:
            yield server
    finally:
        database.drop(odoo.server, name, odoo.data)


def wait_until_up(
    url: str, log: Path, process: subprocess.Popen, patience: float = 120
) -> None:
    """Wait until Odoo answers.

    :raises KitError: with the end of its log, when it does not
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(f"{url}/web/health", timeout=30):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
                raise KitError(f"Odoo is not up at {url} ({error}): {tail}") from error
        time.sleep(0.1)
