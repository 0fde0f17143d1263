from odoo import api, models
from odoo.fields import Domain

from odoo.addons.helpdesk_after_sales.tools import browse_id


class StockLot(models.Model):
    _inherit = "stock.lot"

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Find lots by their number, those first that a customer was delivered.

        The context names the customer, as ``delivered_to_partner_id``, where lots are
        chosen for a ticket.

        :param limit: how many lots are wanted at most, none for all
        """
        partner = browse_id(
            self.env, "res.partner", self.env.context.get("delivered_to_partner_id")
        )
        if not partner:
            return super().name_search(name, domain, operator, limit)
        # Sudo: who chooses a lot for a ticket need not be able to read deliveries.
        lines_sudo = self.env["stock.move.line"].sudo()
        delivered = lines_sudo._search(
            Domain("lot_id", "!=", False)
            & Domain(
                "move_id",
                "any",
                lines_sudo.move_id._get_deliveries_domain(partner.ids),
            )
        )
        domain = Domain(domain or Domain.TRUE)
        first = super().name_search(
            name,
            domain & Domain("id", "in", delivered.subselect("lot_id")),
            operator,
            limit,
        )
        if limit and len(first) >= limit:
            return first
        return first + super().name_search(
            name,
            domain & Domain("id", "not in", [lot_id for lot_id, _name in first]),
            operator,
            limit and limit - len(first),
        )
