"""The suites of the OCA's addons that ours extend, with all of ours installed."""

import os

from proofs import compat
from proofs.suites import OCA
from tools import addons, templates
from tools.paths import LOGS


def test_suites_of_what_we_extend(postgres_server):
    odoo = templates.make_odoo(postgres_server)
    ours = addons.sort(addons.ours())
    template, _problems = templates.ensure(odoo, ours, with_demo=False)
    log = LOGS / f"compat-{os.getpid()}.log"
    with compat.running(odoo, template, OCA, log) as wait:
        result = wait()
    assert result.bad == {}
    assert result.ended
    assert len(result.tests) > 30
    assert result.queries
    assert result.seconds


def test_no_test_is_no_success():
    done = compat.Result(tests=["a/test_b:TestC.test_d"], ended=True)
    nothing = compat.Result(ended=True)
    assert not compat.compare({OCA: (done, done)}).failures
    for pair in ((nothing, nothing), (nothing, done), (done, nothing)):
        assert compat.compare({OCA: pair}).failures
