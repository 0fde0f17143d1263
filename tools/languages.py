"""Load languages into a database."""

import json
import subprocess
from collections.abc import Sequence

from tools import progress
from tools.errors import KitError, last_line
from tools.odoo import Odoo
from tools.paths import PYTHON

# As an administrator does it. Odoo's --load-language translates what base knows and no more: it comes
# before the other modules are loaded, whose records (stages, email templates) then stay English.
LOAD = """
languages = env["res.lang"].with_context(active_test=False).search([("code", "in", {codes})])
env["base.language.install"].create({{"lang_ids": [(6, 0, languages.ids)]}}).lang_install()
env.cr.commit()
"""


def load(odoo: Odoo, database: str, codes: Sequence[str]) -> None:
    """Load languages with all that the installed modules have in them.

    :param codes: as ``de_DE``
    :raises KitError: with what Odoo says
    """
    with progress.step(f"Loading {', '.join(sorted(codes))}"):
        done = subprocess.run(
            [PYTHON, "-m", "odoo", "shell", "-d", database, "--no-http", "--log-level", "error"],
            input=LOAD.format(codes=json.dumps(list(codes))), env=odoo.environment(), text=True,
            capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise KitError(
            f"Odoo could not load {', '.join(codes)}: {last_line(done.stderr)}."
        )
