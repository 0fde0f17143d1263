from odoo.tests import HttpCase, tagged

from .common import ReturnCommon
from .common_portal import ReturnPortalCommon


@tagged("post_install", "-at_install")
class TestTour(ReturnCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.delivery = cls._deliver()

    def _start(self, tour):
        action = "helpdesk_mgmt.helpdesk_ticket_action"
        self.start_tour(
            f"/odoo/action-{action}/{self.ticket.id}", tour, login=self.agent.login
        )

    def test_return(self):
        self._start("helpdesk_return_return")
        transfer = self.ticket.return_ids
        self.assertEqual(transfer.state, "done")
        self.assertEqual(transfer.move_ids.quantity, 2)

    def test_exchange(self):
        self._start("helpdesk_return_exchange")
        self.assertEqual(len(self.ticket.return_ids), 2)

    def test_nothing_to_return(self):
        self._return(3)
        self._start("helpdesk_return_nothing")
        self.assertEqual(len(self.ticket.return_ids), 1)


@tagged("post_install", "-at_install")
class TestRequestTour(ReturnPortalCommon, HttpCase):
    def _ask(self):
        """As the customer, on a phone."""
        self.browser_size = "360x640"
        self.touch_enabled = True
        self.start_tour(
            f"/my/ticket/{self.ticket.id}", "helpdesk_return_ask", login=self.nora.login
        )
        self.browser_size = "1366x768"
        self.touch_enabled = False
        self.assertEqual(self.ticket.return_ids.request_state, "open")
        return self.ticket.return_ids

    def _start(self, tour):
        action = "helpdesk_mgmt.helpdesk_ticket_action"
        self.start_tour(
            f"/odoo/action-{action}/{self.ticket.id}", tour, login=self.agent.login
        )

    def test_confirm(self):
        transfer = self._ask()
        self._start("helpdesk_return_confirm_request")
        self.assertEqual(transfer.state, "assigned")

    def test_decline(self):
        transfer = self._ask()
        self._start("helpdesk_return_decline_request")
        self.assertEqual(transfer.state, "cancel")
        self.assertEqual(transfer.request_answer, "It was used outdoors.")
