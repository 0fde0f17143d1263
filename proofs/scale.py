"""Whether ten, a hundred and a thousand times as many tickets make anything slower."""

import os
import re
import statistics
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from psycopg2.extensions import cursor

from proofs import day, measuring, plans, population, releases, screens
from proofs.measuring import Measurement
from proofs.plans import Plan
from proofs.population import Day
from proofs.report import FOLDER, Report
from proofs.sets import Laboratory
from proofs.speed import TITLES, VISITS, Found, visits
from tools import addons, database, postgres, progress, serving, templates
from tools.errors import KitError
from tools.odoo import Odoo
from tools.paths import LOGS
from tools.postgres import Server

REPETITIONS = 15
GROWTH = 1.3
"""How much longer an action may take with the most tickets than with the fewest."""
ALL_TICKETS = {
    "list_all": "List of all tickets, the first 80",
    "kanban_all": "Kanban of all tickets, the first 80 of each stage",
}
"""What is measured in place of the list and kanban of a team that has 80 tickets, whatever the size."""
MEASURED = [
    *(action for action in TITLES if action not in ("list", "kanban")),
    *ALL_TICKETS,
]
READS_ALL = {"analysis", *ALL_TICKETS}
"""Actions whose business is everything there is: they may grow as core's do."""
PAGES = {
    "return_page": "The page on which the customer asks for a return",
    "new_page": "The page on which the customer opens a ticket",
}
"""Pages whose plans are looked at as well."""
ALL_TITLES = {**TITLES, **ALL_TICKETS, **PAGES}
HOT = re.compile(
    r"helpdesk_ticket_document|(?<!helpdesk_)ticket_id|reversed_entry_id|origin_returned_move_id"
)
"""What the statements have in them whose plans are kept."""


@dataclass
class Change:
    """What an installation or upgrade did to the tables of documents."""

    seconds: float
    rewritten: list[str]
    updated: dict[str, int]
    """The rows that were updated, by table."""


@dataclass
class Populated:
    """A database with so many tickets, and what installing our addons took on it."""

    tickets: int
    name: str
    rows: int
    made: float
    """The seconds it took to fill it."""
    installed: Change
    upgraded: Change | None
    """From the last release, on a copy."""


def sizes(asked: str) -> list[int]:
    """Read how many tickets are to be measured with.

    :raises KitError: when that is no list of two or more multiples of the day's
    """
    try:
        found = sorted({int(size) for size in asked.split(",")})
    except ValueError:
        found = []
    if len(found) < 2 or any(
        size < day.TICKETS or size % day.TICKETS for size in found
    ):
        raise KitError(
            f"SCALE={asked} is no list of numbers of tickets to compare: give two or more multiples of {day.TICKETS}, "
            "as SCALE=1000,10000."
        )
    return found


@contextmanager
def populated(
    odoo: Odoo, of: Day, tickets: int, *, with_upgrade: bool
) -> Iterator[Populated]:
    """Have a database with so many tickets, in which our addons were installed when all was there.

    :param with_upgrade: upgrade a copy from the last release as well
    """
    name = f"helpdesk_server_{os.getpid()}_{tickets}"
    copies = tickets // day.TICKETS - 1
    server = odoo.server
    database.copy(server, of.name, name, odoo.data)
    try:
        begun = time.monotonic()
        population.multiply(server, name, of, copies)
        population.tidy(server, name)
        made = time.monotonic() - begun
        tables = frozenset(of.spans)
        upgraded = upgrade(odoo, name, of, copies, tables) if with_upgrade else None
        installed = change(
            odoo, name, "-i", f"Installing with {tickets} tickets", tables
        )
        begun = time.monotonic()
        population.link(server, name, of, copies)
        population.tidy(server, name)
        made += time.monotonic() - begun
        with database.connected(server, name) as link, link.cursor() as rows:
            rows.execute(
                "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND reltuples > 0"
                " AND relnamespace = 'public'::regnamespace"
            )
            [total] = rows.fetchone()
        yield Populated(tickets, name, total, made, installed, upgraded)
    finally:
        database.drop(server, name, odoo.data)


def change(
    odoo: Odoo, name: str, option: str, title: str, tables: Iterable[str]
) -> Change:
    """Install or upgrade all of ours, and see what that does to tables.

    :param option: of Odoo, ``-i`` or ``-u``
    """
    ours = ",".join(addon.name for addon in addons.ours())
    with database.connected(odoo.server, name) as link, link.cursor() as rows:
        before = _look_at_tables(rows)
        begun = time.monotonic()
        with progress.step(title):
            for entry in odoo.run(
                [option, ours, "--no-http"], database=name, log=LOGS / f"{name}.log"
            ):
                if templates.is_problem(entry):
                    raise KitError(f"{title}: {entry.text}")
        seconds = time.monotonic() - begun
        rows.execute("SELECT pg_stat_clear_snapshot()")
        after = _look_at_tables(rows)
    return Change(
        seconds,
        [table for table in tables if after[table][0] != before[table][0]],
        {
            table: after[table][1] - before[table][1]
            for table in tables
            if after[table][1] - before[table][1] > before[table][2] / 100
        },
    )


def upgrade(
    odoo: Odoo, name: str, of: Day, copies: int, tables: Iterable[str]
) -> Change:
    """Install the last release in a copy of a database, link the documents, and upgrade it to what is here."""
    release = releases.last_older()
    with Laboratory(odoo.server) as laboratory:
        copy = laboratory.copy(name)
        with (
            progress.step(f"Installing {release.version}"),
            releases.code_of(laboratory, release) as old,
        ):
            _outcome, faults = old.install(copy, release.addons)
        if faults:
            raise KitError(f"Installing {release.version}: {faults[0]}")
        population.link(odoo.server, copy, of, copies)
        population.tidy(odoo.server, copy)
        return change(odoo, copy, "-u", f"Upgrading from {release.version}", tables)


def _look_at_tables(rows: cursor) -> dict[str, tuple[int, int, int]]:
    """Give the file of each table, how many rows were ever updated in it, and how many there are."""
    rows.execute(
        """
        SELECT c.relname, c.relfilenode, s.n_tup_upd, c.reltuples::bigint
          FROM pg_class AS c JOIN pg_stat_user_tables AS s ON s.relid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace
        """
    )
    return {table: tuple(facts) for table, *facts in rows.fetchall()}


def run() -> int:
    """Measure with as many tickets as ``SCALE`` says, and write docs/proofs/scale.md."""
    wanted = sizes(os.environ["SCALE"])
    report = begin(wanted)
    with (
        postgres.running(postgres.TEST_CLUSTER) as server,
        filled(server, wanted) as (odoo, found),
    ):
        prove(report, odoo, found)
    return report.finish()


def begin(wanted: Sequence[int]) -> Report:
    """Begin the page."""
    return Report(
        "scale",
        "Scale",
        f"The same with {', '.join(f'{size:,}' for size in wanted)} tickets. {_describe_day()} The databases differ in "
        "size alone and take turns, so that what else the machine does hits all alike. What is measured, and how, is "
        "said in [Speed](speed.md); its subjects are made anew in each database.",
        f"make bench SCALE={','.join(map(str, wanted))}",
    )


def prove(report: Report, odoo: Odoo, found: Sequence[Populated]) -> None:
    """Add all tables, and write the plans beside them."""
    by_size = {f"{one.tickets:,}": one for one in found}
    tell_changes(report, found)
    measure_actions(report, odoo, by_size)
    measure_screens(report, odoo, by_size)
    # Last, because it makes more of the largest database than is in the others.
    plans_of = collect_plans(odoo, found[-1])
    judge_plans(report, found[-1], plans_of)
    write_plans(plans_of)


@contextmanager
def filled(
    server: Server, wanted: Sequence[int]
) -> Iterator[tuple[Odoo, list[Populated]]]:
    """Have a database of each size."""
    odoo = templates.make_odoo(server)
    template, _problems = templates.ensure(
        odoo, [], with_demo=False, others=addons.external_dependencies(addons.ours())
    )
    with ExitStack() as stack:
        name = f"helpdesk_server_{os.getpid()}_day"
        of = stack.enter_context(population.one_day(odoo, template, name))
        ends = (wanted[0], wanted[-1])
        yield (
            odoo,
            [
                stack.enter_context(
                    populated(odoo, of, size, with_upgrade=size in ends)
                )
                for size in wanted
            ],
        )


def _describe_day() -> str:
    return (
        f"Of {day.TICKETS} tickets {day.ORDERS_OF_TICKETS} have a sales order, {day.CREDIT_NOTES} a credit note, "
        f"{day.COUPONS} a coupon, {day.RETURNS} a return, {day.REPAIRS} a repair and {day.VISITS} a visit; for as many "
        f"there are {day.COMPANIES * 2 + day.PERSONS} partners, {day.PRODUCTS} products, {day.ORDERS} sales orders, each "
        f"delivered and invoiced, {day.PAYMENTS} payments, {day.OTHER_TASKS} other tasks, and {day.NOTES} notes in each "
        "ticket's chatter besides what the apps write there. A day of this is entered by the apps and copied by SQL "
        f"(`proofs/population.py`), over {population.SPAN} days; our addons are installed when all is there."
    )


def tell_changes(report: Report, found: Sequence[Populated]) -> None:
    """Add the tables of the databases, and of installing and upgrading on them."""
    table = report.table("Databases", ["tickets", "rows of all tables", "filled in"])
    for one in found:
        table.add(f"{one.tickets:,}", f"{one.rows:,}", f"{one.made:.0f} s")
    table = report.table(
        "Installation and upgrade",
        ["what", *(f"{one.tickets:,}" for one in found), "tables written anew", "columns computed"],
        "Of all our addons, on what was there before. Looked at are all tables of documents: one is written anew when its "
        "file is another one afterwards (`relfilenode`), a column of it is computed when more than one row in a hundred "
        "was updated (`n_tup_upd`).",
    )  # fmt: skip
    for what, changes in (
        ("Install", [one.installed for one in found]),
        (
            f"Upgrade from {releases.last_older().version}",
            [one.upgraded for one in found],
        ),
    ):
        rewritten = {name for change in changes if change for name in change.rewritten}
        updated = {name for change in changes if change for name in change.updated}
        table.add(
            what,
            *(f"{change.seconds:.0f} s" if change else "" for change in changes),
            ", ".join(sorted(rewritten)) or "none",
            ", ".join(sorted(updated)) or "none",
            holds=not rewritten and not updated,
        )


def measure_actions(report: Report, odoo: Odoo, found: Mapping[str, Populated]) -> None:
    """Add the table of what the rows of the speed table cost with each size."""
    smallest, *_between, largest = found
    with ExitStack() as stack:
        servers = {
            size: stack.enter_context(serving.serve(odoo, one.name))
            for size, one in found.items()
        }
        workers = {
            size: stack.enter_context(measuring.working(odoo, one.name, "ours"))
            for size, one in found.items()
        }
        # The workers have made users and teams, of which PostgreSQL knows nothing yet.
        for one in found.values():
            population.tidy(odoo.server, one.name)
        asked = {size: visits(servers[size], workers[size]) for size in found}
        measured = {}
        for action in MEASURED:
            with progress.step(ALL_TITLES[action]):
                if action in VISITS:
                    measured[action] = measuring.measure_visits(
                        servers,
                        {size: asked[size][action] for size in found},
                        REPETITIONS,
                    )
                else:
                    measured |= measuring.measure(workers, [action], REPETITIONS)
    with ExitStack() as stack:
        ends = {
            size: stack.enter_context(measuring.working(odoo, found[size].name, "core"))
            for size in (smallest, largest)
        }
        core = measuring.measure(ends, READS_ALL, REPETITIONS)
    judge_growth(report, measured, core)


def judge_growth(report: Report, measured: Found, core: Found) -> None:
    """Add the table of what users do.

    :param measured: what ours cost, by action and size, the smallest first
    :param core: what core's cost that read all there is, with the smallest and the largest
    """
    sizes = list(measured["analysis"])
    smallest, largest = sizes[0], sizes[-1]
    table = report.table(
        "What users do",
        ["what", "queries", *(f"{size}: ms" for size in sizes), f"{largest} × {smallest}", "at most"],
        "Times are medians, with the quartiles between which half of them lie. An analysis adds up all there is, and the "
        "list and kanban sort all tickets: they may grow as core's Invoice Analysis, and the list and kanban without the "
        f"fields of ours, do on the same databases, and {GROWTH} × that.",
    )  # fmt: skip
    for action, by_size in measured.items():
        growth = by_size[largest].median / by_size[smallest].median
        bound = GROWTH
        if action in READS_ALL:
            bound *= core[action][largest].median / core[action][smallest].median
        table.add(
            ALL_TITLES[action],
            tell_queries([*by_size.values()]),
            *map(_tell, by_size.values()),
            f"{growth:.2f}",
            f"{bound:.2f}",
            holds=growth <= bound
            and len({one.query_count for one in by_size.values()}) == 1,
        )


def tell_queries(measured: Sequence[Measurement]) -> str:
    """Write how many queries an action takes, and where it is not as many with each size, with which request."""
    counts = {
        name: " or ".join(
            map(str, sorted({one.requests.get(name, 0) for one in measured}))
        )
        for name in measured[0].requests
    }
    differ = [f"{name} {count}" for name, count in counts.items() if "or" in count]
    total = " or ".join(map(str, sorted({one.query_count for one in measured})))
    return f"{total}: {', '.join(differ)}" if differ else total


def _tell(measurement: Measurement) -> str:
    first, third = measurement.quartiles
    return f"{1000 * measurement.median:.0f} ({1000 * first:.0f}–{1000 * third:.0f})"


def measure_screens(report: Report, odoo: Odoo, found: Mapping[str, Populated]) -> None:
    """Add the table of core's own screens, opened by the administrator."""
    times: dict[tuple[str, str], dict[str, float]] = {}
    for size, one in found.items():
        with serving.serve(odoo, one.name) as server:
            rpc = server.rpc()
            for title, (model, domain) in screens.SCREENS.items():
                fields = screens.describe(rpc, model)
                ids = screens.open_list(rpc, model, domain, fields["list"])
                opening = {
                    "list": partial(
                        screens.open_list, rpc, model, domain, fields["list"]
                    ),
                    "form": partial(
                        screens.open_form, rpc, model, ids[0], fields["form"]
                    ),
                }
                for kind, call in opening.items():
                    times.setdefault((title, kind), {})[size] = _median_of(call)
    table = report.table(
        "Core's own screens",
        ["screen", "view", *(f"{size}: ms" for size in found)],
        "Each is opened by RPC with the fields of its view, the list with its first 80 records. They are told and not "
        "judged: most of what they take is core's and the OCA's.",
    )
    for (title, kind), by_size in times.items():
        table.add(
            title, kind, *(f"{1000 * seconds:.0f}" for seconds in by_size.values())
        )


def _median_of(call: Callable[[], object], repetitions: int = 5) -> float:
    seconds = []
    for _number in range(repetitions + 1):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:])


def collect_plans(
    odoo: Odoo, one: Populated, large: int = plans.LARGE, settings: str = ""
) -> dict[str, list[Plan]]:
    """Give the plans of all statements that each action sends.

    :param large: how many rows a table has that is not to be read from end to end
    :param settings: a statement to execute before the plans are asked for
    """
    logging = replace(odoo, options={**odoo.options, **plans.SQL_LOG})
    sent = {}
    with measuring.working(logging, one.name, "ours") as worker:
        listener = plans.Listener(LOGS / f"{one.name}-worker.log")
        for action in worker.facts["actions"]:
            worker.ask(action)
            listener.hear()  # what only the first time takes
            worker.ask(action)
            sent[action] = listener.hear()
        with (
            database.connected(odoo.server, one.name) as link,
            link.cursor() as rows,
        ):
            rows.execute("UPDATE helpdesk_ticket_team SET allow_return_requests = true")
        with serving.serve(logging, one.name) as server:
            listener = plans.Listener(server.log)
            visitor = server.visitor()
            visitor.sign_in(worker.facts["visitor"], worker.facts["password"])
            ticket = f"/my/ticket/{worker.facts['ticket']}"
            asked = {
                **visits(server, worker),
                "return_page": partial(visitor.get, f"{ticket}/return"),
                "new_page": partial(visitor.get, "/new/ticket"),
            }
            for name, visit in asked.items():
                visit()
                listener.hear()
                visit()
                sent[name] = listener.hear()
    with database.connected(odoo.server, one.name) as link, link.cursor() as rows:
        if settings:
            rows.execute(settings)
        return {
            action: list(plans.explain(rows, statements, large))
            for action, statements in sent.items()
        }


def judge_plans(
    report: Report, one: Populated, plans_of: Mapping[str, list[Plan]]
) -> None:
    """Add the table of the statements that read large tables from end to end."""
    table = report.table(
        "Plans",
        ["what", "statements", "large tables read from end to end"],
        f"Of every statement sent with {one.tickets:,} tickets, as `EXPLAIN` tells it; large is a table of more than "
        f"{plans.LARGE:,} rows. Those of the ticket's documents are [kept](scale_plans.md). An analysis reads all there "
        "is, and the list and kanban of all tickets sort them, as their user wishes.",
    )
    for action, found in plans_of.items():
        scanned = sorted({name for plan in found for name in plan.scanned})
        table.add(
            ALL_TITLES[action],
            len(found),
            ", ".join(scanned) or "none",
            holds=None if action in READS_ALL else not scanned,
        )


def write_plans(plans_of: Mapping[str, list[Plan]]) -> None:
    """Write docs/proofs/scale_plans.md: plans of what looks up tickets' documents, and of what reads large tables."""
    lines = ["# Plans with the most tickets", "", "Of the statements of [Scale](scale.md) that look up documents of "
             "tickets, or what is left of an invoice or delivery, or that read a large table from end to end.", ""]  # fmt: skip
    told: set[str] = set()
    for action, found in plans_of.items():
        lines += [f"## {ALL_TITLES[action]}", ""]
        for plan in found:
            shape = plans.shape(plan.statement)
            if shape not in told and (plan.scanned or HOT.search(shape)):
                told.add(shape)
                lines += [
                    "```text",
                    *textwrap.wrap(shape, 116)[:12],
                    "",
                    plan.text,
                    "```",
                    "",
                ]
    (FOLDER / "scale_plans.md").write_text("\n".join(lines), encoding="utf-8")
