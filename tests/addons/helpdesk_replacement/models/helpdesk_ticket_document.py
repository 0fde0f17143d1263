from odoo import models
from odoo.tools import SQL


class HelpdeskTicketDocument(models.Model):
    _inherit = "helpdesk.ticket.document"
    _depends = {"helpdesk.replacement": ["name", "state", "product_id", "ticket_id"]}

    def _get_document_queries(self):
        replacements = self._prepare_document_query(
            service="replacement",
            slot=900,
            model="helpdesk.replacement",
            columns={
                "state": SQL(
                    "CASE document.state WHEN 'sent' THEN 'done' ELSE 'new' END"
                ),
                "product_id": SQL("document.product_id"),
            },
        )
        return [*super()._get_document_queries(), replacements]
