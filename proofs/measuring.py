"""Measure what users do: queries, and times of several databases that take turns."""

import json
import statistics
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tools import processes
from tools.errors import KitError
from tools.odoo import Odoo
from tools.paths import KIT, LOGS, PYTHON, ROOT

WARM_UPS = 2
"""Runs that are thrown away: they fill what a registry caches for good."""


@dataclass
class Measurement:
    """What repetitions of an action cost."""

    queries: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, queries: int, seconds: float) -> None:
        """Add a repetition."""
        self.queries.append(queries)
        self.seconds.append(seconds)

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
    """``actions``: what it can do; ``ticket``, ``customer``: ids of those with a document of each service."""

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
        able = {
            name: worker
            for name, worker in workers.items()
            if action in worker.facts["actions"]
        }
        found[action] = {name: Measurement() for name in able}
        for number in range(WARM_UPS + repetitions):
            for name, worker in able.items():
                cost = worker.ask(action)
                if number >= WARM_UPS:
                    found[action][name].add(cost["queries"], cost["seconds"])
    return found
