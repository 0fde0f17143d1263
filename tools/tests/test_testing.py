"""Counting what Odoo's log and pytest's report say."""

import time
from pathlib import Path

import pytest

from tools import testing
from tools.odoo import parse_log
from tools.testing import Outcome, PytestLane, SuiteCount, read_report

STAMP = "2026-01-01 12:00:00,000 42"


def count(*lines: str) -> Outcome:
    suite = SuiteCount()
    for entry in parse_log(lines):
        suite.read(entry)
    return suite.outcome()


def line(level: str, logger: str, message: str) -> str:
    return f"{STAMP} {level} helpdesk_test {logger}: {message} "


TESTS = "odoo.addons.helpdesk_refund.tests.test_refund"


def end(failed: int, errors: int, tests: int) -> str:
    level = "ERROR" if failed + errors else "INFO"
    return line(
        level,
        "odoo.tests.result",
        f"{failed} failed, {errors} error(s) of {tests} tests when loading database 'x'",
    )


def start(name: str) -> str:
    return line("INFO", TESTS, f"Starting {name} ...")


def test_all_is_well() -> None:
    assert count(start("TestA.test_1"), start("TestA.test_2"), end(0, 0, 2)) == Outcome(
        2, 0
    )


def test_failures_and_errors() -> None:
    outcome = count(
        start("TestA.test_1"),
        line("ERROR", TESTS, "FAIL: TestA.test_1"),
        "Traceback (most recent call last):",
        start("TestA.test_2"),
        line("ERROR", TESTS, "ERROR: TestA.test_2"),
        start("TestA.test_3"),
        end(1, 1, 3),
    )
    assert outcome == Outcome(1, 2)


def test_a_skipped_tour_is_a_failure() -> None:
    skipped = line(
        "INFO", TESTS, "skipped TestTour.test_tour : Chrome executable not found"
    )
    assert count(start("TestTour.test_tour"), skipped, end(0, 0, 1)) == Outcome(0, 1)


def test_a_skipped_class_is_a_failure() -> None:
    skipped = line(
        "INFO",
        TESTS,
        "skipped setUpClass (odoo.addons.x.tests.TestTour) : websocket-client module is not installed",
    )
    assert count(skipped, end(0, 0, 0)).failed == 1


def test_failing_subtests_count_once() -> None:
    failed = line("ERROR", TESTS, "FAIL: Subtest TestA.test_1 (i=1)")
    assert count(start("TestA.test_1"), failed, failed, end(2, 0, 1)).passed == 0


def test_a_run_that_breaks_off_is_a_failure() -> None:
    assert count(start("TestA.test_1")) == Outcome(1, 1)


def test_complaints_while_upgrading_count() -> None:
    module = "odoo.modules.loading"
    outcome = count(
        line("WARNING", "odoo.modules.registry", "two fields have the same label"),
        start("TestA.test_1"),
        line("WARNING", "odoo.sql_db", "provoked by the test"),
        line("INFO", module, "Module helpdesk_refund loaded in 1.00s"),
        line("WARNING", "odoo.models", "no access rule"),
        end(0, 0, 1),
    )
    assert outcome == Outcome(1, 2)


def test_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite><testcase name='a'/><testcase name='b'><failure/></testcase>"
        "<testcase name='c'><skipped/></testcase><testcase name='d'><error/></testcase></testsuite></testsuites>"
    )
    said: list[str] = []
    assert read_report(report, said.append) == Outcome(1, 3)
    assert len(said) == 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing but tests."""
    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing, "LOGS", tmp_path)
    return tmp_path


def run_lane(folder: Path, **files: str) -> tuple[Outcome, list[Path]]:
    paths = [folder / f"test_{name}.py" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(f"import os, time\n{text}\n")
    with PytestLane(paths) as lane:
        return lane.finish(), paths


def test_both_lanes_are_counted(folder: Path, capsys: pytest.CaptureFixture) -> None:
    outcome, _paths = run_lane(
        folder,
        good="def test_a(): pass\ndef test_b(): pass",
        bad="def test_c(): assert 'this' == 'that'",
        skipped="import pytest\n@pytest.mark.skip\ndef test_d(): pass",
    )
    assert outcome == Outcome(2, 2)
    said = capsys.readouterr().err
    assert "✓ test_good: 2 passed, 0 failed" in said
    assert "✗ test_bad: 0 passed, 1 failed" in said
    assert "assert 'this' == 'that'" in said


def test_a_crash_is_a_failure(folder: Path) -> None:
    outcome, _paths = run_lane(folder, crash="def test_a(): os._exit(0)")
    assert outcome == Outcome(0, 1)


def test_an_error_of_collection_is_a_failure(folder: Path) -> None:
    outcome, _paths = run_lane(folder, broken="import nowhere")
    assert outcome == Outcome(0, 1)


def test_leaving_stops_what_runs(folder: Path) -> None:
    path = folder / "test_long.py"
    path.write_text("import time\ndef test_long(): time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), PytestLane([path]):
        while not testing.PYTESTS:
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert not testing.PYTESTS
