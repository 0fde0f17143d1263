"""The pages that proofs write."""

from pathlib import Path

from proofs.report import Report


def test_a_row_that_does_not_hold_fails_the_command(tmp_path: Path) -> None:
    report = Report("speed", "Speed", "How fast.", "make bench")
    table = report.table("Tickets", ["what", "queries"])
    table.add("open | one", 7, holds=True)
    table.add("list of 80", 9)
    assert report.finish(tmp_path) == 0
    table.add("kanban of 80", 99, holds=False)
    assert report.finish(tmp_path) == 1
    page = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "| open &#124; one | 7 | ✓ |" in page
    assert "| kanban of 80 | 99 | ✗ |" in page
    assert "Written by `make bench`" in page
