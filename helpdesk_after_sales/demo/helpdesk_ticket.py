from odoo import api, models


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    @api.model
    def _create_demo_ticket(self, customer, product, **vals):
        """Let a demonstration customer call the demonstration team.

        For the services' demonstration data that bring tickets of their own.

        :param customer: the ``res.partner``
        :param product: what it is about
        :return: the ticket
        """
        return self.create(
            {
                "partner_id": customer.id,
                "partner_name": customer.name,
                "partner_email": customer.email,
                "product_id": product.id,
                "team_id": self.env.ref(
                    "helpdesk_after_sales.team_after_sales_demo"
                ).id,
                "channel_id": self.env.ref(
                    "helpdesk_mgmt.helpdesk_ticket_channel_phone"
                ).id,
                **vals,
            }
        )
