"""The suites of the addons that ours extend, with all of ours installed."""

import os

from tools import addons, database, processes, templates, testing
from tools.paths import LOGS, ROOT

OTHERS = [
    name
    for name in addons.external_dependencies(addons.ours())
    if f"odoo-addon-{name.replace('_', '-')}=="
    in (ROOT / "requirements.txt").read_text()
]
"""Those of the OCA, which requirements.txt pins."""


def test_suites_of_what_we_extend(postgres_server):
    odoo = templates.make_odoo(postgres_server)
    ours = addons.sort(addons.ours())
    template, _problems = templates.ensure(odoo, ours, with_demo=False)
    name = f"helpdesk_others_{os.getpid()}"
    database.copy(postgres_server, template, name, odoo.data)
    try:
        count = testing.SuiteCount()
        arguments = [
            "-u",
            ",".join(OTHERS),
            "--test-tags",
            ",".join(f"/{other}" for other in OTHERS),
            "--http-port",
            str(processes.free_port()),
        ]
        for entry in odoo.run(arguments, database=name, log=LOGS / f"{name}.log"):
            # Upgrading them without what else is installed makes Odoo warn of columns.
            if entry.level != "WARNING":
                count.read(entry)
    finally:
        database.drop(postgres_server, name, odoo.data)
    outcome = count.outcome()
    assert outcome.failed == 0
    assert outcome.passed > 30
