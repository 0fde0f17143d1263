from odoo.tests import HttpCase, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.helpdesk_after_sales.tests.common import AccountantGroups

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestTour(RepairCommon, HttpCase):
    """The agent's way, without any right on stock or sales."""

    def _start(self, tour):
        action = "helpdesk_mgmt.helpdesk_ticket_action"
        self.start_tour(
            f"/odoo/action-{action}/{self.ticket.id}",
            tour,
            login=self.plain_agent.login,
        )

    def test_agent(self):
        self.ticket.sale_order_ids = self._create_order()
        self._start("helpdesk_repair_agent")
        repair = self.ticket.repair_ids
        self.assertEqual(repair.product_id, self.lamp)
        self.assertEqual(repair.repair_service_ids.product_id, self.work)

    def test_discard(self):
        self._start("helpdesk_repair_discard")
        self.assertFalse(self.ticket.repair_ids)

    def test_leave(self):
        """Who closes the tab stores what was typed, and no form that is untouched."""
        self._start("helpdesk_repair_leave")
        self.assertEqual(
            self.ticket.repair_ids.mapped("repair_description"), ["Flickers"]
        )


@tagged("post_install", "-at_install")
class TestWorkshopTour(
    RepairCommon, AccountantGroups, AccountTestInvoicingCommon, HttpCase
):
    """From the return to the way back, by those who have the apps' rights."""

    more_groups = (*AccountantGroups.more_groups, "stock.group_stock_manager")

    def test_workshop(self):
        self._receive_lamp()
        self.start_tour(
            f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{self.ticket.id}",
            "helpdesk_repair_workshop",
            login=self.mechanic.login,
        )
        repair = self.ticket.repair_ids
        self.assertEqual(repair.sale_order_id.invoice_status, "invoiced")
        self.assertEqual(repair.send_back_id.state, "done")
