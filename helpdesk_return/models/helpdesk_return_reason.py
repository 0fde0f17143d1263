from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class HelpdeskReturnReason(models.Model):
    """Why customers send goods back, as they choose it in the portal."""

    _name = "helpdesk.return.reason"
    _description = "Return Reason"
    _order = "sequence, id"

    name = fields.Char(string="Reason", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    team_ids = fields.Many2many(
        "helpdesk.ticket.team",
        string="Teams",
        help="The teams whose customers can choose it; none: those of all teams.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        # Sudo: who keeps the reasons need not have rights on transfers.
        transfers_sudo = self.env["stock.picking"].sudo()
        transfer_sudo = transfers_sudo.search(
            Domain("request_reason_id", "in", self.ids), limit=1
        )
        if transfer_sudo:
            raise UserError(
                self.env._(
                    "A customer chose the return reason %(reason)s for %(transfer)s; "
                    "archive it instead of deleting it.",
                    reason=transfer_sudo.request_reason_id.name,
                    transfer=transfer_sudo.name,
                )
            )
