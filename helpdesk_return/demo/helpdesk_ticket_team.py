from datetime import timedelta

from odoo import api, models
from odoo.fields import Command

from odoo.addons.helpdesk_after_sales.demo.helpdesk_ticket_team import Chapter


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    @api.model
    def _create_return_demo(self) -> None:
        """Deliver to the demonstration customers, so that there is something to return.

        Called by the demonstration data. In Python, because a delivery is the outcome
        of an order; without external ids, so that tickets and transfers stay when the
        addon is uninstalled.
        """
        screen = self.env.ref("helpdesk_after_sales.product_screen_demo")
        lamp = self.env.ref("helpdesk_after_sales.product_lamp_demo")
        delivery = self._create_return_demo_delivery("lakeside", {screen: 2, lamp: 4})
        self._create_return_demo_return(
            self.env.ref("helpdesk_after_sales.ticket_screen_cracked_demo"), delivery
        )
        self._create_return_demo_request(delivery, lamp)
        lots = self._create_return_demo_lots()
        self._create_return_demo_delivery("harbour", {lots.product_id: 2})
        self._create_return_demo_ticket(lots[1])

    @api.model
    def _get_demo_chapters(self):
        return [
            *super()._get_demo_chapters(),
            Chapter(20, self._tell_demo_return),
            Chapter(17, self._tell_demo_receipt),
        ]

    @api.model
    def _tell_demo_return(self, ticket, moment) -> None:
        """Take back a lamp that was sold, and delivered, by its serial number."""
        lamp = ticket.product_id
        lamp.write(
            {"is_storable": True, "tracking": "serial", "serial_prefix_format": "AL-"}
        )
        lot = self.env["stock.lot"].create({"product_id": lamp.id})
        self._stock_return_demo_lots(lot)
        delivery = self._create_return_demo_delivery("lakeside_nora", {lamp: 1})
        self._date_return_demo(delivery, moment)
        delivery.sale_id.date_order = moment - timedelta(days=5)
        ticket.write(
            {
                "lot_id": lot.id,
                "sale_order_ids": [Command.set(delivery.sale_id.ids)],
            }
        )
        self._create_return_demo_return(ticket, delivery)

    @api.model
    def _tell_demo_receipt(self, ticket, moment) -> None:
        """Receive the lamp."""
        self._validate_return_demo(ticket.return_ids)
        self._date_return_demo(ticket.return_ids, moment)

    @api.model
    def _validate_return_demo(self, transfers) -> None:
        """Carry out transfers."""
        transfers.move_ids.picked = True
        transfers.with_context(skip_sms=True).button_validate()

    @api.model
    def _date_return_demo(self, transfers, moment) -> None:
        """Let transfers that are done have been planned, and done, at a moment."""
        transfers.move_ids.date = moment
        transfers.move_line_ids.date = moment
        transfers.date_done = moment

    @api.model
    def _create_return_demo_lots(self):
        """Put a product in stock of which each piece has its serial number.

        :return: three serial numbers
        """
        product = self.env["product.product"].create(
            {
                "name": "Coffee Grinder",
                "default_code": "GRIND-1",
                "list_price": 390.0,
                "standard_price": 240.0,
                "type": "consu",
                "is_storable": True,
                "tracking": "serial",
            }
        )
        lots = self.env["stock.lot"].create(
            [
                {"name": f"GR-2400{number}", "product_id": product.id}
                for number in (1, 2, 3)
            ]
        )
        self._stock_return_demo_lots(lots)
        return lots

    @api.model
    def _stock_return_demo_lots(self, lots) -> None:
        """Put one piece of each lot in stock."""
        stock = self.env.ref("stock.warehouse0").lot_stock_id
        quants = self.env["stock.quant"].with_context(inventory_mode=True)
        quants.create(
            [
                {
                    "product_id": lot.product_id.id,
                    "location_id": stock.id,
                    "lot_id": lot.id,
                    "inventory_quantity": 1,
                }
                for lot in lots
            ]
        ).action_apply_inventory()

    @api.model
    def _create_return_demo_delivery(self, customer: str, quantities):
        """Sell and deliver to a demonstration customer.

        :param customer: what the customer has in its external id
        :param quantities: by product the quantity, in the product's unit
        :return: the delivery, done
        """
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.ref(
                    f"helpdesk_after_sales.partner_{customer}_demo"
                ).id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": quantity}
                    )
                    for product, quantity in quantities.items()
                ],
            }
        )
        order.action_confirm()
        self._validate_return_demo(order.picking_ids)
        return order.picking_ids

    @api.model
    def _create_return_demo_return(self, ticket, delivery) -> None:
        """Start to take back one piece of a ticket's product."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_model=ticket._name, active_id=ticket.id)
            .create({"picking_id": delivery.id})
        )
        wizard.product_return_moves.quantity = 1
        wizard.action_create_returns()

    @api.model
    def _create_return_demo_request(self, delivery, product) -> None:
        """Let a customer ask for a return in the portal, on a ticket of its own."""
        customer = self.env.ref("helpdesk_after_sales.partner_lakeside_nora_demo")
        ticket = self.env["helpdesk.ticket"]._create_demo_ticket(
            customer,
            product,
            name="One floor lamp too many",
            description="<p>We need only three of the four lamps. The fourth is still in "
            "its box.</p>",
            channel_id=self.env.ref("helpdesk_mgmt.helpdesk_ticket_channel_web").id,
            user_id=self.env.ref("base.user_admin").id,
        )
        move = delivery.move_ids.filtered(lambda move: move.product_id == product)
        ticket._request_return(
            customer,
            goods={(move.id, 0): 1.0},
            reason=self.env.ref("helpdesk_return.return_reason_not_needed"),
            wish="exchange",
            token="demo",
        )

    @api.model
    def _create_return_demo_ticket(self, lot) -> None:
        """Let a customer complain of one piece."""
        self.env["helpdesk.ticket"]._create_demo_ticket(
            self.env.ref("helpdesk_after_sales.partner_harbour_demo"),
            lot.product_id,
            lot_id=lot.id,
            name="One of two coffee grinders is much louder",
            description="<p>The two grinders came together, but one is so loud that "
            "guests complain. Please take it back.</p>",
        )
