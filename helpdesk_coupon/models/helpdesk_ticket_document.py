from odoo import fields, models
from odoo.tools import SQL


class HelpdeskTicketDocument(models.Model):
    _inherit = "helpdesk.ticket.document"
    _depends = {
        "loyalty.card": [
            "active",
            "code",
            "company_id",
            "expiration_date",
            "partner_id",
            "program_id",
            "ticket_id",
        ],
        "loyalty.history": ["card_id", "order_id", "used"],
        "loyalty.program": ["active", "date_to"],
    }

    def _get_document_queries(self):
        # The same as the coupon's own state, see ``loyalty.card``.
        state = SQL(
            """
            CASE WHEN EXISTS (
                    SELECT FROM loyalty_history AS history
                     WHERE history.card_id = document.id
                       AND history.used > 0
                       AND history.order_id IS NOT NULL
                 ) THEN 'used'
                 WHEN NOT document.active OR NOT program.active THEN 'archived'
                 WHEN LEAST(document.expiration_date, program.date_to) < %s
                 THEN 'expired'
                 ELSE 'available'
            END
            """,
            fields.Date.today(),
        )
        return [
            *super()._get_document_queries(),
            self._prepare_document_query(
                service="coupon",
                slot=2,
                model="loyalty.card",
                columns={
                    "name": SQL("document.code"),
                    "state": SQL(
                        "CASE %s WHEN 'available' THEN 'new' WHEN 'used' THEN 'done'"
                        " ELSE 'cancelled' END",
                        state,
                    ),
                    "document_state_value": state,
                },
                customer=SQL("document.partner_id"),
                joins=SQL(
                    "JOIN loyalty_program AS program ON program.id = document.program_id"
                ),
            ),
        ]
