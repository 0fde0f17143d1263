from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.helpdesk_after_sales.tests.common import (
    AfterSalesCommon,
    QueryComparison,
)


@tagged("post_install", "-at_install")
class TestHelpdeskTicketMerge(AfterSalesCommon, QueryComparison, TransactionCase):
    """Tickets without documents; those with are merged by each service's contract suite."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # In Odoo 19 administrators alone move messages, which merging does.
        cls.merger = new_test_user(
            cls.env,
            "merge_agent",
            groups="helpdesk_mgmt.group_helpdesk_user,base.group_system",
        )

    def _create_wizard(self, user, tickets, **values):
        wizards = self.env["helpdesk.ticket.merge"].with_user(user)
        return wizards.with_context(active_ids=tickets.ids).create(values)

    def test_installs_itself(self):
        """Where both addons are, this one is, and not before."""
        module = self.env.ref("base.module_helpdesk_after_sales_merge")
        self.assertTrue(module.auto_install)
        waits_for = module.dependencies_id.filtered("auto_install_required")
        self.assertEqual(
            set(waits_for.mapped("name")),
            {"helpdesk_after_sales", "helpdesk_mgmt_merge"},
        )

    def test_without_documents(self):
        """The tickets are merged as ever, and nobody hears of documents."""
        first, second = self.tickets[:2]
        messages = (first + second).message_ids
        self._create_wizard(
            self.merger, first + second, dst_ticket_id=second.id
        ).merge_tickets()
        self.assertFalse(first.active)
        added = (first + second).message_ids - messages
        self.assertFalse(
            added.filtered(lambda message: message.message_type == "notification")
        )

    def test_tickets_without_a_customer(self):
        tickets = self.tickets[:2]
        tickets.partner_id = False
        self._create_wizard(
            self.merger, tickets, dst_ticket_id=tickets[0].id
        ).merge_tickets()
        self.assertFalse(tickets[1].active)

    def test_takes_the_right_to_write_the_tickets(self):
        """Also of one who gets at the wizard's methods without it."""
        reader = new_test_user(
            self.env, "merge_reader", groups="helpdesk_mgmt.group_helpdesk_user_own"
        )
        wizard = self._create_wizard(
            self.merger, self.tickets[:2], dst_ticket_id=self.tickets[0].id
        )
        with self.assertRaises(AccessError):
            wizard.with_user(reader)._merge_documents(self.tickets[1].with_user(reader))
