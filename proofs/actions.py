"""What users do, as code that runs inside an Odoo process, to be measured.

Each way to do something is told as its user goes it in the web client, request by request:
opening a form, looking a record up in a field, choosing it where that changes other fields,
saving, pressing a button. A ``yield`` ends a request and names it; the next one begins with
empty caches. Ours begins on the open ticket. Core's begins where the record is that it needs;
an invoice or delivery is found from the open sales order first.
"""

import gzip
from collections.abc import Callable, Generator, Iterator
from functools import cache, partial

from lxml import etree

from odoo import Command, api
from odoo.tests import Form

from proofs.measuring import FINDING
from tools import addons

OURS = {addon.name for addon in addons.ours()}
QUANTITY = 3
GROUPS = (
    "helpdesk_mgmt.group_helpdesk_manager",
    "account.group_account_invoice",
    "sales_team.group_sale_manager",
    "stock.group_stock_user",
    "project.group_project_manager",
    "rma.rma_group_user_all",
    "fieldservice.group_fsm_dispatcher",
)
"""Those of the agent, as far as a database has them: every way is open to the same user."""
SERVICES = ("refund", "coupon", "return", "repair", "fieldservice")
PASSWORD = "speed-password"
BUNDLES = ("web.assets_web", "web.assets_frontend")


class Shop:
    """A team with its agent, what is sold, and two customers: all that the ways need.

    It is made by the ORM and stored, on any database with the apps, with or without ours.
    """

    def __init__(self, env: api.Environment) -> None:
        self.root = env
        self.form_specs: dict[str, dict] = {}
        groups = (env.ref(name, raise_if_not_found=False) for name in GROUPS)
        self.agent = env["res.users"].create(
            {
                "name": "Agent",
                "login": f"agent-{env.cr.now()}",
                "password": PASSWORD,
                "group_ids": [Command.link(group.id) for group in groups if group],
            }
        )
        self.env = env(
            user=self.agent,
            context={
                "lang": "en_US",
                "tz": "UTC",
                "allowed_company_ids": env.company.ids,
            },
        )
        self.team = env["helpdesk.ticket.team"].create(
            {
                "name": "Care",
                "user_ids": [Command.link(self.agent.id)],
                **{f"use_{service}": True for service in self.services},
            }
        )
        self.product = env["product.product"].create(
            {
                "name": "Lamp",
                "type": "consu",
                "is_storable": True,
                "list_price": 100.0,
            }
        )
        warehouse = env["stock.warehouse"].search(
            [("company_id", "=", env.company.id)], limit=1
        )
        env["stock.quant"]._update_available_quantity(
            self.product, warehouse.lot_stock_id, 10000
        )
        self.program = (
            env["loyalty.program"]
            .with_context(default_program_type="coupons")
            .create({"name": "Sorry for the trouble"})
        )
        self.project = env["project.project"].create({"name": "Visits"})
        self.fresh = Case(self, "Ada's Workshop")
        self.settled = Case(self, "Lakeside Hotel")
        self.tickets = self.env["helpdesk.ticket"].create(
            [self.fresh.prepare_ticket() for _number in range(78)]
        )
        self.visitor = env["res.users"].create(
            {
                "name": "Nora Field",
                "login": f"visitor-{env.cr.now()}",
                "password": PASSWORD,
                "group_ids": [Command.set(env.ref("base.group_portal").ids)],
            }
        )
        self.visitor.partner_id.parent_id = self.settled.customer
        self.settled.ticket.message_subscribe(self.visitor.partner_id.ids)
        if self.services:
            for way in (
                refund_in_full,
                generate_coupon,
                return_goods,
                repair,
                plan_visit,
            ):
                for _request in way(self.settled):
                    env.cr.flush()
        else:
            # What ours notes on the ticket by itself, an agent writes down.
            for service in SERVICES:
                self.settled.ticket.message_post(body=f"Done: {service}")
        env.cr.commit()

    @property
    def services(self) -> list[str]:
        """Our services, where they are installed."""
        fields = self.root["helpdesk.ticket.team"]._fields
        return [service for service in SERVICES if f"use_{service}" in fields]

    def get_form_spec(self, record: api.Self) -> dict:
        """Tell what the web client reads to open a record."""
        if record._name not in self.form_specs:
            self.form_specs[record._name] = Form(record)._view["fields_spec"]
        return self.form_specs[record._name]

    @cache  # noqa: B019 a process has one shop
    def get_spec(self, view_type: str, with_ours: bool = True) -> dict:
        """Tell what the web client reads to show tickets in a list or kanban, with the fields of ours or not."""
        tickets = self.env["helpdesk.ticket"]
        arch = etree.fromstring(tickets.get_view(view_type=view_type)["arch"])
        relation = {"fields": {"display_name": {}}}
        return {
            name: relation if tickets._fields[name].relational else {}
            for node in arch.iter("field")
            if (name := node.get("name")) in tickets._fields
            and (with_ours or not OURS.issuperset(tickets._fields[name]._modules))
        }


class Case:
    """A customer to whom goods were sold, delivered and invoiced, and their ticket."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop = shop
        self.env = shop.env
        root = shop.root
        self.customer = root["res.partner"].create(
            {"name": name, "is_company": True, "email": "customer@example.com"}
        )
        if "fsm.location" in root:
            self.customer.service_location_id = root["fsm.location"].create(
                {"partner_id": self.customer.id, "owner_id": self.customer.id}
            )
        order = self.create_order()
        order.action_confirm()
        self.delivery = self.deliver(order)
        self.invoice = order._create_invoices()
        self.invoice.action_post()
        self.ticket = self.env["helpdesk.ticket"].create(
            {**self.prepare_ticket(), "sale_order_ids": [Command.link(order.id)]}
        )
        # What the agent does comes from their own environment.
        self.customer, self.order, self.delivery, self.invoice = (
            records.with_env(self.env)
            for records in (self.customer, order, self.delivery, self.invoice)
        )
        self.draft_order = self.create_order().with_env(self.env)
        self.draft_invoice = self.create_invoice().with_env(self.env)

    def prepare_ticket(self) -> dict:
        """Prepare the values of a ticket of the customer."""
        return {
            "name": "Lamp flickers",
            "description": "<p>One of three.</p>",
            "partner_id": self.customer.id,
            "product_id": self.shop.product.id,
            "team_id": self.shop.team.id,
            "user_id": self.shop.agent.id,
        }

    def create_order(self) -> api.Self:
        """Make a quotation for the customer."""
        line = {"product_id": self.shop.product.id, "product_uom_qty": QUANTITY}
        return self.shop.root["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [Command.create(line)]}
        )

    def create_invoice(self) -> api.Self:
        """Make a draft invoice for the customer."""
        line = {"product_id": self.shop.product.id, "quantity": QUANTITY}
        return self.shop.root["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [Command.create(line)],
            }
        )

    def deliver(self, order: api.Self) -> api.Self:
        """Validate an order's delivery."""
        delivery = order.picking_ids
        delivery.move_ids.write({"quantity": QUANTITY, "picked": True})
        delivery.with_context(skip_sms=True).button_validate()
        return delivery


Requests = Iterator[str]
Way = Callable[[Case], Requests]


# ------------------------------------------------------------------------------
# What the web client asks for
# ------------------------------------------------------------------------------


def _show(case: Case, record: api.Self) -> None:
    record.web_read(case.shop.get_form_spec(record))


def _open(case: Case, action: dict) -> Form:
    records = case.env[action["res_model"]].with_context(**action["context"])
    return Form(records.browse(action.get("res_id")))


def _choose(form: Form, name: str, record: api.Self) -> Requests:
    """Look a record up in a form's field and choose it."""
    record.browse().web_name_search(
        record.display_name, specification={"display_name": {}}, limit=8
    )
    yield f"look up {name}"
    if form._view["fields"][name]["type"] == "many2many":
        form[name].add(record)
    else:
        form[name] = record
    yield f"choose {name}"


# ------------------------------------------------------------------------------
# Looking at tickets
# ------------------------------------------------------------------------------


def open_ticket(case: Case) -> Requests:
    """Open a ticket that, with ours, has a document of each service."""
    _show(case, case.shop.settled.ticket)
    yield "read"


def list_tickets(
    case: Case, *, of_all: bool = False, with_ours: bool = True
) -> Requests:
    """Show the first 80 tickets of a team, or of all, in a list.

    :param with_ours: with the fields of ours, where they are installed
    """
    case.env["helpdesk.ticket"].web_search_read(
        [] if of_all else [("team_id", "=", case.shop.team.id)],
        case.shop.get_spec("list", with_ours),
        limit=80,
        count_limit=10001,
    )
    yield "read"


def show_kanban(
    case: Case, *, of_all: bool = False, with_ours: bool = True
) -> Requests:
    """Show the same tickets by stage."""
    case.env["helpdesk.ticket"].web_read_group(
        [] if of_all else [("team_id", "=", case.shop.team.id)],
        ["stage_id"],
        auto_unfold=True,
        unfold_read_specification=case.shop.get_spec("kanban", with_ours),
        unfold_read_default_limit=80,
    )
    yield "read"


# ------------------------------------------------------------------------------
# Refund
# ------------------------------------------------------------------------------


def refund_by_core(case: Case) -> Requests:
    """Refund the order's invoice; the credit note is a draft."""
    yield from _reverse(case)


def refund_in_full_by_core(case: Case) -> Requests:
    """Refund the order's invoice, and post the credit note."""
    wizard = yield from _reverse(case)
    wizard.new_move_ids.action_post()
    yield "post"


def _reverse(case: Case) -> Generator[str, None, api.Self]:
    case.order.action_view_invoice()
    yield f"{FINDING} press Invoices"
    _show(case, case.invoice)
    yield f"{FINDING} open invoice"
    case.invoice.action_reverse()
    yield "press Credit Note"
    wizards = case.env["account.move.reversal"].with_context(
        active_model="account.move",
        active_id=case.invoice.id,
        active_ids=case.invoice.ids,
    )
    form = Form(wizards)
    yield "open wizard"
    wizard = form.save()
    yield "save wizard"
    wizard.refund_moves()
    yield "press Reverse"
    return wizard


def refund(case: Case) -> Requests:
    """Refund from the ticket; the credit note is a draft."""
    yield from _refund(case, "partial")


def refund_in_full(case: Case) -> Requests:
    """Refund from the ticket; the credit note is posted."""
    yield from _refund(case, "full")


def _refund(case: Case, method: str) -> Requests:
    action = case.ticket.action_refund()
    yield "press Refund"
    form = _open(case, action)
    yield "open wizard"
    if form.credit_method != method:
        form.credit_method = method
        yield "choose credit_method"
    wizard = form.save()
    yield "save wizard"
    wizard.refund_moves()
    yield "press Reverse"


# ------------------------------------------------------------------------------
# Return
# ------------------------------------------------------------------------------


def return_by_core(case: Case) -> Requests:
    """Take the order's delivery back."""
    form = yield from _open_return(case)
    wizard = form.save()
    yield "save wizard"
    wizard.action_create_returns()
    yield "press Return"


def return_by_rma(case: Case) -> Requests:
    """Take the order's delivery back with an RMA of the OCA, which makes the receipt."""
    form = yield from _open_return(case)
    form.create_rma = True
    yield "choose create_rma"
    operation = case.env.ref("rma.rma_operation_return")
    yield from _choose(form, "rma_operation_id", operation)
    wizard = form.save()
    yield "save wizard"
    wizard.action_create_returns()
    yield "press Return"


def _open_return(case: Case) -> Generator[str, None, Form]:
    case.order.action_view_delivery()
    yield f"{FINDING} press Delivery"
    _show(case, case.delivery)
    yield f"{FINDING} open delivery"
    case.env["ir.actions.actions"]._for_xml_id("stock.act_stock_return_picking")
    yield "press Return"
    wizards = case.env["stock.return.picking"].with_context(
        active_model="stock.picking",
        active_id=case.delivery.id,
        active_ids=case.delivery.ids,
    )
    form = Form(wizards)
    yield "open wizard"
    with form.product_return_moves.edit(0) as line:
        line.quantity = QUANTITY
    yield "enter quantity"
    return form


def return_goods(case: Case) -> Requests:
    """Take the delivery back from the ticket."""
    action = case.ticket.action_return()
    yield "press Return"
    form = _open(case, action)
    yield "open wizard"
    wizard = form.save()
    yield "save wizard"
    wizard.action_create_returns()
    yield "press Return"


# ------------------------------------------------------------------------------
# Coupon, repair, task
# ------------------------------------------------------------------------------


def generate_coupon_by_core(case: Case) -> Requests:
    """Generate a coupon from its program, which mails nothing, as ours does not."""
    wizards = case.env["loyalty.generate.wizard"].with_context(
        default_program_id=case.shop.program.id,
        default_mode="selected",
        loyalty_no_mail=True,
    )
    form = Form(wizards)
    yield "open wizard"
    yield from _choose(form, "customer_ids", case.customer)
    form.description = "Gift"
    wizard = form.save()
    yield "save wizard"
    wizard.generate_coupons()
    yield "press Generate"


def generate_coupon(case: Case) -> Requests:
    """Generate a coupon from the ticket."""
    action = case.ticket.action_coupon()
    yield "press Coupon"
    form = _open(case, action)
    yield "open pop-up"
    yield from _choose(form, "program_id", case.shop.program.with_env(case.env))
    popup = form.save()
    yield "save pop-up"
    popup.action_generate()
    yield "press Generate"


def repair_by_core(case: Case) -> Requests:
    """Make a repair order."""
    form = Form(case.env["repair.order"])
    yield "open form"
    yield from _choose(form, "partner_id", case.customer)
    yield from _choose(form, "product_id", case.shop.product.with_env(case.env))
    form.save()
    yield "save"


def repair(case: Case) -> Requests:
    """Make a repair order from the ticket."""
    action = case.ticket.action_repair()
    yield "press Repair"
    form = _open(case, action)
    yield "open form"
    form.save()
    yield "save"


def plan_by_core(case: Case) -> Requests:
    """Make a task of a customer's project, whose customer follows it."""
    form = Form(
        case.env["project.task"].with_context(
            default_project_id=case.shop.project.id,
            default_partner_id=case.customer.id,
        )
    )
    yield "open form"
    form.name = "Lamp flickers"
    form.save().message_subscribe(case.customer.ids)
    yield "save"


def plan_by_fieldservice(case: Case) -> Requests:
    """Make an order of the OCA's field service from the ticket, whose place is known."""
    action = case.ticket.action_create_order()
    yield "press Create FSM Order"
    form = _open(case, action)
    yield "open form"
    form.save()
    yield "save"


def plan_visit(case: Case) -> Requests:
    """Make a task from the ticket."""
    action = case.ticket.action_create_task()
    yield "press Create Task"
    form = _open(case, action)
    yield "open pop-up"
    popup = form.save()
    yield "save pop-up"
    popup.action_create()
    yield "press Create Task"


# ------------------------------------------------------------------------------
# Where there is no ticket
# ------------------------------------------------------------------------------


def post_invoice(case: Case) -> Requests:
    """Post an invoice."""
    case.draft_invoice.action_post()
    yield "press Confirm"


def sell(case: Case) -> Requests:
    """Confirm an order, deliver it and invoice it."""
    order = case.draft_order
    order.action_confirm()
    yield "press Confirm"
    case.deliver(order)
    yield "press Validate"
    invoices = case.env["sale.advance.payment.inv"].with_context(active_ids=order.ids)
    wizard = invoices.create({"advance_payment_method": "delivered"})
    yield "save wizard"
    wizard.create_invoices()
    yield "press Create Draft"
    order.invoice_ids.action_post()
    yield "press Confirm"


# ------------------------------------------------------------------------------
# Analyses
# ------------------------------------------------------------------------------


def analyse_invoices(case: Case) -> Requests:
    """Show core's invoice analysis by month and type."""
    invoices = case.env["account.invoice.report"]
    _pivot(invoices, "move_type", "invoice_date:month", "price_subtotal:sum")
    yield "read"


def analyse_after_sales(case: Case) -> Requests:
    """Show the After-Sales Analysis by month and service."""
    documents = case.env["helpdesk.ticket.document"]
    _pivot(documents, "service", "date:month", "company_amount:sum")
    yield "read"


def _pivot(records: api.Self, row: str, column: str, measure: str) -> None:
    sets = [[], [row], [column], [row, column]]
    records.formatted_read_grouping_sets([], sets, ["__count", measure])


ACTIONS: dict[str, dict[str, Way]] = {
    "open_ticket": {"core": open_ticket, "ours": open_ticket},
    "list": {"core": list_tickets, "ours": list_tickets},
    "kanban": {"core": show_kanban, "ours": show_kanban},
    "list_all": {
        "core": partial(list_tickets, of_all=True, with_ours=False),
        "ours": partial(list_tickets, of_all=True),
    },
    "kanban_all": {
        "core": partial(show_kanban, of_all=True, with_ours=False),
        "ours": partial(show_kanban, of_all=True),
    },
    "refund_draft": {"core": refund_by_core, "ours": refund},
    "refund_posted": {"core": refund_in_full_by_core, "ours": refund_in_full},
    "return": {"core": return_by_core, "peer": return_by_rma, "ours": return_goods},
    "coupon": {"core": generate_coupon_by_core, "ours": generate_coupon},
    "repair": {"core": repair_by_core, "ours": repair},
    "task": {"core": plan_by_core, "peer": plan_by_fieldservice, "ours": plan_visit},
    "invoice": {"core": post_invoice, "ours": post_invoice},
    "order": {"core": sell, "ours": sell},
    "analysis": {"core": analyse_invoices, "ours": analyse_after_sales},
}
"""What is measured, and how it is done with core alone, an addon of the OCA, and ours."""


def measure_bundles(env: api.Environment) -> dict[str, dict[str, int]]:
    """Give the bytes of what the browser loads, as they are and compressed."""
    sizes = {}
    for name in BUNDLES:
        bundle = env["ir.qweb"]._get_asset_bundle(name)
        parts = [attachment.raw for attachment in (bundle.js(), bundle.css())]
        sizes[name] = {
            "bytes": sum(map(len, parts)),
            "compressed": sum(len(gzip.compress(part)) for part in parts),
        }
    return sizes
