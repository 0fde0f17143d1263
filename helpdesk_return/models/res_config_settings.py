from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    return_window_days = fields.Integer(
        related="company_id.return_window_days", readonly=False
    )
