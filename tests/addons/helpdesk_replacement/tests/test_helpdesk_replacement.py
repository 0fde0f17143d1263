from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import AfterSalesContract


@tagged("post_install", "-at_install")
class TestHelpdeskReplacement(AfterSalesContract, TransactionCase):
    """The mechanism carries a service that the base knows nothing of."""

    allow_inherited_tests_method = True
    service = "replacement"
    documents = "replacement_ids"
    count = "replacement_count"
    button = "action_replace"
    smart_button = "action_view_replacements"

    def _create_documents(self, tickets):
        return self.env["helpdesk.replacement"].create(
            [
                {
                    "name": ticket.name,
                    "ticket_id": ticket.id,
                    "company_id": ticket.company_id.id,
                }
                for ticket in tickets
            ]
        )

    def test_milestone(self):
        replacement = self._create_documents(self.ticket)
        replacement.action_send()
        self.assertIn("sent", self.ticket.message_ids[0].body)
        self.assertEqual(self.ticket.document_ids.state, "done")
        self.assertEqual(self.ticket.document_ids.document_state, "Sent")

    def test_portal(self):
        """The customer sees it without a line of code, and in words with three."""
        replacement = self._create_documents(self.ticket)
        [shown] = self._get_portal_documents(self.customer)
        self.assertEqual(shown["title"], f"Replacement {replacement.name}")
        self.assertEqual(shown["state"], "We have taken this up.")
        replacement.action_send()
        [shown] = self._get_portal_documents(self.customer)
        self.assertEqual(shown["state"], "It is on its way to you.")

    def test_deletion(self):
        replacement = self._create_documents(self.ticket)
        replacement.unlink()
        self.assertIn("deleted", self.ticket.message_ids[0].body)
        self.assertFalse(self.ticket.replacement_count)
        self.assertFalse(self.ticket.document_ids)
