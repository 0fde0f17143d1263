"""The proof of rights with fewer roles, which are those that differ most."""

import pytest

from proofs import rights, rights_rules

CHOSEN = (
    "public",
    "customer",
    "following customer",
    "internal",
    "internal, follower",
    "own",
    "team",
    "all, apps",
    "own, Inventory",
    "abroad",
)
REACH_OF = ("public", "customer", "following customer", "own")


@pytest.fixture(scope="module")
def opened(postgres_server):
    roles = [role for role in rights_rules.ROLES if role.name in CHOSEN]
    with rights.open_desk(
        postgres_server, with_ours=False, roles=[], reach_of=REACH_OF
    ) as (_desk, core):
        pass
    with rights.open_desk(
        postgres_server,
        with_ours=True,
        roles=roles,
        last=core["last"],
        reach_of=REACH_OF,
    ) as (desk, described):
        yield desk, described, core


@pytest.fixture
def desk(opened):
    return opened[0]


def assert_no_difference(desk):
    differences, desk.findings.differences = desk.findings.differences, []
    assert not differences


def assert_holds(desk, operations):
    failing = [name for name in operations if not desk.findings.holds(name)]
    assert_no_difference(desk)
    assert not failing


def test_every_method_and_route_has_a_rule(opened):
    desk, described, _core = opened
    rights.find_unruled(described, desk)
    assert_no_difference(desk)


def test_access_beside_core(opened):
    desk, described, core = opened
    rights.compare(described, core, desk.findings)
    assert_no_difference(desk)


def test_operations(desk):
    desk.operate()
    assert_no_difference(desk)


def test_pages(desk):
    desk.visit_pages()
    assert_holds(desk, rights_rules.ROUTES)


def test_methods(desk):
    desk.call_methods()
    assert_holds(desk, [f"{model}.{method}" for model, method in rights_rules.METHODS])


def test_what_nobody_carried_out_does_not_hold():
    findings = rights.Findings()
    findings.asked["button"] = 2
    assert findings.holds("button"), "nobody may"
    findings.allowed["button"] = 1
    assert not findings.holds("button")
    findings.done["button"] = 1
    assert findings.holds("button")
