from odoo import fields, models
from odoo.fields import Domain


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    return_notify_customer = fields.Boolean(
        string="Tell Customers about Returns",
        help="Customers get an email with the return slip when a return is made, and "
        "another when it is received.",
    )
    allow_return_requests = fields.Boolean(
        string="Let Customers Ask for Returns",
        help="Customers ask for returns on the portal page of their ticket; an agent "
        "confirms or declines.",
    )
    return_reason_ids = fields.Many2many(
        "helpdesk.return.reason",
        string="Return Reasons",
        compute="_compute_return_reason_ids",
    )

    def _compute_return_reason_ids(self):
        reasons = self.env["helpdesk.return.reason"].search(
            Domain("team_ids", "=", False) | Domain("team_ids", "in", self.ids)
        )
        for team in self:
            team.return_reason_ids = reasons.filtered(
                lambda reason, team=team: (
                    not reason.team_ids or team._origin in reason.team_ids
                )
            )
