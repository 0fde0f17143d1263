"""``make faults``: servers killed in the middle of what users do."""

import hashlib
import itertools
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import psutil

from proofs.at_once import DONE, ELSE, SILENT, TOLD, Answer, Press, answer_of
from proofs.bad_input_rules import INVARIANTS
from proofs.operations import FAULTS, SERVICES, Operation, Subject, furnish, share
from proofs.races import prefork_options
from proofs.report import Report, asked_count
from tools import addons, database, postgres, progress, serving, templates
from tools.errors import KitError
from tools.odoo import Odoo
from tools.serving import OdooServer

TEAM = "helpdesk.ticket.team"
TITLE = "Faults"
TEXT = """\
A worker of Odoo, or the whole of PostgreSQL, is killed (SIGKILL) while it does what a user has
asked for, at moments spread over the time that this takes. Only kills after which the user got
no answer, or an error, count. Odoo's main process makes a new worker by itself; PostgreSQL is
started again and recovers, and Odoo's workers connect again by themselves.

What an operation writes is looked for in all tables where nothing is killed, and after each kill in
those that it writes: the rows written since the user pressed the button. Either there are none,
or there are as many in each table as where the same is done in the same way (in full or in part, with
an exchange or without) and nothing is killed: the document with its lines, links, amounts and
reservations, the notes in both chatters, the mail to be written. Then the user presses the button
again (where pressing it twice makes no second document, or nothing was done), and afterwards
there is exactly what one press makes. After kills that came too late what the answer says is so.

Files are no part of a transaction: a photograph or signature may stay in the file store of which
no record knows. Odoo's daily clean-up removes such files. Where Odoo was killed while it wrote one,
it says that what is to be written anew collides with the file, and installs nothing that has it; such
torn files of installations are removed, as an administrator would, and counted."""

UNDISTURBED = 4
"""How often each is done in each way without a fault, to know how long it takes and what it writes."""

EARLIER = 0.8
"""By how much to kill earlier after a kill that came too late."""

PATIENCE = 20
"""How many times a user tries again after a fault."""

Shape = frozenset[tuple[str, int]]
"""How many rows were written, by table."""


@dataclass(kw_only=True)
class Kills:
    """What came of kills."""

    kills: int = 0
    nothing: int = 0
    complete: int = 0
    retries: int = 0
    missed: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Score(Kills):
    """What came of the kills in one operation."""

    service: str
    title: str


@dataclass(kw_only=True)
class Installing(Kills):
    """What came of the kills of one kind while a service was installed."""

    service: str
    killed: str
    waiting: int = 0
    torn: int = 0
    """Files that were removed, which were being written."""


@dataclass
class Victim:
    """A server of which something is killed."""

    server: OdooServer
    aim: Callable[[], AbstractContextManager[Callable[[], None]]]
    """Makes ready to kill; what it gives kills, and returns once all is there again."""


def run() -> int:
    """Kill workers and PostgreSQL in the middle of each operation, and write what came of it."""
    count = asked_count(50)
    report = Report("faults", TITLE, TEXT, "make faults")
    with workers_to_kill() as victim:
        tell(
            report,
            "Workers killed",
            victim.server,
            kill_all(victim, share(count, FAULTS)),
        )
    with postgres_to_kill() as victim:
        tell(
            report,
            "PostgreSQL killed",
            victim.server,
            kill_all(victim, share(count, FAULTS)),
        )
    tell_installing(report, kill_installing([*SERVICES], max(1, count // 50)))
    return report.finish()


def tell(
    report: Report, title: str, server: OdooServer, scores: Sequence[Score]
) -> None:
    """Write the tables."""
    table = report.table(
        title,
        [
            "service",
            "operation",
            "kills",
            "nothing was done",
            "all was done",
            "half done",
            "errors until it works",
            "too late, not counted",
        ],
    )
    for score in scores:
        table.add(
            score.service,
            score.title,
            score.kills,
            score.nothing,
            score.complete,
            score.kills - score.nothing - score.complete,
            score.retries,
            score.missed,
            holds=not score.faults,
        )
    found = [(score.title, fault) for score in scores for fault in score.faults]
    if found:
        faults = report.table(f"{title}: what does not hold", ["operation", "found"])
        for operation, fault in found:
            faults.add(operation, " ".join(fault.split())[:300], holds=False)
    whole = report.table(f"{title}: all that was made, at the end", ["rule", "broken"])
    for rule, broken in check_all(server).items():
        whole.add(rule, broken, holds=not broken)
    whole.add("Files in the file store that no record knows", count_lost_files(server))


def tell_installing(report: Report, scores: Sequence[Installing]) -> None:
    """Write the table of what was killed while it installed."""
    table = report.table(
        "Killed while a service is installed",
        [
            "service",
            "killed",
            "kills",
            "nothing was done",
            "all was done",
            "modules are left waiting",
            "torn files",
            "errors until it works",
            "too late, not counted",
            "what does not hold",
        ],
        "An installation takes a minute or more, and so does each that follows a kill: each service"
        " is killed once in each way where there are 50 kills of the others, in the middle of the time"
        " that it takes."
        " Odoo commits module by module, and so leaves modules waiting when it is killed; it"
        " installs nothing else until it has reset them, by itself after five hours or by"
        " *button_reset_state*. Until then switching the service on says so; afterwards it"
        " installs what is missing.",
    )
    for score in scores:
        table.add(
            score.service,
            score.killed,
            score.kills,
            score.nothing,
            score.complete,
            score.waiting,
            score.torn,
            score.retries,
            score.missed,
            "; ".join(" ".join(fault.split())[:300] for fault in score.faults),
            holds=not score.faults,
        )


# ------------------------------------------------------------------------------
# What is killed
# ------------------------------------------------------------------------------


@contextmanager
def workers_to_kill() -> Iterator[Victim]:
    """Serve the demonstration with two workers, of which the one at work is killed."""
    with postgres.running(postgres.TEST_CLUSTER) as server:
        names = [addon.name for addon in addons.ours()]
        odoo, template = templates.with_addons(server, names, with_demo=True)
        name = f"helpdesk_server_{os.getpid()}_faults"
        options = prefork_options(2)
        with serving.serve_copy(odoo, template, name, options=options) as served:
            furnish(served)
            yield Victim(served, lambda: _aim_at_worker(served))


@contextmanager
def _aim_at_worker(server: OdooServer) -> Iterator[Callable[[], None]]:
    """Make ready to kill the worker that will have talked to the database last."""
    owners = _find_owners(server)
    with server.connection() as link, link.cursor() as cursor:

        def find_worker() -> psutil.Process | None:
            cursor.execute(
                "SELECT client_port FROM pg_stat_activity WHERE datname = %s"
                " AND pid != pg_backend_pid() ORDER BY state_change DESC",
                [server.db],
            )
            ports = [port for (port,) in cursor.fetchall()]
            known = owners if owners.keys() & ports else _find_owners(server)
            return next((known[port] for port in ports if port in known), None)

        def kill() -> None:
            # A new worker connects with its first request.
            while not (worker := find_worker()):
                time.sleep(0.01)
            worker.suspend()
            theirs = [each.laddr.port for each in worker.net_connections("tcp4")]
            worker.kill()
            # Its connections may still commit what they were told to.
            while True:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE client_port = ANY(%s)",
                    [theirs],
                )
                if cursor.fetchone() == (0,):
                    return
                time.sleep(0.02)

        yield kill


def _find_owners(server: OdooServer) -> dict[int, psutil.Process]:
    """Tell which worker has which port; Odoo gives all the same name before PostgreSQL."""
    return {
        connection.laddr.port: worker
        for worker in psutil.Process(server.process.pid).children()
        for connection in worker.net_connections("tcp4")
    }


@contextmanager
def postgres_to_kill() -> Iterator[Victim]:
    """Serve the demonstration on a PostgreSQL that is killed."""
    names = [addon.name for addon in addons.ours()]
    with (
        _own_postgres(names, with_demo=True) as (odoo, name),
        serving.serve(odoo, name, prefork_options(2)) as served,
    ):
        furnish(served)
        yield Victim(served, _aim_at_postgres)


@contextmanager
def _own_postgres(
    names: Sequence[str], *, with_demo: bool
) -> Iterator[tuple[Odoo, str]]:
    """Have a database with addons on a PostgreSQL of its own, which keeps what it was told to."""
    with postgres.embedded(postgres.FAULTS_CLUSTER) as own:
        name = f"helpdesk_server_{os.getpid()}_faults"
        with postgres.running(postgres.TEST_CLUSTER) as server:
            odoo, template = templates.with_addons(server, names, with_demo=with_demo)
            odoo = replace(odoo, server=own)
            templates.drop_leftovers(odoo)
            with progress.step("Copying the database to a PostgreSQL of its own"):
                database.transfer(server, template, own, name, odoo.data)
        try:
            yield odoo, name
        finally:
            database.drop(own, name, odoo.data)


def _aim_at_postgres() -> AbstractContextManager[Callable[[], None]]:
    return nullcontext(partial(postgres.crash, postgres.FAULTS_CLUSTER))


# ------------------------------------------------------------------------------
# Killing
# ------------------------------------------------------------------------------


def kill_all(victim: Victim, numbers: Mapping[type[Operation], int]) -> list[Score]:
    """Kill in the middle of each operation so many times."""
    total = sum(numbers.values())
    scores = []
    with progress.step(f"{total} kills") as step:
        for operation, number in numbers.items():
            score = Score(service=operation.service, title=FAULTS[operation])
            scores.append(score)
            for _kill in kill_in(operation(victim.server), victim, number, score):
                done = sum(score.kills for score in scores)
                step.update(100 * done / total, FAULTS[operation])
    return scores


def kill_in(
    operation: Operation, victim: Victim, number: int, score: Score
) -> Iterator[None]:
    """Kill in the middle of one operation so many times; gives nothing after each kill."""
    observer = Observer(victim.server)
    ways = operation.ways
    sizes = [1] * (UNDISTURBED * ways + 3 * number + 8)
    subjects = zip(operation.prepare(sizes), itertools.cycle(range(ways)), strict=False)
    times: list[list[float]] = [[] for _way in range(ways)]
    undisturbed: list[set[Shape]] = [set() for _way in range(ways)]
    disturbed: list[tuple[int, Shape]] = []
    for subject, way in itertools.islice(subjects, UNDISTURBED * ways):
        press = operation.open(subject, 0)
        mark, began = observer.mark(), time.monotonic()
        if (answer := answer_of(press)).kind != DONE:
            raise KitError(f"{operation.title} does not work: {answer.text}")
        times[way].append(time.monotonic() - began)
        undisturbed[way].add(observer.shape(mark))
    written = {
        table for shapes in undisturbed for shape in shapes for table, _rows in shape
    }
    late = 0
    for subject, way in subjects:
        if score.kills == number:
            break
        # From the beginning to the end, and each earlier if it was too late.
        part = (score.kills + 0.5) / number * EARLIER**late
        press = operation.open(subject, 0)
        mark = observer.mark()
        answer = _press_and_kill(press, statistics.median(times[way]) * part, victim)
        shape = observer.shape(mark, written)
        faults = operation.find_faults(subject, operation.made(1) if shape else 0)
        faults += find_untrue(answer, shape)
        score.faults += faults
        if answer.kind in (DONE, TOLD):
            score.missed += 1
            late += 1
            if answer.kind == DONE and not faults:
                undisturbed[way].add(shape)
            continue
        late = 0
        score.kills += 1
        if shape:
            disturbed.append((way, shape))
        else:
            score.nothing += 1
        if operation.is_once or not shape:
            mark = observer.mark()
            score.faults += _press_again(operation, subject, press, score, bool(shape))
            if not shape:
                undisturbed[way].add(observer.shape(mark, written))
        yield
    if score.kills < number:
        score.faults.append(f"only {score.kills} of {number} kills came in time")
    for way, shape in disturbed:
        if shape in undisturbed[way]:
            score.complete += 1
            continue
        nearest = min(undisturbed[way], key=lambda other: len(other ^ shape))
        missing, added = sorted(nearest - shape), sorted(shape - nearest)
        score.faults.append(f"half done: {added} where others have {missing}")


def find_untrue(answer: Answer, shape: Shape) -> list[str]:
    """Look for what an answer says and what was written does not bear out."""
    if answer.kind == DONE and not shape:
        return ["told that it is done, and nothing was written"]
    if answer.kind == TOLD and shape:
        return [f"told {answer.text}, and written {sorted(shape)}"]
    return []


def _press_and_kill(press: Press, moment: float, victim: Victim) -> Answer:
    """Press, kill after so many seconds, and give what the user was answered."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(answer_of(press)))
    with victim.aim() as kill:
        thread.start()
        time.sleep(moment)
        kill()
        thread.join()
    return answers[0]


def _press_again(
    operation: Operation, subject: Subject, press: Press, score: Score, was_done: bool
) -> list[str]:
    """Press until there is an answer; give what does not hold afterwards."""
    answer = _insist(press, score)
    if answer.kind in (SILENT, ELSE):
        return [f"it does not work any more: {answer.text}"]
    faults = operation.find_faults(subject, operation.made(1))
    if answer.kind == TOLD and not was_done:
        faults.append(f"nothing was done, and now it is refused: {answer.text}")
    return faults


def _insist(press: Press, score: Kills) -> Answer:
    """Press until there is an answer, or patience ends, and give what was said at last."""
    for _attempt in range(PATIENCE):
        answer = answer_of(press)
        if answer.kind not in (SILENT, ELSE):
            break
        score.retries += 1
        time.sleep(0.1)
    return answer


# ------------------------------------------------------------------------------
# Installing
# ------------------------------------------------------------------------------


def kill_installing(services: Sequence[str], number: int) -> list[Installing]:
    """Kill workers, and PostgreSQL, while they install each service, so many times of each kind."""
    scores = []
    with (
        _own_postgres(["helpdesk_after_sales"], with_demo=False) as (odoo, template),
        progress.step(f"{2 * number * len(services)} kills of installations") as step,
    ):
        name = f"helpdesk_server_{os.getpid()}_installing"
        options = prefork_options(2)
        served = partial(serving.serve_copy, odoo, template, name, options=options)
        for service in services:
            with served() as server:
                _team_id, press = _open_team(server, service)
                began = time.monotonic()
                if (answer := answer_of(press)).kind != DONE:
                    raise KitError(f"{service} does not install: {answer.text}")
                takes = time.monotonic() - began
            for killed in ("worker", "PostgreSQL"):
                score = Installing(service=service, killed=killed)
                scores.append(score)
                late = 0
                while score.kills < number:
                    part = (score.kills + 0.5) / number * EARLIER**late
                    with served() as server:
                        is_in_time = _kill_installing(server, takes * part, score)
                    late = 0 if is_in_time else late + 1
                    step.update(
                        50 * sum(each.kills for each in scores) / number / len(services)
                    )
    return scores


def _open_team(server: OdooServer, service: str) -> tuple[int, Press]:
    """Make a team, and give it with what switches a service on in it."""
    rpc = server.rpc()
    [team_id] = rpc.call(TEAM, "create", [{"name": "Care"}])
    return team_id, partial(
        rpc.call, TEAM, "write", [team_id], {f"use_{service}": True}
    )


def _kill_installing(server: OdooServer, moment: float, score: Installing) -> bool:
    """Switch a service on, kill, and switch it on again until it works; tell if the kill came in time."""
    team_id, press = _open_team(server, score.service)

    def look() -> tuple[bool, bool, int]:
        """Tell if the service is on, if it is installed, and how many modules wait."""
        with server.connection() as link, link.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT team.use_{score.service}, module.state = 'installed',
                       (SELECT count(*) FROM ir_module_module WHERE state LIKE 'to %%')
                FROM helpdesk_ticket_team AS team, ir_module_module AS module
                WHERE team.id = %s AND module.name = %s
                """,
                [team_id, f"helpdesk_{score.service}"],
            )
            return cursor.fetchone()

    aims = {"worker": partial(_aim_at_worker, server), "PostgreSQL": _aim_at_postgres}
    victim = Victim(server, aims[score.killed])
    answer = _press_and_kill(press, moment, victim)
    is_on, is_there, waiting = look()
    if answer.kind in (DONE, TOLD):
        score.missed += 1
        is_done = answer.kind == DONE
        if (is_on, is_there, waiting) != (is_done, is_done, 0):
            score.faults.append(f"told {answer.text}, and that is not so")
        return False
    score.kills += 1
    score.torn += remove_torn_files(server)
    if waiting:
        score.waiting += 1
        answer = _insist(press, score)
        if answer.kind != TOLD or "another module operation" not in answer.text:
            score.faults.append(f"half installed, and told {answer.kind} {answer.text}")
        _insist(
            lambda: server.rpc().call("ir.module.module", "button_reset_state"), score
        )
    else:
        if is_on != is_there:
            score.faults.append("switched on and not installed, or the other way round")
        score.complete += is_there
        score.nothing += not is_there
    answer = _insist(press, score)
    if answer.kind != DONE or look() != (True, True, 0):
        score.faults.append(f"not installed completely the second time: {answer.text}")
    return True


class Observer:
    """Looks at the rows of all tables that are written from a moment on."""

    IGNORED = ("bus_bus", "res_device_log")
    """Tables of what is not the operation's: what open screens are told, also by the sending of
    mails that begins after the commit, and who is signed in where.
    """

    def __init__(self, server: OdooServer) -> None:
        self._server = server
        tables = self._ask(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname != ALL(%s)",
            [list(self.IGNORED)],
        )
        self._tables = [table for (table,) in tables]

    def _ask(self, query: str, values: object = None) -> list[tuple]:
        with self._server.connection() as link, link.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def mark(self) -> int:
        """Give the number of the next transaction, to look from there on."""
        [(mark,)] = self._ask("SELECT pg_current_xact_id()::text::bigint")
        return mark

    def shape(self, mark: int, tables: Iterable[str] = ()) -> Shape:
        """Tell how many rows were written since, by table.

        :param tables: where to look; none: in all
        """
        query = " UNION ALL ".join(
            f"SELECT '{table}', count(*) FROM \"{table}\""
            " WHERE xmin::text::bigint >= %(mark)s HAVING count(*) > 0"
            for table in sorted(tables) or self._tables
        )
        return frozenset(self._ask(query, {"mark": mark}))


# ------------------------------------------------------------------------------
# All that was made
# ------------------------------------------------------------------------------

RULES = {
    "Entries whose debit and credit differ": """
        SELECT count(*) FROM (
            SELECT move_id FROM account_move_line GROUP BY move_id HAVING sum(balance) != 0
        ) AS entry
    """,
    **{
        f"Not so: {rule}": f"SELECT count(*) FROM ({INVARIANTS[rule]}) AS broken"
        for rule in (
            "no more is credited than was invoiced",
            "no more comes back than was delivered",
        )
    },
    "Posted credit notes without a line, or without a number": """
        SELECT count(*) FROM account_move AS note
        WHERE ticket_id IS NOT NULL AND state = 'posted' AND (
            name IS NULL OR name = '/' OR id NOT IN (SELECT move_id FROM account_move_line))
    """,
    "Stock that is reserved otherwise than transfers say": """
        SELECT count(*) FROM (
            SELECT quant.product_id, sum(quant.reserved_quantity) AS reserved
            FROM stock_quant AS quant GROUP BY quant.product_id
        ) AS kept
        WHERE reserved != (
            SELECT coalesce(sum(line.quantity_product_uom), 0)
            FROM stock_move_line AS line
            JOIN stock_location AS place ON place.id = line.location_id
            WHERE line.product_id = kept.product_id
            AND line.state IN ('assigned', 'partially_available')
            AND place.usage IN ('internal', 'transit'))
    """,
    "Coupons of tickets without their history": """
        SELECT count(*) FROM loyalty_card WHERE ticket_id IS NOT NULL
        AND id NOT IN (SELECT card_id FROM loyalty_history)
    """,
    "Coupons whose points are not what their history says": """
        SELECT count(*) FROM loyalty_card AS card WHERE ticket_id IS NOT NULL
        AND points != (SELECT sum(coalesce(issued, 0) - coalesce(used, 0)) FROM loyalty_history WHERE card_id = card.id)
    """,
    "Documents that their ticket's chatter does not name": """
        SELECT count(*) FROM ({documents}) AS document
        WHERE NOT EXISTS (
            SELECT 1 FROM mail_message
            WHERE model = 'helpdesk.ticket' AND res_id = document.ticket_id
            AND body LIKE '%data-oe-model="' || document.model || '"%'
            AND body LIKE '%data-oe-id="' || document.id || '"%')
    """,
    "News for customers of documents that are not there": """
        SELECT count(*) FROM helpdesk_customer_news AS news
        WHERE (res_model, res_id) NOT IN (SELECT model, id FROM ({documents}) AS document)
    """,
    "Modules that wait to be installed": """
        SELECT count(*) FROM ir_module_module WHERE state LIKE 'to %'
    """,
}
"""What holds for all records, and a query that counts those for which it does not."""


def check_all(server: OdooServer) -> dict[str, int]:
    """Count by rule the records that break it."""
    documents = " UNION ALL ".join(
        f"SELECT '{model}' AS model, id, ticket_id FROM {model.replace('.', '_')}"
        " WHERE ticket_id IS NOT NULL"
        for model in SERVICES.values()
    )
    with server.connection() as link, link.cursor() as cursor:
        broken = {}
        for rule, query in RULES.items():
            cursor.execute(query.format(documents=documents))
            [broken[rule]] = cursor.fetchone()
    return broken


def _find_files(server: OdooServer) -> list[Path]:
    folder = server.odoo.data / "filestore" / server.db
    return [*folder.glob("[0-9a-f][0-9a-f]/*")]


def remove_torn_files(server: OdooServer) -> int:
    """Remove the files that have not the content they are named after, and tell how many."""
    torn = [
        path
        for path in _find_files(server)
        if hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
        != path.name
    ]
    for path in torn:
        path.unlink()
    return len(torn)


def count_lost_files(server: OdooServer) -> int:
    """Count the files that no record knows, since what was about to name them was undone."""
    files = {f"{path.parent.name}/{path.name}" for path in _find_files(server)}
    with server.connection() as link, link.cursor() as cursor:
        cursor.execute(
            "SELECT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL"
        )
        return len(files - {name for (name,) in cursor.fetchall()})
