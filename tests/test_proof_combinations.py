"""Some of the combinations of ``make combinations``: without the apps of other services, and an upgrade."""

from types import SimpleNamespace

import pytest

from proofs import neighbours, releases, screens, sets

SETS = [("helpdesk_fieldservice",), ("helpdesk_fieldservice", "helpdesk_refund")]


def test_sets():
    assert len(sets.all_sets()) == 24
    assert {*SETS} < {*sets.all_sets()}


def test_sets_leave_nothing(postgres_server):
    for result in sets.prove(postgres_server, SETS, with_suites=False):
        assert not result.faults


if releases.has_history():

    def test_upgrade_from_the_first_service(postgres_server):
        first = releases.releases()[0]
        assert first.addons == ("helpdesk_after_sales", "helpdesk_refund")
        [result] = releases.prove(postgres_server, [first])
        assert result.documents
        assert not result.faults


def test_what_is_not_there_is_a_fault_on_both_sides():
    missing = f"installing: {sets.NOT_INSTALLED} rma."
    theirs, ours = "a warning in helpdesk_server_1_try{}", "another"
    assert neighbours.part(
        [missing, theirs.format(1), ours], [missing, theirs.format(2)]
    ) == ([missing, ours], ["a warning in …"])


def test_tests_that_another_addon_changes():
    failed = "FAIL: TestPlanning.test_copy_is_not_planned AssertionError:"
    fault = f"{failed} FakeDatetime(2026, 3, 10, 0, 0) is not false"
    why = neighbours.explain(fault, {"project_timeline"})
    assert why.startswith("TestPlanning.test_copy_is_not_planned: project_timeline")
    assert not neighbours.explain(fault, {"rma"})
    for another in (
        fault.replace("copy_is_not", "is_not"),
        f"{failed} 0 != 1",
        fault.replace("TestPlanning", "TestTransfers"),
    ):
        assert not neighbours.explain(another, {"project_timeline"})


def test_no_screen_is_a_fault(monkeypatch):
    monkeypatch.setattr(screens, "_names", lambda _rpc: {})
    menus = '{"root": {"id": "root", "children": []}}'
    [screen] = screens.open_screens(SimpleNamespace(get=lambda _path: menus))
    assert screen.fault


@pytest.mark.parametrize(
    ("now", "holds"),
    [([{"name": "Theirs"}], True), ([{"name": "Ours"}], False), ([], False)],
    ids=["kept", "changed back", "deleted"],
)
def test_what_users_changed(now, holds):
    rpc = SimpleNamespace(call=lambda *_args, **_kwargs: now)
    own = {("module.reason", "helpdesk.return.reason", 1): "Theirs"}
    assert holds == (not releases.not_as_users_had_it(rpc, own))


def test_what_a_migration_removes():
    rpc = SimpleNamespace(call=lambda *_args, **_kwargs: [])
    own = {(xmlid, "ir.cron", 1): 7 for xmlid in releases.REMOVED}
    assert not releases.not_as_users_had_it(rpc, own)


def test_no_test_is_a_fault():
    end = SimpleNamespace(
        logger="odoo.tests.result",
        level="INFO",
        message="0 failed, 0 error(s) of 0 tests when loading database 'nowhere'",
    )
    laboratory = sets.Laboratory(None)
    laboratory.odoo = SimpleNamespace(run=lambda *_args, **_kwargs: [end])
    _outcome, faults = laboratory.run("nowhere", tags="/base")
    assert faults == ["No test was run."]
    assert laboratory.run("nowhere") == (sets.Outcome(), [])
