from odoo import fields, models


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    return_notify_customer = fields.Boolean(
        string="Tell Customers about Returns",
        help="Customers get an email with the return slip when a return is made, and "
        "another when it is received.",
    )
