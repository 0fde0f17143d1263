"""Some races of each kind; ``make races`` runs many."""

import pytest

from proofs import races
from proofs.operations import RACES


@pytest.fixture(scope="module")
def scores(postgres_server):
    """What came of two races of each kind: with chance, and with the record held."""
    with races.serve(postgres_server) as server:
        return races.race_all(server, dict.fromkeys(RACES, 2))


@pytest.mark.parametrize("number", range(len(RACES)), ids=lambda n: RACES[n].__name__)
def test_race(scores, number):
    assert not scores[number].faults
    assert (scores[number].races, scores[number].held) == (2, 1)


def test_installing_at_once(postgres_server):
    """One installs; the other gets a sentence or finds it installed; nothing is half done."""
    assert not races.race_installing(postgres_server, ["refund"]).faults
