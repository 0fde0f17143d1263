"""``make fuzz``: wrong and hostile input to every method over RPC and every route over HTTP."""

import itertools
import os
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from proofs.bad_input_pages import look_for_scripts, serve_tickets, write_everywhere
from proofs.bad_input_routes import Sender
from proofs.bad_input_rules import (
    ACCEPTED,
    FAULT,
    FRAMEWORK,
    INVARIANTS,
    SENTENCE,
    SENTENCES,
    Frame,
    Verdict,
    Watch,
    changed,
    exception_of,
    frames,
    judge,
)
from proofs.bad_input_surface import GENERIC, Method, Model, Surface, look
from proofs.bad_input_table import attacks
from proofs.bad_input_values import Call, Pool, calls, values
from proofs.report import Report, Table, asked_count
from tools import addons, chromium, postgres, progress, serving, templates
from tools.odoo import Odoo
from tools.rpc import Rpc, RpcError, Visitor
from tools.serving import OdooServer

COUNT = 400
"""How many calls of each method of the addons and each route, unless COUNT says otherwise."""

SHARE = 4
"""By how much fewer they are of core's methods on models with fields of the addons."""

_numbers = itertools.count(1)
PASSWORD = "bad-input-password"
USERS = {
    "portal": ["base.group_portal"],
    "agent": ["helpdesk_mgmt.group_helpdesk_user"],
    "agent_with_apps": [
        "helpdesk_mgmt.group_helpdesk_manager",
        "account.group_account_invoice",
        "project.group_project_user",
        "sales_team.group_sale_salesman_all_leads",
        "stock.group_stock_user",
    ],
}
"""Who sends it, beside the administrator and visitors who are not signed in."""

TURNS = ("admin", "agent", "agent", "agent_with_apps", "agent_with_apps", "portal")
CORES = {*GENERIC, "get_views"} - {"unlink"}
"""Methods that core has on every model, so that core alone can be given the same arguments."""

MODELS = 5
"""How many models are tried on one copy of the demo data."""

SECONDS = 1
"""How long a call takes at most in the mean: of those that take longer, fewer are sent."""

POSTS = {
    ("portal", "message_post"): {"mail_message", "ir_attachment", "helpdesk_ticket"}
}
"""What customers write by posting on their tickets, which core lets them."""


class Fault(AssertionError):
    """What was found, for hypothesis to make the input as simple as can be."""

    def __init__(self, what: str, example: str) -> None:
        super().__init__(what)
        self.what = what
        self.example = example


@dataclass
class Findings:
    """What became of the calls of a method or route."""

    name: str
    asked: int = 1
    """How many calls there were to be."""
    counts: Counter = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    """What is wrong, with the simplest input that shows it."""

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            self.name,
            self.asked + other.asked,
            self.counts + other.counts,
            {**self.faults, **other.faults},
        )

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and at least half of the calls were made."""
        return not self.faults and self.counts.total() * 2 >= self.asked


class Desk:
    """A served copy of the demo data, its users and what there is to work on."""

    def __init__(self, server: OdooServer, surface: Surface) -> None:
        self.server = server
        self.surface = surface
        self.admin = server.rpc()
        customer = self.ref("helpdesk_after_sales.partner_lakeside_demo")
        for login, groups in USERS.items():
            self._create_user(login, groups, customer if login == "portal" else 0)
        self.sessions: dict[str, Visitor] = {
            "admin": self.admin,
            "public": server.visitor(),
            **{login: server.rpc(login_of(login), PASSWORD) for login in USERS},
        }
        [self.spare] = self.admin.call("res.partner", "create", [{"name": "Core's"}])
        self.answered: set[Frame] = set()
        """What raised the technical errors that were answered and judged."""
        self.state: Mapping[str, Any] | None = None
        """The digest after the last call, unless something else was done since."""
        self.pool = self._fill_pool()
        tables = {model.table for model in surface.models if model.table}
        self.watch = Watch(server, {*tables, "account_move_line", "stock_move", "stock_move_line",
                                    "repair_service", "loyalty_program", "mail_message"})  # fmt: skip

    def ref(self, xmlid: str) -> int:
        """Give the id of a record by its external id."""
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        [found] = self.admin.call("ir.model.data", "search_read", domain, ["res_id"])
        return found["res_id"]

    def _create_user(self, login: str, groups: Sequence[str], customer: int) -> None:
        [user] = self.admin.call(
            "res.users",
            "create",
            [
                {
                    "name": login,
                    "login": login_of(login),
                    "password": PASSWORD,
                    "email": f"{login}@example.com",
                    "group_ids": [[6, 0, [self.ref(group) for group in groups]]],
                }
            ],
            context={"no_reset_password": True},
        )
        if customer:
            [facts] = self.admin.call("res.users", "read", [user], ["partner_id"])
            self.admin.call(
                "res.partner", "write", facts["partner_id"][:1], {"parent_id": customer}
            )

    def _fill_pool(self) -> Pool:
        pool = Pool(context_keys=self.surface.context_keys)
        [spare] = self.admin.call("res.partner", "create", [{"name": "Gone"}])
        self.admin.call("res.partner", "unlink", [spare])
        pool.deleted = spare
        wanted = {model.name for model in self.surface.models}
        for model in self.surface.models:
            pool.fields[model.name] = self.admin.call(
                model.name,
                "fields_get",
                [],
                ["type", "relation", "selection", "required", "readonly", "store"],
            )
            wanted |= {
                facts["relation"]
                for facts in pool.fields[model.name].values()
                if facts.get("relation")
            }
        for name in sorted(wanted):
            try:
                pool.ids[name] = self.admin.call(
                    name, "search", [], limit=40, order="id desc"
                )
            except RpcError:  # abstract ones, which have no records
                pool.ids[name] = []
        for name in ("account.move", "stock.picking", "project.task", "loyalty.card"):
            of_tickets = self.admin.call(name, "search", [["ticket_id", "!=", False]])
            pool.ids[name] = [*of_tickets, *pool.ids[name][:15]]
        pool.tickets = self.admin.call(
            "helpdesk.ticket", "search", [["team_id.use_return", "=", True]]
        )
        pool.ids["helpdesk.ticket"] = [*pool.tickets, *pool.ids["helpdesk.ticket"][:6]]
        for model in self.surface.models:
            self._note_required(pool, model)
        self._open_windows(pool)
        return pool

    def _note_required(self, pool: Pool, model: Model) -> None:
        known = pool.fields[model.name]
        required = [
            name
            for name, facts in known.items()
            if facts["required"] and facts["store"] and not facts["type"].endswith("2many")
        ]  # fmt: skip
        if pool.ids[model.name] and not model.is_transient:
            [record] = self.admin.call(
                model.name, "read", pool.ids[model.name][:1], required, load=None
            )
            pool.required[model.name] = {name: record[name] for name in required}

    def _open_windows(self, pool: Pool) -> None:
        """Have each button of a ticket pressed that opens a window with a record of its own."""
        [ticket] = [m for m in self.surface.models if m.name == "helpdesk.ticket"]
        buttons = [m.name for m in ticket.methods if m.name.startswith("action_")]
        for user, button, ticket_id in itertools.product(
            ("agent", "agent_with_apps"), buttons, pool.tickets[:3]
        ):
            try:
                action = call(
                    self.sessions[user], "helpdesk.ticket", button, [ticket_id]
                )
            except RpcError:  # not theirs, or nothing to do
                continue
            if action.get("target") == "new" and action.get("res_id"):
                pool.ids.setdefault(action["res_model"], []).append(action["res_id"])

    def probe(self, model: Model, method: Method, count: int) -> Findings:
        """Call a method with so many examples."""

        def attempt(user: str, example: Call, fresh: Any) -> tuple[Verdict, str]:
            sent = example
            if fresh is not None:
                context = example.kwargs.get("context", {})
                made = Call([fresh], {"context": context})
                verdict, result = self._send(user, model, "create", made)
                if verdict.kind == FAULT:
                    return verdict, show(user, model.name, "create", made)
                if isinstance(result, int):
                    sent = Call([[result], *example.args[1:]], example.kwargs)
            verdict, _result = self._send(user, model, method.name, sent)
            return verdict, show(user, model.name, method.name, sent)

        opens = model.is_transient and method.has_ids and method.name != "create"
        fresh = values(self.pool, model).filter(lambda vals: isinstance(vals, dict))
        found = examine(
            f"{model.name}.{method.name}",
            attempt,
            (
                st.sampled_from((*TURNS, "public")),
                calls(self.pool, model, method),
                fresh | st.none() if opens else st.none(),
            ),
            count,
        )
        self._look_around(found)
        return found

    def attack(self, tickets: Sequence[int]) -> Findings:
        """Send what is in the table of a forger's inputs, on some tickets."""
        found = Findings("a forger's inputs")
        by_name = {model.name: model for model in self.surface.models}

        def send(user: str, model: str, method: str, sent: Call) -> Any:
            verdict, result = self._send(user, by_name[model], method, sent)
            found.counts[verdict.kind] += 1
            if verdict.kind == FAULT:
                found.faults.setdefault(verdict.what, show(user, model, method, sent))
            return result

        for name in attacks(self, send, tickets):
            for sentence in self.watch.broken():
                found.faults.setdefault(sentence, name)
        self._look_around(found)
        return found

    def _look_around(self, found: Findings) -> None:
        """Look at what holds after calls that were accepted, and at the log."""
        for sentence in self.watch.broken():
            found.faults.setdefault(sentence, "some of the calls that were accepted")
        for logged in self.watch.tracebacks():
            trace = frames(logged)
            if any(frame.is_ours for frame in trace) and trace[-1] not in self.answered:
                found.faults[f"only logged: {logged.splitlines()[-1]}"] = "see the log"
        self.answered.clear()

    def _send(
        self, user: str, model: Model, method: str, sent: Call
    ) -> tuple[Verdict, Any]:
        session = self.sessions[user]
        before = self.state or self.watch.digest()
        try:
            result = call(session, model.name, method, *sent.args, **sent.kwargs)
        except RpcError as error:
            self.state = self.watch.digest()
            if written := changed(before, self.state):
                what = f"refused, but changed {', '.join(written)}"
                return Verdict(FAULT, what), None
            return self._judge_error(user, model.name, method, sent, error), None
        except urllib.error.HTTPError as error:
            logged = self.watch.tracebacks()
            if not logged:
                return Verdict(FAULT, f"status {error.code}"), None
            return judge(
                exception_of(logged[-1]),
                logged[-1],
                lambda *raised: self._core_refuses(
                    user, model.name, method, sent, raised
                ),
            ), None
        self.state = self.watch.digest()
        written = changed(before, self.state)
        is_customer = user in ("portal", "public")
        if is_customer and set(written) - POSTS.get((user, method), set()):
            return Verdict(FAULT, f"{user} changed {', '.join(written)}"), None
        return Verdict(ACCEPTED), result

    def _judge_error(
        self, user: str, model: str, method: str, sent: Call, error: RpcError
    ) -> Verdict:
        if error.name in SENTENCES:
            if "SessionExpired" in error.name and user != "public":
                return Verdict(FAULT, f"{user} was signed out")
            if not error.message.strip():
                return Verdict(FAULT, f"{error.name} without a sentence")
            return Verdict(SENTENCE)
        trace = frames(error.debug)
        self.answered.add(trace[-1])
        if trace[-1].name == "ensure_one" and not names_one(sent):
            return Verdict(FRAMEWORK)
        return judge(
            error.name,
            error.debug,
            lambda *raised: self._core_refuses(user, model, method, sent, raised),
        )

    def _core_refuses(
        self, user: str, model: str, method: str, sent: Call, raised: tuple[str, Frame]
    ) -> bool:
        """Tell whether core alone refuses the ids, the context or the arguments so."""
        self.state = None
        session = self.sessions[user]
        context = {
            name: value
            for name, value in (sent.kwargs.get("context") or {}).items()
            if name in ("lang", "tz", "allowed_company_ids", "uid")
        }
        ids, rest = sent.args[:1], sent.args[1:]
        plain = {
            name: value for name, value in sent.kwargs.items() if name != "context"
        }
        takes_ids = any(
            one.has_ids
            for known in self.surface.models
            if known.name == model
            for one in known.methods
            if one.name == method
        )
        tries: list[tuple[Callable, bool]] = [
            (
                lambda: call(session, "res.partner", "create", [{}], context=context),
                True,
            ),
            (
                lambda: call(session, "helpdesk.ticket", "search", [], context=context),
                True,
            ),
        ]
        if takes_ids and ids:
            read = lambda: call(session, model, "read", ids[0], ["display_name"])  # noqa: E731
            tries.append((read, False))
        if method in CORES:
            first, other = ([[self.spare]], rest) if takes_ids else ([], sent.args)
            shape = {name: outline(value) for name, value in plain.items()}
            tries += [
                (
                    lambda: call(
                        self.admin, "res.partner", method, *first, *other, **plain
                    ),
                    True,
                ),
                (
                    lambda: call(
                        self.admin,
                        "res.partner",
                        method,
                        *first,
                        *map(outline, other),
                        **shape,
                    ),
                    False,
                ),
            ]
        for attempt, has_to_be_same in tries:
            try:
                attempt()
            except RpcError as error:
                if error.name in SENTENCES:
                    continue
                last = frames(error.debug)[-1]
                self.answered.add(last)
                if raised == (error.name, last) or not has_to_be_same:
                    return True
            except urllib.error.HTTPError:  # nor can it say so
                return True
        return False


def login_of(user: str) -> str:
    """Give the login of a user of USERS."""
    return f"bad_input_{user}"


def call(session: Visitor, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method as somebody, who need not be signed in."""
    return Rpc.call(session, model, method, *args, **kwargs)


def outline(argument: Any) -> Any:
    """Give an argument of the same shape that holds nothing."""
    if isinstance(argument, dict):
        return {}
    if isinstance(argument, list) and argument:
        for kind, empty in ((dict, [{}]), (str, [])):
            if all(isinstance(one, kind) for one in argument):
                return empty
        if all(isinstance(one, list) and len(one) == 3 for one in argument):
            return []
    return argument


def names_one(sent: Call) -> bool:
    """Tell whether a call is of one record, as those of buttons are."""
    ids = sent.args[0] if sent.args else None
    if isinstance(ids, list) and len(ids) == 1:
        [ids] = ids
    return isinstance(ids, int) and ids > 0


def show(user: str, model: str, method: str, sent: Call) -> str:
    """Write down a call, cut to what fits on a page."""
    text = f"{user}: {model}.{method}{(*sent.args, sent.kwargs)!r}"
    return text if len(text) < 300 else f"{text[:300]}…"


def examine(
    name: str,
    attempt: Callable[..., tuple[Verdict, str]],
    strategies: Sequence[st.SearchStrategy],
    count: int,
) -> Findings:
    """Try so many examples, and simplify those that show something new to be wrong."""
    found = Findings(name, count)

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(st.tuples(*strategies))
    def try_one(example: tuple) -> None:
        if time.monotonic() > end:
            return
        verdict, shown = attempt(*example)
        found.counts[verdict.kind] += 1
        if verdict.kind == FAULT and verdict.what not in found.faults:
            nonlocal last
            last = Fault(verdict.what, shown)
            raise last

    end = time.monotonic() + max(count * SECONDS, 20)
    for _round in range(5):
        last: Fault | None = None
        try:
            try_one()
            break
        except (Fault, Flaky):  # what was changed meanwhile lets some appear only once
            if last:
                found.faults[last.what] = last.example
    return found


@contextmanager
def opened(odoo: Odoo, template: str, surface: Surface) -> Iterator[Desk]:
    """Serve a fresh copy."""
    name = f"helpdesk_server_{os.getpid()}_fuzz{next(_numbers)}"
    with serving.serve_copy(odoo, template, name) as server:
        desk = Desk(server, surface)
        try:
            yield desk
        finally:
            desk.watch.close()


def everything(server: postgres.Server) -> tuple[Odoo, str, Surface]:
    """Give the demo data with all of ours, and what can be called there."""
    odoo, template = templates.with_addons(
        server, [addon.name for addon in addons.ours()], with_demo=True
    )
    return odoo, template, look(odoo, template)


def methods_of(surface: Surface) -> list[tuple[Model, Method]]:
    """List what can be called, what deletes records last."""
    found = [(model, method) for model in surface.models for method in model.methods]
    return sorted(found, key=lambda pair: pair[1].name in ("unlink", "copy"))


def probe_routes(desk: Desk, count: int) -> list[Findings]:
    """Send so many requests to each route."""
    cookies = {
        user: session.session_id if user != "public" else None
        for user, session in desk.sessions.items()
    }
    sender = Sender(desk.server.url, cookies, desk.pool, desk.watch)
    found = []
    for route in desk.surface.routes:
        findings = examine(
            route.url,
            lambda request, route=route: sender.send(route, request),
            [sender.examples(route)],
            count,
        )
        for sentence in desk.watch.broken():
            findings.faults[sentence] = "some of the requests that were accepted"
        found.append(findings)
    return found


def share_of(method: Method, count: int) -> int:
    """Tell how often a method is called: less often what is core's own."""
    return count if method.is_own else max(count // SHARE, 1)


def run() -> int:
    """Try everything, and write docs/proofs/bad_input.md."""
    count = asked_count(COUNT)
    report = Report(
        "bad_input",
        "Bad input",
        TEXT,
        f"make fuzz COUNT={count}",
        {"hypothesis": version("hypothesis")},
    )
    with postgres.running(postgres.TEST_CLUSTER) as server:
        odoo, template, surface = everything(server)
        methods: list[tuple[Model, Method, Findings]] = []
        # Fresh copies now and then: what was accepted before is not in the way for long.
        for start in range(0, len(surface.models), MODELS):
            models = surface.models[start : start + MODELS]
            names = ", ".join(model.name for model in models)
            with (
                progress.step(f"Calling the methods of {names}"),
                opened(odoo, template, surface) as desk,
            ):
                methods += [
                    (model, method, desk.probe(model, method, share_of(method, count)))
                    for model, method in methods_of(surface)
                    if model in models
                ]
        with (
            progress.step("Sending a forger's inputs"),
            opened(odoo, template, surface) as desk,
        ):
            forged = desk.attack(desk.pool.tickets)
        with (
            progress.step("Sending requests to the routes"),
            opened(odoo, template, surface) as desk,
        ):
            routes = probe_routes(desk, count)
        with (
            progress.step("Looking for scripts in pages"),
            opened(odoo, template, surface) as desk,
            chromium.launched() as browser,
        ):
            written, made = write_everywhere(desk), serve_tickets(desk)
            pages, shown, hits = look_for_scripts(desk, browser)
    _tell_sum(report, count, [found for *_about, found in methods], forged, routes)
    _tell_methods(report, methods)
    columns = ["route", *COLUMNS]
    table = report.table("Routes", columns, ROUTES)
    for found in routes:
        _tell(table, found, f"`{found.name}`")
    table = report.table(
        "Scripts", ["texts written", "documents made", "pages opened", "show the text", "a script ran on"], SCRIPTS
    )  # fmt: skip
    table.add(written, made, pages, shown, ", ".join(hits) or "none", holds=not hits and shown > 0)  # fmt: skip
    return report.finish()


TEXT = """\
Every public method of the addons over RPC (their own, those of core that they extend, and what
core offers on models with fields of theirs) and every route over HTTP, as the administrator, two
agents, a customer and visitors who are not signed in. The methods and routes are found in the
registry, so that a new one is tried by itself; `proofs/bad_input_values.py` says what is sent,
`proofs/bad_input_rules.py` how the answers are judged. Each method of the addons' own and each
route is sent {count} calls, each of core's {share}; where they take long, fewer: a row with fewer
than half of them does not hold. Where all were refused, "none" stands for what was accepted.

An answer is accepted, or refused with a sentence that is written for users, or refused
by the framework: Odoo's own ORM answers many wrongly typed calls over RPC with a technical
error, whatever the model. Such an answer is counted there only where the addons have no part in
it: none of their lines is in the traceback, or the innermost hands on to core by `super()` what
it was given, or core alone, given the same ids, context or arguments of the same shape, fails
likewise, or a button's method was called with other than one record. Everything else is a fault:
any other technical error, a status 500, a traceback in the log, a table that differs after a call
that was refused, a record that a customer changed by a method other than that of posting a message,
one that a page of the addons changed for a visitor or otherwise than by its form with the form's
token, or one of these that does not hold after what was accepted: {invariants}."""

ROUTES = """\
Routes of the addons and of the controllers that they extend, which are core's and
helpdesk_mgmt's: with wrong ids and tokens, wrong methods, the pages' own forms with fields
changed, repeated and left out, with and without the form's token, and with files."""

SCRIPTS = """\
Markup with a script is written into all texts of the demo data and given to all services; then
backend, reports and portal are opened in Chromium. The text has to be there, and no script runs."""

COLUMNS = ("calls", "accepted", "a sentence", "by the framework", "faults")


def _tell(table: Table, found: Findings, *about: object) -> None:
    """Add what was found to a table, and each fault in a line of its own."""
    accepted = found.counts[ACCEPTED] or "none"
    refused = [found.counts[kind] for kind in (SENTENCE, FRAMEWORK)]
    table.add(*about, found.counts.total(), accepted, *refused, len(found.faults), holds=found.holds)  # fmt: skip
    for what, example in found.faults.items():
        table.add(what, f"`{example.encode('ascii', 'backslashreplace').decode()}`")


def _tell_sum(
    report: Report,
    count: int,
    methods: Sequence[Findings],
    forged: Findings,
    routes: Sequence[Findings],
) -> None:
    report.text = TEXT.format(
        invariants=", ".join(INVARIANTS), count=count, share=max(count // SHARE, 1)
    )
    table = report.table("In sum", ["what", "how many", *COLUMNS])
    for what, found in (
        ("methods", methods),
        ("a forger's inputs, by table", [forged]),
        ("routes", routes),
    ):
        _tell(table, sum(found, Findings("", 0)), what, len(found))


def _tell_methods(
    report: Report, found: Sequence[tuple[Model, Method, Findings]]
) -> None:
    """Tell of our own methods one by one, and of core's on our fields by model."""
    table = report.table("Methods of the addons", ["method", *COLUMNS])
    for _model, method, findings in found:
        if method.is_own:
            _tell(table, findings, findings.name)
    table = report.table("Core's methods on models with fields of the addons", ["model", "methods", *COLUMNS])  # fmt: skip
    by_model: dict[str, list[Findings]] = {}
    for model, method, findings in found:
        if not method.is_own:
            by_model.setdefault(model.name, []).append(findings)
    for name, some in by_model.items():
        _tell(table, sum(some, Findings("", 0)), name, len(some))
