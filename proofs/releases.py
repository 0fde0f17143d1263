"""Upgrades with data, from the released versions of the base to the code that is here."""

import ast
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.screens import open_screens
from proofs.sets import BASE, HELPDESK, Laboratory, label, laboratory_of, services
from tools import addons, database, lifecycle, postgres, progress, serving, templates
from tools.errors import KitError
from tools.paths import ROOT, TMP
from tools.rpc import Rpc, RpcError

BOOKKEEPING = {"write_date", "write_uid"}
MOVED = {
    ("project_task", "visit_news_due"),
    ("project_task", "visit_told_done"),
    ("project_task", "visit_told_start"),
}
"""Columns whose content a migration has taken elsewhere: what customers know is the mail queue's now."""

USERS_OWN = {
    "helpdesk.return.reason": "name",
    "ir.cron": "interval_number",
    "mail.template": "subject",
    "project.project": "name",
    "project.task.type": "name",
}
"""What ours bring that is the users' own afterwards, and a field of it that they change."""

REMOVED = {"helpdesk_fieldservice.ir_cron_visit_news"}
"""What of it a migration removes: the mail queue's scheduled action is there in its place."""

Own = dict[tuple[str, str, int], Any]
"""What users changed: by external id, model and number what the field has now."""

PUBLISHED = (
    "b0cbf034be4480a37f18db6e604c2401e4abed27",
    "ca9c2b82f71f9e75faddf0a0b52e0d2bd06154cf",
    "0fe6ed7b49e63def801ced3c0ed877959bf8fafa",
    "610cf812d58d3697ab1a211db21d976a37df1a6b",
    "50cdbf1ec990e83f7855d9052ed74bef7e1be469",
)
"""The commits that were published, the first service's first; each release adds its own.

The fourth has all five services, with the field service as it was before its first migration.
"""


@dataclass(frozen=True)
class Release:
    """A commit that somebody may have installed."""

    commit: str
    versions: dict[str, str]
    """Of its addons, by name."""

    @property
    def version(self) -> str:
        """That of the base."""
        return self.versions[BASE]

    @property
    def addons(self) -> tuple[str, ...]:
        """The names of its addons."""
        return tuple(self.versions)


@dataclass
class UpgradeResult:
    """What came of an upgrade."""

    release: Release
    documents: int = 0
    newer: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def releases() -> list[Release]:
    """Give what was published, and at last what is here.

    :raises KitError: when the history does not go back to the first service
    """
    return [*published(), _release(_git("rev-parse", "HEAD").strip())]


def published() -> list[Release]:
    """Give what was published.

    :raises KitError: when the history does not go back to the first service
    """
    if not has_history():
        raise KitError(
            "The history has no earlier version of the addons: use a complete clone of the repository."
        )
    return [_release(commit) for commit in PUBLISHED]


def last_older() -> Release:
    """Give the last that was published with another version of any addon than is here.

    :raises KitError: see :func:`published`
    """
    here = {addon.name: addon.manifest["version"] for addon in addons.ours()}
    return next(
        release for release in reversed(published()) if release.versions != here
    )


def _release(commit: str) -> Release:
    return Release(commit, {name: _version(commit, name) for name in _folders(commit)})


def _version(commit: str, name: str) -> str:
    manifest = _git("show", f"{commit}:{name}/__manifest__.py")
    return ast.literal_eval(manifest)["version"]


def has_history() -> bool:
    """Tell whether this clone has the earlier versions: a shallow one has not."""
    return _git("rev-parse", "--is-shallow-repository").strip() == "false"


def _folders(commit: str) -> list[str]:
    names = _git("ls-tree", "-d", "--name-only", commit).split()
    return [name for name in names if name.startswith("helpdesk_")]


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def prove(
    server: postgres.Server, wanted: Sequence[Release]
) -> Iterator[UpgradeResult]:
    """Install releases, make data, upgrade, install the newer services, and give what came of each."""
    with laboratory_of(server) as (laboratory, lanes):
        yield from lanes.map(lambda release: _prove(laboratory, release), wanted)


def _prove(laboratory: Laboratory, release: Release) -> UpgradeResult:
    result = UpgradeResult(release)
    try:
        _upgrade(laboratory, result)
    except (KitError, RpcError) as error:
        result.faults.append(str(error))
    sign = "✗" if result.faults else "✓"
    progress.say(
        f"{sign} from {release.version} ({release.commit[:7]}): {result.documents} documents"
    )
    return result


def _upgrade(laboratory: Laboratory, result: UpgradeResult) -> None:
    release, odoo = result.release, laboratory.odoo
    there = [name for name in services() if name in release.addons]
    ours = addons.ours()
    # Odoo does not install by itself what an upgrade alone would let it.
    result.newer = [addon.name for addon in ours if addon.name not in release.addons]
    ground, _problems = templates.ensure(
        odoo, [], with_demo=True, others=addons.external_dependencies(ours)
    )
    fresh, _problems = templates.ensure(odoo, ours, with_demo=True)
    name = laboratory.copy(ground)
    _forget(laboratory, name, result.newer)
    with code_of(laboratory, release) as old:
        old.install(name, [BASE, *there], "--with-demo")
        with serving.serve(old.odoo, name) as running:
            rpc = running.rpc()
            make_data(rpc, there)
            own = change_what_is_users(rpc)
            result.documents = rpc.call("helpdesk.ticket.document", "search_count", [])
    before = _business(laboratory, name)
    _outcome, faults = laboratory.run(name, "-u", BASE)
    result.faults += [f"upgrading: {fault}" for fault in faults]
    result.faults += not_kept(before, _business(laboratory, name))
    if result.newer:
        _outcome, faults = laboratory.install(name, result.newer, "--with-demo")
        result.faults += [
            f"installing {label(result.newer)}: {fault}" for fault in faults
        ]
    result.faults += not_as_new(laboratory, name, fresh)
    with serving.serve(odoo, name) as running:
        rpc = running.rpc()
        result.faults += not_as_users_had_it(rpc, own)
        result.faults += [
            str(screen) for screen in open_screens(rpc, below=HELPDESK) if screen.fault
        ]
        result.faults += lifecycle.problems(running)


@contextmanager
def code_of(laboratory: Laboratory, release: Release) -> Iterator[Laboratory]:
    """Have a laboratory with the code of a release."""
    if release.commit not in PUBLISHED:
        yield laboratory
        return
    archive = subprocess.run(
        ["git", "archive", release.commit, *release.addons],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory(dir=TMP) as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        with Laboratory(laboratory.odoo.server, Path(folder)) as old:
            yield old


def _forget(laboratory: Laboratory, name: str, newer: Sequence[str]) -> None:
    """Take addons that a release did not have yet out of a database's list of modules."""
    with (
        database.connected(laboratory.odoo.server, name) as link,
        link.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM ir_module_module WHERE name = ANY(%s)", [newer])
        cursor.execute(
            "DELETE FROM ir_model_data WHERE module = 'base' AND name = ANY(%s)",
            [[f"module_{addon}" for addon in newer]],
        )


def make_data(rpc: Rpc, there: Sequence[str]) -> None:
    """Make, beside the demo data, what users of any version have: teams, tickets, credit notes in all states."""
    toggles = {f"use_{service.removeprefix('helpdesk_')}": True for service in there}
    [team] = rpc.call(
        "helpdesk.ticket.team", "create", [{"name": "Upgraded", **toggles}]
    )
    [customer] = rpc.call(
        "res.partner",
        "create",
        [{"name": "Upgraded customer", "email": "customer@example.com"}],
    )
    values = {
        "name": "Broken",
        "description": "It does not work",
        "team_id": team,
        "partner_id": customer,
    }
    tickets = rpc.call(
        "helpdesk.ticket", "create", [dict(values) for _number in range(3)]
    )
    rpc.call("helpdesk.ticket", "write", tickets[2], {"active": False})
    lines = [[0, 0, {"name": "Goods", "quantity": 1, "price_unit": 100.0}]]
    notes = rpc.call(
        "account.move",
        "create",
        [
            {
                "move_type": "out_refund",
                "partner_id": customer,
                "ticket_id": ticket,
                "invoice_date": "2026-01-15",
                "invoice_line_ids": lines,
            }
            for ticket in (*tickets[:2], tickets[0], tickets[0])
        ],
    )
    rpc.call("account.move", "action_post", notes[:2])
    rpc.call("account.move", "button_cancel", notes[3:])
    found = rpc.call("helpdesk.ticket.document", "search_read", [], ["service"])
    without = {service.removeprefix("helpdesk_") for service in there} - {
        line["service"] for line in found
    }
    if without:
        raise KitError(f"There is no document of {', '.join(without)} to upgrade.")


def change_what_is_users(rpc: Rpc) -> Own:
    """Change all that ours brought and that is the users' own, and give what it is now."""
    ours = [addon.name for addon in addons.ours()]
    found = rpc.call(
        "ir.model.data", "search_read",
        [["module", "in", ours], ["model", "in", list(USERS_OWN)]], ["complete_name", "model", "res_id"],
    )  # fmt: skip
    changed = {}
    for line in found:
        model, number = line["model"], line["res_id"]
        value = 7 if model == "ir.cron" else f"Changed {number}"
        rpc.call(model, "write", number, {USERS_OWN[model]: value})
        changed[line["complete_name"], model, number] = value
    return changed


def not_as_users_had_it(rpc: Rpc, own: Own) -> list[str]:
    """Name what users had changed and an upgrade has changed back or deleted."""
    faults = []
    for (xmlid, model, number), value in own.items():
        name = USERS_OWN[model]
        found = rpc.call(
            model, "search_read", [["id", "=", number]], [name],
            context={"active_test": False},
        )  # fmt: skip
        if not found and xmlid not in REMOVED:
            faults.append(f"{xmlid}, which users had changed, is deleted")
        if found and found[0][name] != value:
            faults.append(
                f"{xmlid}, which users had changed, is {found[0][name]!r} again"
            )
    return faults


def _business(laboratory: Laboratory, name: str) -> dict[str, dict[int, dict]]:
    """Give the rows of tickets, teams, messages, projects and all documents, by table and id."""
    found = {}
    with (
        database.connected(laboratory.odoo.server, name) as link,
        link.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'ticket_id' AND table_schema = 'public'"
        )
        tables = {
            table
            for (table,) in cursor.fetchall()
            if not table.startswith("helpdesk_ticket_merge")
        }
        tables |= {
            "helpdesk_ticket",
            "helpdesk_ticket_team",
            "project_project",
            "mail_message",
        }
        for table in sorted(tables):
            # Messages of scheduled actions go with those that are no longer needed.
            which = (
                "model NOT IN ('ir.cron', 'ir.actions.server')"
                if table == "mail_message"
                else "TRUE"
            )
            cursor.execute(
                f"SELECT id, to_jsonb(line) FROM {table} AS line WHERE {which}"
            )
            found[table] = dict(cursor.fetchall())
    return found


def not_kept(
    before: dict[str, dict[int, dict]], after: dict[str, dict[int, dict]]
) -> list[str]:
    """Name what an upgrade lost or changed."""
    faults = []
    for table, lines in before.items():
        for number, line in lines.items():
            now = after.get(table, {}).get(number)
            if now is None:
                faults.append(f"{table} {number} is lost")
                continue
            for column in line.keys() - BOOKKEEPING:
                if column not in now:
                    if (table, column) not in MOVED:
                        faults.append(f"{table}.{column} is lost")
                elif now[column] != line[column]:
                    faults.append(
                        f"{table} {number}: {column} was {line[column]!r} and is {now[column]!r}"
                    )
    return list(dict.fromkeys(faults))


def not_as_new(laboratory: Laboratory, upgraded: str, fresh: str) -> list[str]:
    """Name where an upgraded database is not as one in which the addons were installed anew."""
    sides = []
    for name in (upgraded, fresh):
        with (
            database.connected(laboratory.odoo.server, name) as link,
            link.cursor() as cursor,
        ):
            inventory = lifecycle.everything(link)
            found = {what: inventory[what] for what in lifecycle.SCHEMA}
            cursor.execute(
                "SELECT model, module || '.' || name FROM ir_model_data WHERE module = ANY(%s) AND model = ANY(%s)",
                [
                    [addon.name for addon in addons.ours()],
                    [
                        *lifecycle.CONFIGURATION,
                        "ir.actions.act_window",
                        "ir.actions.server",
                        "ir.actions.report",
                    ],
                ],
            )
            found["configuration"] = set(cursor.fetchall())
            sides.append(found)
    faults = []
    for word, left, right in (
        ("is left over", *sides),
        ("is missing", *reversed(sides)),
    ):
        for what, these in lifecycle.difference(left, right).items():
            faults += [f"{what} {each} {word}" for each in sorted(these)]
    return faults
