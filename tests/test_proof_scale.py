"""The large databases of ``make bench SCALE=…``, in the small: core's screens work on them, and our lookups have indexes."""

import os

import pytest

from proofs import plans, population, releases, scale, screens
from proofs.measuring import Measurement
from proofs.report import Report
from tools import addons, database, serving, templates
from tools.errors import KitError

LARGE = 100
with_history = pytest.mark.skipif(
    not releases.has_history(), reason="This clone has no earlier versions."
)


@pytest.fixture(scope="module")
def odoo(postgres_server):
    return templates.make_odoo(postgres_server)


@pytest.fixture(scope="module")
def populated(odoo):
    template, _problems = templates.ensure(
        odoo, [], with_demo=False, others=addons.external_dependencies(addons.ours())
    )
    name = f"helpdesk_server_{os.getpid()}_day"
    with (
        population.one_day(odoo, template, name) as day,
        scale.populated(odoo, day, 200, with_upgrade=releases.has_history()) as one,
    ):
        yield one


@pytest.fixture(scope="module")
def rpc(odoo, populated):
    with serving.serve(odoo, populated.name) as server:
        yield server.rpc()


@pytest.fixture
def rows(odoo, populated):
    with database.connected(odoo.server, populated.name) as link, link.cursor() as rows:
        yield rows


@pytest.mark.parametrize(
    "wrong", ["many", "100,150", "0,100", "100,", "1000", "1000,1000"]
)
def test_wrong_sizes_are_refused(wrong):
    with pytest.raises(KitError, match="SCALE"):
        scale.sizes(wrong)


def test_installed_and_upgraded_in_place(populated):
    for change in filter(None, (populated.installed, populated.upgraded)):
        assert not change.rewritten
        assert not change.updated


@with_history
def test_rows_updated_by_an_upgrade_are_told():
    installed = scale.Change(1, [], {})
    wrong = scale.Change(1, ["account_move"], {"project_task": 41})
    found = [
        scale.Populated(tickets, "", 1, 1, installed, upgraded)
        for tickets, upgraded in ((1000, installed), (2000, None), (3000, wrong))
    ]
    report = Report("scale", "Scale", "", "make bench")
    scale.tell_changes(report, found)
    [row] = report.failures
    assert row.cells[-2:] == ("account_move", "project_task")


@with_history
def test_last_release_is_another():
    """Upgraded is from what has other versions than what is here."""
    here = {addon.name: addon.manifest["version"] for addon in addons.ours()}
    assert releases.last_older().versions != here


def test_growth_is_judged():
    """All tickets may take longer where core's take longer as well; all else may not."""

    def found(*milliseconds):
        return {
            size: Measurement([5], [number])
            for size, number in zip(("100", "200"), milliseconds, strict=True)
        }

    def fails(measured, core):
        report = Report("scale", "Scale", "", "make bench")
        scale.judge_growth(report, measured, core)
        return [row.cells[0] for row in report.failures]

    core = {**dict.fromkeys(scale.READS_ALL, found(1, 1)), "list_all": found(1, 8)}
    measured = {action: found(1, 1) for action in scale.MEASURED}
    assert not fails({**measured, "list_all": found(2, 18)}, core)
    for action in ("list_all", "kanban_all", "open_ticket"):
        slower = {**measured, action: found(1, 12)}
        assert fails(slower, core) == [scale.ALL_TITLES[action]]


def test_other_queries_are_told_by_request():
    few, more = (
        Measurement([2 + saving], [0.1], {"open": 2, "save": saving})
        for saving in (3, 4)
    )
    assert scale.tell_queries([few, more]) == "5 or 6: save 3 or 4"
    assert scale.tell_queries([few, few]) == "5"


def test_references_lead_somewhere(rows):
    rows.execute(
        """
        SELECT t.relname, a.attname, r.relname
          FROM pg_constraint AS k
          JOIN pg_class AS t ON t.oid = k.conrelid
          JOIN pg_class AS r ON r.oid = k.confrelid
          JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
         WHERE k.contype = 'f'
        """
    )
    for table, column, target in rows.fetchall():
        rows.execute(
            f'SELECT count(*) FROM "{table}" AS t WHERE "{column}" IS NOT NULL'
            f' AND NOT EXISTS (SELECT FROM "{target}" AS r WHERE r.id = t."{column}")'
        )
        assert rows.fetchone() == (0,), f"{table}.{column}"


def test_entries_balance(rows):
    rows.execute(
        "SELECT move_id FROM account_move_line GROUP BY move_id HAVING sum(balance) != 0"
    )
    assert not rows.fetchall()


def test_documents_are_of_the_tickets_customers(rpc):
    documents = rpc.call(
        "helpdesk.ticket.document",
        "search_read",
        [],
        ["commercial_partner_id", "ticket_id"],
    )
    assert len(documents) == 2 * (20 + 15 + 15 + 8 + 10)
    tickets = rpc.call(
        "helpdesk.ticket",
        "read",
        [document["ticket_id"][0] for document in documents],
        ["commercial_partner_id"],
    )
    customers = {ticket["id"]: ticket["commercial_partner_id"] for ticket in tickets}
    for document in documents:
        customer = customers[document["ticket_id"][0]]
        assert document["commercial_partner_id"] == customer


@pytest.mark.parametrize("title", screens.SCREENS)
def test_screens_open(rpc, title):
    model, domain = screens.SCREENS[title]
    fields = screens.describe(rpc, model)
    assert fields["list"]
    assert fields["form"]
    ids = screens.open_list(rpc, model, domain, fields["list"])
    assert len(ids) >= 16
    for record in (ids[0], ids[-1]):
        assert screens.open_form(rpc, model, record, fields["form"])["id"] == record


def test_business_goes_on(rpc):
    """What is numbered next follows the copies."""
    [ticket] = rpc.call(
        "helpdesk.ticket", "search", [("number", "like", "HT")], limit=1
    )
    [copy] = rpc.call("helpdesk.ticket", "copy", [ticket])
    [values] = rpc.call("helpdesk.ticket", "read", [copy], ["number"])
    assert (
        rpc.call("helpdesk.ticket", "search_count", [("number", "=", values["number"])])
        == 1
    )
    [invoice] = rpc.call(
        "account.move",
        "search",
        [("move_type", "=", "out_invoice"), ("state", "=", "posted")],
        limit=1,
    )
    [draft] = rpc.call("account.move", "copy", [invoice])
    rpc.call("account.move", "action_post", [draft])


def test_lookups_have_indexes(odoo, populated):
    """With few rows PostgreSQL reads all, and joins so, unless it is told to avoid that."""
    settings = ";".join(
        f"SET enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin")
    )
    found = scale.collect_plans(odoo, populated, LARGE, settings)
    assert set(found) >= {"open_ticket", "page", "refund_draft"}
    for action, of_action in found.items():
        assert of_action, action
        for plan in of_action:
            if action not in scale.READS_ALL:
                assert not plan.scanned, f"{action}: {plans.shape(plan.statement)}"
