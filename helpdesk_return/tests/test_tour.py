from odoo.tests import HttpCase, tagged

from .common import ReturnCommon


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
