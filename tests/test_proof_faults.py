"""A few kills in the middle of each operation; ``make faults`` does many."""

import hashlib
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from proofs import faults
from proofs.at_once import Refused
from proofs.operations import (
    FAULTS,
    CreateTask,
    Refund,
    Return,
    SendBack,
    UseCoupon,
)

OF_EACH_SERVICE = (Refund, UseCoupon, Return, SendBack, CreateTask)


@pytest.mark.parametrize(
    ("victim_to_be", "operations"),
    [
        (faults.workers_to_kill, FAULTS),
        (faults.postgres_to_kill, OF_EACH_SERVICE),
    ],
    ids=["worker", "postgres"],
)
def test_nothing_is_half_done(victim_to_be, operations):
    with victim_to_be() as victim:
        scores = faults.kill_all(victim, dict.fromkeys(operations, 1))
        assert not {score.title: score.faults for score in scores if score.faults}
        assert [score.kills for score in scores] == [1] * len(operations)
        assert not any(faults.check_all(victim.server).values())


def test_torn_files_are_removed(tmp_path):
    whole, torn = (hashlib.sha1(text).hexdigest() for text in (b"whole", b"torn"))
    for name, content in ((whole, b"whole"), (torn, b"to")):
        path = tmp_path / "filestore" / "db" / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    server = SimpleNamespace(odoo=SimpleNamespace(data=tmp_path), db="db")
    assert faults.remove_torn_files(server) == 1
    assert [path.name for path in tmp_path.glob("filestore/db/*/*")] == [whole]


class Desk:
    """What stands in for a server: it writes a return, and in every other way a replacement too."""

    def __init__(self, said_when_killed):
        self.said_when_killed = said_when_killed
        self.rows = {}
        self.killed = None

    @contextmanager
    def aim(self):
        """Kill between the return and the replacement."""
        self.killed = threading.Event()
        yield self.killed.set
        self.killed = None

    def press(self, way):
        self.rows["return"] = 1
        if self.killed:
            self.killed.wait()
            raise self.said_when_killed
        if way:
            self.rows["replacement"] = 1

    def mark(self):
        self.rows.clear()

    def shape(self, _mark, _tables=()):
        return frozenset(self.rows.items())

    def operation(self):
        """Give the returns, whose look at the database does not see replacements."""
        return SimpleNamespace(
            title="Return",
            ways=2,
            is_once=False,
            prepare=lambda sizes: range(len(sizes)),
            open=lambda number, _index: lambda: self.press(number % 2),
            made=lambda connections: connections,
            find_faults=lambda _subject, _made: [],
        )


def kill_at_desk(monkeypatch, desk):
    """Kill four times, in each way twice."""
    monkeypatch.setattr(faults, "Observer", lambda _server: desk)
    victim = faults.Victim(None, desk.aim)
    score = faults.Score(service="return", title="Return")
    list(faults.kill_in(desk.operation(), victim, 4, score))
    return score


def test_half_of_one_way_is_not_the_whole_of_another(monkeypatch):
    score = kill_at_desk(monkeypatch, Desk(ConnectionError()))
    assert (score.kills, score.nothing, score.complete) == (4, 0, 2)
    fault = "half done: [] where others have [('replacement', 1)]"
    assert score.faults == [fault, fault]


def test_half_done_is_not_as_refused(monkeypatch):
    score = kill_at_desk(monkeypatch, Desk(Refused("There is none left.")))
    assert not score.kills
    assert "told There is none left., and written [('return', 1)]" in score.faults
