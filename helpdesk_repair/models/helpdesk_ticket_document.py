from odoo import models
from odoo.tools import SQL


class HelpdeskTicketDocument(models.Model):
    _inherit = "helpdesk.ticket.document"
    _depends = {
        "repair.order": [
            "company_id",
            "name",
            "partner_id",
            "product_id",
            "product_qty",
            "product_uom",
            "sale_order_id",
            "sale_order_line_id",
            "schedule_date",
            "state",
            "ticket_id",
        ],
        "sale.order": ["amount_total", "currency_id", "currency_rate", "state"],
    }

    def _get_document_queries(self):
        return [
            *super()._get_document_queries(),
            self._prepare_document_query(
                service="repair",
                slot=4,
                model="repair.order",
                columns={
                    "state": SQL(
                        "CASE document.state WHEN 'draft' THEN 'new'"
                        " WHEN 'done' THEN 'done' WHEN 'cancel' THEN 'cancelled'"
                        " ELSE 'in_progress' END"
                    ),
                    "date": SQL("document.schedule_date::date"),
                    "amount": SQL("quotation.amount_total"),
                    "currency_id": SQL("quotation.currency_id"),
                    "company_amount": SQL(
                        "quotation.amount_total"
                        " / COALESCE(NULLIF(quotation.currency_rate, 0), 1)"
                    ),
                    "product_id": SQL("document.product_id"),
                    "quantity": SQL("document.product_qty"),
                    "product_uom_id": SQL("document.product_uom"),
                },
                customer=SQL("document.partner_id"),
                # An order that sold the repair may have sold other things as well.
                joins=SQL(
                    """
                    LEFT JOIN sale_order AS quotation
                      ON quotation.id = document.sale_order_id
                     AND quotation.state != 'cancel'
                     AND document.sale_order_line_id IS NULL
                    """
                ),
            ),
        ]
