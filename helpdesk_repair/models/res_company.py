from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    repair_invoice_method = fields.Selection(
        lambda self: self.env["repair.order"]._selection_invoice_method(),
        string="Invoice Method of Tickets' Repairs",
        required=True,
        default="after",
        help="How a repair is invoiced that is made from a helpdesk ticket, unless "
        "another method is chosen on it.",
    )
