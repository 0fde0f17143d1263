from odoo.tests import HttpCase, tagged

from .common import CouponCommon


@tagged("post_install", "-at_install")
class TestTour(CouponCommon, HttpCase):
    """The agent's way, without any right on sales."""

    def _start(self, tour):
        action = "helpdesk_mgmt.helpdesk_ticket_action"
        self.start_tour(
            f"/odoo/action-{action}/{self.ticket.id}", tour, login=self.agent.login
        )

    def test_coupon(self):
        silent = self.env["res.partner"].create({"name": "Silent Sam"})
        self.ticket.message_subscribe(silent.ids)
        self._start("helpdesk_coupon")
        coupon = self.ticket.coupon_ids
        self.assertEqual(len(coupon), 1)
        mail = self.ticket.message_ids.filtered(
            lambda message: coupon.code in message.body and not message.is_internal
        )
        self.assertIn(self.contact, mail.notified_partner_ids)

    def test_no_program(self):
        self.program.active = False
        self._start("helpdesk_coupon_nothing")
        self.assertFalse(self.ticket.coupon_ids)
