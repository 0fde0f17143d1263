from odoo import api, models
from odoo.fields import Command


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    @api.model
    def _create_repair_demo(self) -> None:
        """Repair for the demonstration customers: one done, one just asked for.

        Called by the demonstration data. In Python, because what is repaired was sold,
        delivered and returned before; without external ids, so that all of it stays
        when the addon is uninstalled.
        """
        machine = self.env.ref("helpdesk_after_sales.product_coffee_demo")
        delivery = self._create_return_demo_delivery("harbour", {machine: 1})
        ticket = self.env["helpdesk.ticket"]._create_demo_ticket(
            delivery.sale_id.partner_id,
            machine,
            sale_order_ids=[Command.link(delivery.sale_id.id)],
            name="Espresso machine leaks after a month",
            description="<p>Water runs out beside the filter with every cup. We can "
            "spare the machine until Thursday.</p>",
        )
        self._create_return_demo_return(ticket, delivery)
        ticket.return_ids.move_ids.picked = True
        ticket.return_ids.with_context(skip_sms=True).button_validate()
        repair = self._create_repair_demo_repair(
            ticket,
            {
                "repair_description": "Leaks at the group head",
                "internal_notes": "<p>Gasket torn, screw overtightened. Looks as if the "
                "filter was forced in.</p>",
                "quotation_notes": "<p>We replace the <b>gasket</b> and descale the "
                "machine. Please have the water filter changed every two months.</p>",
            },
        )
        self._finish_repair_demo(repair)
        self._create_repair_demo_repair(
            self.env.ref("helpdesk_after_sales.ticket_lamp_flickers_demo"),
            {"repair_description": "Flickers, also with a new bulb"},
        )

    @api.model
    def _create_repair_demo_repair(self, ticket, vals: dict):
        """Make a repair of a ticket, as its button does.

        :param vals: what the ticket does not say
        :return: the ``repair.order``
        """
        return self.env["repair.order"].create(
            {**ticket._prepare_repair_vals(), **vals}
        )

    @api.model
    def _finish_repair_demo(self, repair) -> None:
        """Quote a repair with a part and an operation, and carry it out."""
        products = self.env["product.product"]
        gasket, work = products.create(
            [
                {
                    "name": "Group Head Gasket",
                    "default_code": "GASKET-8",
                    "list_price": 12.0,
                    "type": "consu",
                },
                {
                    "name": "Repair Work",
                    "default_code": "WORK",
                    "list_price": 65.0,
                    "type": "service",
                    "uom_id": self.env.ref("uom.product_uom_hour").id,
                },
            ]
        )
        repair.write(
            {
                "move_ids": [
                    Command.create(
                        {
                            "product_id": gasket.id,
                            "product_uom_qty": 1,
                            "repair_line_type": "add",
                        }
                    )
                ],
                "repair_service_ids": [
                    Command.create({"product_id": work.id, "product_uom_qty": 1.5})
                ],
            }
        )
        repair.action_create_sale_order()
        repair.sale_order_id.action_confirm()
        repair.action_validate()
        repair.action_repair_start()
        repair.move_ids.quantity = 1
        repair.action_repair_end()
