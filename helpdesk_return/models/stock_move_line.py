from odoo import api, models
from odoo.exceptions import UserError


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.constrains("lot_id", "move_id", "product_id")
    def _check_returned_goods(self):
        """Hold what tickets' returns receive to what was delivered."""
        lines = self.filtered(
            lambda line: (
                line.move_id.origin_returned_move_id
                and line.move_id.picking_id.ticket_id
            )
        )
        for line in lines:
            if line.product_id != line.move_id.product_id:
                raise UserError(
                    self.env._(
                        "%(transfer)s takes back %(product)s, not %(other)s; remove "
                        "the line.",
                        transfer=line.move_id.picking_id.name,
                        product=line.move_id.product_id.display_name,
                        other=line.product_id.display_name,
                    )
                )
        if received := lines.move_id.filtered(lambda move: move.state == "done"):
            received._ensure_delivered_lots()
