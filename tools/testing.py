"""``make test``: all tests, and one line that counts them."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import (
    addons,
    database,
    i18n,
    postgres,
    preflight,
    processes,
    progress,
    templates,
)
from tools.addons import Addon
from tools.errors import KitError
from tools.odoo import LogEntry, Odoo
from tools.paths import KIT, LOGS, ROOT, TMP

DATABASE = "helpdesk_test"
WITHOUT_DATABASE = ("tools/tests", "tests/test_layout.py", "tests/test_wheels.py")
STARTING = re.compile(r"Starting (\S+) \.\.\.")
SKIPPED = re.compile(r"skipped (setUpClass \(\S+\)|\S+) : (.*)")
FAILED = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(setUpClass \(\S+\)|\S+)")
SUMMARY = re.compile(
    r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading database"
)


@dataclass
class Outcome:
    """How many tests passed and failed."""

    passed: int = 0
    failed: int = 0

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.passed += other.passed
        self.failed += other.failed
        return self

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


def run() -> int:
    """Run what was asked for and print the count as the last line."""
    addon, tags = os.environ.get("ADDON"), os.environ.get("TAGS")
    known = preflight.tested_addons()
    processes.die_with_parent()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (KIT / "test.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KitError(
                "Another make test runs in this checkout: wait for it, or clone to another folder."
            ) from None
        (LOGS / "test-install.log").unlink(missing_ok=True)
        outcome = Outcome()
        if not addon and not tags:
            outcome += run_pytest("Tests without a database", WITHOUT_DATABASE)
        with postgres.running(postgres.TEST_CLUSTER) as server:
            odoo = templates.make_odoo(server)
            try:
                outcome += _check_installs(odoo, known, with_demo=not (addon or tags))
                outcome += _run_suites(odoo, known, addon, tags)
                if not addon and not tags:
                    outcome += _check_terms(odoo)
            except KitError as error:  # addons that do not install, mostly
                progress.say(f"✗ {error}")
                outcome += Outcome(failed=1)
            if not addon and not tags:
                outcome += run_pytest(
                    "Tests across the addons", ["tests"], ignored=WITHOUT_DATABASE
                )
    sys.stderr.flush()
    if outcome.passed + outcome.failed == 0:
        progress.say("No test was run.")
    print(outcome, flush=True)
    return 1 if outcome.failed or not outcome.passed else 0


def run_pytest(
    title: str, paths: Sequence[str], ignored: Sequence[str] = ()
) -> Outcome:
    """Run pytest; a skipped test counts as failed, because it hides what it should show."""
    present = [path for path in paths if (ROOT / path).exists()]
    if not present:
        return Outcome()
    progress.say(f"  {title}:")
    report = LOGS / "pytest.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *present]
    command += [f"--ignore={path}" for path in ignored]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(TMP)},
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode == 5:  # no test was collected
        return Outcome()
    if not report.is_file():
        return Outcome(failed=1)
    outcome = read_report(report)
    if done.returncode and not outcome.failed:
        outcome.failed = 1
    return outcome


def read_report(report: Path) -> Outcome:
    """Count the tests of a JUnit report."""
    outcome = Outcome()
    for case in ET.parse(report).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        outcome += Outcome(failed=1) if bad else Outcome(passed=1)
        if any(child.tag == "skipped" for child in bad):
            progress.say(
                f"✗ skipped, which counts as failed: {case.get('classname')}.{case.get('name')}"
            )
    return outcome


def _check_installs(odoo: Odoo, known: Sequence[Addon], *, with_demo: bool) -> Outcome:
    """Install everything, with and without demo data; what Odoo complains about are failures."""
    outcome = Outcome()
    for demo in (False, True) if with_demo else (False,):
        _name, problems = templates.ensure(odoo, known, with_demo=demo)
        for problem in problems:
            progress.say(
                f"✗ installing {'with' if demo else 'without'} demo data: {problem}"
            )
        outcome += Outcome(failed=len(problems)) if problems else Outcome(passed=1)
    return outcome


def _run_suites(
    odoo: Odoo, known: Sequence[Addon], addon: str | None, tags: str | None
) -> Outcome:
    """Run the addons' own tests by Odoo's runner, on a fresh copy of the database."""
    names = [addon] if addon else [one.name for one in known]
    if tags:
        names = [name for name in names if re.search(rf"/{name}\b", tags)] or names
    template, _problems = templates.ensure(odoo, known, with_demo=False)
    database.copy(odoo.server, template, DATABASE, odoo.data)
    arguments = [
        "-u",
        ",".join(names),
        "--test-tags",
        tags or ",".join(f"/{name}" for name in names),
    ]
    arguments += ["--http-port", str(processes.free_port())]
    log = LOGS / "test.log"
    log.unlink(missing_ok=True)
    count = SuiteCount()
    with progress.step(f"Tests of {', '.join(names)}") as step:
        for entry in odoo.run(arguments, database=DATABASE, log=log):
            count.read(entry)
            step.note(count.current)
    progress.say(f"  {count.outcome()} (log: {log.relative_to(ROOT)})")
    return count.outcome()


def _check_terms(odoo: Odoo) -> Outcome:
    """Compare each addon's .pot with the terms that it has now."""
    outcome = Outcome()
    for addon, exported in i18n.export(odoo, addons.ours()).items():
        if i18n.is_current(addon, exported):
            outcome += Outcome(passed=1)
        else:
            progress.say(
                f"✗ {addon.name}: i18n/{addon.name}.pot is not up to date: run make i18n."
            )
            outcome += Outcome(failed=1)
    return outcome


class SuiteCount:
    """Counts tests from Odoo's log, and shows what failed."""

    def __init__(self) -> None:
        self._started: set[tuple[str, str]] = set()
        self._bad: set[tuple[str, str]] = set()
        self._ended = False
        self._failures_told = 0
        self._in_test = False
        self.current = ""

    def read(self, entry: LogEntry) -> None:
        """Take one log record into account."""
        if match := STARTING.match(entry.message):
            self._in_test = True
            self.current = match[1]
            self._started.add((entry.logger, match[1]))
        elif match := SKIPPED.match(entry.message):
            self._show(
                (entry.logger, match[1]),
                f"skipped, which counts as failed: {match[1]}: {match[2]}",
            )
        elif entry.level == "ERROR" and (match := FAILED.match(entry.message)):
            self._show((entry.logger, match[1]), entry.text)
        elif match := SUMMARY.match(entry.message):
            self._ended = True
            self._failures_told = int(match[1]) + int(match[2])
        elif entry.logger.startswith("odoo.modules") or entry.logger == "odoo.registry":
            self._in_test &= not entry.message.startswith(
                ("Loading module", "Module ", "Modules loaded")
            )
        if (
            not self._in_test
            and not self._ended
            and templates.is_problem(entry)
            and not FAILED.match(entry.message)
        ):
            self._show(
                (entry.logger, entry.message),
                f"{entry.level} while upgrading: {entry.logger}: {entry.text}",
            )

    def _show(self, key: tuple[str, str], text: str) -> None:
        self._bad.add(key)
        progress.say(f"\n✗ {text}")

    def outcome(self) -> Outcome:
        """Give the count; a run that did not come to its end has failed."""
        failed = (len(self._bad) or self._failures_told) + (not self._ended)
        return Outcome(passed=len(self._started - self._bad), failed=failed)
