"""A little of what ``make fuzz`` does: each method and route, a few times."""

import pytest

from proofs import bad_input
from proofs.bad_input_pages import look_for_scripts, serve_tickets, write_everywhere
from proofs.bad_input_routes import Request, may_write
from proofs.bad_input_rules import (
    ACCEPTED,
    FAULT,
    FRAMEWORK,
    SENTENCE,
    judge,
    super_calls,
)
from proofs.bad_input_surface import Route
from tools.paths import ROOT

EXAMPLES = 16


def test_what_was_hardly_tried_does_not_hold():
    found = bad_input.Findings("button", 10)
    assert not found.holds
    found.counts[SENTENCE] = 5
    assert found.holds
    found.faults["a fault"] = "an example"
    assert not found.holds


def test_what_is_stored_is_the_framework_s_only_where_it_is_handed_on():
    path = ROOT / "helpdesk_coupon/wizards/helpdesk_coupon_generate.py"
    [(first, _last), *_more] = super_calls(str(path))
    for line, by_core, kind in (
        (first, False, FRAMEWORK),
        (1, True, FRAMEWORK),
        (1, False, FAULT),
    ):
        traceback = f"""Traceback (most recent call last):
  File "{path}", line {line}, in write
  File "odoo/orm/models.py", line 1, in _flush
"""
        verdict = judge(
            "DataError", traceback, lambda *_raised, by_core=by_core: by_core
        )
        assert verdict.kind == kind


@pytest.mark.parametrize(
    ("user", "is_json", "method", "has_token", "expected"),
    [
        ("portal", False, "POST", True, True),
        ("portal", False, "POST", False, False),
        ("portal", False, "GET", True, False),
        ("portal", True, "POST", False, True),
        ("public", True, "POST", True, False),
        ("public", False, "POST", True, False),
    ],
)
def test_who_may_write_over_http(user, is_json, method, has_token, expected):
    route = Route("/my/page", is_json, True, ())
    request = Request(user, method, "/my/page", (), (), (), None, has_token)
    assert may_write(route, request) == expected


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
    counts = sum(found, bad_input.Findings("", 0)).counts
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
