from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _try_apply_code(self, code):
        """Refuse the code of a coupon that is reserved for another customer."""
        # Sudo: a coupon is reserved also where the user does not see it.
        coupon_sudo = (
            self.env["loyalty.card"]
            .sudo()
            .search(Domain("code", "=", code) & Domain("is_reserved", "=", True))
        )
        if coupon_sudo and coupon_sudo._is_reserved_against(self.partner_id):
            return {"error": self._get_reserved_message(code)}
        return super()._try_apply_code(code)

    def _get_reserved_message(self, code: str) -> str:
        """Say that a coupon is not for this order's customer, and not whose it is.

        :param code: the coupon's code, as it was entered
        """
        if self.env.user._is_public():
            return self.env._(
                "Coupon %(coupon)s is reserved for a customer; sign in first if it is "
                "yours.",
                coupon=code,
            )
        return self.env._(
            "Coupon %(coupon)s is reserved for another customer and cannot be used in "
            "this order.",
            coupon=code,
        )

    @api.constrains("applied_coupon_ids", "partner_id", "state")
    def _check_reserved_coupons(self):
        """Hold orders to the customers of their coupons, whatever changes them."""
        for order in self:
            # Sudo: a coupon is reserved also where the user does not see it.
            coupons_sudo = order.sudo().applied_coupon_ids
            if order.state == "sale":
                coupons_sudo |= order.sudo().order_line.coupon_id
            for coupon_sudo in coupons_sudo:
                if coupon_sudo._is_reserved_against(order.sudo().partner_id):
                    raise ValidationError(
                        self.env._(
                            "Order %(order)s holds coupon %(coupon)s, which is reserved "
                            "for another customer; remove the coupon from the order "
                            "first.",
                            order=order.display_name,
                            coupon=coupon_sudo.code,
                        )
                    )
