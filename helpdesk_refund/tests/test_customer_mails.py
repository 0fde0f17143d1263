from odoo.tests import freeze_time, tagged

from odoo.addons.helpdesk_after_sales.tests.customer_mails import CustomerMailsCommon

from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestCustomerMails(CustomerMailsCommon, RefundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.refund_notify_customer = True
        cls.invoice = cls._create_customer_invoice()

    def test_full_refund(self):
        credit_note = self._refund(method="full")
        message = self._tell_customers()
        self.assertIn(credit_note.name, message.subject)
        self.assertIn(self.ticket.number, message.subject)
        self.assertIn("100.00", message.body)
        self.assertIn(self.invoice.name, message.body)
        self.assertEqual(len(message.attachment_ids), 1)
        self.assertNotIn("/", message.attachment_ids.name)
        self.assertEqual(message.attachment_ids.res_model, "helpdesk.ticket")
        credit_note.button_draft()
        credit_note.action_post()
        self.assertFalse(self._tell_customers(), "The customer has it.")

    def test_draft(self):
        credit_note = self._refund(method="partial")
        self.assertFalse(self._get_news(credit_note))
        credit_note.action_post()
        credit_note.button_draft()
        self.assertFalse(self._tell_customers(), "It was taken back.")
        credit_note.action_post()
        self.assertTrue(self._tell_customers())

    def test_sent_from_the_credit_note(self):
        self._refund(method="full").is_move_sent = True
        self.assertFalse(self._tell_customers())

    def test_without_ticket(self):
        credit_note = self._refund_by_core(self.invoice, post=True)
        self.assertFalse(self._get_news(credit_note))
