"""One ticket through all five services: in the browser step by step, and by users of different rights."""

import io
import re

import pytest
from pypdf import PdfReader
from services import SERVICES

from tools.paths import ROOT
from tools.rpc import RpcError

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
        self.team = self.add(TEAM, {"name": "Lamp Care", **toggles})
        self.plain_team = self.add(TEAM, {"name": "No Services"})
        self.customer = self.add(
            "res.partner", {"name": "Grand Hotel", "email": "desk@grand.example.com"}
        )
        self.lamp = self.add(
            "product.product",
            {
                "name": "Wall Lamp",
                "list_price": 200.0,
                "taxes_id": [],
                "is_storable": True,
                "tracking": "serial",
            },
        )
        self.cable = self.add(
            "product.product", {"name": "Cable", "list_price": 10.0, "type": "consu"}
        )
        self.work = self.add(
            "product.product", {"name": "Wiring", "list_price": 50.0, "type": "service"}
        )
        self.program = self.ref("loyalty.10_percent_coupon")
        for role, groups in USERS.items():
            self.create_user(role, groups)

    def add(self, model, vals, **context):
        return self.rpc.call(model, "create", [vals], context=context)[0]

    def look_at(self, model, record, *names):
        return self.rpc.call(model, "read", [record], names, load=None)[0]

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        [found] = self.rpc.call("ir.model.data", "search_read", domain, ["res_id"])
        return found["res_id"]

    def create_user(self, role, groups):
        groups = ["helpdesk_mgmt.group_helpdesk_user", *groups]
        self.add(
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
        lot = self.add("stock.lot", {"product_id": self.lamp})
        quant = self.add(
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
        order = self.add(
            "sale.order", {"partner_id": self.customer, "order_line": [line]}
        )
        self.rpc.call("sale.order", "action_confirm", [order])
        [delivery] = self.look_at("sale.order", order, "picking_ids")["picking_ids"]
        self.receive(delivery)
        wizard = self.add(
            "sale.advance.payment.inv", {"sale_order_ids": [[6, 0, [order]]]}
        )
        self.rpc.call("sale.advance.payment.inv", "create_invoices", [wizard])
        [invoice] = self.look_at("sale.order", order, "invoice_ids")["invoice_ids"]
        self.rpc.call("account.move", "action_post", [invoice])
        return self.add(
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
        moves = self.look_at("stock.picking", transfer, "move_ids")["move_ids"]
        self.rpc.call("stock.move", "write", moves, {"picked": True})
        context = {"skip_sms": True}
        self.rpc.call("stock.picking", "button_validate", [transfer], context=context)

    def run(self, model, ticket, vals, method):
        """Open a service's wizard on a ticket, and carry it out."""
        context = {"active_model": TICKET, "active_id": ticket}
        wizard = self.add(model, vals, **context)
        return self.rpc.call(model, method, [wizard], context=context)

    def serve(self):
        """Give a ticket one document of each service.

        :return: the ticket's id
        """
        ticket = self.sell()
        self.run("stock.return.picking", ticket, {}, "action_create_returns")
        self.add("repair.order", {"ticket_id": ticket})
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
        return [self.look_at(TICKET, ticket, name)[name] for name in COUNTERS]


@pytest.fixture(scope="module")
def shop(server):
    return Shop(server)


@pytest.fixture(scope="module")
def ticket(shop):
    """A ticket with one document of each service, which tests leave as they find it."""
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
    agent = shop.look_at("res.users", shop.ref("base.user_admin"), "partner_id")
    domain = [["model", "=", TICKET], ["res_id", "=", story]]
    domain.append(["author_id", "!=", agent["partner_id"]])
    domain.append(["body", "like", "data-oe-model"])
    assert not shop.rpc.call("mail.message", "search", domain)


def test_demo_story_of_repair(shop, story):
    """The repair, its parts and its quotation are dated back as the rest is."""
    domain = [["ticket_id", "=", story]]
    fields = ["create_date", "move_id", "move_ids", "sale_order_id"]
    [repair] = shop.rpc.call("repair.order", "search_read", domain, fields, load=None)
    moves = shop.rpc.call(
        "stock.move", "read", [repair["move_id"], *repair["move_ids"]], ["date"]
    )
    domain = [["model", "=", "sale.order"], ["res_id", "=", repair["sale_order_id"]]]
    told = shop.rpc.call("mail.message", "search_read", domain, ["date"])
    [way_back] = [line for line in shop.lines(story) if "/OUT/" in line["name"]]
    dates = [record["date"] for record in moves + told]
    assert repair["create_date"][:10] <= min(dates)[:10]
    assert max(dates)[:10] <= way_back["create_date"][:10]


# ------------------------------------------------------------------------------
# Users of different rights
# ------------------------------------------------------------------------------


def sign_in(browser, shop, role):
    page = browser(viewport=(1920, 1080))
    # The first page after an installation takes a while.
    page.set_default_timeout(120_000)
    shop.log_in(page, role)
    return page


def open_ticket(page, shop, ticket):
    page.goto(f"{shop.server.url}/odoo/helpdesk-tickets/{ticket}")
    page.locator(".o_form_view button[name=action_coupon]").wait_for()


def assert_no_error(page):
    assert not page.locator(".o_error_dialog, .o_notification .bg-danger").count()


@pytest.mark.parametrize("role", USERS)
def test_users(shop, story, browser, role):
    """Each sees what came of the ticket, starts what they may, and meets no error."""
    page = sign_in(browser, shop, role)
    failures = []
    page.on("pageerror", lambda error: failures.append(error))
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
            # The one that is counted, which is the oldest here.
            lines = [line for line in shop.lines(story) if line["service"] == service]
            name = lines[-1]["name"]
            page.locator(".o_form_view [name=document_state]").wait_for()
            page.locator(".o_form_view").get_by_text(name).first.wait_for()
            assert_no_error(page)
            page.go_back()
        page.locator("button[name=action_coupon]").wait_for()
    page.get_by_role("tab", name="After-Sales").click()
    rows = page.locator("div[name=document_ids] tr.o_data_row")
    assert rows.count() == len(shop.lines(story))
    for line, row in zip(shop.lines(story), rows.all(), strict=True):
        if line["service"] not in OPENS[role]:
            row.locator("button[name=action_open_document]").click()
            dialog = page.locator(".modal", has_text=line["name"])
            dialog.locator(".o_form_view").wait_for()
            assert_no_error(page)
            dialog.locator(".btn-close").click()
            dialog.wait_for(state="detached")
    assert not failures


# ------------------------------------------------------------------------------
# The way, step by step
# ------------------------------------------------------------------------------


def press(page, name):
    page.locator(f".o_form_view button[name={name}]:visible").first.click()


def press_in_dialog(page, name):
    page.locator(f".modal button[name={name}]").click()


def wait_for_state(page, label):
    page.locator(f".o_arrow_button_current:has-text('{label}')").wait_for()


def choose(page, row, name, text):
    row.locator(f"[name={name}] input").fill(text)
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()


def back_to_ticket(page):
    press(page, "action_view_ticket")
    page.locator(".o_form_view button[name=action_coupon]").wait_for()


def go_back(page):
    page.locator(".o_breadcrumb .o_back_button, .o_breadcrumb li a").last.click()


def add_line(page, tab, lines, product):
    page.get_by_role("tab", name=tab, exact=True).click()
    field = page.locator(f"div[name={lines}]")
    field.locator(".o_field_x2many_list_row_add a").click()
    choose(page, field.locator("tr.o_selected_row"), "product_id", product)


def write_text(page, field, text):
    page.locator(f"[name={field}] .odoo-editor-editable").click()
    page.keyboard.type(text)


def take_back(page):
    press(page, "action_return")
    press_in_dialog(page, "action_create_returns")
    press(page, "button_validate")
    wait_for_state(page, "Done")
    back_to_ticket(page)


def repair(page):
    press(page, "action_repair")
    page.locator("[name=repair_description] input").fill("The glass is broken")
    add_line(page, "Parts", "move_ids", "Cable")
    add_line(page, "Operations", "repair_service_ids", "Wiring")
    page.get_by_role("tab", name="Quotation Notes").click()
    write_text(page, "quotation_notes", "The glass is on us.")
    press(page, "action_create_sale_order")
    page.locator(".o_sale_order button[name=action_confirm]:visible").first.click()
    wait_for_state(page, "Sales Order")
    go_back(page)
    press(page, "action_validate")
    press(page, "action_repair_start")
    wait_for_state(page, "Under Repair")
    assert not page.locator("button[name=action_create_invoice]:visible").count()
    press(page, "action_repair_end")
    press(page, "action_create_invoice")
    press(page, "action_post")
    wait_for_state(page, "Posted")
    go_back(page)


def send_back(page):
    press(page, "action_send_back")
    press(page, "button_validate")
    wait_for_state(page, "Done")
    back_to_ticket(page)


def visit(page):
    press(page, "action_create_task")
    page.locator(".modal [name=name] input").fill("Mount the wall lamp")
    choose(page, page.locator(".modal"), "user_ids", "Agent with everything")
    press_in_dialog(page, "action_create_and_view")
    press(page, "action_start_visit")
    press(page, "action_finish_visit")
    page.locator(".modal").get_by_label("Signed By").fill("Grand Hotel")
    write_text(page, "visit_report", "It hangs, and it shines.")
    page.locator(".modal [name=visit_signature] .o_signature").click()
    page.locator(".modal", has_text="Adopt").locator("button.btn-primary").click()
    page.locator(".modal [name=visit_signature] img").wait_for()
    press_in_dialog(page, "action_done_visit")
    wait_for_state(page, "Done")
    back_to_ticket(page)


def give_coupon(page):
    press(page, "action_coupon")
    press_in_dialog(page, "action_generate")
    page.locator(".modal [name=code] .o_clipboard_button").wait_for()
    page.locator(".modal .btn-close").click()
    page.locator(".modal").wait_for(state="detached")


def refund(page):
    press(page, "action_refund")
    press_in_dialog(page, "refund_moves")
    price = page.locator("div[name=invoice_line_ids] td[name=price_unit]").first
    price.click()
    price.locator("input").fill("20")
    press(page, "action_post")
    wait_for_state(page, "Posted")
    back_to_ticket(page)


def test_walk(shop, browser):
    """By the buttons alone, from the ticket to each document and back."""
    ticket = shop.sell()
    page = sign_in(browser, shop, "everything")
    failures = []
    page.on("pageerror", lambda error: failures.append(error))
    open_ticket(page, shop, ticket)
    for step in (take_back, repair, send_back, visit, give_coupon, refund):
        step(page)
        assert_no_error(page)
    assert not failures
    for button in SMART_BUTTONS.values():
        page.locator(f"button[name={button}]:has-text('1')").wait_for()
    assert_in_order(chatter(shop, TICKET, ticket), *TOLD)
    documents = shop.documents(ticket)
    assert_in_order(
        chatter(shop, "repair.order", documents["repair.order"][0]),
        r"Created from ticket .*The wall lamp",
        r"Done for ticket",
        r"Sent back for ticket",
    )
    assert_in_order(
        chatter(shop, "account.move", documents["account.move"][0]),
        r"Created from ticket .*The wall lamp",
        r"Posted for ticket",
    )
    domain = [["picking_id", "in", documents["stock.picking"]]]
    moved = shop.rpc.call(
        "stock.move.line", "search_read", domain, ["lot_id"], load=None
    )
    lot = shop.look_at(TICKET, ticket, "lot_id")["lot_id"]
    assert [line["lot_id"] for line in moved] == [lot, lot]
    [credit_note] = documents["account.move"]
    assert (
        shop.look_at("account.move", credit_note, "amount_total")["amount_total"] == 20
    )


def test_papers(shop, story):
    """The repair's quotation and the visit's report, as they are printed."""
    documents = shop.documents(story)
    repair = shop.look_at("repair.order", documents["repair.order"][0], "sale_order_id")
    visit = documents["project.task"][0]
    papers = {
        f"sale.report_saleorder/{repair['sale_order_id']}": (
            "Lakeside Interiors",
            "Dimmer",
            "Repair Work",
            "Notes on the Repair",
            "socket at our expense",
        ),
        f"helpdesk_fieldservice.report_visit/{visit}": (
            "Lakeside Interiors",
            "Arc Lamp",
            "AL-0000001",
            "Mounted the lamp",
            "Signed by Nora Field",
        ),
    }
    for path, texts in papers.items():
        pdf = PdfReader(io.BytesIO(shop.rpc.get(f"/report/pdf/{path}")))
        text = " ".join(pdf.pages[0].extract_text().split())
        # The header and the footer first: the company, and the number of the page.
        for expected in ("8000 Marina Blvd", "Page 1 / 1", *texts):
            assert expected in text, text


def test_analysis(shop, story, browser):
    """After-Sales Analysis has all that came of the ticket: graph, pivot and list."""
    page = sign_in(browser, shop, "nothing")
    page.goto(f"{shop.server.url}/odoo/after-sales-analysis")
    page.locator(".o_graph_renderer canvas").wait_for()
    page.locator(".o_facet_remove").click()
    number = shop.look_at(TICKET, story, "number")["number"]
    page.locator(".o_searchview_input").fill(number)
    page.locator(".o_searchview_autocomplete").get_by_text(
        f"Ticket for: {number}"
    ).click()
    page.locator(".o_searchview_facet", has_text=number).wait_for()
    assert not page.locator(".o_view_nocontent").count()
    page.locator(".o_switch_view.o_pivot").click()
    for label in ("Refunds", "Coupons", "Returns", "Repairs", "Field Service"):
        page.locator(".o_pivot th", has_text=label).first.wait_for()
    page.locator(".o_switch_view.o_list").click()
    page.locator("tr.o_data_row").first.wait_for()
    assert page.locator("tr.o_data_row").count() == len(shop.lines(story))
    assert_no_error(page)


# ------------------------------------------------------------------------------
# Tickets that change while documents exist, over all services
# ------------------------------------------------------------------------------


def test_archive(shop, ticket):
    """An archived ticket, and one of an archived team, keeps its documents."""
    before = shop.documents(ticket), shop.lines(ticket), shop.counts(ticket)
    for model, record in ((TICKET, ticket), (TEAM, shop.team)):
        shop.rpc.call(model, "action_archive", [record])
        after = shop.documents(ticket), shop.lines(ticket), shop.counts(ticket)
        shop.rpc.call(model, "action_unarchive", [record])
        assert after == before


def test_delete(shop):
    """The documents stay, each with a note of what they belonged to."""
    ticket = shop.serve()
    documents = shop.documents(ticket)
    shop.rpc.call(TICKET, "unlink", [ticket])
    for model, records in documents.items():
        for record in records:
            assert not shop.look_at(model, record, "ticket_id")["ticket_id"]
            assert_in_order(chatter(shop, model, record), r"Created from ticket .*lamp")
    assert not shop.lines(ticket)


def test_duplicate(shop, ticket):
    before = shop.documents(ticket)
    [copy] = shop.rpc.call(TICKET, "copy", [ticket])
    assert shop.documents(ticket) == before
    assert shop.counts(copy) == [0] * len(SERVICES)
    assert not shop.lines(copy)
    # The services go on as on any ticket.
    open_popup = shop.rpc.call(TICKET, "action_coupon", [copy])
    assert not shop.look_at(open_popup["res_model"], open_popup["res_id"], "code")[
        "code"
    ]


def test_change_customer(shop, ticket):
    """The documents stay on the ticket, and their customer's."""
    before = shop.documents(ticket), shop.counts(ticket)
    stranger = shop.add("res.partner", {"name": "Somebody Else"})
    shop.rpc.call(TICKET, "write", [ticket], {"partner_id": stranger})
    assert (shop.documents(ticket), shop.counts(ticket)) == before
    owners = {line["partner_id"][0] for line in shop.lines(ticket)}
    assert owners == {shop.customer}
    for service in SERVICES:
        [document] = before[0][service.model]
        [values] = shop.rpc.call(
            service.model, "read", [document], ["partner_id"], load=None
        )
        assert values["partner_id"] == shop.customer
    shop.rpc.call(TICKET, "write", [ticket], {"partner_id": shop.customer})


def test_change_company(shop, ticket):
    """Refused while documents exist, by a sentence that names one; then possible."""
    company = shop.add("res.company", {"name": "Lamps of the North"})
    context = {"allowed_company_ids": [1, company]}
    values = {"company_id": company, "team_id": False, "user_id": False}
    with pytest.raises(RpcError) as refused:
        shop.rpc.call(TICKET, "write", [ticket], values, context=context)
    assert refused.value.name == "odoo.exceptions.ValidationError"
    names = [line["name"] for line in shop.lines(ticket)]
    assert any(name in refused.value.message for name in names)
    assert "open a new ticket in Lamps of the North instead" in refused.value.message
    assert shop.look_at(TICKET, ticket, "company_id")["company_id"] == 1
    [other] = shop.rpc.call(TICKET, "copy", [ticket])
    values |= {"partner_id": False, "sale_order_ids": [[5]], "lot_id": False}
    shop.rpc.call(TICKET, "write", [other], values, context=context)


def test_team_without_services(shop, ticket, browser):
    """The buttons go, the documents stay in reach."""
    before = shop.documents(ticket), shop.lines(ticket), shop.counts(ticket)
    shop.rpc.call(TICKET, "write", [ticket], {"team_id": shop.plain_team})
    lines = [{**line, "team_id": False} for line in before[1]]
    assert [{**line, "team_id": False} for line in shop.lines(ticket)] == lines
    assert (shop.documents(ticket), shop.counts(ticket)) == before[::2]
    page = sign_in(browser, shop, "everything")
    page.goto(f"{shop.server.url}/odoo/helpdesk-tickets/{ticket}")
    for button in SMART_BUTTONS.values():
        page.locator(f"button[name={button}]").wait_for()
    for button in BUTTONS.values():
        assert not page.locator(f"button[name={button}]:visible").count()
    page.get_by_role("tab", name="After-Sales").click()
    rows = page.locator("div[name=document_ids] tr.o_data_row")
    assert rows.count() == len(lines)
    for button in BUTTONS.values():
        with pytest.raises(RpcError) as refused:
            shop.rpc.call(TICKET, button, [ticket])
        assert "No Services" in refused.value.message
    shop.rpc.call(TICKET, "write", [ticket], {"team_id": shop.team})


def test_merge(shop):
    """All documents go along to the ticket that stays."""
    ticket = shop.serve()
    documents, lines = shop.documents(ticket), shop.lines(ticket)
    [other] = shop.rpc.call(TICKET, "copy", [ticket])
    context = {"active_model": TICKET, "active_ids": [ticket, other]}
    wizard = shop.add("helpdesk.ticket.merge", {"dst_ticket_id": other}, **context)
    shop.rpc.call("helpdesk.ticket.merge", "merge_tickets", [wizard])
    assert shop.documents(other) == documents
    assert shop.counts(other) == [1] * len(SERVICES)
    assert shop.counts(ticket) == [0] * len(SERVICES)
    after = shop.lines(other)
    assert [line["id"] for line in after] == [line["id"] for line in lines]


def test_logins_of_the_readme(server):
    """Each signs in with its own name, and the agent has rights on the helpdesk alone."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("| login and password |")[1].split("\n\n")[0]
    logins = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    sessions = {login: server.rpc(login, login) for login in logins}
    assert sessions["customer"].call(TICKET, "search_count", [])
    assert sessions["helpdesk"].call(TICKET, "search_count", [])
    for model in ("account.move", "sale.order", "stock.picking"):
        with pytest.raises(RpcError, match="not allowed to access"):
            sessions["helpdesk"].call(model, "search", [])
