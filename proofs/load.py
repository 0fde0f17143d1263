"""``make load``: 32 agents and 32 customers at once, with and without our addons."""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from proofs import load_people
from proofs.load_people import Agent, Click, Person
from proofs.load_shop import Shop, furnish
from proofs.report import Report, Table
from tools import addons, mail, postgres, processes, progress, serving, templates
from tools.odoo import LogEntry, parse_log
from tools.postgres import Server

PEOPLE = 32
"""So many agents, and as many customers."""
ORDERS = 4
"""How many orders each customer has had, each with a ticket."""
PHASES = 5
PHASE = 60
"""How many seconds each phase takes; both sides have theirs in turn."""
PACE = (3.0, 10.0)
"""Between how many seconds people think before they click."""
WORKERS = 2
GOAL = 1.25
"""How much longer one of twenty clicks may take with our addons: as for opening a ticket."""
ENOUGH = 60
"""With fewer clicks of a kind on a side, there is no telling what one of twenty takes."""
MEETINGS = ("could not serialize access", "could not obtain lock")
"""What PostgreSQL says to a transaction that meets another; Odoo then runs it again."""


@dataclass
class Side:
    """A server under load, and what came of it."""

    shop: Shop
    mails: Path
    """Where the mails are that it sent."""
    people: list[Person] = field(default_factory=list)
    phases: list[list[Click]] = field(default_factory=list)
    deadlocks: int = 0
    lost: int = 0
    """Connections to the bus that did not last."""
    told: int = 0
    """Messages that came over the bus."""
    already_logged: int = 0
    """How many records the log had before the load."""

    @property
    def clicks(self) -> list[Click]:
        """The clicks of all phases."""
        return [click for phase in self.phases for click in phase]

    def log(self) -> list[LogEntry]:
        """Read what the server has logged since the load began."""
        with self.shop.server.log.open(encoding="utf-8", errors="replace") as lines:
            return list(parse_log(lines))[self.already_logged :]


def run() -> int:
    """Put both sides under load, in turn, and write the tables."""
    report = Report(
        "load",
        "Load",
        f"{PEOPLE} agents and {PEOPLE} customers work at once, for "
        f"{PHASES * PHASE // 60} minutes, on one Odoo with {WORKERS} workers and its gevent "
        "process: they think for some seconds, click, and wait for the answer. The agents keep "
        "a websocket each; scheduled actions run and write to the customers. The other side is "
        "the same Odoo without our addons, where the same people do the same work with what is "
        "there: credit notes from the invoice, returns from the delivery, and so on. Both have "
        f"their minutes in turn, {PHASES} times, for what else the machine does to meet both.",
        "make load",
    )
    with postgres.running(postgres.TEST_CLUSTER) as server:
        templates.drop_leftovers(templates.make_odoo(server))
        with ExitStack() as stack:
            sides = [
                stack.enter_context(
                    opened(server, with_ours, people=PEOPLE, orders=ORDERS)
                )
                for with_ours in (True, False)
            ]
            asyncio.run(take_turns(sides, PHASES, PHASE, PACE))
            ours, other = sides
            write_soundness(report, sides)
            write_times(report, ours, other)
    return report.finish()


@contextmanager
def opened(
    server: Server, with_ours: bool, *, people: int, orders: int
) -> Iterator[Side]:
    """Serve a furnished helpdesk with two workers.

    :param with_ours: with all our addons; or only with those of others that they stand on
    """
    names = [addon.name for addon in addons.ours()]
    if not with_ours:
        names = addons.external_dependencies(addons.ours())
    odoo, template = templates.with_addons(server, names, with_demo=True)
    gevent_port = processes.free_port()
    name = f"helpdesk_server_{os.getpid()}_load_{'ours' if with_ours else 'other'}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = {
            "workers": WORKERS,
            "gevent_port": gevent_port,
            "max_cron_threads": 1,
            # The kit's 0 is no limit for threads, and stops workers at once.
            "limit_time_real": 120,
            "smtp_port": stack.enter_context(mail.kept_in(folder)),
        }
        served = stack.enter_context(
            serving.serve_copy(odoo, template, name, options=options)
        )
        with progress.step(f"Selling, {'with' if with_ours else 'without'} our addons"):
            shop = furnish(
                served,
                gevent_port,
                has_services=with_ours,
                agents=people,
                customers=people,
                orders=orders,
            )
        yield Side(shop, folder)


async def take_turns(
    sides: Sequence[Side], phases: int, seconds: float, pace: tuple[float, float]
) -> None:
    """Let the people of each side click for some seconds, one side after the other.

    :param pace: between how many seconds they think before each click
    """
    for side in sides:
        side.people = load_people.gather_people(side.shop)
    # One first: Odoo's gevent process trips over several who are the first on its bus.
    await asyncio.gather(*(side.people[0].sign_in() for side in sides))
    others = (person for side in sides for person in side.people[1:])
    await asyncio.gather(*(person.sign_in() for person in others))
    for side in sides:
        side.already_logged = len(side.log())
    for number in range(phases):
        for side in sides:
            title = f"Phase {number + 1} {'with' if side.shop.has_services else 'without'} our addons"
            with progress.step(title):
                side.phases.append(await work(side.people, seconds, pace))
    for side in sides:
        for person in side.people:
            if isinstance(person, Agent):
                side.lost += person.bus is None
                side.told += person.told
            await person.leave()
        side.deadlocks = count_deadlocks(side.shop)


async def work(
    people: Sequence[Person], seconds: float, pace: tuple[float, float]
) -> list[Click]:
    """Let people click for some seconds, and wait until all is answered."""
    clicks: list[Click] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(person.work(until, pace, clicks) for person in people))
    return clicks


def count_deadlocks(shop: Shop) -> int:
    """Count the deadlocks that PostgreSQL had to resolve in a database."""
    with shop.server.connection() as link, link.cursor() as cursor:
        cursor.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = %s",
            [shop.server.db],
        )
        return cursor.fetchone()[0]


# ------------------------------------------------------------------------------
# Tables
# ------------------------------------------------------------------------------


def write_soundness(report: Report, sides: Sequence[Side]) -> None:
    """Tell whether anything went wrong that must not."""
    table = report.table(
        "Nothing fails",
        ["what", *("with ours" if s.shop.has_services else "without" for s in sides)],
        "A sentence tells somebody who is late, or asks for more than is left, what to do; a "
        "transaction that met another is run again by Odoo. Neither is a fault. The goal is "
        "for our side; the other one tells what is core's own.",
    )
    found = [find_faults(side) for side in sides]
    for what in found[0]:
        counts = [faults[what] for faults in found]
        table.add(what, *map(len, counts), holds=not counts[0])
    for what, count in (
        ("clicks", lambda side: len(side.clicks)),
        ("answered with a sentence", lambda side: count_outcome(side, "refused")),
        ("with nothing to do", lambda side: count_outcome(side, "nothing")),
        ("transactions run again", lambda side: len(find_retries(side))),
        ("messages over the bus", lambda side: side.told),
        ("mails sent", lambda side: len(list(side.mails.iterdir()))),
    ):
        table.add(what, *map(count, sides))
    for text, number in Counter(
        text for texts in found[0].values() for text in texts
    ).most_common(20):
        progress.say(f"  {number} × {text[:2000]}")


def find_faults(side: Side) -> dict[str, list[str]]:
    """Give what must not happen, by its kind."""
    entries = side.log()
    failed = [
        f"{click.action}: {click.message}"
        for click in side.clicks
        if click.outcome == "failed"
    ]
    return {
        "clicks that failed (status 500, an error that is no sentence)": failed,
        "errors and tracebacks in the log": [
            entry.text for entry in entries if is_fault(entry)
        ],
        "transactions given up after five tries": [
            entry.text
            for entry in entries
            if "maximum number of tries" in entry.message
        ],
        "deadlocks": ["deadlock"] * side.deadlocks,
        "connections to the bus lost": ["connection lost"] * side.lost,
    }


def is_fault(entry: LogEntry) -> bool:
    """Tell whether a log record is of something that went wrong, and not just met another transaction."""
    if entry.logger == "odoo.sql_db" and any(
        meeting in entry.text for meeting in MEETINGS
    ):
        return False
    return entry.level in ("ERROR", "CRITICAL") or "Traceback" in entry.text


def find_retries(side: Side) -> list[LogEntry]:
    """Find the transactions that Odoo ran again."""
    return [entry for entry in side.log() if "tries left, try again" in entry.message]


def count_outcome(side: Side, outcome: str, action: str = "") -> int:
    """Count the clicks, of an action or of all, that ended so."""
    return sum(
        click.outcome == outcome and action in ("", click.action)
        for click in side.clicks
    )


def write_times(report: Report, ours: Side, other: Side) -> None:
    """Set the clicks of both sides side by side."""
    table = report.table(
        "How long people wait",
        [
            "action",
            "clicks",
            "sentences",
            "median",
            "p95",
            "× median",
            "× p95",
            "90 % of ratios",
        ],
        f"A click is all that a browser asks for until the screen is there. p95 is what 95 of "
        f"100 clicks do not exceed, in milliseconds with our addons; × is how many times as "
        f"long as without them. The last column is the span in which the ratio of the p95 lies "
        f"in 90 of 100 drawings from these clicks. The goal is {GOAL} ×: a row fails when the "
        f"whole span is above it, or when nobody came to do it; it has no verdict with fewer than {ENOUGH} "
        "clicks on a side. The services' actions are judged together, with as many of each from both sides. "
        "What is another click without our addons is not compared. Both sides print the same invoices, as often.",
    )
    for action in sorted({name for person in ours.people for name in person.clicks}):
        others = _seconds(other, action) if action in COMPARED else None
        _add_times(
            table,
            action,
            _seconds(ours, action),
            others,
            count_outcome(ours, "refused", action),
        )
    pooled = [pool(_seconds(ours, name), _seconds(other, name)) for name in SERVICES]
    _add_times(
        table,
        "the five services' actions",
        [seconds for times, _others in pooled for seconds in times],
        [seconds for _times, others in pooled for seconds in others],
        sum(count_outcome(ours, "refused", name) for name in SERVICES),
    )


COMPARED = {
    *(set(Agent.clicks) - {"documents", "analysis"}),
    *load_people.Customer.clicks,
}
"""What is the same click on both sides."""
SERVICES = ("refund", "coupon", "return", "repair", "visit")
"""What is clicked too seldom to be judged by itself."""


def pool(
    times: Sequence[float], others: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Draw as many times from each side, so that several actions have the same shares on both."""
    draw, count = random.Random(0), min(len(times), len(others))
    return draw.sample(times, count), draw.sample(others, count)


def _add_times(
    table: Table, action: str, times: list[float], others: list[float] | None, told: int
) -> None:
    """Add a row.

    :param others: the times without our addons; none where that is another click
    """
    if not times or others == []:
        table.add(action, len(times), told, *["–"] * 5, holds=False)
        return
    cells = [
        action,
        len(times),
        told,
        f"{1000 * statistics.median(times):.0f}",
        f"{1000 * quantile(times):.0f}",
    ]
    if others is None:
        table.add(*cells, "–", "–", "–")
        return
    low, high = span(times, others)
    table.add(
        *cells,
        f"{statistics.median(times) / statistics.median(others):.2f}",
        f"{quantile(times) / quantile(others):.2f}",
        f"{low:.2f} – {high:.2f}",
        holds=low <= GOAL if min(len(times), len(others)) >= ENOUGH else None,
    )


def _seconds(side: Side, action: str) -> list[float]:
    return [
        click.seconds
        for click in side.clicks
        if click.action == action and click.outcome == "done"
    ]


def quantile(times: Sequence[float]) -> float:
    """Give the time that 95 of 100 do not exceed."""
    return sorted(times)[min(int(0.95 * len(times)), len(times) - 1)]


def span(times: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """Give the span in which 90 of 100 ratios of the quantiles lie, by drawing again from the times."""
    draw = random.Random(0)
    ratios = sorted(
        quantile(draw.choices(times, k=len(times)))
        / quantile(draw.choices(others, k=len(others)))
        for _drawing in range(500)
    )
    return ratios[25], ratios[474]
