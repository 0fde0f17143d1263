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
            "reversed_entry_id",
            "state",
            "ticket_id",
        ],
        "account.move.line": [
            "display_type",
            "move_id",
            "product_id",
            "product_uom_id",
            "quantity",
        ],
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
                        "COALESCE(NULLIF(document.name, '/'),"
                        " '* ' || COALESCE(invoice.name, document.id::varchar))"
                    ),
                    "state": SQL(
                        "CASE document.state WHEN 'posted' THEN 'done'"
                        " WHEN 'cancel' THEN 'cancelled' ELSE 'new' END"
                    ),
                    "date": SQL("COALESCE(document.invoice_date, document.date)"),
                    "amount": SQL("document.amount_total"),
                    "currency_id": SQL("document.currency_id"),
                    "company_amount": SQL("-document.amount_total_signed"),
                    "product_id": SQL("billed.product_id"),
                    "quantity": SQL("billed.quantity"),
                    "product_uom_id": SQL("billed.product_uom_id"),
                    "partner_id": SQL("document.partner_id"),
                    "commercial_partner_id": SQL("document.commercial_partner_id"),
                },
                joins=SQL(
                    """
                    LEFT JOIN account_move AS invoice
                           ON invoice.id = document.reversed_entry_id
                    LEFT JOIN LATERAL (
                        SELECT MIN(line.product_id) AS product_id,
                               SUM(line.quantity) AS quantity,
                               MIN(line.product_uom_id) AS product_uom_id
                          FROM account_move_line AS line
                         WHERE line.move_id = document.id
                           AND line.display_type = 'product'
                        HAVING COUNT(DISTINCT line.product_id) = 1
                           AND COUNT(DISTINCT line.product_uom_id) = 1
                           AND COUNT(*) = COUNT(line.product_id)
                    ) AS billed ON TRUE
                    """
                ),
                condition=SQL("document.move_type = 'out_refund'"),
            ),
        ]
