from odoo import api, fields, models


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    replacement_ids = fields.One2many("helpdesk.replacement", "ticket_id")
    replacement_count = fields.Integer(compute="_compute_replacement_count")
    can_be_replaced = fields.Boolean(compute="_compute_can_be_replaced")

    def _get_after_sales_services(self):
        return {**super()._get_after_sales_services(), "replacement": "replacement_ids"}

    @api.depends("replacement_ids")
    def _compute_replacement_count(self):
        self._compute_document_count("replacement_ids", "replacement_count")

    @api.depends("team_id.use_replacement", "active")
    def _compute_can_be_replaced(self):
        for ticket in self:
            ticket.can_be_replaced = ticket._has_service("replacement")

    def action_replace(self):
        """Send the ticket's product once more."""
        self._ensure_service("replacement")
        self._ensure_customer()
        replacement = self.env["helpdesk.replacement"].create(
            {
                "name": self.name,
                "ticket_id": self.id,
                "company_id": self.company_id.id,
                "product_id": self.product_id.id,
            }
        )
        return replacement._get_records_action()

    @api.readonly
    def action_view_replacements(self):
        """Open the ticket's replacements."""
        return self._action_view_documents("replacement_ids")
