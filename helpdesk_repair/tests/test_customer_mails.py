from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.customer_mails import CustomerMailsCommon

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestCustomerMails(CustomerMailsCommon, RepairCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.repair_notify_customer = True

    def test_repair(self):
        repair = self._create_repair(
            product_id=self.lamp, repair_description="Socket"
        ).with_env(self.env)
        message = self._tell_customers()
        self.assertIn(repair.name, message.subject)
        self.assertIn("Lamp", message.body)
        self.assertIn("Socket", message.body)
        repair.internal_notes = "<p>Clumsy customer</p>"
        self._finish(repair)
        message = self._tell_customers()
        self.assertIn("is done", message.subject)
        self.assertNotIn("Clumsy", message.body)

    def test_done_at_once(self):
        self._finish(self._create_repair(product_id=self.lamp).with_env(self.env))
        message = self._tell_customers()
        self.assertEqual(len(message), 1)
        self.assertIn("is done", message.subject)

    def test_cancelled(self):
        self._create_repair().with_env(self.env).action_repair_cancel()
        self.assertFalse(self._tell_customers())
