from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    return_window_days = fields.Integer(
        string="Return Window",
        help="For how many days after a delivery customers can ask for a return in the "
        "portal; zero: without a limit. What agents take back is up to them.",
    )

    _return_window_days_positive = models.Constraint(
        "CHECK (return_window_days >= 0)",
        "The return window is a number of days and cannot be negative; enter zero for "
        "none.",
    )
