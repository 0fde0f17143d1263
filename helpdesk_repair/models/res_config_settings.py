from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    repair_invoice_method = fields.Selection(
        related="company_id.repair_invoice_method", readonly=False
    )
