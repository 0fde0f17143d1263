"""One day of business, entered as people would: what a large database is then made of.

It is entered before our addons are there. What came of the day's tickets is linked to them
once they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.rpc import Rpc

MARK = "~0"
"""In the names of what the day brings: each copy of the day has its own number there."""
TICKETS = 100
"""How many tickets the day has; the other numbers are for so many."""
COMPANIES = 15
PERSONS = 15
PRODUCTS = 10
ORDERS = 70
"""Sold, delivered and invoiced, with one line or two."""
ORDERS_OF_TICKETS = 60
PAYMENTS = 30
CREDIT_NOTES = 20
COUPONS = 15
RETURNS = 15
REPAIRS = 8
VISITS = 10
OTHER_TASKS = 10
NOTES = 2
"""In the chatter of each ticket, besides what the apps write there themselves."""
QUIET = {"skip_sms": True, "mail_notrack": True, "loyalty_no_mail": True}


@dataclass(frozen=True)
class Setup:
    """What was set up before the first day."""

    team: int
    program: int
    project: int


class Business:
    """Enters documents as their users do."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def call(self, model: str, method: str, *args: Any, **context: Any) -> Any:
        """Call a method as the web client does."""
        return self._rpc.call(model, method, *args, context={**QUIET, **context})

    def create(self, model: str, values: list[dict], **context: Any) -> list[int]:
        """Create records."""
        return self.call(model, "create", values, **context)

    def set_up(self) -> Setup:
        """Make the team, the coupon program and the project of all the days."""
        [team] = self.create("helpdesk.ticket.team", [{"name": "After-Sales"}])
        [program] = self.create(
            "loyalty.program",
            [{"name": "Sorry", "program_type": "coupons"}],
            default_program_type="coupons",
        )
        [project] = self.create("project.project", [{"name": "Visits"}])
        self.create(
            "project.task.type",
            [
                {"name": name, "project_ids": [(4, project)]}
                for name in ("Planned", "On Site", "Finished")
            ],
        )
        return Setup(team, program, project)

    def have_a_day(self, setup: Setup) -> dict[str, dict[int, int]]:
        """Enter all documents of a day.

        :return: by model, and by the document's id, the ticket that it came of
        """
        customers = self.create_customers()
        products = self.create_products()
        orders = self.sell(customers, products)
        tickets = self.create_tickets(setup, customers, products, orders)
        invoices, deliveries = self.invoices(orders), self.deliveries(orders)
        self.pay(invoices[-PAYMENTS:])
        credit_notes = self.credit(invoices[:CREDIT_NOTES])
        returns = self.take_back(deliveries[20 : 20 + RETURNS])
        coupons = self.give_coupons(setup, customers, orders)
        repairs = self.repair(customers, products, returns)
        visits = self.plan(setup, customers)
        return {
            "account.move": dict(zip(credit_notes, tickets, strict=False)),
            "stock.picking": dict(zip(returns, tickets[20:], strict=False)),
            "loyalty.card": dict(zip(coupons, tickets, strict=False)),
            "repair.order": dict(zip(repairs, tickets[20:], strict=False)),
            "project.task": dict(zip(visits, tickets, strict=False)),
        }

    def create_customers(self) -> list[int]:
        """Create companies with a contact each, and persons; tickets come from contacts and persons."""
        companies = self.create(
            "res.partner",
            [
                {"name": f"Company {number}{MARK}", "is_company": True}
                for number in range(COMPANIES)
            ],
        )
        return self.create(
            "res.partner",
            [
                {
                    "name": f"Customer {number}{MARK}",
                    "email": f"customer{number}{MARK}@example.com",
                    "city": "Springfield",
                    "parent_id": companies[number] if number < COMPANIES else False,
                }
                for number in range(COMPANIES + PERSONS)
            ],
        )

    def create_products(self) -> list[int]:
        """Create products of which there are enough."""
        products = self.create(
            "product.product",
            [
                {
                    "name": f"Product {number}{MARK}",
                    "default_code": f"P{number}{MARK}",
                    "type": "consu",
                    "is_storable": True,
                    "list_price": 50.0 + number,
                }
                for number in range(PRODUCTS)
            ],
        )
        [warehouse] = self.call(
            "stock.warehouse", "search_read", [], ["lot_stock_id"], 0, 1
        )
        quants = self.create(
            "stock.quant",
            [
                {
                    "product_id": product,
                    "location_id": warehouse["lot_stock_id"][0],
                    "inventory_quantity": 1000,
                }
                for product in products
            ],
            inventory_mode=True,
        )
        self.call("stock.quant", "action_apply_inventory", quants)
        return products

    def sell(self, customers: Sequence[int], products: Sequence[int]) -> list[int]:
        """Sell, deliver and invoice; every third order has a second line."""
        orders = self.create(
            "sale.order",
            [
                {
                    "partner_id": customers[number % len(customers)],
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": products[line % len(products)],
                                "product_uom_qty": 2,
                            },
                        )
                        for line in range(number, number + (1 if number % 3 else 2))
                    ],
                }
                for number in range(ORDERS)
            ],
        )
        self.call("sale.order", "action_confirm", orders)
        self.call("stock.picking", "button_validate", self.deliveries(orders))
        wizard = self.create(
            "sale.advance.payment.inv",
            [
                {
                    "sale_order_ids": [(6, 0, orders)],
                    "advance_payment_method": "delivered",
                    "consolidated_billing": False,
                }
            ],
        )
        self.call("sale.advance.payment.inv", "create_invoices", wizard)
        self.call("account.move", "action_post", self.invoices(orders))
        return orders

    def invoices(self, orders: Sequence[int]) -> list[int]:
        """Give the invoice of each order."""
        return [
            order["invoice_ids"][0]
            for order in self.call("sale.order", "read", orders, ["invoice_ids"])
        ]

    def deliveries(self, orders: Sequence[int]) -> list[int]:
        """Give the delivery of each order."""
        return [
            order["picking_ids"][0]
            for order in self.call("sale.order", "read", orders, ["picking_ids"])
        ]

    def pay(self, invoices: Sequence[int]) -> None:
        """Register the payments of invoices, each apart."""
        active = {"active_model": "account.move", "active_ids": list(invoices)}
        wizard = self.create(
            "account.payment.register", [{"group_payment": False}], **active
        )
        self.call(
            "account.payment.register", "action_create_payments", wizard, **active
        )

    def credit(self, invoices: Sequence[int]) -> list[int]:
        """Credit invoices; one in four credit notes is a draft yet."""
        active = {"active_model": "account.move", "active_ids": list(invoices)}
        [wizard] = self.create(
            "account.move.reversal",
            [{"journal_id": self._journal(invoices[0]), "reason": "Broken"}],
            **active,
        )
        self.call("account.move.reversal", "refund_moves", [wizard], **active)
        credit_notes = [
            invoice["reversal_move_ids"][0]
            for invoice in self.call(
                "account.move", "read", invoices, ["reversal_move_ids"]
            )
        ]
        posted = [move for number, move in enumerate(credit_notes) if number % 4]
        self.call("account.move", "action_post", posted)
        return credit_notes

    def _journal(self, invoice: int) -> int:
        [values] = self.call("account.move", "read", [invoice], ["journal_id"])
        return values["journal_id"][0]

    def take_back(self, deliveries: Sequence[int]) -> list[int]:
        """Take deliveries back; one in three has not arrived yet."""
        returns = []
        for delivery in deliveries:
            [wizard] = self.create("stock.return.picking", [{"picking_id": delivery}])
            action = self.call(
                "stock.return.picking", "action_create_returns_all", [wizard]
            )
            returns.append(action["res_id"])
        arrived = [transfer for number, transfer in enumerate(returns) if number % 3]
        self.call("stock.picking", "button_validate", arrived)
        return returns

    def create_tickets(
        self,
        setup: Setup,
        customers: Sequence[int],
        products: Sequence[int],
        orders: Sequence[int],
    ) -> list[int]:
        """Open tickets; those with an order are of the order's customer."""
        [user] = self.call("res.users", "search", [("login", "=", "admin")])
        stages = self.call("helpdesk.ticket.stage", "search", [])
        tickets = self.create(
            "helpdesk.ticket",
            [
                {
                    "name": f"Question {number}{MARK}",
                    "description": "<p>It does not work.</p>",
                    "partner_id": customers[number % len(customers)],
                    "team_id": setup.team,
                    "user_id": user if number % 4 else False,
                    "stage_id": stages[number % len(stages)],
                    "product_id": products[number % len(products)]
                    if number % 2
                    else False,
                    "sale_order_ids": [(6, 0, orders[number : number + 1])]
                    if number < ORDERS_OF_TICKETS
                    else [],
                }
                for number in range(TICKETS)
            ],
        )
        followers = [customers[number % len(customers)] for number in range(TICKETS)]
        for ticket, follower in zip(tickets, followers, strict=True):
            self.call("helpdesk.ticket", "message_subscribe", [ticket], [follower])
            for _number in range(NOTES):
                self._rpc.call(
                    "helpdesk.ticket", "message_post", [ticket], body="Looked at it."
                )
        return tickets

    def give_coupons(
        self, setup: Setup, customers: Sequence[int], orders: Sequence[int]
    ) -> list[int]:
        """Give coupons to the first customers; one in three is used in an order."""
        values = {"program_id": setup.program, "points": 1}
        coupons = self.create(
            "loyalty.card",
            [{**values, "partner_id": customer} for customer in customers[:COUPONS]],
        )
        issued = {"description": "Gift", "issued": 1}
        self.create(
            "loyalty.history", [{**issued, "card_id": coupon} for coupon in coupons]
        )
        used = {"description": "Order", "used": 1, "order_model": "sale.order"}
        self.create(
            "loyalty.history",
            [
                {**used, "card_id": coupon, "order_id": order}
                for coupon, order in list(zip(coupons, orders, strict=False))[::3]
            ],
        )
        return coupons

    def repair(
        self, customers: Sequence[int], products: Sequence[int], returns: Sequence[int]
    ) -> list[int]:
        """Take products to repair; half of them have been begun."""
        repairs = self.create(
            "repair.order",
            [
                {
                    "partner_id": customers[(20 + number) % len(customers)],
                    "product_id": products[(20 + number) % len(products)],
                    "picking_id": returns[number],
                }
                for number in range(REPAIRS)
            ],
        )
        for repair in repairs[: REPAIRS // 2]:
            self.call("repair.order", "action_validate", [repair])
        return repairs

    def plan(self, setup: Setup, customers: Sequence[int]) -> list[int]:
        """Plan visits, half of which are done, and other tasks.

        :return: the visits
        """
        tasks = self.create(
            "project.task",
            [
                {
                    "name": f"Task {number}{MARK}",
                    "project_id": setup.project,
                    "partner_id": customers[number % len(customers)],
                    "state": "1_done" if number % 2 else "01_in_progress",
                }
                for number in range(VISITS + OTHER_TASKS)
            ],
        )
        return tasks[:VISITS]
