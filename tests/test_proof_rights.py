"""The proof of rights with fewer roles, which are those that differ most."""

import pytest

from proofs import rights, rights_rules

CHOSEN = ("public", "customer", "own", "all, apps")


@pytest.fixture(scope="module")
def opened(postgres_server):
    roles = [role for role in rights_rules.ROLES if role.name in CHOSEN]
    with rights.open_desk(postgres_server, with_ours=True, roles=roles) as opened:
        yield opened


@pytest.fixture
def desk(opened):
    return opened[0]


def assert_no_difference(desk):
    differences, desk.findings.differences = desk.findings.differences, []
    assert not differences


def test_every_method_and_route_has_a_rule(opened):
    desk, described = opened
    rights.find_unruled(described, desk)
    assert_no_difference(desk)


def test_access_beside_core(opened, postgres_server):
    desk, described = opened
    with rights.open_desk(postgres_server, with_ours=False, roles=[]) as (_desk, core):
        rights.compare(described, core, desk.findings)
    assert_no_difference(desk)


def test_operations(desk):
    desk.operate()
    assert_no_difference(desk)


def test_pages(desk):
    desk.visit_pages()
    assert_no_difference(desk)


def test_methods(desk):
    desk.call_methods()
    assert_no_difference(desk)
