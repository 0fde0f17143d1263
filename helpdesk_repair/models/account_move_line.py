from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.constrains("sale_line_ids")
    def _check_not_held_back_for_repair(self):
        """Refuse invoices of quotations whose repair holds them back, however made.

        A down payment is such an invoice, too.
        """
        billed = self.filtered(lambda line: line.move_id.move_type != "out_refund")
        # Sudo: who makes invoices need not be able to read orders and repairs.
        billed.sudo().sale_line_ids.order_id._ensure_not_held_back_for_repair()
