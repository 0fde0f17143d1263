"""A few kills in the middle of each operation; ``make faults`` does many."""

import pytest

from proofs import faults
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
