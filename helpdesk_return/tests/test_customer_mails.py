from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.customer_mails import CustomerMailsCommon

from .common import ReturnCommon


@tagged("post_install", "-at_install")
class TestCustomerMails(CustomerMailsCommon, ReturnCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.return_notify_customer = True
        cls.delivery = cls._deliver({cls.lamp: 3})

    def test_return_in_parts(self):
        """The slip once, and a word for each parcel."""
        transfer = self._return(3)
        message = self._tell_customers()
        self.assertIn(transfer.name, message.subject)
        self.assertEqual(len(message.attachment_ids), 1)
        self._validate(transfer, {self.lamp: 1})
        backorder = transfer.backorder_ids
        self.assertEqual(backorder.ticket_id, self.ticket)
        message = self._tell_customers()
        self.assertEqual(len(message), 1)
        self.assertIn("1.00 Units", message.body)
        self.assertFalse(message.attachment_ids)
        self._validate(backorder)
        message = self._tell_customers()
        self.assertIn(backorder.name, message.subject)
        self.assertIn("2.00 Units", message.body)

    def test_received_at_once(self):
        """No slip for what is back already."""
        self._validate(self._return(1))
        message = self._tell_customers()
        self.assertEqual(len(message), 1)
        self.assertIn("received", message.subject)

    def test_cancelled(self):
        self._return(1).action_cancel()
        self.assertFalse(self._tell_customers())

    def test_replacement_is_none(self):
        transfer = self._return(1, exchange=True)
        self.assertEqual(len(self._tell_customers()), 1)
        replacement = self._get_replacement(transfer)
        self.assertEqual(replacement.ticket_id, self.ticket)
        self._validate(replacement)
        self.assertFalse(self._tell_customers())

    def test_slip_sent_by_hand(self):
        transfer = self._return(1)
        self._send_slip(transfer)
        self.assertFalse(self._tell_customers(), "The customer has it.")
        self._validate(transfer)
        self.assertIn("received", self._tell_customers().subject)
        self._send_slip(transfer)
        self.assertFalse(self._tell_customers())

    def _send_slip(self, transfer):
        action = transfer.action_send_return_slip()
        composers = self.env["mail.compose.message"]
        composers.with_context(**action["context"]).create({}).action_send_mail()
