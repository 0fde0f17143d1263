"""Fixtures for the tests that no single addon owns: running servers, and a browser."""

import itertools
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from services import EVERYTHING  # noqa: E402

from tools import addons as kit_addons  # noqa: E402
from tools import chromium, database, postgres, processes, serving, templates  # noqa: E402
from tools.odoo import Odoo  # noqa: E402
from tools.paths import LOGS  # noqa: E402

_numbers = itertools.count(1)


class RpcError(Exception):
    """An exception that the server answered: ``name`` is its class, the message its own."""

    def __init__(self, error: dict) -> None:
        data = error.get("data") or {}
        self.name: str = data.get("name", "")
        self.message: str = data.get("message") or error.get("message", "")
        self.debug: str = data.get("debug", "")
        super().__init__(f"{self.name}: {self.message}")


class Visitor:
    """A session as a browser has it, of somebody who is not signed in yet."""

    def __init__(self, url: str, db: str) -> None:
        self._url = url
        self._db = db
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def sign_in(self, login: str, password: str) -> dict:
        """Sign a user in, and return what the server says of the session."""
        return self.post(
            "/web/session/authenticate",
            {"db": self._db, "login": login, "password": password},
        )

    @property
    def session_id(self) -> str:
        """The value of the session's cookie."""
        return next(
            cookie.value or ""
            for cookie in self._cookies
            if cookie.name == "session_id"
        )

    def get(self, path: str) -> bytes:
        """Fetch a page or file."""
        with self._opener.open(self._url + path, timeout=120) as answer:
            return answer.read()

    def post(self, path: str, parameters: dict) -> Any:
        """Call a JSON route; raises :class:`RpcError` with what the server says."""
        request = urllib.request.Request(
            self._url + path,
            data=json.dumps(
                {"jsonrpc": "2.0", "method": "call", "params": parameters}
            ).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=300) as answer:
            body = json.load(answer)
        if "error" in body:
            raise RpcError(body["error"])
        return body.get("result")


class Rpc(Visitor):
    """A session of one user, as the web client has it."""

    def __init__(self, url: str, db: str, login: str, password: str) -> None:
        super().__init__(url, db)
        self.uid: int = self.sign_in(login, password)["uid"]

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model's method; raises :class:`RpcError` with what the server says."""
        parameters = {
            "model": model,
            "method": method,
            "args": list(args),
            "kwargs": kwargs,
        }
        return self.post(f"/web/dataset/call_kw/{model}/{method}", parameters)


@dataclass
class OdooServer:
    """A running Odoo on a database of its own."""

    url: str
    db: str
    log: Path
    odoo: Odoo = field(repr=False)

    def rpc(self, login: str = "admin", password: str = "admin") -> Rpc:
        """Log a user in."""
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


ServerFactory = Callable[..., OdooServer]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The tests' PostgreSQL server."""
    with postgres.running(postgres.TEST_CLUSTER) as server:
        yield server


def _factory(server: postgres.Server) -> Iterator[ServerFactory]:
    started = []

    def start(
        addons: Sequence[str],
        with_demo: bool = False,
        extra_addons_path: Sequence[Path | str] = (),
    ) -> OdooServer:
        """Serve a fresh database in which the addons (and what they depend on) are installed."""
        extra = [Path(path).resolve() for path in extra_addons_path]
        odoo = templates.make_odoo(server, extra)
        known = {
            addon.name: addon
            for addon in (
                *kit_addons.ours(),
                *kit_addons.examples(),
                *(addon for path in extra for addon in kit_addons.in_folder(path)),
            )
        }
        chosen, foreign, queue = {}, [], list(addons)
        while queue:
            name = queue.pop()
            if name not in known:
                if name in addons:
                    foreign.append(name)
            elif name not in chosen:
                chosen[name] = known[name]
                queue += known[name].manifest.get("depends", ())
        template, _problems = templates.ensure(
            odoo,
            kit_addons.sort(list(chosen.values())),
            with_demo=with_demo,
            others=foreign,
        )
        name = f"helpdesk_server_{os.getpid()}_{next(_numbers)}"
        database.copy(server, template, name, odoo.data)
        port = processes.free_port()
        log = LOGS / f"{name}.log"
        odoo.options = {
            "logfile": str(log),
            "dbfilter": f"^{name}$",
            "max_cron_threads": 0,
        }
        process = odoo.start(["--http-port", str(port)], database=name)
        running = OdooServer(f"http://127.0.0.1:{port}", name, log, odoo)
        started.append((process, running))
        database.set_parameters(
            server,
            name,
            {
                "web.base.url": running.url,
                "web.base.url.freeze": "True",
                "report.url": running.url,
            },
        )
        serving.wait_until_up(running.url, log, process)
        return running

    yield start
    for process, running in started:
        processes.stop(process)
        if process.stdout:
            process.stdout.close()
        database.drop(server, running.db, running.odoo.data)


@pytest.fixture
def odoo_server(postgres_server: postgres.Server) -> Iterator[ServerFactory]:
    """A factory of servers that live for one test: ``odoo_server(["helpdesk_refund"], with_demo=True)``."""
    yield from _factory(postgres_server)


@pytest.fixture(scope="module")
def shared_odoo_server(postgres_server: postgres.Server) -> Iterator[ServerFactory]:
    """The same for servers that all tests of a module share."""
    yield from _factory(postgres_server)


@pytest.fixture(scope="module")
def server(shared_odoo_server: ServerFactory) -> OdooServer:
    """A server with all of ours and the demo data, which the tests of a module share."""
    return shared_odoo_server(EVERYTHING, with_demo=True)


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Any]:
    """Chromium, started once."""
    with chromium.launched() as running:
        yield running


@pytest.fixture
def browser(chromium_browser: Any) -> Iterator[Callable[..., Any]]:
    """A factory of pages, each in a context of its own: ``page = browser(viewport=(390, 844))``."""
    contexts = []

    def open_page(viewport: tuple[int, int] = (1366, 768), **options: Any) -> Any:
        width, height = viewport
        context = chromium_browser.new_context(
            viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
