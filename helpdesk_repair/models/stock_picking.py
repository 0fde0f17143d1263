from odoo import api, models
from odoo.fields import Domain

from odoo.addons.helpdesk_after_sales.tools import browse_id


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Find transfers by their number, those of a ticket first.

        The context names the ticket, as ``transfers_of_ticket_id``, where the return
        of a ticket's repair is chosen.

        :param limit: how many transfers are wanted at most, none for all
        """
        ticket = browse_id(
            self.env, "helpdesk.ticket", self.env.context.get("transfers_of_ticket_id")
        )
        if not ticket:
            return super().name_search(name, domain, operator, limit)
        domain = Domain(domain or Domain.TRUE)
        of_ticket = Domain("ticket_id", "=", ticket.id)
        first = super().name_search(name, domain & of_ticket, operator, limit)
        if limit and len(first) >= limit:
            return first
        return first + super().name_search(
            name, domain & ~of_ticket, operator, limit and limit - len(first)
        )

    def _prepare_repair_vals(self, product, lot) -> dict:
        """Prepare the repair of what this return has brought.

        :param product: what is to be repaired, where that is known
        :param lot: its lot or serial number, where that is known
        :return: values of a ``repair.order``; none where the return has not the product
        """
        self.ensure_one()
        moves = self.move_ids.filtered(lambda move: move.state != "cancel")
        if product:
            moves = moves.filtered(lambda move: move.product_id == product)
        if not moves:
            return {}
        vals = {"picking_id": self.id}
        if len(moves.product_id) > 1:
            return vals
        vals["product_id"] = moves.product_id.id
        lots = moves.move_line_ids.lot_id
        if lot not in lots:
            lot = lots if len(lots) == 1 else lots.browse()
        if lot:
            vals["lot_id"] = lot.id
        if moves.product_id.tracking == "serial":
            vals["product_qty"] = 1.0
        else:
            of_lot = moves.move_line_ids.filtered(lambda line: line.lot_id == lot)
            unit = moves.product_id.uom_id
            vals["product_uom"] = unit.id
            vals["product_qty"] = (
                sum(of_lot.mapped("quantity_product_uom"))
                if lot
                else sum(
                    move.product_uom._compute_quantity(
                        move._get_quantity_to_return(),
                        unit,
                        rounding_method="HALF-UP",
                    )
                    for move in moves
                )
            )
        orders = moves.sale_line_id.order_id
        if len(orders) == 1:
            vals["origin_sale_order_id"] = orders.id
        return vals

    def _action_done(self):
        """Validate transfers; a ticket hears of what was sent back repaired."""
        result = super()._action_done()
        delivered = self.filtered(
            lambda transfer: (
                transfer.ticket_id
                and transfer.state == "done"
                and not transfer._takes_goods_back()
            )
        )
        if delivered:
            # Sudo: who moves goods need not have rights on repairs.
            repairs_sudo = self.env["repair.order"].sudo()
            repairs_sudo.search(
                Domain("send_back_id", "in", delivered.ids)
            )._log_ticket_event(
                self.env._("sent back to the customer"),
                self.env._("Sent back for ticket"),
            )
        return result
