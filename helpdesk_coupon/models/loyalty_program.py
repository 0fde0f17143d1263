from odoo import models
from odoo.fields import Domain


class LoyaltyProgram(models.Model):
    _name = "loyalty.program"
    _inherit = ["helpdesk.document.access.mixin", "loyalty.program"]

    def _get_helpdesk_domain(self):
        return Domain("program_type", "=", "coupons")

    def _get_coupon_points(self) -> float:
        """Tell how many points a ticket's coupon of this program starts with.

        :return: what the least of the program's rewards takes
        """
        self.ensure_one()
        return min(self.reward_ids.mapped("required_points"))
