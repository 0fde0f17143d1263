"""Measure what users do: queries, and times of several databases that take turns."""

import json
import re
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tools import processes
from tools.errors import KitError
from tools.odoo import Odoo
from tools.paths import KIT, LOGS, PYTHON, ROOT
from tools.serving import OdooServer

FINDING = "find:"
"""Begins the names of requests that only lead to the record whose button is pressed."""
ANSWERED = re.compile(r' HTTP/1\.\d" 200 - (\d+) ')
"""What Odoo's log says of a request: its queries."""
WARM_UPS = 2
"""Runs that are thrown away: they fill what a registry caches for good."""


@dataclass
class Measurement:
    """What repetitions of an action cost."""

    queries: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    """The queries of each request of the last repetition, by the request's name."""

    @property
    def query_count(self) -> int:
        """The queries of one repetition; where they differ, the most."""
        return max(self.queries)

    @property
    def median(self) -> float:
        """The median of the times."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Half of the times lie between these."""
        if len(self.seconds) == 1:
            return self.seconds[0], self.seconds[0]
        first, _median, third = statistics.quantiles(self.seconds, n=4)
        return first, third


@dataclass
class Worker:
    """A process of Odoo on one database, which does actions on demand."""

    process: subprocess.Popen
    database: str
    facts: dict[str, Any] = field(default_factory=dict)
    """What it tells of itself: ``actions`` that it can do; ``ticket`` (its id) with a document of each service,
    ``form_spec`` of what is read of it; ``agent`` and ``visitor``, who sign in with ``password``."""

    def ask(self, name: str) -> dict[str, Any]:
        """Have an action of ``proofs.actions`` done once, or the ``bundles`` measured.

        :raises KitError: with the traceback, when it failed
        """
        if not self.process.stdin:
            raise KitError("The worker has no input.")
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return self.receive(name)

    def receive(self, name: str) -> dict[str, Any]:
        """Read the worker's next answer."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise KitError(
                f"{name} failed on {self.database} (its log is {self.database}-worker.log): {answer['error']}"
            )
        return answer


@contextmanager
def working(odoo: Odoo, database: str, side: str) -> Iterator[Worker]:
    """Start a worker; what its actions need is made in the database and stays there.

    :param side: whose way it goes: ``core``, ``peer`` or ``ours``
    """
    log = LOGS / f"{database}-worker.log"
    with log.open("w", encoding="utf-8") as output:
        process = processes.start(
            [PYTHON, "-m", "proofs.worker", database, side],
            env={**odoo.environment(), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=KIT,
        )
    try:
        worker = Worker(process, database)
        worker.facts = worker.receive("Preparing")
        yield worker
    finally:
        processes.stop(process)


def measure(
    workers: Mapping[str, Worker], actions: Iterable[str], repetitions: int = 15
) -> dict[str, dict[str, Measurement]]:
    """Measure actions; the workers that can do one take turns, so that noise hits all alike.

    :param workers: by what they are called in the answer
    :return: by action and worker
    """
    found = {}
    for action in actions:
        found[action] = {
            name: Measurement()
            for name, worker in workers.items()
            if action in worker.facts["actions"]
        }
        for number in range(WARM_UPS + repetitions):
            for name, measurement in found[action].items():
                requests = workers[name].ask(action)["requests"]
                if number < WARM_UPS:
                    continue
                measurement.queries.append(sum(queries for _, queries, _ in requests))
                measurement.seconds.append(sum(seconds for _, _, seconds in requests))
                measurement.requests = _add_up(requests)
    return found


def _add_up(requests: Iterable[tuple[str, int, float]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for name, queries, _seconds in requests:
        total[name] += queries
    return dict(total)


def measure_visits(
    servers: Mapping[str, OdooServer],
    visits: Mapping[str, Callable[[], object]],
    repetitions: int = 15,
) -> dict[str, Measurement]:
    """Measure what is done over HTTP; the queries are those that the server's log tells.

    :param servers: by name
    :param visits: what is done with the server of that name
    """
    found = {name: Measurement() for name in visits}
    for number in range(WARM_UPS + repetitions):
        for name, visit in visits.items():
            log = servers[name].log
            told = log.stat().st_size
            begun = time.perf_counter()
            visit()
            seconds = time.perf_counter() - begun
            with log.open("rb") as lines:
                lines.seek(told)
                queries = ANSWERED.findall(lines.read().decode())
            if not queries:
                raise KitError(f"{log.name} does not tell of the requests.")
            if number >= WARM_UPS:
                found[name].queries.append(sum(map(int, queries)))
                found[name].seconds.append(seconds)
    return found
