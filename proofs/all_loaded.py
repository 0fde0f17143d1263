"""Odoo, which runs the tests that --test-tags select when every module is loaded, and none before.

By itself it runs a module's at_install tests when the modules that build on it are not loaded yet: of
what those do to it, such tests would see nothing. At the end it logs how long it has computed.
"""

import logging
import os
import runpy

from odoo.tests import loader
from odoo.tests.suite import OdooSuite

EVERY_POSITION = "*"
make_suite = loader.make_suite


def make_suite_when_all_is_loaded(
    module_names: list[str], position: str = "at_install"
) -> OdooSuite:
    """Give all tests for the end, whatever their position, and none for earlier."""
    if position == "post_install":
        return make_suite(module_names, EVERY_POSITION)
    return OdooSuite()


loader.make_suite = make_suite_when_all_is_loaded
try:
    runpy.run_module("odoo", run_name="__main__", alter_sys=True)
finally:
    times = os.times()
    logging.getLogger("proofs").info(
        "%.1f s of the processor",
        times.user + times.system + times.children_user + times.children_system,
    )
