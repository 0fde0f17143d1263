from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestReturned(RefundCommon):
    """Refunds of what customers have sent back, whoever has taken it back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": 100,
                            "tax_ids": [Command.set(cls.tax.ids)],
                        }
                    )
                    for product, quantity in ((cls.product_a, 3), (cls.product_b, 1))
                ],
            }
        )
        cls.order.action_confirm()
        cls.line, cls.other_line = cls.order.order_line
        cls.invoice = cls._bill()

    @classmethod
    def _bill(cls):
        for line in cls.order.order_line:
            line.qty_delivered = line.product_uom_qty
        invoice = cls.order._create_invoices()
        invoice.invoice_date = "2026-02-01"
        invoice.action_post()
        return invoice

    @contextmanager
    def _returned(self, quantities):
        """As if this had come back for the ticket."""
        with patch.object(
            self.registry["helpdesk.ticket"],
            "_get_returned_quantities",
            lambda _tickets: dict(quantities),
        ):
            yield

    def _get_quantities(self, credit_note):
        return {
            line.sale_line_ids: line.quantity for line in credit_note.invoice_line_ids
        }

    def test_nothing_has_come_back(self):
        self._create_customer_invoice()
        self.assertFalse(self._open_wizard().move_ids[:])
        credit_note = self._refund(self.invoice, method="partial")
        self.assertEqual(credit_note.amount_total, self.invoice.amount_total)

    def test_invoice_is_proposed(self):
        self._create_customer_invoice()
        with self._returned({self.line: 1}):
            self.assertEqual(self._open_wizard().move_ids[:], self.invoice)

    def test_not_invoiced(self):
        self._create_customer_invoice()
        line = self.line.copy({"order_id": self.order.id})
        with self._returned({line: 1}):
            self.assertFalse(self._open_wizard().move_ids[:])

    def test_draft_is_what_came_back(self):
        with self._returned({self.line: 2}):
            credit_note = self._refund(method="partial")
        self.assertEqual(credit_note.state, "draft")
        self.assertEqual(self._get_quantities(credit_note), {self.line: 2})
        self.assertEqual(credit_note.amount_total, 238)
        credit_note.action_post()
        self.assertEqual(credit_note.payment_state, "paid")

    def test_several_lines(self):
        with self._returned({self.line: 1, self.other_line: 1}):
            credit_note = self._refund(method="partial")
        self.assertEqual(
            self._get_quantities(credit_note), {self.line: 1, self.other_line: 1}
        )

    def test_what_was_credited_is_not_credited_again(self):
        with self._returned({self.line: 1}):
            self._refund(method="partial")
        with self._returned({self.line: 3}):
            credit_note = self._refund(method="partial")
            self.assertEqual(self._get_quantities(credit_note), {self.line: 2})
            credit_note.button_cancel()
            credit_note = self._refund(method="partial")
            self.assertEqual(self._get_quantities(credit_note), {self.line: 2})

    def test_never_more_than_is_left(self):
        self._refund_by_core(self.invoice, amount=10)
        left = self.invoice._get_left_to_credit()[self.invoice]
        with self._returned({self.line: 3, self.other_line: 1}):
            credit_note = self._refund(method="partial")
        self.assertAlmostEqual(credit_note.amount_total, left)

    def test_full_refund_is_full(self):
        with self._returned({self.line: 1}):
            credit_note = self._refund(method="full")
        self.assertEqual(credit_note.amount_total, self.invoice.amount_total)

    def test_several_invoices(self):
        self.line.product_uom_qty = 5
        second = self._bill()
        with self._returned({self.line: 4}):
            form = self._open_wizard()
            self.assertEqual(form.move_ids[:], self.invoice | second)
            self._refund(self.invoice | second, method="partial")
        quantities = [
            quantity
            for credit_note in self.ticket.credit_note_ids
            for quantity in self._get_quantities(credit_note).values()
        ]
        self.assertEqual(sum(quantities), 4)

    def test_other_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        with self._returned({self.line: 1}):
            self.line.product_uom_id = dozen
            credit_note = self._refund(method="partial")
        # Billed before in units: twelve of them would be a dozen.
        self.assertEqual(self._get_quantities(credit_note), {self.line: 3})
