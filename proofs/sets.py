"""All sets of the services: installed where nothing else is, tested, and uninstalled one by one."""

import itertools
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from proofs.screens import open_screens
from tools import (
    addons,
    database,
    lifecycle,
    postgres,
    processes,
    progress,
    serving,
    templates,
)
from tools.errors import KitError
from tools.odoo import Odoo
from tools.paths import LOGS, ROOT
from tools.rpc import RpcError
from tools.testing import Outcome, SuiteCount

BASE = "helpdesk_after_sales"
HELPDESK = "helpdesk_mgmt.helpdesk_ticket_main_menu"
TEAM = "helpdesk.ticket.team"
LANES = 2
"""How many databases are worked on at a time, as in make test."""

TRACES = {
    "ir_config_parameter": "the addresses that a server is given",
    "ir_cron_trigger": "Odoo's own scheduled actions",
    "ir_model_constraint": "Odoo's list of foreign keys, which keeps those of columns that are gone",
    "orm_signaling_registry": "Odoo's count of its reloads",
    "res_device_log": "sessions",
    "res_users_log": "sessions",
}
"""The tables that may have other rows when all of ours are gone, and why."""

FIELD_SERVICE = {
    "ir_model_data": 7,
    "mail_alias": 1,
    "mail_message": 1,
    "project_project": 1,
    "project_task_type": 5,
    "project_task_type_rel": 5,
}
"""What stays of the field service so that no visit is lost: its project, with alias and message, and stages."""

EXCEPTION = re.compile(r"\w[\w.]*(?:Error|Exception|Violation|Warning|NotFound)\b")
"""The line of a traceback that names the exception."""

NOT_INSTALLED = "Odoo did not install"

NUMBERS = itertools.count(1)
"""Of the databases of this process."""

Set = tuple[str, ...]


def services() -> list[str]:
    """Give the services' addons, each after those that it needs."""
    return [
        addon.name
        for addon in addons.ours()
        if addon.name != BASE and not addon.manifest.get("auto_install")
    ]


def all_sets() -> list[Set]:
    """Give all sets of services that can be installed: with each, what it needs of ours."""
    needs = _needs()
    return [
        chosen
        for size in range(len(services()) + 1)
        for chosen in itertools.combinations(services(), size)
        if all(needs[name] <= {*chosen, BASE} for name in chosen)
    ]


def orders(chosen: Set) -> list[Set]:
    """Give the orders in which a set is uninstalled: as it was installed, backwards, and of four or more shuffled."""
    shuffled = list(chosen)
    if len(chosen) > 3:
        random.Random("".join(chosen)).shuffle(shuffled)
    return list(dict.fromkeys((chosen, chosen[::-1], tuple(shuffled))))


def _needs() -> dict[str, set[str]]:
    ours = {addon.name: addon for addon in addons.ours()}
    return {
        name: ours.keys() & {*addon.manifest["depends"]} for name, addon in ours.items()
    }


def label(names: Sequence[str]) -> str:
    """Name services in a table."""
    return ", ".join(name.removeprefix("helpdesk_") for name in names) or "none"


@dataclass
class SetResult:
    """What came of a set of services."""

    chosen: Set
    tests: Outcome = field(default_factory=Outcome)
    orders: list[Set] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class Stock:
    """What a database has."""

    inventory: lifecycle.Inventory
    rows: dict[str, int]


def essence(text: str) -> str:
    """Give a log record without its traceback: what it says, and the exception with what follows it."""
    first, _traceback, rest = text.partition("Traceback (most recent call last):")
    lines = rest.splitlines()
    ends = [number for number, line in enumerate(lines) if EXCEPTION.match(line)]
    said = (
        [line for line in lines[ends[-1] :] if not line.lstrip().startswith("<")]
        if ends
        else []
    )
    return " ".join(" ".join([first, *said]).replace(f"{ROOT}/", "").split())


class Laboratory:
    """Databases to try things in, all dropped at the end."""

    def __init__(self, server: postgres.Server, *paths: Path) -> None:
        self.odoo = Odoo(server, templates.DATA, addons_paths=list(paths or (ROOT,)))
        self._names: list[str] = []
        self._is_open = True

    def __enter__(self) -> "Laboratory":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._is_open = False
        for name in self._names:
            database.drop(self.odoo.server, name, self.odoo.data)

    def copy(self, source: str) -> str:
        """Copy a database, and give the copy's name.

        :raises KitError: when what is under way is to end
        """
        if not self._is_open:
            raise KitError("This was interrupted.")
        name = f"helpdesk_server_{os.getpid()}_try{next(NUMBERS)}"
        self._names.append(name)
        database.copy(self.odoo.server, source, name, self.odoo.data)
        return name

    def run(
        self, name: str, *arguments: str, tags: str = ""
    ) -> tuple[Outcome, list[str]]:
        """Run Odoo to its end on a database, with the tests that tags select.

        :return: the tests' outcome, and what Odoo complained about and which tests failed
        """
        count = SuiteCount()
        if tags:
            arguments += ("--test-tags", tags)
        log = LOGS / f"{name}.log"
        port = ("--http-port", str(processes.free_port()))
        try:
            for entry in self.odoo.run([*arguments, *port], database=name, log=log):
                count.read(entry)
        except KitError as error:
            return count.outcome(), [*map(essence, count.told), str(error)]
        told = [*map(essence, count.told)]
        if not tags:
            return Outcome(), told
        outcome = count.outcome()
        if outcome.failed > len(told):
            told.append("The tests did not come to their end.")
        if outcome == Outcome():
            told.append("No test was run.")
        return outcome, told

    def install(
        self, name: str, names: Sequence[str], *arguments: str, tags: str = ""
    ) -> tuple[Outcome, list[str]]:
        """Install addons in a database, and run the tests that tags select, see :meth:`run`."""
        outcome, faults = self.run(name, "-i", ",".join(names), *arguments, tags=tags)
        missing = {*names} - database.installed(self.odoo.server, name)
        if missing:
            faults.append(f"{NOT_INSTALLED} {', '.join(sorted(missing))}.")
        database.leave_alone(self.odoo.server, name, "ir_module_module")
        return outcome, faults


@contextmanager
def laboratory_of(
    server: postgres.Server, *paths: Path
) -> Iterator[tuple[Laboratory, ThreadPoolExecutor]]:
    """Have a laboratory, and lanes to work in; what is under way at the end is given up."""
    with ThreadPoolExecutor(LANES) as lanes, Laboratory(server, *paths) as laboratory:
        try:
            yield laboratory, lanes
        finally:
            lanes.shutdown(wait=False, cancel_futures=True)


def contract(names: Sequence[str]) -> str:
    """Give the tags of the services' contract suites."""
    return ",".join(
        f"/{name}:Test{name.removeprefix('helpdesk_').capitalize()}Contract"
        for name in names
    )


def prove(
    server: postgres.Server, wanted: Sequence[Set], *, with_suites: bool = True
) -> Iterator[SetResult]:
    """Install, test and uninstall sets of services, and give what came of each.

    Each set is installed where of the apps there are those alone that it needs; sets that begin
    with the same services share the database that has them.
    """
    prefixes = {chosen[:size] for chosen in wanted for size in range(len(chosen) + 1)}
    with laboratory_of(server) as (laboratory, lanes):
        grounds: dict[Set, Future[str]] = {}
        for prefix in sorted(prefixes, key=len):
            before = grounds[prefix[:-1]] if prefix else None
            grounds[prefix] = lanes.submit(_prepare, laboratory, prefix, before)
        results = [
            lanes.submit(
                _prove_set,
                laboratory,
                grounds[chosen].result,
                chosen,
                (contract(chosen) or f"/{BASE}") if with_suites else "",
            )
            for chosen in wanted
        ]
        for result in results:
            yield result.result()


def _prepare(laboratory: Laboratory, prefix: Set, before: "Future[str] | None") -> str:
    """Give a database with what a set of services stands on, and nothing of ours."""
    needed = addons.external_dependencies(
        addon
        for addon in addons.ours()
        if addon.name in (*prefix, BASE) or addon.manifest.get("auto_install")
    )
    if before is None:
        name, _problems = templates.ensure(
            laboratory.odoo, [], with_demo=False, others=needed
        )
        return name
    name = laboratory.copy(before.result())
    _outcome, faults = laboratory.install(name, needed)
    if faults:
        raise KitError(f"What {label(prefix)} stand on does not install: {faults[0]}")
    return name


def _prove_set(
    laboratory: Laboratory, get_ground: Callable[[], str], chosen: Set, tags: str
) -> SetResult:
    result = SetResult(chosen)
    start = time.monotonic()
    try:
        ground = get_ground()
        with database.connected(laboratory.odoo.server, ground) as link:
            before = Stock(lifecycle.everything(link), lifecycle.rows(link))
        installed = laboratory.copy(ground)
        result.tests, faults = laboratory.install(installed, [BASE, *chosen], tags=tags)
        result.faults += faults
        there = database.installed(laboratory.odoo.server, installed)
        for order in orders(chosen) if {BASE, *chosen} <= there else []:
            result.orders.append(order)
            result.faults += uninstall(laboratory, installed, order, before)
    except (KitError, RpcError) as error:
        result.faults.append(str(error))
    sign = "✗" if result.faults else "✓"
    progress.say(
        f"{sign} {label(chosen)}: {result.tests} ({time.monotonic() - start:.0f} s)"
    )
    return result


def uninstall(
    laboratory: Laboratory, source: str, order: Set, before: Stock
) -> list[str]:
    """Uninstall services one by one in a copy of a database, at last the base, and name what is wrong.

    :param before: what the database had before ours were installed
    """
    faults: list[str] = []
    server = laboratory.odoo.server
    name = laboratory.copy(source)
    toggles = {f"use_{addon.removeprefix('helpdesk_')}": addon for addon in order}
    with serving.serve(laboratory.odoo, name) as running:
        rpc = running.rpc()
        team = rpc.call(
            TEAM, "create", [{"name": "All", **dict.fromkeys(toggles, True)}]
        )
        for addon in (*order, BASE):
            if addon not in database.installed(server, name):
                continue  # it went with what it needs
            heard = len(lifecycle.problems(running))
            rpc = lifecycle.act(running, "uninstall", addon)
            found = lifecycle.problems(running)[heard:]
            with running.connection() as link:
                found += [
                    f"{each} is left"
                    for each in lifecycle.orphans(link, before.inventory)
                ]
            there = database.installed(server, name)
            if BASE in there:
                [values] = rpc.call(TEAM, "read", team, list(toggles))
                found += [
                    f"{toggle} is on"
                    for toggle, service in toggles.items()
                    if values[toggle] and service not in there
                ]
            found += [
                str(screen)
                for screen in open_screens(rpc, below=HELPDESK)
                if screen.fault
            ]
            faults += [f"without {addon}: {each}" for each in found]
        rpc.call(TEAM, "unlink", team)
        with running.connection() as link:
            after = Stock(lifecycle.everything(link), lifecycle.rows(link))
    faults += compare(
        before, after, FIELD_SERVICE if "helpdesk_fieldservice" in order else {}
    )
    return [f"uninstalled in the order {label(order)}: {fault}" for fault in faults]


def compare(before: Stock, after: Stock, stays: Mapping[str, int]) -> list[str]:
    """Name what ours left in a database, or took along, that was not there before or is to stay."""
    faults = []
    for word, found in (
        ("is left", lifecycle.difference(after.inventory, before.inventory)),
        ("is lost", lifecycle.difference(before.inventory, after.inventory)),
    ):
        faults += [
            f"{what} {each} {word}"
            for what, these in found.items()
            for each in sorted(these)
        ]
    for table, number in after.rows.items():
        expected = before.rows.get(table, 0) + stays.get(table, 0)
        if table not in TRACES and number != expected:
            faults.append(f"{table} has {number} rows in place of {expected}")
    return faults
