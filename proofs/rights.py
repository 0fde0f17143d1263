"""Rights: what each role may do with which records, over RPC, beside the rules."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import urllib.error
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import Any

from proofs import rights_rules as rules
from proofs.report import Report
from proofs.rights_rules import Call, Role, Rule, Visit
from tools import addons, database, postgres, progress, templates
from tools.errors import KitError, last_line
from tools.odoo import Odoo
from tools.paths import PYTHON, ROOT
from tools.rpc import RpcError
from tools.serving import OdooServer, serve_copy

REFUSALS = {"odoo.exceptions.AccessError", "odoo.http.SessionExpiredException"}
SENTENCES = {
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.exceptions.RedirectWarning",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.LockError",
}
NOISE = {"bus_bus", "res_device_log", "res_users_log", "ir_logging", "mail_presence"}
"""Tables in which rows come and go whoever looks at what."""

ROLES_AND_MODELS = "roles and models"
OF_ALL = " of all records"
"""What ends the operations of differences in what users reach of other records."""

VISITED = {"ir_attachment", "mail_message", "website_track"}
"""Tables that reading a page writes to: what is made for the first who asks."""

MARK = "@@rights@@"
ASK = """
import json, sys
sys.path.insert(0, {root!r})
from proofs import rights_scene
print({mark!r} + json.dumps(rights_scene.describe(env, **json.loads({arguments!r}))))
"""


@dataclass
class Finding:
    """A difference between what is and what should be."""

    role: str
    what: str
    operation: str
    record: str
    expected: str
    found: str


@dataclass
class Findings:
    """What was asked, by operation, and what differs."""

    asked: Counter = field(default_factory=Counter)
    allowed: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    done: Counter = field(default_factory=Counter)
    differences: list[Finding] = field(default_factory=list)

    def count_differences(self, operation: str) -> int:
        """Count what differs in an operation."""
        return sum(finding.operation == operation for finding in self.differences)

    def holds(self, operation: str) -> bool:
        """Tell whether a method or page is as ruled, and somebody who may was served."""
        return (
            bool(self.asked[operation])
            and not self.count_differences(operation)
            and bool(self.done[operation] or not self.allowed[operation])
        )


def describe(odoo: Odoo, database: str, **arguments: Any) -> dict[str, Any]:
    """Run ``rights_scene.describe`` inside Odoo."""
    done = subprocess.run(
        [PYTHON, "-m", "odoo", "shell", "-d", database, "--no-http", "--log-level", "error"],
        input=ASK.format(root=str(ROOT), mark=MARK, arguments=json.dumps(arguments)),
        env=odoo.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    _before, mark, answer = done.stdout.partition(MARK)
    if not mark:
        raise KitError(f"Odoo could not make the records: {last_line(done.stderr)}.")
    return json.loads(answer.splitlines()[0])


class Watch:
    """Tell whether anything in the database was changed, and in which tables."""

    def __init__(self, cursor: Any, tables: Iterable[str]) -> None:
        """Begin to look.

        :param tables: those whose rows are counted, to see what is deleted
        """
        self._cursor = cursor
        self._counts = " UNION ALL ".join(
            f"SELECT '{name}', count(*) FROM \"{name}\"" for name in sorted(tables)
        )
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
        )
        # Prepared, because planning it takes longer than running it.
        changes = " UNION ALL ".join(
            f"SELECT '{name}' FROM \"{name}\" WHERE xmin::text::bigint >= $1"
            for (name,) in cursor.fetchall()
            if name not in NOISE
        )
        cursor.execute(f"DEALLOCATE ALL; PREPARE changes (bigint) AS {changes}")
        self.refresh()

    def _next(self) -> int:
        self._cursor.execute(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        return self._cursor.fetchone()[0]

    def refresh(self) -> None:
        """Take what is there now for what is to stay."""
        self._since = self._next()
        self._cursor.execute(self._counts)
        self._rows = dict(self._cursor.fetchall())

    def changed(self) -> list[str]:
        """List the tables that have changed since the last look."""
        if self._next() == self._since:
            return []
        rows, since = self._rows, self._since
        self.refresh()
        deleted = {name for name in rows if self._rows[name] < rows[name]}
        self._cursor.execute("EXECUTE changes (%s)", [since])
        return sorted(deleted | {name for (name,) in self._cursor.fetchall()})


class Desk:
    """One database with its records and users, and what was asked of it."""

    def __init__(
        self,
        server: OdooServer,
        scene: Mapping[str, Any],
        *,
        with_ours: bool,
        roles: Iterable[Role],
    ) -> None:
        self.server = server
        self.scene = scene
        self.records = scene["records"]
        self.with_ours = with_ours
        self.roles = list(roles)
        self.findings = Findings()
        self.cells: dict[tuple[str, str, str], str] = {}
        self.sessions = {
            role.name: server.visitor()
            if role.name == "public"
            else server.rpc(f"rights {role.name}", f"rights {role.name}")
            for role in self.roles
        }
        self.admin = server.rpc()
        self.numbers = itertools.count()
        self.said = ""
        """The last error's first line."""

    # --------------------------------------------------------------------------
    # One call
    # --------------------------------------------------------------------------

    def call(
        self, role: Role, model: str, method: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Call a method as the role's user, who may not even be signed in."""
        parameters = {
            "model": model,
            "method": method,
            "args": list(args),
            "kwargs": kwargs,
        }
        return self.sessions[role.name].post(
            f"/web/dataset/call_kw/{model}/{method}", parameters
        )

    def attempt(
        self, role: Role, model: str, method: str, *args: Any, **kwargs: Any
    ) -> tuple[str, Any]:
        """Make a call, and tell what became of it.

        :return: "done" and the result, "refused" or "sentence" and the error, or
            another error's name and the error
        """
        try:
            return "done", self.call(role, model, method, *args, **kwargs)
        except RpcError as error:
            self.said = error.message.partition("\n")[0][:120]
            if error.name in REFUSALS:
                return "refused", error
            if error.name in SENTENCES:
                return "sentence", error
            return error.name, error

    def judge(
        self,
        role: Role,
        record: str,
        kind: str,
        operation: str,
        expected: bool,
        found: str,
        *,
        may_fail: bool = False,
    ) -> None:
        """Compare what became of a call with the rule.

        :param found: as ``attempt`` has it, or "nothing" where nothing was found
        :param may_fail: whether who may do it can be told by a sentence why not now
        """
        self.findings.asked[operation] += 1
        self.findings.allowed[operation] += expected
        if found != "done":
            self.findings.refused[operation] += 1
        holds = (
            found == "done" or (may_fail and found == "sentence")
            if expected
            else found in ("refused", "nothing")
        )
        if not holds:
            self.differ(
                role,
                record,
                kind,
                operation,
                "allowed" if expected else "refused",
                found,
            )

    def differ(
        self,
        role: Role,
        record: str,
        kind: str,
        operation: str,
        expected: str,
        found: str,
    ) -> None:
        """Note a difference."""
        model = self.records["own"].get(record, {}).get("model", "")
        where = "" if self.with_ours else " (without our addons)"
        if found not in ("done", "nothing") and self.said:
            found = f"{found}: {self.said}"
        self.findings.differences.append(
            Finding(
                role.name, model, operation, f"{record}, {kind}{where}", expected, found
            )
        )

    def give_own_ticket(self, cursor: Any, role: Role) -> None:
        """Make the ticket of kind own the role's user's."""
        user = self.scene["users"].get(role.name, self.scene["admin"])
        cursor.execute(
            "UPDATE helpdesk_ticket SET user_id = %s WHERE id = ANY(%s)",
            [user, [self.records["own"]["ticket"]["id"], *self.spare_own_tickets]],
        )

    # --------------------------------------------------------------------------
    # Operations
    # --------------------------------------------------------------------------

    spare_own_tickets: tuple[int, ...] = ()

    def operate(self) -> None:
        """Have every role do every operation on every record that has rules of its own."""
        with self.server.connection() as link, link.cursor() as cursor:
            watch = self.watch(cursor)
            for role in self.roles:
                self.give_own_ticket(cursor, role)
                watch.refresh()
                for name in self.records["own"]:
                    if rules.has_rights(name):
                        self.operate_on(role, name, watch)

    def operate_on(self, role: Role, name: str, watch: Watch) -> None:
        """Have a role do every operation on the records of one name."""
        rights = rules.find_rights(name, with_ours=self.with_ours)
        records = {kind: self.records[kind][name] for kind in self.records}
        model = records["own"]["model"]
        ids = {records[kind]["id"]: kind for kind in records}
        reads = {kind: rights["read"](role, kind) for kind in records}
        if self.with_ours and name in rules.FORMS:
            for record_id, kind in ids.items():
                if rules.FORMS[name](role, kind) or not reads[kind]:
                    found = self.open_form(role, model, record_id)
                    self.judge(role, name, kind, "form", reads[kind], found)
        for operation, found in self.look(role, model, ids, reads):
            for kind in set(ids.values()):
                self.judge(
                    role, name, kind, operation, reads[kind], found.get(kind, "nothing")
                )
        letters: dict[str, str] = {kind: "R" * reads[kind] for kind in records}
        for kind, record in records.items():
            changes = [
                ("write", rights["write"], [[record["id"]], rules.CHANGES[model]])
            ]
            if values := record["values"]:
                changes.append(
                    (
                        "create",
                        rights["create"],
                        [[self.fill(role, name, kind, values)]],
                    )
                )
                if model not in rules.FILES and not name.endswith("pop-up"):
                    # What is copied has no ticket.
                    copied = rules.find_rights(
                        name,
                        with_ours=self.with_ours and name not in rules.ON_TICKET,
                    )
                    copies = rules.COPIES.get(name, copied["read"] & copied["create"])
                    changes.append(("copy", copies, [[record["id"]]]))
            if self.with_ours and name in rules.ON_TICKET:
                creates, links = rules.ON_TICKET[name]
                ticket = {"ticket_id": self.records[kind]["ticket"]["id"]}
                # The ticket says which company.
                of_ticket = {**values, **ticket}
                of_ticket.pop("company_id", None)
                changes += [
                    ("create on ticket", creates, [[of_ticket]]),
                    ("give to ticket", links, [[record["id"]], ticket]),
                ]
            changes.append(
                (
                    "unlink",
                    rights["unlink"],
                    [[self.spare(name, kind, rights, role, watch)]],
                )
            )
            for operation, rule, arguments in changes:
                method = {"create on ticket": "create", "give to ticket": "write"}.get(
                    operation, operation
                )
                expected = rule(role, kind)
                found, _result = self.attempt(role, model, method, *arguments)
                self.judge(
                    role,
                    name,
                    kind,
                    operation,
                    expected,
                    found,
                    may_fail=operation in ("copy", "unlink"),
                )
                self.note_changes(role, name, kind, operation, found, watch)
                if operation == "unlink" and found == "done":
                    self.records[kind][name].pop("spare", None)
                if expected and operation in ("write", "create", "unlink"):
                    letters[kind] += {"write": "W", "create": "C", "unlink": "D"}[
                        operation
                    ]
                if expected and operation == "create on ticket":
                    letters[kind] += "T"
        for kind in records:
            self.cells[role.name, kind, name] = letters[kind]

    def look(
        self, role: Role, model: str, ids: Mapping[int, str], reads: Mapping[str, bool]
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """Read records in every way there is.

        :return: by operation what became of it for each kind
        """
        domain = [["id", "in", list(ids)]]

        def find(result: tuple[str, Any], get: Any) -> dict[str, str]:
            found, answer = result
            if found == "done":
                return {ids[record_id]: "done" for record_id in get(answer)}
            return dict.fromkeys(ids.values(), found)

        yield (
            "search",
            find(self.attempt(role, model, "search", domain), lambda found: found),
        )
        yield "read", self.read_each(role, model, "read", ids)
        if model in rules.FILES:
            return
        yield (
            "name_search",
            find(
                self.attempt(
                    role,
                    model,
                    "name_search",
                    "",
                    domain,
                    limit=None,
                    context=self.hint(),
                ),
                lambda found: [record_id for record_id, _name in found],
            ),
        )
        yield (
            "web_search_read",
            find(
                self.attempt(
                    role, model, "web_search_read", domain, {"display_name": {}}
                ),
                lambda found: [record["id"] for record in found["records"]],
            ),
        )
        for operation, method, arguments, count in (
            ("search_count", "search_count", (), lambda found: found),
            (
                "read_group",
                "formatted_read_group",
                ([], ["__count"]),
                lambda found: sum(group["__count"] for group in found),
            ),
        ):
            found, answer = self.attempt(role, model, method, domain, *arguments)
            expected = [kind for kind in ids.values() if reads[kind]]
            is_right = found == "done" and count(answer) == len(expected)
            yield (
                operation,
                dict.fromkeys(expected, "done")
                if is_right
                else dict.fromkeys(ids.values(), found),
            )
        if not role.customer:
            yield "export", self.read_each(role, model, "export_data", ids)

    def read_each(
        self, role: Role, model: str, method: str, ids: Mapping[int, str]
    ) -> dict[str, str]:
        """Read records one by one, and tell what became of it for each kind."""
        return {
            kind: self.attempt(role, model, method, [record_id], ["display_name"])[0]
            for record_id, kind in ids.items()
        }

    def open_form(self, role: Role, model: str, record_id: int) -> str:
        """Read all of a record that its form has, with the names of what it links to.

        :return: what became of it
        """
        found, views = self.attempt(role, model, "get_views", [[False, "form"]])
        if found != "done":
            return found
        fields = views["models"][model]["fields"]
        linked = {"fields": {"display_name": {}}}
        wanted = {name: linked if "relation" in fields[name] else {} for name in fields}
        return self.attempt(role, model, "web_read", [record_id], wanted)[0]

    def hint(self) -> dict[str, int]:
        """Give the contexts by which our searches by name put some records first."""
        return {
            "delivered_to_partner_id": self.records["own"]["ticket"]["values"][
                "partner_id"
            ],
            "transfers_of_ticket_id": self.records["foreign"]["ticket"]["id"],
        }

    def fill(
        self, role: Role, name: str, kind: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the values of a new record; a ticket of kind own is the user's."""
        if name == "ticket" and kind == "own":
            return {**values, "user_id": self.scene["users"].get(role.name)}
        if name == "repair tag":
            return {**values, "name": f"Colour {next(self.numbers)}"}
        return dict(values)

    def spare(
        self, name: str, kind: str, rights: Mapping[str, Rule], role: Role, watch: Watch
    ) -> int:
        """Give the id of a record to be deleted: a copy, where somebody may."""
        record = self.records[kind][name]
        if not rights["unlink"](role, kind) or not record["values"]:
            return record.get("spare", record["id"])
        if "spare" not in record:
            has_ticket = self.with_ours and name in rules.ON_TICKET
            ticket = (
                {"ticket_id": self.records[kind]["ticket"]["id"]} if has_ticket else {}
            )
            [record["spare"]] = self.admin.call(
                record["model"],
                "create",
                [{**self.fill(role, name, kind, record["values"]), **ticket}],
                context={
                    "allowed_company_ids": sorted(
                        (1, self.scene["second"]), reverse=kind == "foreign"
                    )
                },
            )
            if name == "ticket" and kind == "own":
                self.spare_own_tickets = (record["spare"],)
                with self.server.connection() as link, link.cursor() as cursor:
                    self.give_own_ticket(cursor, role)
            watch.refresh()
        return record["spare"]

    def watch(self, cursor: Any) -> Watch:
        """Begin to look for changes."""
        models = {record["model"] for record in self.records["own"].values()}
        models.discard("helpdesk.ticket.document")
        return Watch(cursor, (model.replace(".", "_") for model in models))

    def note_changes(
        self,
        role: Role,
        name: str,
        kind: str,
        operation: str,
        found: str,
        watch: Watch,
    ) -> None:
        """See to it that what was not done has changed nothing."""
        if found == "done":
            watch.refresh()
        elif changed := watch.changed():
            self.differ(
                role, name, kind, operation, "nothing changed", ", ".join(changed)
            )

    # --------------------------------------------------------------------------
    # Methods
    # --------------------------------------------------------------------------

    def call_methods(self) -> None:
        """Have every role call every method: first those who may not, then the others."""
        with self.server.connection() as link, link.cursor() as cursor:
            watch = self.watch(cursor)
            for expected in (False, True):
                for role in self.roles:
                    self.give_own_ticket(cursor, role)
                    watch.refresh()
                    for (model, method), calls in rules.METHODS.items():
                        for call in calls:
                            for kind in rules.KINDS:
                                if call.rule(role, kind) == expected:
                                    self.call_method(
                                        role, kind, model, method, call, watch
                                    )

    def call_method(
        self, role: Role, kind: str, model: str, method: str, call: Call, watch: Watch
    ) -> None:
        """Have a role call one method on one record."""
        expected = call.rule(role, kind)
        operation = f"{model}.{method}"
        target, found = self.get_target(role, kind, model, call)
        watch.refresh()
        if found == "done":
            context = {
                name: self.records[kind][value[1:-1]]["id"]
                if str(value).startswith("<")
                else value
                for name, value in call.context.items()
            }
            found, _result = self.attempt(
                role, model, method, *target, *call.arguments, context=context
            )
        if call.is_sentence and not expected and found == "sentence":
            found = "refused"
        self.judge(
            role, call.record or model, kind, operation, expected, found, may_fail=True
        )
        if expected and found == "done":
            self.findings.done[operation] += 1
        self.note_changes(role, call.record or model, kind, operation, found, watch)

    def get_target(
        self, role: Role, kind: str, model: str, call: Call
    ) -> tuple[list[Any], str]:
        """Give on what a method is called, opened by the user where that is asked for.

        :return: the first arguments, and what became of opening it
        """
        if not call.record:
            return [], "done"
        record = self.records[kind][call.record]
        if not call.opened:
            return [[record["id"]]], "done"
        if call.opened in ("create", "forged"):
            values = record["values"]
            if call.opened == "forged":
                other = self.records["own" if kind == "foreign" else "foreign"]
                values = {
                    **other[call.record]["values"],
                    "ticket_id": values["ticket_id"],
                }
            found, result = self.attempt(role, model, "create", [values])
            return [result], found
        found, result = self.attempt(
            role, "helpdesk.ticket", call.opened, [self.records[kind]["ticket"]["id"]]
        )
        if found == "done":
            result = result["res_id"]
            found, _result = self.attempt(
                role,
                model,
                "write",
                [result],
                {"program_id": record["values"]["program_id"]},
            )
        if found == "done" and call.before:
            found, _result = self.attempt(role, model, call.before, [result])
        return [[result]], found

    # --------------------------------------------------------------------------
    # Pages
    # --------------------------------------------------------------------------

    def visit_pages(self) -> None:
        """Have every role ask for every page, with the tokens that they may have found."""
        with self.server.connection() as link, link.cursor() as cursor:
            watch = self.watch(cursor)
            for role in self.roles:
                self.give_own_ticket(cursor, role)
                for route, visits in rules.ROUTES.items():
                    for visit in visits:
                        for kind in rules.KINDS:
                            if role.name in visit.roles:
                                watch.refresh()
                                self.visit(role, kind, route, visit, watch)

    def visit(
        self, role: Role, kind: str, route: str, visit: Visit, watch: Watch
    ) -> None:
        """Ask for one page."""
        expected = visit.rule(role, kind)
        path, shows = (self.name(text, kind) for text in (visit.path, visit.shows))
        session = self.sessions[role.name]
        try:
            if visit.is_json:
                page = json.dumps(
                    session.post(path, {"name": "Forger", "signature": "x"})
                )
            else:
                page = session.get(path).decode("latin-1")
        except urllib.error.HTTPError as error:
            self.said = f"HTTP {error.code}"
            page = "" if error.code in (403, 404) else None
        if page is None:
            found = "error"
        else:
            found = "done" if shows in page else "nothing"
        self.judge(role, visit.path, kind, route, expected, found)
        if found == "done":
            self.findings.done[route] += 1
        elif changed := set(watch.changed()) - VISITED:
            self.differ(
                role, visit.path, kind, route, "nothing changed", ", ".join(changed)
            )

    def name(self, text: str, kind: str) -> str:
        """Put ids, tokens and codes in the place of ``<…>``."""

        def replace(match: re.Match[str]) -> str:
            another = kind
            if match["another"]:
                another = "own" if kind == "foreign" else "foreign"
            return str(self.records[another][match["name"]][match["field"] or "id"])

        return re.sub(
            r"<(?P<another>another )?(?P<name>[^<>.]+)(\.(?P<field>\w+))?>",
            replace,
            text,
        )


# ------------------------------------------------------------------------------
# With and without our addons
# ------------------------------------------------------------------------------


def compare(
    ours: Mapping[str, Any], core: Mapping[str, Any], findings: Findings
) -> dict[str, int]:
    """Hold what our addons add to access rights, rules and reach to what they may.

    :return: how much was compared, by what it was
    """
    compared = {}
    known = {field.rpartition(".")[0] for field in core["access"]["groups of fields"]}
    for what, without in core["access"].items():
        compared[what] = len(without)
        for name, value in ours["access"][what].items():
            if what == "res.groups":
                news = {*value} ^ {*without.get(name, ())}
                is_right = name in without and news <= rules.NEW_GROUPS
            elif name in without or what == "groups of fields":
                is_right = without.get(name, value) == value
            else:
                # Rights on models of ours are in the tables above.
                is_right = value[0] not in known or rules.NEW_RIGHTS.get(name) == value
            if not is_right:
                findings.differences.append(
                    Finding(
                        "",
                        what,
                        "",
                        name,
                        str(without.get(name, "not there")),
                        str(value),
                    )
                )
        findings.differences += [
            Finding("", what, "", name, "as without our addons", "not there")
            for name in without.keys() - ours["access"][what].keys()
        ]
    agents = {role.name for role in rules.ROLES if role.helpdesk}
    compared[ROLES_AND_MODELS] = 0
    for cell in ours["reach"].keys() | core["reach"].keys():
        compared[ROLES_AND_MODELS] += 1
        role, _bar, model = cell.partition(" | ")
        mine, theirs = ours["reach"].get(cell, {}), core["reach"].get(cell, {})
        for operation in ("search", "read", "write", "create", "unlink"):
            found, expected = (
                set(reach.get(operation, ())) for reach in (mine, theirs)
            )
            if role in agents and model == "mail.message":
                found -= {*ours["messages"]} - expected
            if role in agents and model in rules.NEW_REACH:
                found -= found - expected if operation in ("search", "read") else set()
            for ids, change in (
                (expected - found, "lost"),
                (found - expected, "gained"),
            ):
                if ids:
                    findings.differences.append(
                        Finding(
                            role,
                            model,
                            f"{operation}{OF_ALL}",
                            f"{sorted(ids)[:5]}",
                            "as without our addons",
                            change,
                        )
                    )
    return compared


def find_unruled(described: Mapping[str, Any], desk: Desk) -> None:
    """Note public methods and routes of ours that have no rule, and rules of none."""
    models = {record["model"] for record in desk.records["own"].values()}
    methods = {
        (model, method)
        for model, method in described["methods"]
        if method not in rules.OPERATIONS or model not in models
    }
    for model, method in methods ^ rules.METHODS.keys():
        has_rule = (model, method) in rules.METHODS
        desk.findings.differences.append(
            Finding(
                "",
                model,
                method,
                "",
                *(("a method", "none") if has_rule else ("a rule", "none")),
            )
        )
    routes = list(rules.ROUTES)[: -rules.OTHERS_ROUTES]
    for route in set(described["routes"]) ^ set(routes):
        desk.findings.differences.append(
            Finding(
                "",
                route,
                "",
                "",
                *(("a route", "none") if route in routes else ("a rule", "none")),
            )
        )


# ------------------------------------------------------------------------------
# The proof
# ------------------------------------------------------------------------------


@contextmanager
def open_desk(
    server: postgres.Server,
    *,
    with_ours: bool,
    roles: Iterable[Role],
    last: Mapping[str, int] | None = None,
    reach_of: Collection[str] = (),
) -> Iterator[tuple[Desk, dict[str, Any]]]:
    """Serve a database with the records of the proof.

    :param with_ours: with our addons; else with what they stand on alone
    :param roles: whose users sign in
    :param last: by model the last id of what both databases have
    :param reach_of: see ``rights_scene.describe``
    """
    names = [addon.name for addon in addons.ours()]
    wanted = names if with_ours else addons.external_dependencies(addons.ours())
    odoo, template = templates.with_addons(server, wanted, with_demo=True)
    name = f"helpdesk_server_{os.getpid()}_rights_{'ours' if with_ours else 'core'}"
    made = f"{name}_made"
    database.copy(server, template, made, odoo.data)
    try:
        with progress.step("Making records of all kinds"):
            described = describe(
                odoo, made, addons=names, upto=last, reach_of=[*reach_of]
            )
        with serve_copy(odoo, made, name) as running:
            scene = described["scene"]
            yield Desk(running, scene, with_ours=with_ours, roles=roles), described
    finally:
        database.drop(server, made, odoo.data)


def run() -> int:
    """Prove it, and write the page."""
    report = Report(
        "rights",
        "Rights",
        "Who may do what with which records. Users of all roles call Odoo as the web client"
        " does, and each answer is held to the rules in `proofs/rights_rules.py`. What is"
        " refused has to leave every table as it was.",
        "make rights",
    )
    everybody = [role.name for role in rules.ROLES]
    with postgres.running(postgres.TEST_CLUSTER) as server:
        with (
            open_desk(
                server, with_ours=False, roles=rules.ROLES, reach_of=everybody
            ) as (
                core_desk,
                core,
            ),
            progress.step("Every operation, without our addons"),
        ):
            core_desk.operate()
        with open_desk(
            server,
            with_ours=True,
            roles=rules.ROLES,
            last=core["last"],
            reach_of=everybody,
        ) as (desk, ours):
            with progress.step("Every operation, with our addons"):
                desk.operate()
            with progress.step("Every page"):
                desk.visit_pages()
            with progress.step("Every method"):
                desk.call_methods()
    compared = compare(ours, core, desk.findings)
    find_unruled(ours, desk)
    write_matrix(report, desk)
    write_counts(report, desk, core_desk, compared)
    write_methods(report, desk)
    differences = report.table(
        "Differences",
        ("role", "model", "operation", "record", "expected", "found"),
        "What is not as the rules have it.",
    )
    for finding in (*core_desk.findings.differences, *desk.findings.differences):
        differences.add(*astuple(finding), holds=False)
    return report.finish()


COLUMNS = (
    "ticket",
    "line of refund",
    "credit note",
    "coupon",
    "program",
    "return",
    "lot",
    "repair",
    "operation",
    "task",
    "project",
    "note of repair",
    "photograph of return",
    "visit pop-up",
)
"""What the page shows; what is like one of these was asked for all the same."""


def write_matrix(report: Report, desk: Desk) -> None:
    """Write who may do what, a table for each kind of ticket."""
    for kind, about in rules.KINDS.items():
        table = report.table(
            f"What came of {about}",
            ("role", *COLUMNS),
            "R: read, search, count, group and export; W: write; C: create by itself; T: create"
            " for the ticket; D: delete."
            if kind == "own"
            else "",
        )
        for role in desk.roles:
            table.add(
                role.name,
                *(desk.cells[role.name, kind, name] or "·" for name in COLUMNS),
            )


def write_counts(
    report: Report, desk: Desk, core_desk: Desk, compared: Mapping[str, int]
) -> None:
    """Write how much was asked, and how much of it is as it should be."""
    table = report.table(
        "Calls", ("operation", "with our addons", "refused", "without", "differ")
    )
    methods = {f"{model}.{method}" for model, method in rules.METHODS}
    for operation, number in sorted(desk.findings.asked.items()):
        if operation in methods or operation in rules.ROUTES:
            continue
        differ = sum(
            one.findings.count_differences(operation) for one in (desk, core_desk)
        )
        table.add(
            operation, number, desk.findings.refused[operation],
            core_desk.findings.asked[operation], differ, holds=not differ,
        )  # fmt: skip
    table = report.table(
        "Beside a database without our addons",
        ("what", "compared", "differ"),
        "Access rights, record rules, implied groups and groups of fields, one by one; and for"
        " each role the records of every model that it can find, read, write and delete. Ours"
        " may add what `NEW_RIGHTS` and `NEW_REACH` of the rules say.",
    )
    for what, number in compared.items():
        differ = sum(
            finding.operation.endswith(OF_ALL)
            if what == ROLES_AND_MODELS
            else (finding.role, finding.what) == ("", what)
            for finding in desk.findings.differences
        )
        table.add(what, number, differ, holds=not differ)


def write_methods(report: Report, desk: Desk) -> None:
    """Write who may call which method and get which page."""
    table = report.table(
        "Methods",
        ("method", "who may", "calls", "refused", "carried out", "differ"),
        "All public methods of our addons, found in the classes, and all pages. What somebody"
        " may do is carried out at least once; who may and comes later is told by a sentence"
        " that it was done already.",
    )
    rows = [
        (f"{model}.{method}", "; ".join(_describe(call) for call in calls))
        for (model, method), calls in rules.METHODS.items()
    ] + [
        (route, "; ".join(dict.fromkeys(visit.rule.text for visit in visits)))
        for route, visits in rules.ROUTES.items()
    ]
    for operation, who in rows:
        findings = desk.findings
        table.add(
            f"`{operation}`", who, findings.asked[operation], findings.refused[operation],
            findings.done[operation], findings.count_differences(operation),
            holds=findings.holds(operation),
        )  # fmt: skip


def _describe(call: Call) -> str:
    if call.opened == "forged":
        return f"forged pop-up: {call.rule.text}"
    if call.opened:
        return f"own pop-up: {call.rule.text}"
    if call.record.endswith("pop-up"):
        return f"another's: {call.rule.text}"
    return call.rule.text
