"""Addons of others beside all of ours: installed, every screen opened, our tests run."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from proofs import peers
from proofs.screens import fetch, open_screens
from proofs.sets import NOT_INSTALLED, Laboratory, contract, laboratory_of, services
from tools import addons, database, lifecycle, postgres, progress, serving, templates
from tools.errors import KitError
from tools.paths import ROOT
from tools.rpc import Rpc, RpcError, Visitor
from tools.serving import OdooServer
from tools.testing import Outcome

OTHERS = (
    "base_tier_validation",
    "project_timeline",
    "purchase_stock",
    "rma",
    "sale_mrp",
    "website_sale_loyalty",
)
"""Those beside ours that are no addons of the helpdesk."""

NEEDED = {
    # Its orders are on each ticket's form.
    "helpdesk_mgmt_fieldservice": (
        "helpdesk_mgmt.group_helpdesk_user_own",
        "fieldservice.group_fsm_user_own",
    ),
    # It brings stock_delivery, with which transfers' forms choose among shipping methods.
    "website_sale_loyalty": ("stock.group_stock_user", "base.group_partner_manager"),
}
"""Who cannot open their own forms beside an addon, and the rights that they need for that."""


@dataclass(frozen=True)
class Explanation:
    """Why a test of ours fails beside an addon of others."""

    test: str
    """Its class and name."""
    says: str
    """Expression for how it fails; if it fails otherwise, that is not explained."""
    addon: str
    why: str
    """What the addon does."""


EXPLAINED = (
    Explanation(
        "TestCoupon.test_used",
        "not allowed to access 'Purchase Order Line'",
        "purchase_stock",
        "who cancels a sales order has to be able to read purchases",
    ),
    Explanation(
        "TestNews.test_import",
        r"helpdesk.customer.news\(\d+,\) is not false",
        "project_timeline",
        "an assigned task is planned",
    ),
    Explanation(
        "TestPlanning.test_copy_is_not_planned",
        r"Datetime\(.+\) is not false",
        "project_timeline",
        "an assigned task is planned",
    ),
    Explanation(
        "TestPlanning.test_nothing_of_it_in_other_projects",
        "The end date must be after the start date",
        "project_timeline",
        "tasks of all projects cannot end before they start",
    ),
    Explanation(
        "TestPlanning.test_wrong_input",
        r"'planned_date_start': False.+ UserError not raised|project.task\(\d+,\) is not false",
        "project_timeline",
        "a task without a planned start gets one",
    ),
    Explanation(
        "TestPortal.test_shared_project",
        'enough rights to access the field "create_uid" on Task',
        "project_timeline",
        "a customer cannot create tasks in a project shared with them",
    ),
    Explanation(
        "TestPortal.test_in_the_customer_s_language",
        "'Wir warten auf Ihr Paket.' not found",
        "website",
        "pages are shown in the website's languages only",
    ),
    Explanation(
        "TestReturnRequest.test_part_of_a_unit",
        "404 != 303",
        "website",
        "pages are shown in the website's languages only",
    ),
)
"""Tests of ours that describe what addons of others do differently."""

PAGES = ("/my", "/my/tickets", "/new/ticket", "/my/invoices", "/my/orders")
"""What a customer opens, beside the tickets."""

FAILED = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(\w+\.\w+)")

Group = tuple[str, ...]


def neighbours() -> list[str]:
    """Give the addons to stand beside ours: all of the helpdesk that are pinned, and OTHERS."""
    return sorted(
        {name for name in peers.pinned() if name.startswith("helpdesk_")} | {*OTHERS}
    )


@dataclass
class NeighbourResult:
    """What came of addons of others beside ours."""

    group: Group
    brought: int = 0
    """How many addons came along."""
    screens: int = 0
    tests: Outcome = field(default_factory=Outcome)
    faults: list[str] = field(default_factory=list)
    without_ours: list[str] = field(default_factory=list)
    """The faults that are there without ours as well."""
    explained: list[str] = field(default_factory=list)
    """Our tests that fail because of what these addons do on purpose."""


def prove(
    server: postgres.Server, wanted: Sequence[Group]
) -> Iterator[NeighbourResult]:
    """Install each group of addons beside all of ours, open all screens, run our tests."""
    folder = peers.obtain(peers.pinned())
    with laboratory_of(server, ROOT, folder) as (laboratory, lanes):
        yield from lanes.map(lambda group: _prove(laboratory, group), wanted)


def _prove(laboratory: Laboratory, group: Group) -> NeighbourResult:
    result = NeighbourResult(group)
    try:
        ours = addons.ours()
        template, _problems = templates.ensure(laboratory.odoo, ours, with_demo=True)
        before = database.installed(laboratory.odoo.server, template)
        name, result.faults, result.screens = _look(laboratory, template, group)
        result.brought = len(database.installed(laboratory.odoo.server, name) - before)
        result.tests, faults = _test(laboratory, name, group)
        is_there = database.installed(laboratory.odoo.server, name)
        reasons = {fault: explain(fault, is_there) for fault in faults}
        result.explained = [*dict.fromkeys(filter(None, reasons.values()))]
        result.faults += [fault for fault, reason in reasons.items() if not reason]
        if result.faults:
            ground, _problems = templates.ensure(
                laboratory.odoo,
                [],
                with_demo=True,
                others=addons.external_dependencies(ours),
            )
            _name, alone, _screens = _look(laboratory, ground, group)
            result.faults, result.without_ours = part(result.faults, alone)
    except (KitError, RpcError) as error:
        result.faults.append(str(error))
    sign = "✗" if result.faults else "✓"
    progress.say(f"{sign} {', '.join(group)}: {result.screens} screens, {result.tests}")
    return result


def explain(fault: str, is_there: Collection[str]) -> str:
    """Say which addon makes one of our tests fail, and how; nothing where none is known to.

    :param fault: what was said of the test
    :param is_there: the addons that are installed
    """
    match = FAILED.match(fault)
    for known in EXPLAINED:
        is_known = match and match[1] == known.test and re.search(known.says, fault)
        if is_known and known.addon in is_there:
            return f"{known.test}: {known.addon}, with which {known.why}"
    return ""


def part(faults: Sequence[str], alone: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part what goes wrong beside ours from what goes wrong without them as well.

    Where an addon is not there at all, nothing stood beside ours: that is no fault of its own.
    """
    # What differs from one database, or one run, to the other.
    differs = re.compile(r"helpdesk_server_\d+_try\d+|0x[0-9a-f]+")
    known = {differs.sub("…", fault) for fault in alone if NOT_INSTALLED not in fault}
    found = dict.fromkeys(differs.sub("…", fault) for fault in faults)
    return (
        [fault for fault in found if fault not in known],
        [fault for fault in found if fault in known],
    )


def _test(laboratory: Laboratory, name: str, group: Group) -> tuple[Outcome, list[str]]:
    """Run our tests: beside one addon all services' contract suites, beside several all there are."""
    if len(group) == 1:
        return laboratory.run(name, tags=contract(services()))
    ours = addons.ours()
    template, _problems = templates.ensure(laboratory.odoo, ours, with_demo=False)
    name = laboratory.copy(template)
    faults = _install(laboratory, name, group)
    tests, failed = laboratory.run(
        name, tags=",".join(f"/{addon.name}" for addon in ours)
    )
    return tests, faults + failed


def _install(laboratory: Laboratory, name: str, group: Group) -> list[str]:
    _outcome, faults = laboratory.install(name, group)
    for addon in group:
        if addon in NEEDED:
            _give_right(laboratory, name, *NEEDED[addon])
    return [f"installing: {fault}" for fault in faults]


def _give_right(laboratory: Laboratory, name: str, users: str, needed: str) -> None:
    """Have those of a group be in another one, both given by their external ids."""
    with (
        database.connected(laboratory.odoo.server, name) as link,
        link.cursor() as rows,
    ):
        rows.execute(
            """
            INSERT INTO res_groups_implied_rel (gid, hid)
            SELECT users.res_id, needed.res_id
              FROM ir_model_data AS users, ir_model_data AS needed
             WHERE users.module = %s AND users.name = %s
               AND needed.module = %s AND needed.name = %s
            """,
            [*users.split("."), *needed.split(".")],
        )


def _look(
    laboratory: Laboratory, template: str, group: Group
) -> tuple[str, list[str], int]:
    """Install addons in a copy of a database and open all screens, and a customer's pages.

    :return: the copy, what went wrong, and how many screens there are
    """
    name = laboratory.copy(template)
    faults = _install(laboratory, name, group)
    with serving.serve(laboratory.odoo, name) as server:
        rpc = server.rpc()
        screens = [*open_screens(rpc)]
        faults += [str(screen) for screen in screens if screen.fault]
        faults += [fault for page in _files(rpc) if (fault := fetch(rpc, page))]
        customer = _customer(server)
        tickets = customer.call("helpdesk.ticket", "search", [])
        if not tickets:
            raise KitError("The customer has no ticket to look at.")
        pages = [*PAGES, *(f"/my/ticket/{ticket}" for ticket in tickets)]
        faults += [
            f"customer: {fault}" for page in pages if (fault := fetch(customer, page))
        ]
        faults += lifecycle.problems(server)
    return name, faults, len(screens)


def _customer(server: OdooServer) -> Rpc:
    """Give a session of the portal's user, who is of the company with the most tickets."""
    rpc = server.rpc()
    [most, *_others] = rpc.call(
        "helpdesk.ticket", "formatted_read_group",
        [["commercial_partner_id", "!=", False]], ["commercial_partner_id"], ["__count"], order="__count DESC",
    )  # fmt: skip
    [user] = rpc.call(
        "res.users", "search_read", [["login", "=", "portal"]], ["partner_id"]
    )
    rpc.call(
        "res.partner",
        "write",
        user["partner_id"][0],
        {"parent_id": most["commercial_partner_id"][0]},
    )
    return server.rpc("portal", "portal")


def _files(visitor: Visitor) -> list[str]:
    """Give the addresses of the web client's scripts and styles."""
    page = visitor.get("/odoo").decode()
    return sorted(
        set(re.findall(r"""["'](/web/assets/[^"']+\.(?:js|css))["']""", page))
    )
