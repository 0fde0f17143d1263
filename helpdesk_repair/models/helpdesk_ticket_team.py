from odoo import fields, models


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    repair_notify_customer = fields.Boolean(
        string="Tell Customers about Repairs",
        help="Customers get an email when a repair is taken on and when it is done.",
    )
