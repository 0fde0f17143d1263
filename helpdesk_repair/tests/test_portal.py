from odoo.tests import HttpCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import TicketPortal

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestPortal(TicketPortal, RepairCommon, HttpCase):
    """The customer's side of repairs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nora = cls._create_portal_user("nora", cls.customer)
        cls.bob = cls._create_portal_user("bob", cls.stranger)
        cls.ticket.partner_id = cls.nora.partner_id
        cls.env.company.portal_confirmation_sign = True
        (cls.lamp | cls.switch).standard_price = 4321.98

    def _look(self, user=None):
        return self._get_after_sales(self.ticket, user or self.nora)

    def test_from_the_parcel_to_the_way_back(self):
        _delivery, _return = self._receive_lamp()
        repair = self._create_repair(
            user=self.mechanic, product_id=self.lamp, invoice_method="none"
        )
        repair.internal_notes = "<p>Customer is grumpy</p>"
        repair.picking_id = self.ticket.return_ids
        self._add_part(repair)
        page = self._look()
        self.assertIn(f"Repair {repair.name}", page)
        self.assertIn("Your Lamp is waiting to be repaired.", page)
        for text in ("grumpy", "4321", "4,321", "Switch"):
            self.assertNotIn(text, page)
        self._start(repair)
        self.assertIn("Your Lamp is being repaired.", self._look())
        self._finish(repair)
        page = self._look()
        self.assertIn("Your Lamp is repaired.", page)
        self.assertIn("The repair was done.", page)
        repair.action_send_back()
        self.assertIn("Your Lamp is repaired.", self._look())
        self._validate(repair.send_back_id)
        page = self._look()
        self.assertIn("Your Lamp was repaired and sent back.", page)
        self.assertIn("We sent it back to you.", page)

    def test_quotation(self):
        repair = self._create_repair(
            user=self.mechanic, product_id=self.lamp, invoice_method="after"
        )
        self._add_service(repair)
        repair.action_create_sale_order()
        order = repair.sale_order_id
        page = self._look()
        self.assertNotIn("uotation", page, "a draft is not for the customer")
        self.assertNotIn(f"{order.amount_total:.2f}", page)
        order.state = "sent"
        page = self._look()
        for text in (
            "We are waiting for your answer to our quotation.",
            f"{order.amount_total:.2f}",
            "Read and sign the quotation",
        ):
            self.assertIn(text, page)
        [shown] = self.ticket.with_user(self.nora)._get_portal_documents(
            self.nora.partner_id
        )
        [(_label, address)] = shown["pages"]
        self.assertEqual(address, f"/my/orders/{order.id}")
        self.assertIn(order.name, self.url_open(address).text)
        order.write({"signed_on": "2026-03-12 10:00:00", "signed_by": "Nora"})
        order.action_confirm()
        page = self._look()
        self.assertIn("You signed the quotation.", page)
        self.assertIn("Read the quotation", page)
        self.assertIn("Your Lamp is waiting to be repaired.", page)

    def test_called_off(self):
        repair = self._create_repair(
            user=self.mechanic, product_id=self.lamp, invoice_method="none"
        )
        repair.action_repair_cancel()
        self.assertIn("This repair was called off.", self._look())

    def test_without_a_product(self):
        repair = self._create_repair(user=self.mechanic, invoice_method="none")
        repair.product_id = False
        self.assertIn("Your product is waiting to be repaired.", self._look())

    def test_others(self):
        self._create_repair(
            user=self.mechanic, product_id=self.lamp, invoice_method="none"
        )
        self.assertIsNone(self._look(self.bob))
        self.ticket.message_subscribe(self.bob.partner_id.ids)
        self.assertEqual(self._look(self.bob), "")
