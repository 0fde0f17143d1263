from odoo import fields, models


class HelpdeskReturnDecline(models.TransientModel):
    """Ask the agent why a return that a customer asked for is declined."""

    _name = "helpdesk.return.decline"
    _description = "Decline a Return Request"

    picking_id = fields.Many2one("stock.picking", string="Return", required=True)
    answer = fields.Text(
        string="Answer to the Customer",
        required=True,
        help="The customer reads it in the mail and on the ticket's portal page.",
    )

    def action_decline(self):
        """Decline the return and tell the customer why.

        :return: an action that closes the dialog
        :raise AccessError: the user may not change the return
        :raise UserError: it was answered meanwhile
        """
        self.ensure_one()
        self.picking_id._decline_request(self.answer)
        return {"type": "ir.actions.act_window_close"}
