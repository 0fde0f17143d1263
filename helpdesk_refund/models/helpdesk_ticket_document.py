from odoo import models
from odoo.tools import SQL


class HelpdeskTicketDocument(models.Model):
    _inherit = "helpdesk.ticket.document"
    _depends = {
        "account.move": [
            "amount_total",
            "amount_total_signed",
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "date",
            "invoice_date",
            "move_type",
            "name",
            "partner_id",
            "ref",
            "state",
            "ticket_id",
        ]
    }

    def _get_document_queries(self):
        return [
            *super()._get_document_queries(),
            self._prepare_document_query(
                service="refund",
                slot=1,
                model="account.move",
                columns={
                    "name": SQL(
                        "COALESCE(NULLIF(document.name, '/'), NULLIF(document.ref, ''),"
                        " '* ' || document.id)"
                    ),
                    "state": SQL(
                        "CASE document.state WHEN 'posted' THEN 'done'"
                        " WHEN 'cancel' THEN 'cancelled' ELSE 'new' END"
                    ),
                    "document_state_value": SQL("document.state"),
                    "date": SQL("COALESCE(document.invoice_date, document.date)"),
                    "amount": SQL("document.amount_total"),
                    "currency_id": SQL("document.currency_id"),
                    "company_amount": SQL("-document.amount_total_signed"),
                    "partner_id": SQL("document.partner_id"),
                    "commercial_partner_id": SQL("document.commercial_partner_id"),
                    "company_id": SQL("document.company_id"),
                },
                condition=SQL("document.move_type = 'out_refund'"),
            ),
        ]
