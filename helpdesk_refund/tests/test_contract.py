from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.helpdesk_after_sales.tests.common import (
    AccountantGroups,
    AfterSalesContract,
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestRefundContract(
    AfterSalesContract, AccountantGroups, AccountTestInvoicingCommon
):
    allow_inherited_tests_method = True
    service = "refund"
    documents = "credit_note_ids"
    count = "credit_note_count"
    button = "action_refund"
    smart_button = "action_view_credit_notes"

    def _get_service_user(self):
        return self.env.user

    def _create_documents(self, tickets):
        credit_notes = self.env["account.move"].create(
            [
                {
                    "move_type": "out_refund",
                    "partner_id": ticket.partner_id.id,
                    "ticket_id": ticket.id,
                    "invoice_date": "2026-03-01",
                    "invoice_line_ids": [
                        Command.create({"name": "Refund", "price_unit": 10})
                    ],
                }
                for ticket in tickets
            ]
        )
        credit_notes.action_post()
        return credit_notes

    def test_contract_chatters_link(self):
        """Both chatters link: when a credit note is created and when it is posted."""
        document = self._create_documents(self.ticket)
        self.assertEqual(len(self._get_links(self.ticket, document)), 2)
        self.assertEqual(len(self._get_links(document, self.ticket)), 2)
