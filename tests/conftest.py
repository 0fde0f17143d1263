"""Fixtures for the tests that no single addon owns: running servers, and a browser."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from services import EVERYTHING  # noqa: E402

from tools import chromium, postgres, serving, templates  # noqa: E402
from tools.serving import OdooServer  # noqa: E402

_numbers = itertools.count(1)


ServerFactory = Callable[..., OdooServer]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The tests' PostgreSQL server."""
    with postgres.running(postgres.TEST_CLUSTER) as server:
        yield server


def _factory(server: postgres.Server) -> Iterator[ServerFactory]:
    with ExitStack() as stack:

        def start(
            addons: Sequence[str],
            with_demo: bool = False,
            extra_addons_path: Sequence[Path | str] = (),
        ) -> OdooServer:
            """Serve a fresh database in which the addons (and what they depend on) are installed."""
            odoo, template = templates.with_addons(
                server, addons, with_demo=with_demo, extra_paths=extra_addons_path
            )
            name = f"helpdesk_server_{os.getpid()}_{next(_numbers)}"
            return stack.enter_context(serving.serve_copy(odoo, template, name))

        yield start


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
