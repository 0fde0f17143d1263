"""A little of what ``make fuzz`` does: each method and route, a few times."""

import pytest

from proofs import bad_input
from proofs.bad_input_pages import look_for_scripts, serve_tickets, write_everywhere
from proofs.bad_input_rules import ACCEPTED, SENTENCE

EXAMPLES = 16


@pytest.fixture(scope="module")
def desk(postgres_server):
    odoo, template, surface = bad_input.everything(postgres_server)
    with bad_input.opened(odoo, template, surface) as desk:
        yield desk


def assert_nothing_wrong(found):
    assert {one.name: one.faults for one in found if one.faults} == {}


def test_methods(desk):
    found = [
        desk.probe(model, method, bad_input.share_of(method, EXAMPLES))
        for model, method in bad_input.methods_of(desk.surface)
    ]
    assert_nothing_wrong(found)
    # What only fails shows nothing.
    own = [
        method for _model, method in bad_input.methods_of(desk.surface) if method.is_own
    ]
    assert len(own) > 70
    counts = sum(found, bad_input.Findings("")).counts
    assert counts[ACCEPTED] > 300
    assert counts[SENTENCE] > 300


def test_forged(desk):
    """On the walk's ticket, which has something of everything, and on two more."""
    found = desk.attack(desk.pool.tickets[:3])
    assert_nothing_wrong([found])
    assert found.counts[ACCEPTED] > 50


def test_routes(desk):
    found = bad_input.probe_routes(desk, EXAMPLES)
    assert_nothing_wrong(found)
    assert {one.name for one in found} >= {
        "/my/ticket/<int:ticket_id>/return",
        "/my/ticket/<int:ticket_id>/after-sales/<int:line_id>/pdf",
        "/my/tasks/<int:task_id>/visit_sign",
    }


def test_scripts(postgres_server, chromium_browser):
    odoo, template, surface = bad_input.everything(postgres_server)
    with bad_input.opened(odoo, template, surface) as desk:
        assert write_everywhere(desk) > 100
        assert serve_tickets(desk) > 10
        opened, shown, hits = look_for_scripts(desk, chromium_browser)
    assert hits == []
    assert 0 < shown <= opened
