from odoo import models
from odoo.tools import SQL


class HelpdeskTicketDocument(models.Model):
    _inherit = "helpdesk.ticket.document"
    _depends = {
        "res.partner": ["commercial_partner_id"],
        "stock.picking": [
            "company_id",
            "date_done",
            "name",
            "partner_id",
            "scheduled_date",
            "state",
            "ticket_id",
        ],
        "stock.move": [
            "origin_returned_move_id",
            "partner_id",
            "picking_id",
            "product_id",
            "product_uom",
            "product_uom_qty",
            "quantity",
            "state",
        ],
    }

    def _get_document_queries(self):
        return [
            *super()._get_document_queries(),
            self._prepare_document_query(
                service="return",
                slot=3,
                model="stock.picking",
                columns={
                    "state": SQL(
                        "CASE document.state WHEN 'done' THEN 'done'"
                        " WHEN 'cancel' THEN 'cancelled'"
                        " WHEN 'draft' THEN 'new' ELSE 'in_progress' END"
                    ),
                    "date": SQL(
                        "COALESCE(document.date_done, document.scheduled_date)::date"
                    ),
                    "product_id": SQL("goods.product_id"),
                    "quantity": SQL("goods.quantity"),
                    "product_uom_id": SQL("goods.product_uom_id"),
                },
                # As ``_get_document_customer`` of the transfer has it.
                customer=SQL("COALESCE(owner.id, document.partner_id)"),
                # Of one product its quantity: received once it was, planned before.
                joins=SQL(
                    """
                    LEFT JOIN LATERAL (
                        SELECT COALESCE(MIN(delivered.partner_id), MIN(move.partner_id)) AS id
                          FROM stock_move AS move
                     LEFT JOIN stock_move AS delivered
                            ON delivered.id = move.origin_returned_move_id
                         WHERE move.picking_id = document.id
                    ) AS owner ON TRUE
                    LEFT JOIN LATERAL (
                        SELECT MIN(move.product_id) AS product_id,
                               MIN(move.product_uom) AS product_uom_id,
                               SUM(CASE move.state WHEN 'done' THEN move.quantity
                                   ELSE move.product_uom_qty END) AS quantity
                          FROM stock_move AS move
                         WHERE move.picking_id = document.id
                           AND (move.state != 'cancel' OR document.state = 'cancel')
                        HAVING COUNT(DISTINCT (move.product_id, move.product_uom)) = 1
                    ) AS goods ON TRUE
                    """
                ),
            ),
        ]
