"""``make races``: users do at the same moment, over RPC, what must happen once."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from proofs.at_once import (
    DONE,
    ELSE,
    SILENT,
    TOLD,
    Answer,
    press_at_once,
    press_while_held,
)
from proofs.operations import (
    CONNECTIONS,
    RACES,
    SERVICES,
    Operation,
    Subject,
    furnish,
    share,
)
from proofs.report import Report, asked_count
from tools import addons, postgres, processes, progress, serving, templates
from tools.rpc import RpcError
from tools.serving import OdooServer

LANES = 3
"""How many races run beside one another, on subjects of their own."""

TEAM = "helpdesk.ticket.team"
TITLE = "Races"
TEXT = """\
Two to four users do the same thing at the same moment, each in a session of their own, over
Odoo's own RPC or the portal's forms, on a server with a process for each of them. In one half
of the races they press at once, and chance decides; in the other half the record that they
need is held until all of them wait for it, so that none can see what another has done.

A race holds when the database has exactly what it should afterwards (nothing credited,
returned, generated, sent back or signed twice), as many users as that are told it is done, and
every other user gets one sentence that says why not: no traceback, no serialization failure, no
deadlock. Where the same form or window is sent twice, both users are told that it is done, and
it is done once.

A service that has to be installed is switched on by users who press at once, in a team each; nothing
is held. As that takes a minute or more, there is one such race of each service where there are 200 of
all others."""


@dataclass
class Score:
    """What came of the races of one operation."""

    service: str
    title: str
    races: int = 0
    held: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def connections(self) -> int:
        """How many users there were in all races."""
        return self.answers.total()


def run() -> int:
    """Run the races of each service, and write what came of them."""
    count = asked_count(200)
    report = Report("races", TITLE, TEXT, "make races")
    with postgres.running(postgres.TEST_CLUSTER) as server:
        with serve(server) as odoo:
            scores = race_all(odoo, share(count, RACES))
        scores.append(race_installing(server, [*SERVICES] * max(1, count // 200)))
    tell(report, scores)
    return report.finish()


def tell(report: Report, scores: Sequence[Score]) -> None:
    """Write the tables."""
    table = report.table(
        "What was raced for",
        [
            "service",
            "race",
            "races",
            "of them held",
            "connections",
            "told it is done",
            "told why not",
            "anything else",
        ],
    )
    for score in scores:
        answers = score.answers
        others = answers[ELSE] + answers[SILENT]
        table.add(
            score.service,
            score.title,
            score.races,
            score.held,
            score.connections,
            answers[DONE],
            answers[TOLD],
            others,
            holds=not score.faults,
        )
    faults = [(score.title, fault) for score in scores for fault in score.faults]
    if faults:
        table = report.table("What does not hold", ["race", "what was found"])
        for title, fault in faults:
            table.add(title, " ".join(fault.split())[:300], holds=False)


@contextmanager
def serve(server: postgres.Server) -> Iterator[OdooServer]:
    """Serve the demonstration with all of ours, a process for each user of the races."""
    names = [addon.name for addon in addons.ours()]
    odoo, template = templates.with_addons(server, names, with_demo=True)
    options = prefork_options(LANES * CONNECTIONS)
    name = f"helpdesk_server_{os.getpid()}_races"
    with serving.serve_copy(odoo, template, name, options=options) as odoo_server:
        furnish(odoo_server)
        yield odoo_server


def prefork_options(workers: int) -> dict[str, str | int]:
    """Give the options of a server with so many processes, which nothing but us ends."""
    return {
        "workers": workers,
        "gevent_port": processes.free_port(),
        "limit_time_real": 3600,
        "limit_time_cpu": 3600,
    }


def race_all(server: OdooServer, numbers: Mapping[type[Operation], int]) -> list[Score]:
    """Race for each thing so many times."""
    scores = {
        operation: Score(operation.service, operation.title) for operation in numbers
    }
    total = sum(numbers.values())
    with (
        progress.step(f"{total} races") as step,
        ThreadPoolExecutor(LANES) as lanes,
    ):

        def run_lane(kind: type[Operation]) -> None:
            for _race in race(kind(server), numbers[kind], scores[kind]):
                done = sum(score.races for score in scores.values())
                step.update(100 * done / total, kind.title)

        for _done in lanes.map(run_lane, numbers):
            pass
    return list(scores.values())


def race(operation: Operation, number: int, score: Score) -> Iterator[None]:
    """Race for one thing so many times, and keep the score; gives nothing after each race."""
    # Each number of users meets each way of pressing.
    sizes = [2 + race // 2 % (CONNECTIONS - 1) for race in range(number)]
    for race_number, (subject, size) in enumerate(
        zip(operation.prepare(sizes), sizes, strict=True)
    ):
        presses = [operation.open(subject, index) for index in range(size)]
        if race_number % 2:
            score.held += 1
            record_id = subject[operation.held]
            answers, waited = press_while_held(
                operation.server, operation.table, record_id, presses
            )
            if not waited:
                score.faults.append(f"they do not wait for {operation.table}")
        else:
            answers = press_at_once(presses)
        score.races += 1
        score.answers.update(answer.kind for answer in answers)
        score.faults += judge(operation, subject, answers)
        yield


def judge(
    operation: Operation, subject: Subject, answers: Sequence[Answer]
) -> list[str]:
    """Find what does not hold after a race."""
    size = len(answers)
    kinds = Counter(answer.kind for answer in answers)
    faults = operation.find_faults(subject, operation.made(size))
    if kinds[DONE] != (wanted := operation.done(size)):
        faults.append(f"{kinds[DONE]} of {size} are told it is done, not {wanted}")
    for answer in answers:
        is_known = any(part in answer.text for part in operation.sentences)
        if answer.kind in (ELSE, SILENT) or (answer.kind == TOLD and not is_known):
            faults.append(f"{answer.kind}: {answer.text}")
    return faults


def race_installing(server: postgres.Server, services: Sequence[str]) -> Score:
    """Switch each service on at once, in teams of their own, that has to be installed first.

    One installs; the others find it installed, or are told to try again.
    """
    score = Score("team", "Switch on the same service, which is installed for that")
    odoo, template = templates.with_addons(
        server, ["helpdesk_after_sales"], with_demo=False
    )
    name = f"helpdesk_server_{os.getpid()}_installing"
    with progress.step(f"{len(services)} installations"):
        for race_number, service in enumerate(services):
            size = 2 + race_number % (CONNECTIONS - 1)
            options = prefork_options(CONNECTIONS)
            with serving.serve_copy(odoo, template, name, options=options) as one:
                _race_installing(one, service, size, score)
    return score


def _race_installing(server: OdooServer, service: str, size: int, score: Score) -> None:
    toggle = f"use_{service}"
    agents = [server.rpc() for _ in range(size)]
    values = [{"name": f"Care {number}"} for number in range(size)]
    teams = agents[0].call(TEAM, "create", values)
    answers = press_at_once(
        [
            lambda agent=agent, team_id=team_id: agent.call(
                TEAM, "write", [team_id], {toggle: True}
            )
            for agent, team_id in zip(agents, teams, strict=True)
        ]
    )
    score.races += 1
    score.answers.update(answer.kind for answer in answers)
    for answer in answers:
        if answer.kind != DONE and "Odoo is currently processing" not in answer.text:
            score.faults.append(f"{service}: {answer.kind}: {answer.text}")
    on = {
        team["id"]
        for team in server.rpc().call(TEAM, "read", teams, [toggle])
        if team[toggle]
    }
    told_done = {
        team_id
        for team_id, answer in zip(teams, answers, strict=True)
        if answer.kind == DONE
    }
    if not on or on != told_done:
        score.faults.append(
            f"{service} is on in {len(on)} teams, told so {len(told_done)} users"
        )
    rpc = server.rpc()
    waiting = [["state", "in", ["to install", "to upgrade", "to remove"]]]
    if number := rpc.call("ir.module.module", "search_count", waiting):
        score.faults.append(f"{service}: {number} modules are half installed")
    try:
        rpc.call(SERVICES[service], "search", [["ticket_id", "!=", False]])
    except RpcError as error:
        score.faults.append(f"{service} does not work: {error}")
