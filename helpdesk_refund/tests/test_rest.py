from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestRest(RefundCommon):
    """*Partial Refund* of an invoice that is credited in part."""

    AMOUNTS = (0.01, 33.33, 99.97)

    def _refund_rest(self, invoice, credited):
        """Credit an amount of an invoice in core's way, and the rest from the ticket."""
        credit_note = self.env["account.move"].create(
            self._prepare_refund_vals(
                invoice, credited, ticket_id=False, currency_id=invoice.currency_id.id
            )
        )
        rest = self._refund(invoice, method="partial")
        self._assert_total(rest, invoice.amount_total - credited)
        return credit_note, rest

    def _assert_total(self, move, total):
        self.assertFalse(
            move.currency_id.compare_amounts(move.amount_total, total),
            f"{move.amount_total} is not {total}",
        )

    def _assert_rests(self, invoice, amounts):
        """Whatever was credited before, the draft's total is what is left."""
        for credited in amounts:
            with self.subTest(credited=credited):
                draft = invoice._reverse_moves([{"invoice_date": "2026-03-01"}])
                draft._scale_to(invoice.amount_total - credited)
                self._assert_total(draft, invoice.amount_total - credited)
                self.env.invalidate_all()
                self._assert_total(draft, invoice.amount_total - credited)
                self.assertEqual(
                    len(draft.invoice_line_ids), len(invoice.invoice_line_ids)
                )
                draft.unlink()

    def test_quantities_where_they_fit(self):
        invoice = self._create_customer_invoice(
            invoice_line_ids=[
                self._prepare_invoice_line(price_unit=100, quantity=3, tax_ids=[])
            ]
        )
        _credit_note, rest = self._refund_rest(invoice, 100)
        self.assertEqual(rest.invoice_line_ids.quantity, 2)
        self.assertEqual(rest.invoice_line_ids.price_unit, 100)

    def test_prices_elsewhere(self):
        _credit_note, rest = self._refund_rest(self._create_customer_invoice(), 33.33)
        self.assertEqual(rest.invoice_line_ids.quantity, 1)
        self.assertAlmostEqual(rest.invoice_line_ids.price_unit, 66.67)

    def _create_taxed_invoice(self, *lines, **values):
        return self._create_customer_invoice(
            invoice_line_ids=[
                self._prepare_invoice_line(
                    name="X",
                    price_unit=price,
                    quantity=quantity,
                    discount=discount,
                    tax_ids=taxes.ids,
                )
                for price, quantity, discount, taxes in lines
            ],
            **values,
        )

    def test_taxes(self):
        Tax = self.env["account.tax"]
        seven = Tax.create({"name": "7%", "amount": 7})
        included = Tax.create(
            {
                "name": "21% incl.",
                "amount": 21,
                "price_include_override": "tax_included",
            }
        )
        fixed = Tax.create({"name": "Fee", "amount": 0.3, "amount_type": "fixed"})
        no_tax = Tax
        cases = {
            "one": [(100, 1, 0, self.tax)],
            "three": [(33.33, 3, 0, self.tax)],
            "two taxes": [(80.01, 1, 0, self.tax | seven)],
            "mixed": [
                (17.77, 3, 0, self.tax),
                (49.9, 1, 12.5, seven),
                (12.34, 2, 0, no_tax),
            ],
            "included": [(121, 1, 0, included), (3.33, 7, 5, included)],
            "fee": [(100, 2, 0, fixed | self.tax)],
            "down payment deducted": [(500, 1, 0, self.tax), (300, -1, 0, self.tax)],
        }
        for method in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = method
            for name, lines in cases.items():
                with self.subTest(method=method, lines=name):
                    invoice = self._create_taxed_invoice(*lines)
                    self._assert_rests(invoice, self.AMOUNTS)

    def test_rest_can_be_posted_and_reset(self):
        """Core computes the taxes anew on the way back to a draft."""
        self.company.tax_calculation_rounding_method = "round_per_line"
        invoice = self._create_taxed_invoice((100, 1, 0, self.tax))
        _credit_note, rest = self._refund_rest(invoice, 9.99)
        rest.with_user(self.agent).action_post()
        self._assert_total(rest, 109.01)
        self.assertEqual(invoice.amount_residual, 9.99)
        rest.with_user(self.agent).button_draft()

    def test_many_amounts(self):
        invoice = self._create_taxed_invoice(
            (0.99, 1, 0, self.tax), (0.07, 3, 0, self.tax)
        )
        total = round(invoice.amount_total * 100)
        self._assert_rests(invoice, [cents / 100 for cents in range(1, total, 19)])

    def test_other_currencies(self):
        for code, factor in (("EUR", 1), ("JPY", 100), ("KWD", 1)):
            currency = self.setup_other_currency(code, rates=[("1900-01-01", 3.0)])
            with self.subTest(currency=code):
                invoice = self._create_taxed_invoice(
                    (110 * factor, 3, 0, self.tax), currency_id=currency.id
                )
                self._assert_rests(
                    invoice,
                    [currency.round(amount * factor) for amount in (1, 33.33, 71.43)],
                )

    def test_cash_rounding(self):
        for cash_rounding in (self.cash_rounding_a, self.cash_rounding_b):
            invoice = self._create_taxed_invoice(
                (83.97, 1, 0, self.tax), invoice_cash_rounding_id=cash_rounding.id
            )
            with self.subTest(cash_rounding=cash_rounding.name):
                self._assert_rests(invoice, self.AMOUNTS)
                credit_note, rest = self._refund_rest(invoice, 10)
                self.assertEqual(rest.invoice_cash_rounding_id, cash_rounding)
                rest.action_post()
                self._assert_total(rest, invoice.amount_total - 10)
                rest.button_draft()
                (credit_note | rest).unlink()
                _credit_note, rest = self._refund_rest(invoice, 9.99)
                self.assertFalse(rest.invoice_cash_rounding_id)

    def test_early_payment_discount(self):
        for computation in ("included", "excluded", "mixed"):
            term = self.env["account.payment.term"].create(
                {
                    "name": "2/10",
                    "early_discount": True,
                    "discount_percentage": 2,
                    "discount_days": 10,
                    "early_pay_discount_computation": computation,
                    "line_ids": [
                        Command.create({"value": "percent", "value_amount": 100})
                    ],
                }
            )
            with self.subTest(computation=computation):
                invoice = self._create_taxed_invoice(
                    (89.9, 1, 0, self.tax), invoice_payment_term_id=term.id
                )
                self._assert_rests(invoice, self.AMOUNTS)

    def test_instalments(self):
        invoice = self._create_taxed_invoice(
            (100, 1, 10, self.tax), invoice_payment_term_id=self.pay_terms_b.id
        )
        self._assert_rests(invoice, (10, 33.33))
        credit_note = self._refund(invoice, method="full")
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(credit_note.payment_state, "paid")

    def test_down_payment(self):
        order = self._create_sale_order_one_line(
            partner_id=self.customer.id, product_id=self.product_a.id, price_unit=900
        )
        self.ticket.sale_order_ids = order
        invoice = self._create_down_payment_invoice(order, "percent", 30, post=True)
        self._assert_rests(invoice, (10, 33.33))
        self._refund(invoice, method="full")
        self.assertEqual(invoice.payment_state, "reversed")

    def test_full_refunds(self):
        for values in (
            {"invoice_cash_rounding_id": self.cash_rounding_a.id},
            {"invoice_cash_rounding_id": self.cash_rounding_b.id},
            {"currency_id": self.setup_other_currency("EUR").id},
        ):
            with self.subTest(values=values):
                invoice = self._create_taxed_invoice(
                    (83.97, 1, 0, self.tax), (5, 3, 10, self.tax), **values
                )
                credit_note = self._refund(invoice, method="full")
                self.assertEqual(credit_note.amount_total, invoice.amount_total)
                self.assertEqual(invoice.payment_state, "reversed")
