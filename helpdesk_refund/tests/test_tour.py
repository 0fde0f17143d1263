from odoo.tests import HttpCase, freeze_time, tagged

from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestTour(RefundCommon, HttpCase):
    def _start(self, tour):
        action = "helpdesk_mgmt.helpdesk_ticket_action"
        self.start_tour(
            f"/odoo/action-{action}/{self.ticket.id}", tour, login=self.agent.login
        )

    def test_partial(self):
        invoice = self._create_customer_invoice()
        self._start("helpdesk_refund_partial")
        self.assertEqual(self.ticket.credit_note_ids.state, "posted")
        self.assertEqual(invoice.payment_state, "reversed")

    def test_full(self):
        invoice = self._create_customer_invoice()
        self._start("helpdesk_refund_full")
        self.assertEqual(self.ticket.credit_note_ids.state, "posted")
        self.assertEqual(invoice.payment_state, "reversed")

    def test_nothing_to_refund(self):
        self._start("helpdesk_refund_nothing")
        self.assertFalse(self.ticket.credit_note_ids)
