"""What our addons cost, beside core alone and beside addons of the OCA."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from proofs import measuring, peers
from proofs.measuring import FINDING, Measurement, Worker
from proofs.report import Report
from tools import addons, postgres, serving, templates
from tools.postgres import Server
from tools.serving import OdooServer

SIDES = ("core", "peer", "ours")
PEERS = ("rma", "helpdesk_mgmt_fieldservice")
NEEDED_BY_PEERS = ("base_territory", "fieldservice")
REPETITIONS = 25
TITLES = {
    "open_ticket": "Open a ticket with a document of each service",
    "opening": "The same over HTTP, with its chatter",
    "list": "List of 80 tickets",
    "kanban": "Kanban of 80 tickets",
    "refund_draft": "Refund, the credit note a draft",
    "refund_posted": "Refund, the credit note posted",
    "return": "Return (OCA: rma)",
    "coupon": "Coupon",
    "repair": "Repair",
    "task": "Task (OCA: helpdesk_mgmt_fieldservice)",
    "invoice": "Invoice posted, no ticket",
    "order": "Order confirmed, delivered, invoiced and posted, no ticket",
    "analysis": "After-Sales Analysis by month and service (core: Invoice Analysis)",
    "page": "The customer's page of that ticket, over HTTP",
}
VISITS = ("opening", "page")
"""What is done over HTTP; all else is done inside Odoo's process."""
CHATTER = (
    "activities",
    "attachments",
    "contact_fields",
    "followers",
    "messages",
    "scheduledMessages",
    "suggestedRecipients",
)
"""What the web client asks of a ticket's chatter."""

Found = Mapping[str, Mapping[str, Measurement]]


@dataclass(frozen=True)
class Goal:
    """What an action may cost at most."""

    action: str
    text: str
    bound: Callable[[Mapping[str, Measurement]], float]
    """From what was measured of all sides, the most that ours may cost."""
    cost: Callable[[Measurement], float]
    """What of it is looked at: :func:`queries`, :func:`queries_from_button` or :func:`milliseconds`."""

    def look(self, sides: Mapping[str, Measurement]) -> tuple[float, float, bool]:
        """Give what ours costs, what it may cost, and whether that holds."""
        ours, bound = self.cost(sides["ours"]), self.bound(sides)
        return ours, bound, ours <= bound


def queries(measurement: Measurement) -> int:
    """Give the queries of the whole way."""
    return measurement.query_count


def queries_from_button(measurement: Measurement) -> int:
    """Give the queries without those that only led to the record."""
    return queries(measurement) - sum(
        count
        for name, count in measurement.requests.items()
        if name.startswith(FINDING)
    )


def milliseconds(measurement: Measurement) -> float:
    """Give the median of the time."""
    return 1000 * measurement.median


QUERY_GOALS = (
    Goal(
        "open_ticket",
        "core's queries, one for each service, one for Return's button, three for the After-Sales page",
        lambda sides: queries(sides["core"]) + 5 + 1 + 3,
        queries,
    ),
    *(
        Goal(name, "core's queries", lambda sides: queries(sides["core"]), queries)
        for name in ("list", "kanban", "invoice", "order")
    ),
    *(
        Goal(
            name,
            "1.05 × core's queries from the button on, the invoice being open; ours from the ticket's button on",
            lambda sides: 1.05 * queries_from_button(sides["core"]),
            queries_from_button,
        )
        for name in ("refund_draft", "refund_posted")
    ),
    Goal(
        "return",
        "1.10 × core's queries, with finding the delivery; ours from the ticket on",
        lambda sides: 1.10 * queries(sides["core"]),
        queries,
    ),
    Goal(
        "coupon",
        "1.3 × core's queries",
        lambda sides: 1.3 * queries(sides["core"]),
        queries,
    ),
    Goal(
        "repair",
        "core's queries and six",
        lambda sides: queries(sides["core"]) + 6,
        queries,
    ),
    Goal(
        "task",
        "core's queries and two",
        lambda sides: queries(sides["core"]) + 2,
        queries,
    ),
)
PEER_GOALS = (
    Goal(
        "return",
        "rma's queries, with finding the delivery; ours from the ticket on",
        lambda sides: queries(sides["peer"]),
        queries,
    ),
)
TIME_GOALS = (
    Goal(
        "opening",
        "1.25 × core's time, in ms",
        lambda sides: 1.25 * milliseconds(sides["core"]),
        milliseconds,
    ),
    Goal(
        "return",
        "rma's time in ms, with finding the delivery; ours from the ticket on",
        lambda sides: milliseconds(sides["peer"]),
        milliseconds,
    ),
    Goal(
        "task",
        "the time of OCA fieldservice, in ms",
        lambda sides: milliseconds(sides["peer"]),
        milliseconds,
    ),
)


@contextmanager
def compared(
    server: Server, sides: Iterable[str] = SIDES
) -> Iterator[tuple[dict[str, OdooServer], dict[str, Worker]]]:
    """Serve a database of each side, and have a worker on each; all have the same apps and demo data."""
    apps = addons.external_dependencies(addons.ours())
    folder = peers.obtain([*PEERS, *NEEDED_BY_PEERS]) if "peer" in sides else None
    installed = {
        "core": apps,
        "peer": [*apps, *PEERS],
        "ours": [addon.name for addon in addons.ours()],
    }
    servers, workers = {}, {}
    with ExitStack() as stack:
        for side in sides:
            odoo, template = templates.with_addons(
                server,
                installed[side],
                with_demo=True,
                extra_paths=[folder] if folder and side == "peer" else [],
            )
            name = f"helpdesk_server_{os.getpid()}_{side}"
            servers[side] = stack.enter_context(
                serving.serve_copy(odoo, template, name)
            )
            workers[side] = stack.enter_context(measuring.working(odoo, name, side))
        yield servers, workers


def visits(server: OdooServer, worker: Worker) -> dict[str, Callable]:
    """Give what the web client and a customer's browser ask of a side's server."""
    facts = worker.facts
    agent, visitor = server.visitor(), server.visitor()
    agent.sign_in(facts["agent"], facts["password"])
    visitor.sign_in(facts["visitor"], facts["password"])
    model, ticket = "helpdesk.ticket", facts["ticket"]
    thread = {"thread_model": model, "thread_id": ticket}
    chatter = {**thread, "access_params": {}, "request_list": CHATTER}

    def open_ticket() -> None:
        agent.post(
            f"/web/dataset/call_kw/{model}/web_read",
            {
                "model": model,
                "method": "web_read",
                "args": [[ticket], facts["form_spec"]],
                "kwargs": {},
            },
        )
        agent.post("/mail/data", {"fetch_params": [["mail.thread", chatter]]})
        agent.post("/mail/thread/messages", {**thread, "fetch_params": {"limit": 30}})

    return {
        "opening": open_ticket,
        "page": lambda: visitor.get(f"/my/ticket/{ticket}"),
    }


def judge(report: Report, found: Found, goals: Iterable[Goal]) -> None:
    """Add the table of what was to hold."""
    table = report.table(
        "Goals", ["what", "at most", "that is", "ours", "ours of that"]
    )
    for goal in goals:
        ours, bound, holds = goal.look(found[goal.action])
        table.add(
            TITLES[goal.action],
            goal.text,
            f"{bound:.0f}",
            f"{ours:.0f}",
            f"{ours / bound:.2f} ×",
            holds=holds,
        )


def tell_measurements(report: Report, found: Found) -> None:
    """Add the tables of all that was measured."""
    table = report.table(
        "Queries and time",
        ["what", *(f"{side}: queries" for side in SIDES), "ours × core",
         *(f"{side}: ms" for side in SIDES), "ours × core", "ours × OCA"],
        "Times are medians, with the quartiles between which half of them lie.",
    )  # fmt: skip
    for action, title in TITLES.items():
        sides = found[action]
        table.add(
            title,
            *(queries(sides[side]) if side in sides else "" for side in SIDES),
            _ratio(sides, "core", queries),
            *(_tell_time(sides.get(side)) for side in SIDES),
            _ratio(sides, "core", milliseconds),
            _ratio(sides, "peer", milliseconds),
        )
    table = report.table(
        "Request by request",
        ["what", "side", "queries"],
        f"Requests that begin with *{FINDING}* lead to the record; there begins what is counted “from the button on”.",
    )
    for action, sides in found.items():
        for side, measurement in sides.items():
            if len(measurement.requests) > 1:
                requests = measurement.requests.items()
                cells = ", ".join(f"{name} {count}" for name, count in requests)
                table.add(TITLES[action], side, cells)


def tell_bundles(report: Report, sizes: Mapping[str, Mapping[str, Any]]) -> None:
    """Add the table of what the browser loads.

    :param sizes: by side, what ``proofs.actions.measure_bundles`` says
    """
    table = report.table(
        "Web client",
        ["bundle", "core: bytes", "ours adds", "compressed", "of core's"],
        "Minified script and style, once for each browser.",
    )
    for name, core in sizes["core"].items():
        ours = sizes["ours"][name]
        added = ours["bytes"] - core["bytes"]
        table.add(
            name,
            f"{core['bytes']:,}",
            f"{added:,}",
            f"{ours['compressed'] - core['compressed']:,}",
            f"{100 * added / core['bytes']:.2f} %",
        )


def run() -> int:
    """Measure everything, and write docs/proofs/speed.md; with ``SCALE``, see :mod:`proofs.scale`."""
    if os.environ.get("SCALE"):
        from proofs import scale

        return scale.run()
    report = Report(
        "speed",
        "Speed",
        "What users do, on three databases with the same apps and demo data: core with the OCA's helpdesk alone; "
        "with addons of the OCA for returns and field service; with all of ours. The three take turns, "
        f"{REPETITIONS} times each after warming up, so that what else the machine does hits all alike. Each request "
        "begins with empty caches of records and a warm registry; all is done by the same user, who has the rights of "
        "all apps.",
        "make bench",
        versions={f"OCA {name}": peers.pinned()[name] for name in PEERS},
    )
    with (
        postgres.running(postgres.TEST_CLUSTER) as server,
        compared(server) as (servers, workers),
    ):
        found = measuring.measure(
            workers, [name for name in TITLES if name not in VISITS], REPETITIONS
        )
        two = ("core", "ours")
        asked = {side: visits(servers[side], workers[side]) for side in two}
        for name in VISITS:
            found[name] = measuring.measure_visits(
                servers, {side: asked[side][name] for side in two}, REPETITIONS
            )
        sizes = {side: workers[side].ask("bundles") for side in two}
    judge(report, found, (*QUERY_GOALS, *PEER_GOALS, *TIME_GOALS))
    tell_measurements(report, found)
    tell_bundles(report, sizes)
    return report.finish()


def _tell_time(measurement: Measurement | None) -> str:
    if measurement is None:
        return ""
    first, third = measurement.quartiles
    return f"{milliseconds(measurement):.0f} ({1000 * first:.0f}–{1000 * third:.0f})"


def _ratio(
    sides: Mapping[str, Measurement], other: str, cost: Callable[[Measurement], float]
) -> str:
    if other not in sides:
        return ""
    return f"{cost(sides['ours']) / cost(sides[other]):.2f}"
