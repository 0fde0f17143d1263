"""``make test``: all tests, and one line that counts them."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable, Iterable, Sequence
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
        for log in LOGS.glob("test*.log"):
            log.unlink()
        outcome = run_part(known, addon, tags) if addon or tags else run_all(known)
    sys.stderr.flush()
    if outcome.passed + outcome.failed == 0:
        progress.say("No test was run.")
    print(outcome, flush=True)
    return 1 if outcome.failed or not outcome.passed else 0


def run_part(known: Sequence[Addon], addon: str | None, tags: str | None) -> Outcome:
    """Run one addon's suite, or what tags select."""
    with postgres.running(postgres.TEST_CLUSTER) as server:
        odoo = templates.make_odoo(server)
        return _attempt(
            lambda: _check_install(odoo, known, with_demo=False),
            lambda: _run_suites(odoo, known, addon, tags),
        )


def run_all(known: Sequence[Addon]) -> Outcome:
    """Run everything: the addons' suites in one lane, pytest's files in another beside it."""
    outcome = Outcome()
    for path in WITHOUT_DATABASE:
        outcome += run_pytest(ROOT / path, progress.say)
    with postgres.running(postgres.TEST_CLUSTER) as server:
        odoo = templates.make_odoo(server)
        templates.drop_leftovers(odoo)
        files = set(ROOT.glob("tests/test_*.py"))
        files -= {ROOT / path for path in WITHOUT_DATABASE}
        with PytestLane(files) as lane:
            outcome += _attempt(
                lambda: _check_install(odoo, known, with_demo=False),
                lambda: _run_suites(odoo, known, None, None),
                lambda: _check_terms(odoo),
                lambda: _check_install(odoo, known, with_demo=True),
            )
            outcome += lane.finish()
    return outcome


def _attempt(*parts: Callable[[], Outcome]) -> Outcome:
    """Run parts of which each needs the one before."""
    outcome = Outcome()
    try:
        for part in parts:
            outcome += part()
    except KitError as error:  # addons that do not install, mostly
        progress.say(f"✗ {error}")
        outcome += Outcome(failed=1)
    return outcome


class PytestLane:
    """Runs pytest's files beside other tests, and says nothing until those are done.

    ``finish`` gives the outcome; meanwhile it takes files itself. Leaving the ``with``
    without it, on Ctrl-C mostly, stops what is running.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        # Large files tend to take long, and what takes long comes first.
        self._files = deque(sorted(files, key=lambda file: -file.stat().st_size))
        self._outcome = Outcome()
        self._said: list[str] = []
        self._is_heard = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "PytestLane":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._files.clear()
        while self._thread.is_alive():
            for process in list(PYTESTS):
                processes.stop(process, signal.SIGINT)
            self._thread.join(0.2)

    def finish(self) -> Outcome:
        """Run what is left, in both lanes, and give the outcome of it all."""
        with self._lock:
            self._is_heard = True
            for text in self._said:
                progress.say(text)
        self._work()
        self._thread.join()
        return self._outcome

    def _work(self) -> None:
        while self._files:
            try:
                file = self._files.popleft()
            except IndexError:  # the other lane was faster
                return
            try:
                outcome = run_pytest(file, self._say)
            except OSError as error:  # no disk or memory left, mostly
                self._say(f"✗ {file.relative_to(ROOT)}: {error!r}")
                outcome = Outcome(failed=1)
            with self._lock:
                self._outcome += outcome

    def _say(self, text: str) -> None:
        with self._lock:
            if self._is_heard:
                progress.say(text)
            else:
                self._said.append(text)


PYTESTS: set[subprocess.Popen] = set()
"""The pytest processes that run."""


def run_pytest(path: Path, say: Callable[[str], None]) -> Outcome:
    """Run a file or folder by pytest, and say how it went; on failure, all that pytest says.

    A skipped test counts as failed, because it hides what it should show.
    """
    name = path.relative_to(ROOT).with_suffix("")
    stem = f"test-{'-'.join(name.parts)}"
    report, log = LOGS / f"{stem}.xml", LOGS / f"{stem}.log"
    report.unlink(missing_ok=True)
    start = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        process = processes.start(
            [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", path],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(TMP)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        PYTESTS.add(process)
        try:
            process.wait()
        finally:
            processes.stop(process, signal.SIGINT)
            PYTESTS.discard(process)
    outcome = read_report(report, say) if report.is_file() else Outcome(failed=1)
    if process.returncode and not outcome.failed:
        outcome.failed = 1
    if outcome.failed:
        say(log.read_text(encoding="utf-8", errors="replace"))
    sign = "✗" if outcome.failed else "✓"
    say(f"{sign} {name}: {outcome} ({time.monotonic() - start:.0f} s)")
    return outcome


def read_report(report: Path, say: Callable[[str], None]) -> Outcome:
    """Count the tests of a JUnit report, and say which were skipped."""
    outcome = Outcome()
    for case in ET.parse(report).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        outcome += Outcome(failed=1) if bad else Outcome(passed=1)
        if any(child.tag == "skipped" for child in bad):
            say(
                f"✗ skipped, which counts as failed: {case.get('classname')}.{case.get('name')}"
            )
    return outcome


def _check_install(odoo: Odoo, known: Sequence[Addon], *, with_demo: bool) -> Outcome:
    """Install everything; what Odoo complains about are failures."""
    _name, problems = templates.ensure(odoo, known, with_demo=with_demo)
    for problem in problems:
        progress.say(
            f"✗ installing {'with' if with_demo else 'without'} demo data: {problem}"
        )
    return Outcome(failed=len(problems)) if problems else Outcome(passed=1)


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
        self.told: list[str] = []
        """What was shown of failures."""

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
        self.told.append(text)
        progress.say(f"\n✗ {text}")

    def outcome(self) -> Outcome:
        """Give the count; a run that did not come to its end has failed."""
        failed = (len(self._bad) or self._failures_told) + (not self._ended)
        return Outcome(passed=len(self._started - self._bad), failed=failed)
