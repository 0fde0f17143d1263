"""``make compat``: the tests of others, on a database without our addons and on one with all of them.

What else is installed is the same on both. Results are kept until something changes that they hang
on, so that an interrupted command goes on where it was.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

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
from tools.odoo import LogEntry, Odoo, parse_log
from tools.paths import KIT, LOGS, ROOT
from tools.testing import SKIPPED, STARTING, SUMMARY

RESULTS = KIT / "compat"
RUNNER = ROOT / "proofs" / "all_loaded.py"
BAD = re.compile(r"(FAIL|ERROR): (.+)")
SECONDS = re.compile(r"\d+ post-tests in ([\d.]+)s")


@dataclass
class Result:
    """What a suite did on one side; tests by their name, with the reason."""

    tests: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    ended: bool = False

    @property
    def bad(self) -> dict[str, str]:
        """What did not pass."""
        return {
            **{name: f"skipped: {reason}" for name, reason in self.skipped.items()},
            **self.failures,
            **self.errors,
        }

    def read(self, entries: Iterable[LogEntry]) -> "Result":
        """Take the log of a run into account."""
        for entry in entries:
            module = entry.logger.removeprefix("odoo.addons.").replace(".tests.", "/")
            if match := STARTING.match(entry.message):
                self.tests.append(f"{module}:{match[1]}")
            elif match := SKIPPED.match(entry.message):
                self.skipped[f"{module}:{match[1]}"] = match[2]
            elif entry.level == "ERROR" and (match := BAD.match(entry.message)):
                found = self.failures if match[1] == "FAIL" else self.errors
                found[f"{module}:{match[2]}"] = reason(entry.lines)
            elif match := SECONDS.match(entry.message):
                self.seconds = float(match[1])
            elif SUMMARY.match(entry.message):
                self.ended = True
        return self


def reason(lines: Sequence[str]) -> str:
    """Give the sentence at the end of a traceback."""
    start = max(
        (number for number, line in enumerate(lines) if line.startswith("  File ")),
        default=0,
    )
    said = [line for line in lines[start + 1 :] if line and not line.startswith(" ")]
    return said[0] if said else lines[-1].strip()


def run_suite(odoo: Odoo, template: str, suite: Suite, log: Path) -> Result:
    """Run a suite in a copy of a database."""
    name = f"helpdesk_others_{os.getpid()}"
    database.copy(odoo.server, template, name, odoo.data)
    arguments = ["--test-tags", ",".join(suite.tags), "--stop-after-init"]
    arguments += ["--http-port", str(processes.free_port())]
    try:
        with log.open("w", encoding="utf-8") as output:
            process = odoo.start(
                arguments, database=name, output=output, program=[RUNNER]
            )
            try:
                process.wait(60 * suite.minutes)
            except subprocess.TimeoutExpired:
                progress.say(f"✗ {suite.name} did not end in {suite.minutes} minutes.")
            finally:
                processes.stop(process)
    finally:
        database.drop(odoo.server, name, odoo.data)
    with log.open(encoding="utf-8", errors="replace") as lines:
        return Result().read(parse_log(lines))


def of_side(
    server: postgres.Server, suite: Suite, ours: Sequence[addons.Addon]
) -> Result:
    """Run a suite with some of our addons, or give what it did when it was last run like this.

    :param ours: all of them or none
    """
    side = "with" if ours else "without"
    path = RESULTS / f"{suite.name}-{side}.json"
    key = _digest(suite, ours)
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.pop("key") == key:
            return Result(**kept)
    odoo = templates.make_odoo(server)
    template, _problems = templates.ensure(
        odoo,
        ours,
        with_demo=suite.with_demo,
        others=addons.external_dependencies(addons.ours()),
    )
    with progress.step(f"{suite.name} {side} ours"):
        log = LOGS / f"compat-{suite.name}-{side}.log"
        result = run_suite(odoo, template, suite, log)
    RESULTS.mkdir(exist_ok=True)
    kept = json.dumps({"key": key, **asdict(result)}, indent=1)
    path.write_text(kept, encoding="utf-8")
    return result


def _digest(suite: Suite, ours: Sequence[addons.Addon]) -> str:
    """Hash all that a result hangs on."""
    source = odoo_source.find()
    parts = [
        repr(suite),
        source.version if source else "",
        (ROOT / "requirements.txt").read_text(encoding="utf-8"),
        RUNNER.read_text(encoding="utf-8"),
        *(addon.content_hash() for addon in ours),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def run() -> int:
    """Run all suites on both sides (or those that ``ADDON`` names), and write what differs."""
    with postgres.running(postgres.TEST_CLUSTER) as server:
        templates.drop_leftovers(templates.make_odoo(server))
        for suite in SUITES:
            if os.environ.get("ADDON") in (None, suite.name):
                without = of_side(server, suite, [])
                with_ours = of_side(server, suite, addons.ours())
                print(
                    suite.name,
                    len(without.tests),
                    len(with_ours.tests),
                    without.seconds,
                    with_ours.seconds,
                )
                print(
                    "  both",
                    {k: v for k, v in with_ours.bad.items() if k in without.bad},
                )
                print(
                    "  new",
                    {k: v for k, v in with_ours.bad.items() if k not in without.bad},
                )
                print(
                    "  gone",
                    {k: v for k, v in without.bad.items() if k not in with_ours.bad},
                    flush=True,
                )
    return 0
