from odoo import fields, models

INVOICE_METHODS = [
    ("none", "No Invoice"),
    ("before", "Before Repair"),
    ("after", "After Repair"),
]
"""The ways to invoice a repair."""


class ResCompany(models.Model):
    _inherit = "res.company"

    repair_invoice_method = fields.Selection(
        INVOICE_METHODS,
        string="Invoice Method of Tickets' Repairs",
        required=True,
        default="after",
        help="How a repair is invoiced that is made from a helpdesk ticket, unless "
        "another method is chosen on it.",
    )
