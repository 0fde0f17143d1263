"""One ticket through all five services: in the browser step by step, and by users of different rights."""

import json
import re

import pytest
from conftest import RpcError
from services import SERVICES

TICKET, DOCUMENT, TEAM = (
    "helpdesk.ticket",
    "helpdesk.ticket.document",
    "helpdesk.ticket.team",
)
COUNTERS = [service.field.replace("_ids", "_count") for service in SERVICES]
SMART_BUTTONS = {
    "refund": "action_view_credit_notes",
    "coupon": "action_view_coupons",
    "return": "action_view_returns",
    "repair": "action_view_repairs",
    "fieldservice": "action_view_fieldservice_tasks",
}
BUTTONS = {
    "refund": "action_refund",
    "coupon": "action_coupon",
    "return": "action_return",
    "repair": "action_repair",
    "fieldservice": "action_create_task",
}
EVERY_APP = [
    "account.group_account_invoice",
    "project.group_project_user",
    "sales_team.group_sale_salesman_all_leads",
    "stock.group_stock_user",
]
USERS = {
    "everything": EVERY_APP,
    "nothing": [],
    "stock": ["stock.group_stock_user"],
}
"""What apps the agents of the tests have rights on, beside the helpdesk."""
STARTS = {
    "everything": set(BUTTONS),
    "nothing": {"coupon", "repair", "fieldservice"},
    "stock": {"coupon", "return", "repair", "fieldservice"},
}
"""Which services they start from a ticket."""
OPENS = {
    "everything": set(BUTTONS),
    "nothing": {"coupon", "repair", "fieldservice"},
    "stock": {"coupon", "return", "repair", "fieldservice"},
}
"""Which services' own records they open; the others' on the page After-Sales."""


class Shop:
    """A team with all services, its agents, and a customer to whom lamps were sold."""

    def __init__(self, server):
        self.server = server
        self.rpc = server.rpc()
        toggles = {service.toggle: True for service in SERVICES}
        self.team = self.create(TEAM, {"name": "Lamp Care", **toggles})
        self.plain_team = self.create(TEAM, {"name": "No Services"})
        self.customer = self.create(
            "res.partner", {"name": "Grand Hotel", "email": "desk@grand.example.com"}
        )
        self.lamp = self.create(
            "product.product",
            {
                "name": "Wall Lamp",
                "list_price": 200.0,
                "taxes_id": [],
                "is_storable": True,
                "tracking": "serial",
            },
        )
        self.cable = self.create(
            "product.product", {"name": "Cable", "list_price": 10.0, "type": "consu"}
        )
        self.work = self.create(
            "product.product", {"name": "Wiring", "list_price": 50.0, "type": "service"}
        )
        self.program = self.ref("loyalty.10_percent_coupon")
        for role, groups in USERS.items():
            self.create_user(role, groups)

    def create(self, model, vals, **context):
        return self.rpc.call(model, "create", [vals], context=context)[0]

    def read(self, model, record, *names):
        return self.rpc.call(model, "read", [record], names, load=None)[0]

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        [found] = self.rpc.call("ir.model.data", "search_read", domain, ["res_id"])
        return found["res_id"]

    def create_user(self, role, groups):
        groups = ["helpdesk_mgmt.group_helpdesk_user", *groups]
        self.create(
            "res.users",
            {
                "name": f"Agent with {role}",
                "login": f"walk_{role}",
                "password": f"walk-{role}-password",
                "email": f"walk_{role}@example.com",
                "group_ids": [[6, 0, [self.ref(group) for group in groups]]],
            },
            no_reset_password=True,
        )

    def session(self, role):
        return self.server.rpc(f"walk_{role}", f"walk-{role}-password")

    def log_in(self, page, role):
        self.server.log_in(page, f"walk_{role}", f"walk-{role}-password")

    def sell(self):
        """Sell, deliver and invoice a lamp; its customer complains of it.

        :return: the ticket's id
        """
        lot = self.create("stock.lot", {"product_id": self.lamp})
        quant = self.create(
            "stock.quant",
            {
                "product_id": self.lamp,
                "location_id": self.ref("stock.stock_location_stock"),
                "lot_id": lot,
                "inventory_quantity": 1,
            },
            inventory_mode=True,
        )
        self.rpc.call("stock.quant", "action_apply_inventory", [quant])
        line = [0, 0, {"product_id": self.lamp, "product_uom_qty": 1}]
        order = self.create(
            "sale.order", {"partner_id": self.customer, "order_line": [line]}
        )
        self.rpc.call("sale.order", "action_confirm", [order])
        [delivery] = self.read("sale.order", order, "picking_ids")["picking_ids"]
        self.receive(delivery)
        wizard = self.create(
            "sale.advance.payment.inv", {"sale_order_ids": [[6, 0, [order]]]}
        )
        self.rpc.call("sale.advance.payment.inv", "create_invoices", [wizard])
        [invoice] = self.read("sale.order", order, "invoice_ids")["invoice_ids"]
        self.rpc.call("account.move", "action_post", [invoice])
        return self.create(
            TICKET,
            {
                "name": "The wall lamp arrived broken",
                "description": "<p>The glass is in pieces.</p>",
                "partner_id": self.customer,
                "team_id": self.team,
                "product_id": self.lamp,
                "lot_id": lot,
                "sale_order_ids": [[6, 0, [order]]],
            },
        )

    def receive(self, transfer):
        moves = self.read("stock.picking", transfer, "move_ids")["move_ids"]
        self.rpc.call("stock.move", "write", moves, {"picked": True})
        context = {"skip_sms": True}
        self.rpc.call("stock.picking", "button_validate", [transfer], context=context)

    def run(self, model, ticket, vals, method):
        """Open a service's wizard on a ticket, and carry it out."""
        context = {"active_model": TICKET, "active_id": ticket}
        wizard = self.create(model, vals, **context)
        return self.rpc.call(model, method, [wizard], context=context)

    def serve(self):
        """Give a ticket one document of each service.

        :return: the ticket's id
        """
        ticket = self.sell()
        self.run("stock.return.picking", ticket, {}, "action_create_returns")
        self.create("repair.order", {"ticket_id": ticket})
        self.run("helpdesk.fieldservice.create", ticket, {}, "action_create")
        popup = self.rpc.call(TICKET, "action_coupon", [ticket])["res_id"]
        coupons = "helpdesk.coupon.generate"
        self.rpc.call(coupons, "write", [popup], {"program_id": self.program})
        self.rpc.call(coupons, "action_generate", [popup])
        self.run("account.move.reversal", ticket, {}, "refund_moves")
        [credit_note] = self.documents(ticket)["account.move"]
        self.rpc.call("account.move", "action_post", [credit_note])
        return ticket

    def documents(self, ticket):
        """Find a ticket's documents, by their model."""
        return {
            service.model: self.rpc.call(
                service.model, "search", [["ticket_id", "=", ticket]]
            )
            for service in SERVICES
        }

    def lines(self, ticket, rpc=None):
        """Find a ticket's lines on the page After-Sales, newest first."""
        return (rpc or self.rpc).call(
            DOCUMENT, "search_read", [["ticket_id", "=", ticket]]
        )

    def counts(self, ticket):
        return [self.read(TICKET, ticket, name)[name] for name in COUNTERS]


@pytest.fixture(scope="module")
def shop(server):
    return Shop(server)


@pytest.fixture
def ticket(shop):
    """A ticket with one document of each service."""
    return shop.serve()


@pytest.fixture(scope="module")
def story(shop):
    """The demo data's ticket that went through all services."""
    return shop.ref("helpdesk_after_sales.ticket_lamp_broken_demo")


def chatter(shop, model, record):
    """What a thread says, in its order, without marks."""
    domain = [["model", "=", model], ["res_id", "=", record]]
    messages = shop.rpc.call(
        "mail.message", "search_read", domain, ["body", "date"], order="id"
    )
    dates = [message["date"] for message in messages]
    assert dates == sorted(dates)
    return [re.sub(r"<[^>]+>", "", message["body"]) for message in messages]


def assert_in_order(texts, *patterns):
    """Each pattern is found in a text after that of the one before."""
    rest = iter(texts)
    for pattern in patterns:
        assert any(re.search(pattern, text) for text in rest), (pattern, texts)


TOLD = (
    r"Return .*/IN/.* created",
    r"Return .*/IN/.* validated",
    r"Repair .*/RO/.* created",
    r"Repair .*/RO/.* done",
    r"/OUT/.* created",
    r"/RO/.* sent back to the customer",
    r"Task .* created",
    r"Task .* done",
    r"Coupon .* created",
    r"Credit Note .* created",
    r"Credit Note .* posted",
)
"""What the ticket's chatter says of the way through all services."""


# ------------------------------------------------------------------------------
# The demo data's ticket
# ------------------------------------------------------------------------------


def test_demo_story(shop, story):
    """The demo data tell it once, in order, by the agent, over several days."""
    assert shop.counts(story) == [1] * len(SERVICES)
    assert_in_order(chatter(shop, TICKET, story), *TOLD)
    lines = shop.lines(story)
    services = ["refund", "coupon", "fieldservice", "return", "repair", "return"]
    assert [line["service"] for line in lines] == services
    assert {line["state"] for line in lines if line["service"] != "coupon"} == {"done"}
    days = [line["create_date"][:10] for line in lines]
    assert len(set(days)) == len(days)
    agent = shop.read("res.users", shop.ref("base.user_admin"), "partner_id")
    domain = [["model", "=", TICKET], ["res_id", "=", story]]
    domain.append(["author_id", "!=", agent["partner_id"]])
    domain.append(["body", "like", "data-oe-model"])
    assert not shop.rpc.call("mail.message", "search", domain)


# ------------------------------------------------------------------------------
# Users of different rights
# ------------------------------------------------------------------------------


def open_ticket(page, shop, ticket):
    page.goto(f"{shop.server.url}/odoo/helpdesk-tickets/{ticket}")
    page.locator(".o_form_view button[name=action_coupon]").wait_for()


def assert_no_error(page):
    assert not page.locator(".o_error_dialog, .o_notification .bg-danger").count()


@pytest.mark.parametrize("role", USERS)
def test_users(shop, story, browser, role):
    """Each sees what came of the ticket, starts what they may, and meets no error."""
    page = browser(viewport=(1920, 1080))
    failures = []
    page.on("pageerror", lambda error: failures.append(error))
    shop.log_in(page, role)
    open_ticket(page, shop, story)
    starts = {
        service
        for service, button in BUTTONS.items()
        if page.locator(f".o_form_statusbar button[name={button}]").is_visible()
    }
    assert starts == STARTS[role]
    for service, button in SMART_BUTTONS.items():
        page.locator(f"button[name={button}]").click()
        if service in OPENS[role]:
            page.locator("button[name=action_view_ticket]").wait_for()
            assert_no_error(page)
            page.locator("button[name=action_view_ticket]").click()
        else:
            [line] = [
                line for line in shop.lines(story) if line["service"] == service
            ][:1]
            page.locator(".o_form_view [name=document_state]").wait_for()
            page.locator(".o_form_view").get_by_text(line["name"]).first.wait_for()
            assert_no_error(page)
            page.go_back()
        page.locator("button[name=action_coupon]").wait_for()
    page.get_by_role("tab", name="After-Sales").click()
    rows = page.locator("div[name=document_ids] tr.o_data_row")
    assert rows.count() == len(shop.lines(story))
    for index in range(rows.count()):
        rows.nth(index).locator("button[name=action_open_document]").click()
        dialog = page.locator(".modal .o_form_view")
        back = page.locator("button[name=action_view_ticket]")
        dialog.or_(back).first.wait_for()
        assert_no_error(page)
        if dialog.count():
            page.locator(".modal .btn-close").click()
            dialog.wait_for(state="detached")
        else:
            back.click()
            page.get_by_role("tab", name="After-Sales").click()
    assert not failures
