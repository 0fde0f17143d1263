"""What the log of other people's tests says, and what counts as broken by our addons."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from proofs import compat
from proofs.compat import Result
from proofs.suites import OCA
from tools.addons import Addon
from tools.odoo import parse_log

STAMP = "2026-01-01 12:00:00,000 42"
TESTS = "odoo.addons.sale.tests.test_order"
END = f"{STAMP} INFO db odoo.tests.result: 0 failed, 0 error(s) of 3 tests when loading database 'x' "


def read(*messages: str, ended: bool = True) -> Result:
    lines = []
    for message in messages:
        level = "ERROR" if message.startswith(("FAIL", "ERROR")) else "INFO"
        first, *rest = message.split("\n")
        lines += [f"{STAMP} {level} db {TESTS}: {first}", *rest]
    return Result().read(parse_log([*lines, *([END] if ended else [])]))


PASSED = read("Starting TestOrder.test_a ...", "Starting TestOrder.test_b ...")
TRACEBACK = """\
FAIL: TestOrder.test_b
Traceback (most recent call last):
  File "test_order.py", line 7, in test_b
    self.assertEqual(
    ^^^^^^^^^^^^^^^^^
AssertionError: 7 != 6
more about it
"""


def test_result() -> None:
    result = read(
        "Starting TestOrder.test_a ...",
        "skipped TestOrder.test_a : no network ",
        "Starting TestOrder.test_b ...",
        TRACEBACK,
        "ERROR: Subtest TestOrder.test_c (app='Sales')\nKeyError: 'x'",
        "2 post-tests in 3.50s, 77 queries",
    )
    assert result.tests == [
        "sale/test_order:TestOrder.test_a",
        "sale/test_order:TestOrder.test_b",
    ]
    assert result.bad == {
        "sale/test_order:TestOrder.test_a": "skipped: no network",
        "sale/test_order:TestOrder.test_b": "AssertionError: 7 != 6",
        "sale/test_order:Subtest TestOrder.test_c (app='Sales')": "KeyError: 'x'",
    }
    assert (result.queries, result.ended) == (77, True)


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        (
            [
                "Starting TestOrder.test_a ...",
                "Starting TestOrder.test_b ...",
                TRACEBACK,
            ],
            "AssertionError: 7 != 6",
        ),
        (
            [
                "Starting TestOrder.test_a ...",
                "Starting TestOrder.test_b ...",
                "skipped TestOrder.test_b : no tours",
            ],
            "skipped: no tours",
        ),
        (["Starting TestOrder.test_a ..."], "was not run"),
    ],
)
def test_new_failures(messages: Sequence[str], why: str) -> None:
    broken = read(*messages)
    found = {"sale/test_order:TestOrder.test_b": why}
    assert compat.new_failures(PASSED, broken) == found
    assert compat.new_failures(broken, broken) == {}
    assert compat.new_failures(broken, PASSED) == {}


@pytest.mark.parametrize(
    ("with_ours", "told"),
    [
        (PASSED, []),
        (read("Starting TestOrder.test_a ..."), ["oca", "was not run"]),
        (
            read("Starting TestOrder.test_a ...", ended=False),
            [f"did not end in {OCA.minutes} min"],
        ),
        (None, ["was not run"]),
    ],
)
def test_verdict(with_ours: Result | None, told: Sequence[str]) -> None:
    failures = compat.compare({OCA: (PASSED, with_ours)}).failures
    cells = [cell for row in failures for cell in row.cells]
    assert set(told) <= set(cells)
    assert bool(failures) == bool(told)


def test_results_are_kept_until_what_they_hang_on_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    addon = tmp_path / "helpdesk_one"
    addon.mkdir()
    (addon / "__manifest__.py").write_text("{'name': 'One'}")
    side = compat.Side("with", [Addon(addon)])
    monkeypatch.setattr(compat, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(compat.templates, "make_odoo", lambda _server: None)
    monkeypatch.setattr(compat.templates, "ensure", lambda *_, **__: ("template", []))
    monkeypatch.setattr(compat, "running", lambda *_: nullcontext(lambda: PASSED))
    assert side.kept(OCA) is None
    compat.run_sides(None, OCA, [side], anew=False)
    assert side.kept(OCA) == PASSED
    (addon / "models.py").write_text("")
    assert side.kept(OCA) is None
