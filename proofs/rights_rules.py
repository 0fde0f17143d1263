"""Who may do what with which records: the rules that the proof of rights holds Odoo to.

``CORE`` is what Odoo and the OCA's helpdesk give by themselves; it is checked in a
database without our addons, too. ``ADDED`` is all that ours may add to it. What is in
neither is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

HELPDESK = {
    "own": "helpdesk_mgmt.group_helpdesk_user_own",
    "team": "helpdesk_mgmt.group_helpdesk_user_team",
    "all": "helpdesk_mgmt.group_helpdesk_user",
    "manager": "helpdesk_mgmt.group_helpdesk_manager",
}
APPS = {
    "Invoicing": "account.group_account_invoice",
    "Inventory": "stock.group_stock_user",
    "Sales": "sales_team.group_sale_salesman_all_leads",
    "Project": "project.group_project_user",
}
KINDS = {
    "own": "a ticket assigned to the user",
    "team": "a colleague's ticket of the user's team",
    "other": "a ticket of another team",
    "foreign": "a ticket of the second company, for another customer",
}
"""Whose ticket, and what came of it. Those of the first company are all for Alpha."""


@dataclass(frozen=True)
class Role:
    """A user, by what they are to Odoo."""

    name: str
    helpdesk: str = ""
    """The group of the helpdesk, as in ``HELPDESK``; empty: none."""
    rights: tuple[str, ...] = ()
    """The apps on which the user has rights, as in ``APPS``."""
    company: int = 1
    customer: str = ""
    """Of whom a portal user is a contact."""
    follows: bool = False
    """Whether the user follows all tickets."""


ALL = tuple(APPS)
ROLES = (
    Role("public"),
    Role("customer", customer="Alpha"),
    Role("other customer", customer="Gamma"),
    Role("following customer", customer="Delta", follows=True),
    Role("internal"),
    Role("internal, follower", follows=True),
    Role("internal, apps", rights=ALL),
    *(
        Role(f"{group}, apps" if rights else group, group, rights)
        for group in HELPDESK
        for rights in ((), ALL)
    ),
    *(Role(f"own, {app}", "own", (app,)) for app in APPS),
    Role("abroad", "manager", ALL, company=2),
)


@dataclass(frozen=True)
class Rule:
    """Who may, and with records of which kind."""

    text: str
    test: Callable[[Role, str], bool] = field(compare=False)

    def __call__(self, role: Role, kind: str) -> bool:
        """Tell whether a role may, with a record of a kind."""
        return self.test(role, kind)

    def __and__(self, other: Rule) -> Rule:
        return Rule(
            f"{self.text} and {other.text}",
            lambda role, kind: self(role, kind) and other(role, kind),
        )

    def __or__(self, other: Rule) -> Rule:
        return Rule(
            f"({self.text} or {other.text})",
            lambda role, kind: self(role, kind) or other(role, kind),
        )


def has(app: str) -> Rule:
    """Give the rule for those with rights on an app."""
    return Rule(app, lambda role, _kind: app in role.rights)


NOBODY = Rule("nobody", lambda _role, _kind: False)
SIGNED_IN = Rule("who is signed in", lambda role, _kind: role.name != "public")
EMPLOYEE = Rule(
    "employees", lambda role, _kind: role.name != "public" and not role.customer
)
AGENT = Rule("helpdesk users", lambda role, _kind: bool(role.helpdesk))
MANAGER = Rule("helpdesk managers", lambda role, _kind: role.helpdesk == "manager")
IN_COMPANY = Rule(
    "in the company",
    lambda role, kind: (
        role.name != "public" and (role.company == 2) == (kind == "foreign")
    ),
)
IN_THE_PORTAL = Rule("customers", lambda role, _kind: bool(role.customer))
CUSTOMER = Rule(
    "its customer", lambda role, kind: role.customer == "Alpha" and kind != "foreign"
)
# Core lets followers write messages, also where they may not read what these are about.
FOLLOWS = Rule("its followers", lambda role, _kind: role.follows)
FOLLOWER = FOLLOWS & IN_COMPANY
INVOICING, INVENTORY, SALES, PROJECT = map(has, APPS)

# Tickets, as the OCA's helpdesk has them.

TICKETS_OF = {
    "own": {"own"},
    "team": {"own", "team"},
    "all": {"own", "team", "other"},
    "manager": {"own", "team", "other"},
}
"""Whose tickets each group of the helpdesk reads and writes in its company."""

WRITES_TICKET = Rule(
    "who may write the ticket",
    lambda role, kind: (
        bool(role.helpdesk)
        and IN_COMPANY(role, kind)
        and (role.company == 2 or kind in TICKETS_OF[role.helpdesk])
    ),
)
READS_TICKET = Rule(
    "who may read the ticket",
    lambda role, kind: (
        WRITES_TICKET(role, kind) or CUSTOMER(role, kind) or FOLLOWER(role, kind)
    ),
)

Rights = dict[str, Rule]
"""Rules by operation: read, write, create, unlink."""


def to(operations: str, rule: Rule) -> Rights:
    """Give a rule for some operations, by their first letters; D deletes."""
    names = {"R": "read", "W": "write", "C": "create", "D": "unlink"}
    return {names[letter]: rule for letter in operations}


STOCK = (INVENTORY | SALES | INVOICING) & IN_COMPANY
CORE: dict[str, Rights] = {
    "ticket": {
        **to("R", READS_TICKET),
        **to("WC", WRITES_TICKET),
        **to("D", WRITES_TICKET & MANAGER),
    },
    "team": {
        # Customers choose one for a new ticket.
        **to(
            "R",
            (EMPLOYEE & IN_COMPANY) | (IN_THE_PORTAL & IN_COMPANY),
        ),
        **to("WCD", MANAGER & IN_COMPANY),
    },
    "order": {
        **to("R", ((SALES | INVOICING | INVENTORY | PROJECT) & IN_COMPANY) | CUSTOMER),
        **to("W", (SALES | INVOICING | INVENTORY) & IN_COMPANY),
        **to("C", SALES & IN_COMPANY),
    },
    "credit note": {
        **to("R", ((INVOICING | SALES) & IN_COMPANY) | CUSTOMER),
        **to("WCD", INVOICING & IN_COMPANY),
    },
    "credit note's line": {
        **to("R", ((INVOICING | SALES) & IN_COMPANY) | CUSTOMER),
        **to("WD", INVOICING & IN_COMPANY),
    },
    "program": to("R", SALES & IN_COMPANY),
    "coupon": to("RW", SALES & IN_COMPANY),
    "return": {**to("RWC", STOCK), **to("D", INVENTORY & IN_COMPANY)},
    "return's move": to("RWC", STOCK),
    "lot": to("RWCD", INVENTORY & IN_COMPANY),
    "repair": to("RWCD", INVENTORY & IN_COMPANY),
    "operation": to("RWCD", INVENTORY & IN_COMPANY),
    "repair tag": to("RWCD", INVENTORY),
    "project": to("R", EMPLOYEE & IN_COMPANY),
    "task": {
        **to("R", EMPLOYEE & IN_COMPANY),
        **to("WCD", PROJECT & IN_COMPANY),
    },
}
"""What Odoo and the OCA's helpdesk give, by what the record is."""

ADDED: dict[str, Rights] = {
    "program": to("R", AGENT & IN_COMPANY),
    "coupon": to("R", WRITES_TICKET),
    "lot": to("R", AGENT & IN_COMPANY),
    "repair": to("RW", WRITES_TICKET),
    "operation": to("RWCD", WRITES_TICKET),
    "repair tag": to("R", AGENT),
    # A customer follows the visit as they follow the ticket.
    "task": to("R", CUSTOMER),
    "signed task": {
        **to("R", (EMPLOYEE & IN_COMPANY) | CUSTOMER),
        **to("WCD", PROJECT & IN_COMPANY),
    },
    # Core would delete its moves, which nobody without a manager's rights may.
    "request": to("RW", STOCK),
    **{
        f"line of {service}": to("R", EMPLOYEE & READS_TICKET)
        for service in ("refund", "coupon", "return", "repair", "fieldservice")
    },
    "return reason": {**to("R", EMPLOYEE), **to("WCD", MANAGER)},
    "customer news": {},
    # Core's, which lets whoever may use them use anybody's.
    "refund pop-up": {**to("RW", INVOICING), **to("C", INVOICING & READS_TICKET)},
    "return pop-up": to("RWC", INVENTORY),
    # Ours are another user's, and no one else's.
    "visit pop-up": to("C", AGENT & READS_TICKET),
    "decline pop-up": to("C", INVENTORY),
    "coupon pop-up": {},
}
"""All that our addons may add."""

PHOTOGRAPH, NOTE = "photograph of ", "note of "
"""How attachments and internal notes are called: who may see what they are of sees them."""

FILES = ("ir.attachment", "mail.message")
"""The models of these, which are looked at in fewer ways."""

DISCUSSED = ("ticket", "credit note", "task")
"""Where core lets readers write messages; elsewhere those who may write the record do."""

ON_TICKET: dict[str, tuple[Rule, Rule]] = {
    "credit note": (INVOICING & IN_COMPANY & READS_TICKET,) * 2,
    "coupon": (NOBODY, SALES & IN_COMPANY & READS_TICKET),
    "return": (STOCK & READS_TICKET,) * 2,
    "repair": (WRITES_TICKET, INVENTORY & IN_COMPANY & READS_TICKET),
    "task": (PROJECT & IN_COMPANY & READS_TICKET,) * 2,
}
"""Who creates a document for a ticket, and who gives one to it by writing it."""

FORMS = {
    "repair": AGENT | INVENTORY,
    "coupon": AGENT | SALES,
    "task": AGENT | PROJECT,
    "line of refund": EMPLOYEE,
}
"""Who of those who may read these opens their forms, with all that is in them."""

COPIES = {"ticket": WRITES_TICKET & (SALES | INVOICING | INVENTORY | PROJECT)}
"""Who copies what, where that is not who may read and create it.

The OCA's helpdesk copies the sales orders of the ticket, which takes rights on them.
"""

CHANGES: dict[str, dict[str, Any]] = {
    "helpdesk.ticket": {"priority": "1"},
    "helpdesk.ticket.team": {"name": "Renamed"},
    "helpdesk.ticket.document": {"name": "Mine"},
    "helpdesk.customer.news": {"told": "mine"},
    "helpdesk.return.reason": {"sequence": 5},
    "helpdesk.return.decline": {"answer": "No."},
    "helpdesk.coupon.generate": {"valid_until": "2099-01-01"},
    "helpdesk.fieldservice.create": {"name": "Mine"},
    "account.move": {"narration": "<p>Seen</p>"},
    "account.move.line": {"name": "Lamp, seen"},
    "account.move.reversal": {"reason": "Mine"},
    "loyalty.card": {"points": 1},
    "loyalty.program": {"name": "Renamed"},
    "sale.order": {"client_order_ref": "Seen"},
    "stock.picking": {"note": "<p>Seen</p>"},
    "stock.move": {"origin": "Seen"},
    "stock.lot": {"note": "<p>Seen</p>"},
    "stock.return.picking": {"product_return_moves": []},
    "repair.order": {"internal_notes": "<p>Seen</p>"},
    "repair.service": {"product_uom_qty": 2},
    "repair.tags": {"color": 3},
    "project.project": {"color": 3},
    "project.task": {"priority": "0"},
    "ir.attachment": {"description": "Seen"},
    "mail.message": {"body": "<p>Changed</p>"},
}
"""What is written to records of each model: something that does no harm."""


def has_rights(name: str) -> bool:
    """Tell whether there are rules for a record; others are there for the methods alone."""
    return name in CORE or name in ADDED or name.startswith((PHOTOGRAPH, NOTE))


def find_rights(name: str, *, with_ours: bool) -> Rights:
    """Give the rules for a record, by operation.

    :param name: what the record is
    """
    if name.startswith(PHOTOGRAPH):
        of = find_rights(name.removeprefix(PHOTOGRAPH), with_ours=with_ours)
        # Customers get files by the portal's pages.
        return {**to("R", of["read"] & EMPLOYEE), **to("WCD", of["write"])}
    if name.startswith(NOTE):
        name = name.removeprefix(NOTE)
        of = find_rights(name, with_ours=with_ours)
        writes = of["read" if name in DISCUSSED else "write"] & EMPLOYEE
        if name == "ticket":
            writes |= FOLLOWS & EMPLOYEE
        return {
            **to("R", of["read"] & EMPLOYEE),
            **to("C", writes),
            **to("WD", of["write"]),
        }
    rights = {
        operation: CORE.get(name, {}).get(operation, NOBODY)
        for operation in ("read", "write", "create", "unlink")
    }
    if with_ours:
        for operation, rule in ADDED.get(name, {}).items():
            rights[operation] = rights[operation] | rule
    return rights


# ------------------------------------------------------------------------------
# Methods
# ------------------------------------------------------------------------------

OPERATIONS = {"create", "write", "unlink", "name_search"}
"""Methods of ours that are called on records of their model anyway."""


@dataclass(frozen=True)
class Call:
    """A call of a method, and who may make it."""

    record: str
    """On which record; empty: on the model."""
    rule: Rule
    arguments: tuple[Any, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    """Values ``<record>`` stand for the id of that record."""
    opened: str = ""
    """How the user gets a pop-up of their own: ``create``, or the ticket's method.

    ``forged``: they create it for the ticket, with what belongs to another customer.
    """
    before: str = ""
    """What the user does in their pop-up first."""
    is_sentence: bool = False
    """Whether a sentence refuses it as well: what is asked for is not possible anyway."""


REFUNDS = INVOICING & WRITES_TICKET
TAKES_BACK = INVENTORY & WRITES_TICKET
READS_REPAIR = (INVENTORY & IN_COMPANY) | WRITES_TICKET
READS_ORDERS = SALES | INVOICING | INVENTORY | PROJECT
READS_TASK = (EMPLOYEE & IN_COMPANY) | CUSTOMER
READS_COUPON = (SALES & IN_COMPANY) | WRITES_TICKET
WRITES_TASK = PROJECT & IN_COMPANY
FOR_TICKET = {"active_model": "helpdesk.ticket", "active_id": "<ticket>"}
ON_FORM = {"fields": {"display_name": {}}}
"""What a form asks of the record that it names."""

METHODS: dict[tuple[str, str], list[Call]] = {
    # What forms compute of the ticket that is chosen in them
    ("helpdesk.ticket", "onchange"): [
        Call("ticket", WRITES_TICKET, ({}, [], {"team_id": ON_FORM}))
    ],
    **{
        (model, "onchange"): [
            Call(
                "",
                rule & READS_TICKET,
                ([], {}, [], {"ticket_id": ON_FORM}),
                {"default_ticket_id": "<ticket>"},
            )
        ]
        for model, rule in (
            ("account.move", INVOICING),
            ("stock.picking", STOCK),
            ("repair.order", AGENT | INVENTORY),
            # Employees have their own to-dos.
            ("project.task", EMPLOYEE),
        )
    },
    ("loyalty.card", "onchange"): [
        Call("coupon", SALES & IN_COMPANY, ({}, [], {"ticket_id": ON_FORM}))
    ],
    # The ticket's buttons
    ("helpdesk.ticket", "action_refund"): [Call("ticket", REFUNDS)],
    ("helpdesk.ticket", "action_coupon"): [Call("ticket", WRITES_TICKET)],
    ("helpdesk.ticket", "action_return"): [Call("ticket", TAKES_BACK)],
    ("helpdesk.ticket", "action_repair"): [Call("ticket", WRITES_TICKET)],
    ("helpdesk.ticket", "action_create_task"): [Call("ticket", WRITES_TICKET)],
    # Customers are led to what core lets them read.
    **{
        ("helpdesk.ticket", f"action_view_{documents}"): [
            Call("ticket", (EMPLOYEE & READS_TICKET) | CUSTOMER)
        ]
        for documents in ("credit_notes", "fieldservice_tasks")
    },
    **{
        ("helpdesk.ticket", f"action_view_{documents}"): [
            Call("ticket", EMPLOYEE & READS_TICKET)
        ]
        for documents in ("coupons", "returns", "repairs")
    },
    ("helpdesk.ticket", "action_view_return_requests"): [
        # Core lets customers look for transfers; they find none.
        Call("ticket", READS_TICKET & (STOCK | IN_THE_PORTAL))
    ],
    ("helpdesk.ticket", "message_post"): [Call("ticket", READS_TICKET | FOLLOWS)],
    # The team's
    ("helpdesk.ticket.team", "action_view_customer_mails"): [
        Call(
            "team",
            CORE["team"]["read"],
            context={"after_sales_service": "fieldservice"},
        )
    ],
    ("helpdesk.ticket.team", "action_request_activation"): [
        Call(
            "team",
            NOBODY,
            context={"after_sales_service": "refund"},
            is_sentence=True,
        )
    ],
    # The lines, and back from the documents
    ("helpdesk.ticket.document", "action_open_document"): [
        Call(name, rights["read"])
        for name, rights in ADDED.items()
        if name.startswith("line of ")
    ],
    ("account.move", "action_view_ticket"): [
        Call("credit note", CORE["credit note"]["read"] & READS_TICKET)
    ],
    ("loyalty.card", "action_view_ticket"): [Call("coupon", WRITES_TICKET)],
    ("stock.picking", "action_view_ticket"): [Call("return", STOCK & READS_TICKET)],
    ("repair.order", "action_view_ticket"): [Call("repair", WRITES_TICKET)],
    ("project.task", "action_view_ticket"): [
        Call("task", EMPLOYEE & READS_TASK & READS_TICKET)
    ],
    # Refund
    ("account.move.reversal", "default_get"): [
        Call("", READS_TICKET, (["ticket_id", "reason"],), FOR_TICKET)
    ],
    ("account.move.reversal", "reverse_moves"): [
        Call("refund pop-up", REFUNDS, opened="create"),
        Call("refund pop-up", REFUNDS),
        Call("refund pop-up", NOBODY, opened="forged", is_sentence=True),
    ],
    # Coupon
    ("loyalty.card", "get_views"): [Call("", SALES | AGENT, ([[False, "form"]],))],
    ("loyalty.program", "get_views"): [Call("", SALES | AGENT, ([[False, "form"]],))],
    ("loyalty.card", "action_coupon_send"): [Call("coupon", READS_COUPON)],
    ("helpdesk.coupon.generate", "action_generate"): [
        Call("coupon pop-up", WRITES_TICKET, opened="action_coupon"),
        Call("coupon pop-up", NOBODY),
    ],
    ("helpdesk.coupon.generate", "action_send"): [
        Call(
            "coupon pop-up",
            WRITES_TICKET,
            opened="action_coupon",
            before="action_generate",
        ),
        Call("coupon pop-up", NOBODY),
    ],
    # Return
    ("stock.return.picking", "default_get"): [
        # It gives back what was sent.
        Call("", SIGNED_IN, (["ticket_id"],), FOR_TICKET)
    ],
    **{
        ("stock.return.picking", method): [
            Call(popup, TAKES_BACK, opened="create"),
            Call(popup, TAKES_BACK),
            Call(popup, NOBODY, opened="forged", is_sentence=True),
        ]
        for method, popup in (
            ("action_create_returns", "return pop-up"),
            ("action_create_returns_all", "return of all pop-up"),
            ("action_create_exchanges", "exchange pop-up"),
        )
    },
    ("stock.picking", "action_send_return_slip"): [
        Call("return", STOCK & READS_TICKET)
    ],
    ("stock.picking", "action_decline_request"): [Call("request to decline", STOCK)],
    ("helpdesk.return.decline", "action_decline"): [
        Call("decline pop-up", INVENTORY & IN_COMPANY, opened="create"),
        Call("decline pop-up", NOBODY),
    ],
    ("stock.picking", "action_confirm_request"): [Call("request", STOCK)],
    ("stock.picking", "action_confirm_request_exchange"): [
        Call("request to exchange", TAKES_BACK)
    ],
    ("stock.picking", "action_confirm"): [
        # Core looks at the rules for replenishment, which billing clerks may not read.
        Call("return", (INVENTORY | SALES) & IN_COMPANY)
    ],
    ("stock.picking", "action_assign"): [Call("return", STOCK)],
    ("stock.picking", "action_cancel"): [Call("request to cancel", STOCK)],
    # Repair
    ("repair.order", "default_get"): [
        Call(
            "",
            WRITES_TICKET,
            (["ticket_id"],),
            {"default_repair_ticket_id": "<ticket>"},
        )
    ],
    **{
        (model, "get_views"): [Call("", INVENTORY | AGENT, ([[False, "form"]],))]
        for model in ("repair.order", "repair.service", "repair.tags")
    },
    ("repair.order", "action_create_sale_order"): [
        Call("repair", INVENTORY & SALES & IN_COMPANY)
    ],
    ("repair.order", "action_create_invoice"): [
        Call("quoted repair", READS_REPAIR & READS_ORDERS)
    ],
    ("repair.order", "action_send_back"): [
        Call("mended repair", INVENTORY & IN_COMPANY)
    ],
    ("repair.order", "action_view_send_back"): [Call("repair", READS_REPAIR)],
    ("repair.order", "action_repair_cancel"): [Call("repair", INVENTORY & IN_COMPANY)],
    ("repair.order", "action_repair_cancel_draft"): [
        Call("repair", INVENTORY & IN_COMPANY, is_sentence=True)
    ],
    # Field service
    ("helpdesk.fieldservice.create", "default_get"): [
        # It gives back what was sent.
        Call("", SIGNED_IN, (["ticket_id"],), FOR_TICKET)
    ],
    **{
        ("helpdesk.fieldservice.create", method): [
            Call("visit pop-up", WRITES_TICKET, opened="create"),
            Call("visit pop-up", NOBODY),
            Call("visit pop-up", NOBODY, opened="forged", is_sentence=True),
        ]
        for method in ("action_create", "action_create_and_view")
    },
    ("project.task", "get_views"): [Call("", SIGNED_IN, ([[False, "form"]],))],
    ("project.task", "action_start_visit"): [Call("task", WRITES_TASK)],
    ("project.task", "action_finish_visit"): [Call("task", READS_TASK)],
    ("project.task", "action_send_visit_report"): [
        Call("signed task", EMPLOYEE & READS_TASK)
    ],
    ("project.task", "action_done_visit"): [Call("task", WRITES_TASK)],
    ("project.task", "action_reopen_visit_report"): [Call("signed task", WRITES_TASK)],
}
"""Who may call each public method of ours, by model and method."""

# ------------------------------------------------------------------------------
# Pages
# ------------------------------------------------------------------------------

VISITORS = (
    "public",
    "customer",
    "other customer",
    "following customer",
    "internal",
    "own",
    "abroad",
)
STRANGERS = ("public", "other customer")
ANYBODY = Rule("anybody", lambda _role, _kind: True)


@dataclass(frozen=True)
class Visit:
    """A request for a page, and who gets it."""

    path: str
    """``<name>`` is a record's id, ``<name.token>`` its token, ``another`` one's too."""
    rule: Rule
    shows: str = "%PDF"
    """What begins or is on the page for who gets it."""
    roles: tuple[str, ...] = VISITORS
    is_json: bool = False


PDF = "/my/ticket/<ticket>/after-sales/<line of refund>/pdf"
REPORT = "/my/tasks/<signed task>/visit_report"
SIGN = "/my/tasks/<signed task>/visit_sign"

ROUTES: dict[str, list[Visit]] = {
    # The ticket's token does not say whose it is.
    "/my/ticket/<int:ticket_id>/after-sales/<int:line_id>/pdf": [
        Visit(PDF, CUSTOMER),
        Visit(f"{PDF}?access_token=<ticket.token>", NOBODY, roles=STRANGERS),
        Visit(f"{PDF}?access_token=<another ticket.token>", NOBODY, roles=STRANGERS),
        Visit("/my/ticket/<ticket>/after-sales/<another line of refund>/pdf", NOBODY),
    ],
    "/my/tasks/<int:task_id>/visit_report": [
        Visit(REPORT, READS_TASK),
        Visit(f"{REPORT}?access_token=<signed task.token>", ANYBODY, roles=STRANGERS),
        Visit(
            f"{REPORT}?access_token=<another signed task.token>",
            NOBODY,
            roles=STRANGERS,
        ),
    ],
    # It is signed already: who may sign is told so.
    "/my/tasks/<int:task_id>/visit_sign": [
        Visit(SIGN, READS_TASK, "is not there to be signed", is_json=True),
        Visit(
            f"{SIGN}?access_token=<signed task.token>",
            ANYBODY,
            "is not there to be signed",
            STRANGERS,
            is_json=True,
        ),
        Visit(
            f"{SIGN}?access_token=<another signed task.token>",
            NOBODY,
            "is not there to be signed",
            STRANGERS,
            is_json=True,
        ),
    ],
    "/my/ticket/<int:ticket_id>/return": [
        Visit("/my/ticket/<ticket>/return", CUSTOMER, 'name="quantity-'),
    ],
    # The helpdesk's page, on which we show the documents.
    "/my/ticket/<int:ticket_id>": [
        Visit(
            "/my/ticket/<ticket>",
            READS_TICKET,
            "Lamp is broken",
            ("public", "customer", "other customer", "following customer"),
        ),
        Visit("/my/ticket/<ticket>", CUSTOMER, "<coupon.code>"),
        Visit(
            "/my/ticket/<ticket>?access_token=<ticket.token>",
            NOBODY,
            "<coupon.code>",
            STRANGERS,
        ),
        Visit(
            "/my/ticket/<ticket>?access_token=<another ticket.token>",
            NOBODY,
            "<coupon.code>",
            STRANGERS,
        ),
    ],
    # Core's, by which files are got; customers get them by the portal's pages.
    "/web/content/<int:id>": [
        Visit("/web/content/<photograph of ticket>", EMPLOYEE & READS_TICKET, "PNG"),
        Visit("/web/content/<photograph of return>", STOCK, "PNG"),
        Visit("/web/content/<photograph of repair>", READS_REPAIR, "PNG"),
    ],
    "/web/content/<string:model>/<int:id>/<string:field>": [
        Visit(
            "/web/content/project.task/<signed task>/visit_signature",
            EMPLOYEE & READS_TASK,
            "PNG",
        ),
    ],
}
"""Who gets which page, by its route."""

OTHERS_ROUTES = 3
"""How many of these, the last ones, are not of our controllers."""

# ------------------------------------------------------------------------------
# Beside a database without our addons
# ------------------------------------------------------------------------------

NEW_RIGHTS: dict[str, list[str]] = {
    "helpdesk_return.access_stock_lot_helpdesk": [
        "stock.lot",
        "helpdesk_mgmt.group_helpdesk_user_own",
        "R",
    ],
}
"""The access rights that our addons give on models of others: model, group, operations."""

NEW_GROUPS = {"base.group_multi_currency", "product.group_product_pricelist"}
"""Settings that our demo data switch on for everybody: they show a second currency."""

NEW_REACH = ("loyalty.program", "stock.lot", "repair.tags")
"""Models of others whose records helpdesk users read that have nothing to do with tickets.

Where such a record has messages, they read them as well.
"""
