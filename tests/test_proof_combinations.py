"""Some of the combinations of ``make combinations``: without the apps of other services, and an upgrade."""

from proofs import releases, sets

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
