"""A helpdesk for the load: customers who bought something, and agents who answer them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.rpc import Rpc
from tools.serving import OdooServer

TICKET, TEAM = "helpdesk.ticket", "helpdesk.ticket.team"
SERVICES = ("refund", "coupon", "return", "repair", "fieldservice")
PASSWORD = "load-of-64-people"
BOUGHT = 20
"""How many pieces each customer bought in an order, so that many returns fit."""
AGENT = ("helpdesk_mgmt.group_helpdesk_user",)
WITH_APPS = (
    *AGENT,
    "account.group_account_invoice",
    "project.group_project_user",
    "sales_team.group_sale_manager",
    "stock.group_stock_user",
)
PORTAL = ("base.group_portal",)


@dataclass(frozen=True)
class Subject:
    """A ticket, and what it is about."""

    ticket: int
    customer: int
    invoice: int
    delivery: int


@dataclass
class Shop:
    """What the load works with on one server."""

    server: OdooServer
    gevent_port: int
    has_services: bool
    agents: list[str]
    """Logins; every fourth has rights on the helpdesk alone, the others on the apps as well."""
    customers: list[str]
    subjects: list[Subject]
    """In the order of the customers, and then again."""
    team: int
    product: int
    program: int
    project: int

    def has_apps(self, agent: int) -> bool:
        """Tell whether an agent has rights on the apps."""
        return agent % 4 != 3


def furnish(
    server: OdooServer,
    gevent_port: int,
    *,
    has_services: bool,
    agents: int,
    customers: int,
    orders: int,
) -> Shop:
    """Sell and deliver to customers, and open a ticket on each order.

    :param orders: how many each customer has
    """
    owner = _Owner(server.rpc())
    with server.connection() as link, link.cursor() as cursor:
        # What the demo data would have mailed to others.
        cursor.execute("DELETE FROM mail_mail")
    # Who prints a PDF waits for its styles: with two at once, no worker would be left to give them.
    url = f"http://127.0.0.1:{gevent_port}"
    owner.rpc.call("ir.config_parameter", "set_param", "report.url", url)
    values = {"helpdesk_mgmt_portal_select_team": True}
    owner.rpc.call("res.company", "write", [1], values)
    logins = [f"agent{number}" for number in range(agents)]
    clerks = {
        login: owner.add_user(login, WITH_APPS if number % 4 != 3 else AGENT)
        for number, login in enumerate(logins)
    }
    buyers = [f"customer{number}" for number in range(customers)]
    partners = [
        owner.read("res.users", owner.add_user(login, PORTAL), "partner_id")
        for login in buyers
    ]
    services = {}
    if has_services:
        services = {
            "allow_return_requests": True,
            **{f"use_{service}": True for service in SERVICES},
            **{f"{service}_notify_customer": True for service in SERVICES},
        }
    team = owner.add(
        TEAM,
        {"name": "Desk", "user_ids": [[6, 0, list(clerks.values())]], **services},
    )
    product = owner.stock_up("Desk Fan", BOUGHT * customers * orders)
    # In parts that a worker does before it is taken for stuck.
    sold = [sale for _order in range(orders) for sale in owner.sell(product, partners)]
    people = list(clerks.values())
    tickets = owner.rpc.call(
        TICKET,
        "create",
        [
            {
                "name": f"Desk fan {number} is loud",
                "description": "<p>It rattles, the more the faster it turns.</p>",
                "partner_id": partner,
                "team_id": team,
                "user_id": people[number % len(people)],
                "product_id": product,
                "sale_order_ids": [[6, 0, [order]]],
            }
            for number, (partner, order, _invoice, _delivery) in enumerate(sold)
        ],
    )
    subjects = [
        Subject(ticket, partner, invoice, delivery)
        for ticket, (partner, _order, invoice, delivery) in zip(
            tickets, sold, strict=True
        )
    ]
    if has_services:
        for subject in subjects[-customers::4]:
            owner.refund(subject)
    return Shop(
        server,
        gevent_port,
        has_services,
        logins,
        buyers,
        subjects,
        team,
        product,
        owner.ref("loyalty.10_percent_coupon"),
        owner.add(
            "project.project", {"name": "Visits", "privacy_visibility": "portal"}
        ),
    )


class _Owner:
    """The administrator, who prepares it all."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc

    def add(self, model: str, vals: dict, **context: Any) -> int:
        return self.rpc.call(model, "create", [vals], context=context)[0]

    def read(self, model: str, record: int, field: str) -> Any:
        return self.rpc.call(model, "read", [record], [field], load=None)[0][field]

    def ref(self, xmlid: str) -> int:
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        [found] = self.rpc.call("ir.model.data", "search_read", domain, ["res_id"])
        return found["res_id"]

    def add_user(self, login: str, groups: Sequence[str]) -> int:
        """Create a user; agents are notified in Odoo, over the bus."""
        inbox = {} if groups == PORTAL else {"notification_type": "inbox"}
        return self.add(
            "res.users",
            {
                "name": login.title(),
                "login": login,
                "password": PASSWORD,
                "email": f"{login}@example.com",
                "group_ids": [[6, 0, [self.ref(group) for group in groups]]],
                **inbox,
            },
            no_reset_password=True,
        )

    def stock_up(self, name: str, quantity: int) -> int:
        """Create a product and put it on stock."""
        product = self.add(
            "product.product",
            {"name": name, "list_price": 40.0, "taxes_id": [], "is_storable": True},
        )
        quant = self.add(
            "stock.quant",
            {
                "product_id": product,
                "location_id": self.ref("stock.stock_location_stock"),
                "inventory_quantity": quantity,
            },
            inventory_mode=True,
        )
        self.rpc.call("stock.quant", "action_apply_inventory", [quant])
        return product

    def sell(
        self, product: int, partners: Sequence[int]
    ) -> list[tuple[int, int, int, int]]:
        """Sell, deliver and invoice, an order for each.

        :return: of each the customer, the order, the invoice and the delivery
        """
        call = self.rpc.call
        line = [0, 0, {"product_id": product, "product_uom_qty": BOUGHT}]
        orders = call(
            "sale.order",
            "create",
            [{"partner_id": partner, "order_line": [line]} for partner in partners],
        )
        call("sale.order", "action_confirm", orders)
        deliveries = [
            delivery
            for order in call("sale.order", "read", orders, ["picking_ids"], load=None)
            for delivery in order["picking_ids"]
        ]
        moves = call("stock.move", "search", [["picking_id", "in", deliveries]])
        call("stock.move", "write", moves, {"picked": True})
        context = {"skip_sms": True}
        call("stock.picking", "button_validate", deliveries, context=context)
        wizard = self.add(
            "sale.advance.payment.inv",
            {"sale_order_ids": [[6, 0, orders]], "consolidated_billing": False},
        )
        call("sale.advance.payment.inv", "create_invoices", [wizard])
        sold = call(
            "sale.order", "read", orders, ["invoice_ids", "picking_ids"], load=None
        )
        invoices = [order["invoice_ids"][0] for order in sold]
        call("account.move", "action_post", invoices)
        return list(zip(partners, orders, invoices, deliveries, strict=True))

    def refund(self, subject: Subject) -> None:
        """Refund an invoice, so that its customer has a credit note to download from the start."""
        context = {"active_model": TICKET, "active_id": subject.ticket}
        vals = {"move_ids": [[6, 0, [subject.invoice]]], "credit_method": "full"}
        wizard = self.add("account.move.reversal", vals, **context)
        self.rpc.call(
            "account.move.reversal", "refund_moves", [wizard], context=context
        )
