from odoo import api, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.constrains("coupon_id", "order_id")
    def _check_reserved_coupon(self):
        """Hold confirmed orders to the customers of the coupons of their new lines.

        The lines of other orders are looked at when the order is confirmed.
        """
        used = self.filtered(lambda line: line.coupon_id and line.state == "sale")
        used.order_id._check_reserved_coupons()
