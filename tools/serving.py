"""Serve a copy of a database for as long as somebody looks at it."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import database, processes
from tools.errors import KitError
from tools.languages import load
from tools.odoo import Odoo
from tools.paths import LOGS


@contextmanager
def serve_copy(
    odoo: Odoo, template: str, name: str, *, languages: Sequence[str] = ()
) -> Iterator[str]:
    """Copy a database, load languages into the copy, serve it, and drop it at the end.

    :param name: the copy's; begins as :func:`tools.templates.drop_leftovers` knows it
    :return: the server's address
    """
    database.copy(odoo.server, template, name, odoo.data)
    log = LOGS / f"{name}.log"
    try:
        if languages:
            load(odoo, name, languages)
        port = processes.free_port()
        url = f"http://127.0.0.1:{port}"
        parameters = {
            "web.base.url": url,
            "web.base.url.freeze": "True",
            "report.url": url,
        }
        database.set_parameters(odoo.server, name, parameters)
        odoo.options = {"dbfilter": f"^{name}$", "max_cron_threads": 0}
        with log.open("a", encoding="utf-8") as output:
            process = odoo.start(
                ["--http-port", str(port)], database=name, output=output
            )
        try:
            wait_until_up(url, log, process)
            yield url
        finally:
            processes.stop(process)
    finally:
        odoo.options = {}
        database.drop(odoo.server, name, odoo.data)
        log.unlink(missing_ok=True)


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
