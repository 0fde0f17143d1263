from odoo import api, models
from odoo.fields import Command

from odoo.addons.helpdesk_after_sales.demo.helpdesk_ticket_team import Chapter


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
        self._validate_return_demo(ticket.return_ids)
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
        self._quote_repair_demo(
            repair,
            {"name": "Group Head Gasket", "default_code": "GASKET-8", "list_price": 12},
            hours=1.5,
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
    def _quote_repair_demo(self, repair, part: dict, hours: float) -> None:
        """Quote a repair with a part and an operation; the customer agrees.

        :param part: values of the part's product
        :param hours: how long the operation takes
        """
        products = self.env["product.product"]
        added = products.create({"type": "consu", **part})
        work = products.search([("default_code", "=", "WORK")], limit=1)
        if not work:
            work = products.create(
                {
                    "name": "Repair Work",
                    "default_code": "WORK",
                    "list_price": 65.0,
                    "type": "service",
                    "uom_id": self.env.ref("uom.product_uom_hour").id,
                }
            )
        repair.write(
            {
                "move_ids": [
                    Command.create(
                        {
                            "product_id": added.id,
                            "product_uom_qty": 1,
                            "repair_line_type": "add",
                        }
                    )
                ],
                "repair_service_ids": [
                    Command.create({"product_id": work.id, "product_uom_qty": hours})
                ],
            }
        )
        repair.action_create_sale_order()
        repair.sale_order_id.action_confirm()
        repair.action_validate()

    @api.model
    def _finish_repair_demo(self, repair) -> None:
        """Carry out a repair that is confirmed."""
        repair.action_repair_start()
        repair.move_ids.quantity = 1
        repair.action_repair_end()

    # --------------------------------------------------------------------------
    # The ticket that goes through all services
    # --------------------------------------------------------------------------

    @api.model
    def _get_demo_chapters(self):
        return [
            *super()._get_demo_chapters(),
            Chapter(16, self._tell_demo_repair),
            Chapter(14, self._tell_demo_repaired),
            Chapter(12, self._tell_demo_way_back),
        ]

    @api.model
    def _date_demo_back(self, ticket, moment, after):
        """Date back what the quotations of repairs, and their invoices, tell as well."""
        result = super()._date_demo_back(ticket, moment, after)
        orders = ticket.repair_ids.sale_order_id
        messages = orders.message_ids | orders.invoice_ids.message_ids
        messages.filtered(lambda message: message.id > after).date = moment
        return result

    @api.model
    def _tell_demo_repair(self, ticket, moment) -> None:
        """Look at the lamp that came back, and quote what the customer asked for."""
        repair = self._create_repair_demo_repair(
            ticket,
            {
                "repair_description": "Socket broken off in transit",
                "schedule_date": moment,
                "internal_notes": "<p>Thread torn out, shade and arm are fine.</p>",
                "quotation_notes": "<p>We replace the broken <b>socket</b> at our "
                "expense. This quotation is for the dimmer you asked for, with its "
                "fitting.</p>",
            },
        )
        self._quote_repair_demo(
            repair,
            {"name": "Dimmer", "default_code": "DIMMER", "list_price": 29.0},
            hours=0.5,
        )
        repair.sale_order_id.date_order = moment

    @api.model
    def _tell_demo_repaired(self, ticket, moment) -> None:
        """Repair the lamp; what was quoted is invoiced afterwards."""
        repair = ticket.repair_ids
        self._finish_repair_demo(repair)
        (repair.move_id | repair.move_ids).date = moment
        if self.env.company.chart_template:
            repair.action_create_invoice()
            invoice = repair.sale_order_id.invoice_ids
            invoice.invoice_date = moment
            invoice.action_post()

    @api.model
    def _tell_demo_way_back(self, ticket, moment) -> None:
        """Send the lamp back to the customer."""
        ticket.repair_ids.action_send_back()
        delivery = ticket.repair_ids.send_back_id
        self._validate_return_demo(delivery)
        self._date_return_demo(delivery, moment)
