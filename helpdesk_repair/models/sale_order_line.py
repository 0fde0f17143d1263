from odoo import api, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _recompute_qty_to_invoice(self) -> None:
        """Have what is left to invoice, and all that depends on it, computed anew."""
        self.env.add_to_compute(self._fields["qty_to_invoice"], self)
        self.modified(["qty_to_invoice"])

    @api.depends("order_id.has_repair_invoicing")
    def _compute_qty_to_invoice(self):
        """Let a repair's invoice method decide what its quotation's lines invoice."""
        result = super()._compute_qty_to_invoice()
        lines = self.filtered("order_id.has_repair_invoicing")
        # Sudo: who sells need not have rights on repairs.
        repairs_sudo = lines.order_id.sudo().repair_order_ids
        for repair_sudo in repairs_sudo.filtered("invoice_method"):
            line_ids = set(repair_sudo._get_quotation_lines().ids)
            is_held_back = repair_sudo._holds_back_invoice()
            for line in lines:
                if line._origin.id not in line_ids or line.state != "sale":
                    continue
                if is_held_back:
                    line.qty_to_invoice = 0.0
                elif not (line.display_type or line.is_downpayment or line._is_part()):
                    line.qty_to_invoice = line.product_uom_qty - line.qty_invoiced
        return result

    def _is_part(self) -> bool:
        """Tell whether this line is a part of a repair that bills what was used."""
        self.ensure_one()
        # Sudo: who sells need not be able to read transfers and repairs.
        repairs_sudo = self.sudo().move_ids.repair_id
        return "after" in repairs_sudo.mapped("invoice_method")
