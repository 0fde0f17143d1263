from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_quantity_in_unit_of(self, order_line) -> float:
        """Tell the quantity of this line in the unit it was sold in.

        :param order_line: the sales order line that this line bills
        """
        self.ensure_one()
        # Sudo: who bills a customer need not be able to read the sales orders.
        unit = order_line.sudo().product_uom_id
        return self.product_uom_id._compute_quantity(self.quantity, unit, round=False)
