from odoo import fields, models


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    coupon_notify_customer = fields.Boolean(
        string="Tell Customers about Coupons",
        help="Customers get their coupons by email, without anybody pressing Send.",
    )
