"""``make compat``: the tests of others, on a database without our addons and on one with all of them.

What else is installed is the same on both. Results are kept until something changes that they hang
on, so that an interrupted command goes on where it was.
"""

import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from proofs.report import Report
from proofs.suites import SUITES, Suite
from tools import (
    addons,
    database,
    odoo_source,
    postgres,
    processes,
    progress,
    templates,
)
from tools.errors import KitError
from tools.odoo import LogEntry, Odoo, parse_log
from tools.paths import KIT, LOGS, ROOT
from tools.testing import SKIPPED, STARTING, SUMMARY

RESULTS = KIT / "compat"
RUNNER = ROOT / "proofs" / "all_loaded.py"
BAD = re.compile(r"(FAIL|ERROR): (.+)")
COMPUTED = re.compile(r"([\d.]+) s of the processor")
QUERIES = re.compile(r"\d+ post-tests in [\d.]+s, (\d+) queries")
TEXT = (
    "The tests of core and of the OCA for what the addons extend, run on two databases in which the "
    "same addons of others are installed: one without ours and one with all of ours. A test that does "
    "not pass with ours and does without is a fault of ours, and so is one that is skipped or missing "
    "with ours only. All tests run when every addon is loaded, also those that Odoo by itself runs "
    "before ours are there, which is why some fail that are made for the one addon alone."
)


@dataclass
class Result:
    """What a suite did on one side; tests by their name, with the reason."""

    tests: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    queries: int = 0
    seconds: float = 0
    """Of the processor: Odoo's and the browser's, without PostgreSQL's."""
    ended: bool = False
    took: float = 0
    """Seconds."""

    @property
    def bad(self) -> dict[str, str]:
        """Give what did not pass, and why."""
        skipped = {name: f"skipped: {why}" for name, why in self.skipped.items()}
        return {**skipped, **self.failures, **self.errors}

    def read(self, entries: Iterable[LogEntry]) -> "Result":
        """Take the log of a run into account."""
        for entry in entries:
            module = entry.logger.removeprefix("odoo.addons.").replace(".tests.", "/")
            if match := STARTING.match(entry.message):
                self.tests.append(f"{module}:{match[1]}")
            elif match := SKIPPED.match(entry.message):
                self.skipped[f"{module}:{match[1]}"] = match[2].strip()
            elif entry.level == "ERROR" and (match := BAD.match(entry.message)):
                found = self.failures if match[1] == "FAIL" else self.errors
                found[f"{module}:{match[2].strip()}"] = _reason(entry.lines)
            elif match := QUERIES.match(entry.message):
                self.queries = int(match[1])
            elif match := COMPUTED.match(entry.message):
                self.seconds = float(match[1])
            elif SUMMARY.match(entry.message):
                self.ended = True
        return self


def _reason(lines: Sequence[str]) -> str:
    """Give the sentence at the end of a traceback."""
    last_call = max(
        (number for number, line in enumerate(lines) if line.startswith("  File ")),
        default=0,
    )
    said = (line for line in lines[last_call + 1 :] if line and not line[0].isspace())
    return next(said, lines[-1].strip())


def new_failures(without: Result, with_ours: Result) -> dict[str, str]:
    """Give what does not pass with ours and does without, and why."""
    bad = {name: why for name, why in with_ours.bad.items() if name not in without.bad}
    for name in without.tests:
        if name not in with_ours.tests and name not in without.bad:
            bad.setdefault(name, "was not run")
    return bad


@dataclass
class Side:
    """A database, and what is known of the suites on it."""

    name: str
    ours: Sequence[addons.Addon]

    def kept(self, suite: Suite) -> Result | None:
        """Give what the suite did when it was last run, if it would do the same now."""
        path = self._path(suite)
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        same = kept.pop("digest", "") == self._digest(suite)
        return Result(**kept) if same else None

    @contextmanager
    def running(self, odoo: Odoo, suite: Suite) -> Iterator[Callable[[], Result]]:
        """Start the suite; what is given waits for its end, and keeps what it did."""
        digest = self._digest(suite)
        template, _problems = templates.ensure(
            odoo,
            self.ours,
            with_demo=suite.with_demo,
            others=addons.external_dependencies(addons.ours()),
        )
        log = LOGS / f"compat-{suite.name}-{self.name}.log"
        begun = time.monotonic()
        with running(odoo, template, suite, log) as wait:

            def keep() -> Result:
                result = wait()
                result.took = time.monotonic() - begun
                RESULTS.mkdir(exist_ok=True)
                kept = json.dumps({"digest": digest, **asdict(result)}, indent=1)
                self._path(suite).write_text(kept, encoding="utf-8")
                return result

            yield keep

    def _path(self, suite: Suite) -> Path:
        return RESULTS / f"{suite.name}-{self.name}.json"

    def _digest(self, suite: Suite) -> str:
        """Hash all that a result hangs on."""
        source = odoo_source.find()
        parts = [
            *suite.tags,
            str(suite.with_demo),
            source.version if source else "",
            (ROOT / "requirements.txt").read_text(encoding="utf-8"),
            RUNNER.read_text(encoding="utf-8"),
            *(addon.content_hash() for addon in self.ours),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@contextmanager
def running(
    odoo: Odoo, template: str, suite: Suite, log: Path
) -> Iterator[Callable[[], Result]]:
    """Start a suite in a copy of a database; what is given waits for its end, and tells what it did."""
    port = processes.free_port()
    name = f"helpdesk_others_{os.getpid()}_{port}"
    database.copy(odoo.server, template, name, odoo.data)
    # Tests commit nothing: autovacuum would tell the planner that the tables are empty which they fill.
    database.leave_alone(odoo.server, name)
    arguments = ["--test-tags", ",".join(suite.tags), "--stop-after-init"]
    arguments += ["--http-port", str(port)]
    deadline = time.monotonic() + 60 * suite.minutes
    try:
        with log.open("w", encoding="utf-8") as output:
            process = odoo.start(
                arguments, database=name, output=output, program=[RUNNER]
            )
        try:
            yield partial(_wait, process, deadline, log)
        finally:
            processes.stop(process)
    finally:
        database.drop(odoo.server, name, odoo.data)


def _wait(process: subprocess.Popen, deadline: float, log: Path) -> Result:
    with suppress(subprocess.TimeoutExpired):  # the log does not say that it ended
        process.wait(max(0, deadline - time.monotonic()))
    with log.open(encoding="utf-8", errors="replace") as lines:
        return Result().read(parse_log(lines))


def run() -> int:
    """Run the suites of which nothing is kept (or the one that ``ADDON`` names), and compare the sides."""
    only = os.environ.get("ADDON")
    known = [suite.name for suite in SUITES]
    if only and only not in known:
        raise KitError(f"There is no suite {only}: choose from {', '.join(known)}.")
    sides = Side("without", []), Side("with", addons.ours())
    pairs = {}
    with postgres.running(postgres.TEST_CLUSTER) as server:
        odoo = templates.make_odoo(server)
        templates.drop_leftovers(odoo)
        for suite in SUITES:
            if only in (None, "", suite.name):
                run_sides(odoo, suite, sides, anew=only == suite.name)
            pairs[suite] = [side.kept(suite) for side in sides]
    return compare(pairs).finish()


def run_sides(odoo: Odoo, suite: Suite, sides: Iterable[Side], *, anew: bool) -> None:
    """Run a suite on those sides on which nothing is kept of it, at the same time.

    :param anew: on all sides
    """
    wanted = [side for side in sides if anew or not side.kept(suite)]
    if not wanted:
        return
    with progress.step(suite.name), ExitStack() as stack:
        started = [stack.enter_context(side.running(odoo, suite)) for side in wanted]
        for keep in started:
            keep()


def compare(pairs: Mapping[Suite, Sequence[Result | None]]) -> Report:
    """Tell of each suite what it did without and with our addons."""
    seconds = sum(
        max(result.took for result in results if result)
        for results in pairs.values()
        if any(results)
    )
    report = Report(
        "compat",
        "Other people's tests",
        TEXT,
        "make compat",
        # What is kept took its time when it was run.
        started=time.monotonic() - seconds,
    )
    suites = report.table(
        "Suites",
        [
            "suite",
            "tests",
            "failures",
            "errors",
            "skipped",
            "queries",
            "CPU time",
            "new",
        ],
        "Each number without and with our addons; queries, and the CPU time of Odoo and the browser, as "
        "ratios, with to without.",
    )
    new = report.table(
        "With our addons only",
        ["suite", "test", "why"],
        "What does not pass with our addons and does without.",
    )
    old = report.table(
        "Without our addons too",
        ["suite", "test", "why without", "why with"],
        "What does not pass without our addons either.",
    )
    for suite, (without, with_ours) in pairs.items():
        if not without or not with_ours:
            suites.add(suite.name, "was not run", *[""] * 6, holds=False)
            continue
        bad = new_failures(without, with_ours)
        suites.add(
            suite.name,
            *(
                f"{len(getattr(without, kind))} / {len(getattr(with_ours, kind))}"
                for kind in ("tests", "failures", "errors", "skipped")
            ),
            _ratio(without.queries, with_ours.queries),
            _ratio(without.seconds, with_ours.seconds),
            len(bad) if with_ours.ended else f"did not end in {suite.minutes} min",
            holds=all((without.ended, without.tests, with_ours.ended, with_ours.tests))
            and not bad,
        )
        for name, why in bad.items():
            new.add(suite.name, name, why, holds=False)
        for name, why in without.bad.items():
            now = with_ours.bad.get(name, "passes")
            old.add(suite.name, name, why, "the same" if now == why else now)
    return report


def _ratio(without: float, with_ours: float) -> str:
    return f"{with_ours / without:.2f}" if without else ""
