from odoo import models
from odoo.tools import SQL


class HelpdeskTicketDocument(models.Model):
    _inherit = "helpdesk.ticket.document"
    _depends = {
        "helpdesk.ticket": ["product_id"],
        "project.task": [
            "company_id",
            "name",
            "partner_id",
            "planned_date_start",
            "state",
            "ticket_id",
            "visit_start",
        ],
    }

    def _get_document_queries(self):
        return [
            *super()._get_document_queries(),
            self._prepare_document_query(
                service="fieldservice",
                slot=5,
                model="project.task",
                columns={
                    "state": SQL(
                        "CASE WHEN document.state = '1_done' THEN 'done'"
                        " WHEN document.state = '1_canceled' THEN 'cancelled'"
                        " WHEN document.visit_start IS NULL THEN 'new'"
                        " ELSE 'in_progress' END"
                    ),
                    "date": SQL(
                        "COALESCE(document.planned_date_start,"
                        " document.create_date)::date"
                    ),
                    "product_id": SQL("ticket.product_id"),
                },
                customer=SQL("document.partner_id"),
            ),
        ]
