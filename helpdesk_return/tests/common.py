from odoo import Command

from odoo.addons.helpdesk_after_sales.tests.common import ServiceCommon


class ReturnCommon(ServiceCommon):
    """A team that takes goods back, its users, and a customer with a delivery."""

    service = "return"
    ticket_values = {"name": "Lamp flickers", "description": "One of three"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.lamp = cls._create_goods("Lamp")
        cls.desk = cls._create_goods("Desk")
        cls.agent = cls._create_user(
            "agent", "helpdesk_mgmt.group_helpdesk_user,stock.group_stock_user"
        )
        cls.plain_agent = cls._create_user(
            "plain_agent", "helpdesk_mgmt.group_helpdesk_user"
        )
        cls.worker = cls._create_user("worker", "stock.group_stock_user")

    @classmethod
    def _create_goods(cls, name, **values):
        return cls.env["product.product"].create(
            {"name": name, "type": "consu", "is_storable": True, **values}
        )

    @classmethod
    def _put_in_stock(cls, product, quantity=100, lot=None):
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.stock, quantity, lot_id=lot
        )

    @classmethod
    def _create_lot(cls, name, product, quantity=1):
        lot = cls.env["stock.lot"].create({"name": name, "product_id": product.id})
        cls._put_in_stock(product, quantity, lot)
        return lot

    @classmethod
    def _create_order(cls, products=None, partner=None, **values):
        """A confirmed sales order.

        :param products: quantities by product; three lamps unless it says otherwise
        """
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": quantity}
                    )
                    for product, quantity in (products or {cls.lamp: 3}).items()
                ],
                **values,
            }
        )
        order.action_confirm()
        return order

    @classmethod
    def _validate(cls, transfer, quantities=None, backorder=True):
        """Validate a transfer, in part where quantities by product are given."""
        transfer.action_assign()
        for move in transfer.move_ids:
            if quantities is None:
                if not move.quantity:
                    move.quantity = move.product_uom_qty
            else:
                move.quantity = quantities.get(move.product_id, 0)
        transfer.move_ids.picked = True
        transfer.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else transfer.ids,
        ).button_validate()
        return transfer

    @classmethod
    def _deliver(cls, products=None, partner=None, **values):
        """A delivery that reached the customer, of a sales order of its own."""
        for product in products or {cls.lamp: 3}:
            if product.tracking == "none":
                cls._put_in_stock(product)
        order = cls._create_order(products, partner, **values)
        for transfer in order.picking_ids:
            cls._validate(transfer)
        return order.picking_ids

    def _open_wizard(self, ticket=None, user=None):
        """The wizard as the button on the ticket opens it."""
        return self._open_wizard_on(
            ticket or self.ticket, user or self.agent, "action_return"
        )

    def _get_lines(self, form):
        """What each line of a wizard shows: product, delivered, returned, left, quantity."""
        lines = []
        for index in range(len(form.product_return_moves)):
            with form.product_return_moves.edit(index) as line:
                lines.append(
                    (
                        line.product_id,
                        line.quantity_delivered,
                        line.quantity_returned,
                        line.quantity_left,
                        line.quantity,
                    )
                )
        return lines

    def _set_quantities(self, form, *quantities):
        for index, quantity in enumerate(quantities):
            with form.product_return_moves.edit(index) as line:
                line.quantity = quantity

    def _return(
        self, *quantities, delivery=None, ticket=None, user=None, exchange=False
    ):
        """Return as the user does, and give the transfer that **Return** opens."""
        form = self._open_wizard(ticket, user)
        if delivery:
            form.picking_id = delivery
        self._set_quantities(form, *quantities)
        wizard = form.save()
        action = (
            wizard.action_create_exchanges()
            if exchange
            else wizard.action_create_returns()
        )
        self.assertEqual(action["context"], {})
        return self.env["stock.picking"].browse(action["res_id"])

    def _return_by_core(self, delivery, quantity):
        """A return made from the delivery, without a ticket."""
        wizard = self._open_core_wizard(delivery)
        wizard.product_return_moves[0].quantity = quantity
        action = wizard.action_create_returns()
        return self.env["stock.picking"].browse(action["res_id"])

    def _open_core_wizard(self, delivery):
        return (
            self.env["stock.return.picking"]
            .with_context(
                active_model="stock.picking",
                active_id=delivery.id,
                active_ids=delivery.ids,
            )
            .create({})
        )

    def _get_replacement(self, return_transfer):
        """The delivery that replaces what came back."""
        return return_transfer.ticket_id.return_ids - return_transfer
