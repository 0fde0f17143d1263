from odoo import fields, models


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
