"""An Odoo process that does actions on demand and tells what they cost.

It reads a line with a name of ``ACTIONS`` (or ``bundles``) from standard input, and answers
with a line of JSON. What it does in between is rolled back; what the actions need is stored.
"""

import gc
import json
import os
import sys
import threading
import time
import traceback

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from proofs.actions import ACTIONS, PASSWORD, Shop, Way, measure_bundles


def measure(shop: Shop, way: Way) -> dict[str, list]:
    """Go a way once, and tell the name, queries and seconds of its requests."""
    cursor = shop.env.cr
    found = []
    requests = way(shop.fresh)
    gc.collect()
    try:
        while True:
            shop.env.invalidate_all()
            before, begun = cursor.sql_log_count, time.perf_counter()
            name = next(requests, None)
            if name is None:
                break
            cursor.flush()
            seconds = time.perf_counter() - begun
            found.append((name, cursor.sql_log_count - before, seconds))
    finally:
        cursor.rollback()
    return {"requests": found}


def main(database: str, side: str) -> None:
    """Answer until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what others print does not get between the answers
    config.parse_config(["-d", database, "--no-http"], setup_logging=True)
    threading.current_thread().dbname = database
    with Registry(database).cursor() as cursor:
        shop = Shop(api.Environment(cursor, SUPERUSER_ID, {}))
        ways = {name: sides[side] for name, sides in ACTIONS.items() if side in sides}
        facts = {
            "actions": list(ways),
            "ticket": shop.settled.ticket.id,
            "form_spec": shop.get_form_spec(shop.settled.ticket),
            "agent": shop.agent.login,
            "visitor": shop.visitor.login,
            "password": PASSWORD,
        }
        cursor.rollback()
        print(json.dumps(facts), file=answers)
        for line in sys.stdin:
            name = line.strip()
            try:
                if name == "bundles":
                    answer = measure_bundles(shop.root)
                    cursor.rollback()
                else:
                    answer = measure(shop, ways[name])
            except Exception:  # noqa: BLE001 it is told to who asked
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
