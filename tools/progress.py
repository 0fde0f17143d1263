"""A line for each step, with a percentage where one is known. All of it goes to standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Step:
    """One step under way."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start = time.monotonic()
        self._shown = ""
        self._percent = -10
        self._live = sys.stderr.isatty()

    def update(self, percent: float, detail: str = "") -> None:
        """Show how far the step is (redrawn on a terminal; every tenth elsewhere)."""
        percent = min(int(percent), 100)
        if self._live:
            bar = "━" * (percent // 5)
            self._draw(f"  {self._title}  {bar:<20} {percent:3d}%  {detail}"[:110])
        elif percent >= self._percent + 10:
            self._percent = percent - percent % 10
            self._draw(f"  {self._title}: {percent}%")

    def note(self, detail: str) -> None:
        """Show what the step is at, where nobody can tell how much is to come (on a terminal only)."""
        if self._live:
            self._draw(f"  {self._title}  {detail}"[:110])

    def _draw(self, text: str) -> None:
        if text == self._shown:
            return
        self._shown = text
        sys.stderr.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        sys.stderr.flush()

    def finish(self) -> None:
        """Leave the finished step's line."""
        seconds = time.monotonic() - self._start
        self._draw(f"✓ {self._title} ({seconds:.0f} s)")
        if self._live:
            sys.stderr.write("\n")


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Announce a step, and say how long it took when it is done."""
    current = Step(title)
    current._draw(f"  {title} …")
    try:
        yield current
    except BaseException:
        sys.stderr.write("\n")
        raise
    current.finish()


def say(message: str) -> None:
    """Say one line."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
