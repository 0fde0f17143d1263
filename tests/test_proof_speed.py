"""``make bench`` measures, and what it says of queries holds; its times are for a quiet machine."""

import pytest

from proofs import measuring, speed
from proofs.report import Report

SIDES = ("core", "ours")


@pytest.fixture(scope="module")
def compared(postgres_server):
    with speed.compared(postgres_server, SIDES) as sides:
        yield sides


@pytest.fixture(scope="module")
def found(compared):
    _servers, workers = compared
    actions = dict.fromkeys(goal.action for goal in speed.QUERY_GOALS)
    return measuring.measure(workers, actions, repetitions=1)


@pytest.mark.parametrize("goal", speed.QUERY_GOALS, ids=lambda goal: goal.action)
def test_queries(found, goal):
    ours, bound, holds = goal.look(found[goal.action])
    assert holds, f"{ours} queries, {goal.text} are {bound}"
    assert ours > 0


def test_visits(compared):
    servers, workers = compared
    for name in speed.VISITS:
        visits = {
            side: speed.visits(servers[side], workers[side])[name] for side in SIDES
        }
        found = measuring.measure_visits(servers, visits, repetitions=2)
        for side in SIDES:
            assert len(found[side].seconds) == 2
            assert speed.queries(found[side]) > 0


def test_missed_goal_is_told(found):
    goal = speed.Goal("list", "a query", lambda sides: 1, speed.queries)
    report = Report("speed", "Speed", "", "make bench")
    speed.judge(report, found, [goal])
    [row] = report.failures
    assert row.cells[0] == "List of 80 tickets"


def test_failure_is_told(compared):
    _servers, workers = compared
    with pytest.raises(measuring.KitError, match="KeyError"):
        workers["core"].ask("fly")
