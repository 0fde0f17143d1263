from odoo import fields, models


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    refund_notify_customer = fields.Boolean(
        string="Tell Customers about Refunds",
        help="Customers get their credit notes by email when these are posted.",
    )
