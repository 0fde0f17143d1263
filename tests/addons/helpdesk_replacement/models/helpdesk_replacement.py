from odoo import fields, models


class HelpdeskReplacement(models.Model):
    _name = "helpdesk.replacement"
    _description = "Replacement"
    _inherit = ["mail.thread", "helpdesk.document.mixin"]
    _check_company_auto = True

    name = fields.Char(required=True)
    state = fields.Selection(
        [("draft", "To Send"), ("sent", "Sent")], default="draft", required=True
    )
    company_id = fields.Many2one("res.company", required=True)
    product_id = fields.Many2one("product.product")

    _ticket_document_idx = models.UniqueIndex(
        "((id::bigint * 1000 + 900)) WHERE ticket_id IS NOT NULL"
    )

    def _prepare_portal_values(self, line):
        """Tell the customer that what was sent is coming."""
        values = super()._prepare_portal_values(line)
        if self.state == "sent":
            values["state"] = self.env._("It is on its way to you.")
        return values

    def action_send(self):
        """Send the products; the ticket hears of it."""
        self.write({"state": "sent"})
        self._log_ticket_event(self.env._("sent"))
