"""``make combinations``: all sets of services, upgrades, and addons of others beside ours."""

import signal
from collections.abc import Iterable, Sequence

from proofs import neighbours, peers, releases, sets
from proofs.report import Report
from tools import lifecycle, postgres, templates

TEXT = """\
Every set of the five services is installed and uninstalled, earlier versions are upgraded
with data, and addons of others stand beside all of ours. No warning may be in Odoo's log, and
what is uninstalled leaves nothing behind."""

SETS = (
    f"""\
Repairs bring returns, so that there are 24 sets. Each is installed where of Odoo's apps those alone
are there that it needs, the contract suite of its services is run (of the empty set, the base's
own suite), and the services are uninstalled one by one, at last the base: as they were installed,
backwards, and of four or more in a shuffled order too. After each, the services that are left are
looked at: toggles, all screens of the helpdesk, and no configuration that belongs to no installed
addon. At the end the database is as it was: configuration of all kinds
({", ".join(lifecycle.CONFIGURATION)}), PostgreSQL's tables, columns, indexes, sequences, views,
constraints, triggers and functions, and the number of rows of all tables.

What stays, by design: of the field service its project, with alias, message and stages, so that
no visit is lost, and rows that are no addon's: """
    + "; ".join(f"`{table}` ({why})" for table, why in sets.TRACES.items())
    + "."
)

RELEASES = """\
What was published, from the first service's commit on, and what is here are installed with demo data,
and with a team, tickets (one of them archived) and credit notes in all states. What users may change
of what ours bring (templates, stages, projects, reasons, the interval of scheduled actions) is changed.
Then the code that is here upgrades it with `-u`: tickets, teams, messages, projects and all documents
keep every value, what users changed stays as it is, unless a migration removes it on purpose, the newer services install on top, and configuration and
schema are those of a new installation."""

NEIGHBOURS = """\
Each addon is installed in a database with all of ours and their demo data. Then the views of all
menus' actions are fetched over RPC as the web client does (views, records, groups, a first record, a
new record), the scripts and styles of the web client, and the customer's pages; and the contract suites of
all services are run, beside all together the whole suites of all our addons. *Brought* are the addons that
came along. Where one of them shows records on forms to users who have no rights on these, so that the forms do not open
(`helpdesk_mgmt_fieldservice` on tickets, `stock_delivery` on transfers), they are given the rights."""

ALONE = """\
What goes wrong in a database that has the addon but none of ours, in the same words."""

EXPLAINED = """\
Tests of ours that describe what one of these addons does otherwise on purpose, or does not allow. They are
listed with the reason in `proofs/neighbours.py`; any other that fails, or one of them that fails otherwise, is
a fault."""


def run() -> int:
    """Prove all combinations and write the page."""
    report = Report(
        "combinations", "Combinations", TEXT, "make combinations", peers.pinned()
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with postgres.running(postgres.TEST_CLUSTER) as server:
        templates.drop_leftovers(templates.make_odoo(server))
        tell_sets(report, sets.prove(server, sets.all_sets()))
        tell_releases(report, releases.prove(server, releases.releases()))
        tell_neighbours(report, server)
    return report.finish()


def tell_sets(report: Report, results: Iterable[sets.SetResult]) -> None:
    """Add the table of the sets of services."""
    table = report.table(
        "Sets of services", ["services", "tests", "orders", "what is wrong"], SETS
    )
    for result in results:
        table.add(
            sets.label(result.chosen),
            result.tests,
            len(result.orders),
            _shorten(result.faults),
            holds=not result.faults,
        )


def tell_releases(report: Report, results: Iterable[releases.UpgradeResult]) -> None:
    """Add the table of the upgrades."""
    table = report.table(
        "Upgrades",
        ["from version", "commit", "documents", "newer addons", "what is wrong"],
        RELEASES,
    )
    for result in results:
        release = result.release
        table.add(
            release.version,
            release.commit[:7],
            result.documents,
            sets.label(result.newer),
            _shorten(result.faults),
            holds=not result.faults,
        )


def tell_neighbours(report: Report, server: postgres.Server) -> None:
    """Add the tables of the addons of others: each on its own, and all together."""
    table = report.table(
        "Addons of others",
        ["addon", "brought", "screens", "tests", "what is wrong"],
        NEIGHBOURS,
    )
    alone = report.table("Theirs alone", ["addon", "what is wrong without ours"], ALONE)
    explained = report.table(
        "What theirs change", ["beside", "test of ours, and why it fails"], EXPLAINED
    )
    names = neighbours.neighbours()
    groups = [tuple(names), *((name,) for name in names)]
    for result in neighbours.prove(server, groups):
        title = "all together" if len(result.group) > 1 else result.group[0]
        table.add(
            title,
            result.brought,
            result.screens,
            result.tests,
            _shorten(result.faults),
            holds=not result.faults,
        )
        for fault in result.without_ours:
            alone.add(title, _shorten([fault]))
        for reason in result.explained:
            explained.add(title, reason)


def _shorten(faults: Sequence[str], most: int = 5) -> str:
    """Give the first faults in one line; all of them were said while they were found."""
    lines = [" ".join(fault.split())[:300] for fault in faults[:most]]
    if len(faults) > most:
        lines.append(f"and {len(faults) - most} more")
    return "; ".join(lines)
