from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestLeftToCredit(RefundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_customer_invoice()
        cls.moves = cls.env["account.move"].with_user(cls.agent)

    def _assert_refused(self, left, function, *args, **kwargs):
        message = f"only.*{left}.*left to credit"
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            function(*args, **kwargs)
        self.env.invalidate_all()

    def test_counts_all_that_is_not_cancelled(self):
        self._refund_by_core(self.invoice, amount=10)
        self._refund_by_core(self.invoice, amount=20, post=True)
        self._refund_by_core(self.invoice, amount=40).button_cancel()
        self.moves.create(self._prepare_refund_vals(self.invoice, 5))
        self.moves.create(self._prepare_refund_vals(self.invoice, -50))
        self.assertEqual(self.invoice._get_left_to_credit(), {self.invoice: 65})

    def test_create(self):
        self.moves.create(self._prepare_refund_vals(self.invoice, 60))
        self._assert_refused(
            "40.00", self.moves.create, self._prepare_refund_vals(self.invoice, 41)
        )
        self._assert_refused(
            "40.00",
            self.moves.with_context(check_move_validity=False).create,
            self._prepare_refund_vals(self.invoice, 41),
        )
        self.moves.create(self._prepare_refund_vals(self.invoice, 40))

    def test_create_several(self):
        self._assert_refused(
            "40.00",
            self.moves.create,
            [
                self._prepare_refund_vals(self.invoice, 60),
                self._prepare_refund_vals(self.invoice, 60),
            ],
        )
        self.assertFalse(self.invoice.reversal_move_ids)

    def test_import(self):
        self.moves.create(self._prepare_refund_vals(self.invoice, 60))
        result = self.moves.load(
            [
                "move_type",
                "ticket_id/.id",
                "reversed_entry_id/.id",
                "partner_id/.id",
                "invoice_date",
                "invoice_line_ids/name",
                "invoice_line_ids/price_unit",
            ],
            [
                [
                    "out_refund",
                    str(self.ticket.id),
                    str(self.invoice.id),
                    str(self.customer.id),
                    "2026-03-01",
                    "Refund",
                    "50",
                ]
            ],
        )
        self.assertFalse(result["ids"])
        self.assertIn("left to credit", result["messages"][0]["message"])

    def test_raise_a_draft(self):
        credit_note = self._refund(method="partial").with_user(self.agent)
        line = credit_note.invoice_line_ids
        self._assert_refused("100.00", line.write, {"price_unit": 101})
        self._assert_refused("100.00", line.write, {"quantity": 2})
        self._assert_refused(
            "100.00",
            credit_note.write,
            {"invoice_line_ids": [Command.create({"name": "X", "price_unit": 1})]},
        )
        self._assert_refused(
            "100.00",
            line.create,
            {"move_id": credit_note.id, "name": "X", "price_unit": 1, "tax_ids": []},
        )
        self._assert_refused("100.00", line.write, {"tax_ids": self.tax.ids})
        form = Form(credit_note)
        with form.invoice_line_ids.edit(0) as form_line:
            form_line.price_unit = 120
        self._assert_refused("100.00", form.save)
        # What stays within the limit passes, whatever lies in between.
        credit_note.write(
            {
                "invoice_line_ids": [
                    Command.create({"name": "X", "price_unit": 90, "tax_ids": []}),
                    Command.update(line.id, {"price_unit": 10}),
                ]
            }
        )
        self.assertEqual(credit_note.amount_total, 100)

    def test_deleting_a_negative_line(self):
        credit_note = self.moves.create(self._prepare_refund_vals(self.invoice, 100))
        credit_note.write(
            {
                "invoice_line_ids": [
                    Command.create({"name": "A", "price_unit": 50, "tax_ids": []}),
                    Command.create({"name": "B", "price_unit": -50, "tax_ids": []}),
                ]
            }
        )
        self._assert_refused("100.00", credit_note.invoice_line_ids[-1].unlink)

    def test_two_drafts(self):
        first = self.moves.create(self._prepare_refund_vals(self.invoice, 60))
        second = self.moves.create(self._prepare_refund_vals(self.invoice, 40))
        self._assert_refused("40.00", second.invoice_line_ids.write, {"price_unit": 41})
        first.action_post()
        second.action_post()
        self.assertEqual(self.invoice.payment_state, "reversed")

    def test_posting_what_has_become_too_much(self):
        credit_note = self.moves.create(self._prepare_refund_vals(self.invoice, 60))
        by_core = self._refund_by_core(self.invoice, post=True)
        self._assert_refused("0.00", credit_note.action_post)
        # Neither core's credit notes nor other changes are hindered.
        by_core.button_draft()
        by_core.action_post()
        credit_note.ref = "Changed"
        credit_note.invoice_line_ids.price_unit = 50
        credit_note.button_cancel()
        self._assert_refused("0.00", credit_note.button_draft)

    def test_posted_stays_usable(self):
        credit_note = self._refund(method="full")
        self._refund_by_core(self.invoice, post=True)
        credit_note.ref = "Changed"
        credit_note.line_ids.remove_move_reconcile()
        credit_note.button_draft()
        credit_note.button_cancel()

    def test_ticket_given_later(self):
        self._refund_by_core(self.invoice)
        by_core = self._refund_by_core(self.invoice)
        self._assert_refused("0.00", by_core.write, {"ticket_id": self.ticket.id})
        free = self.moves.create(
            self._prepare_refund_vals(self.invoice, 10, reversed_entry_id=False)
        )
        self._assert_refused("0.00", free.write, {"reversed_entry_id": self.invoice.id})

    def test_other_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 2.0)])
        invoice = self._create_customer_invoice(100, currency_id=euro.id)
        credit_note = self._refund(invoice, method="partial")
        self.assertEqual(credit_note.currency_id, euro)
        self._assert_refused(
            "100.00", credit_note.invoice_line_ids.write, {"price_unit": 101}
        )
        # 50 in the company's currency are 100 euros.
        credit_note.unlink()
        values = self._prepare_refund_vals(
            invoice, 51, currency_id=self.company.currency_id.id
        )
        self._assert_refused(r"100\.00", self.moves.create, values)
        self.moves.create(
            self._prepare_refund_vals(
                invoice, 25, currency_id=self.company.currency_id.id
            )
        )
        self.assertEqual(invoice._get_left_to_credit(), {invoice: 50})

    def test_without_ticket_core_alone_decides(self):
        for _time in range(3):
            self._refund_by_core(self.invoice, post=True)
        self.assertEqual(self.invoice._get_left_to_credit(), {self.invoice: -200})

    def test_raised_while_reset_to_draft(self):
        """Neither the way back to a draft nor a change before it makes room."""
        credit_note = self.moves.create(self._prepare_refund_vals(self.invoice, 100))
        credit_note.action_post()
        line = credit_note.invoice_line_ids
        self._assert_refused(
            "100.00",
            credit_note.write,
            {
                "state": "draft",
                "invoice_line_ids": [Command.update(line.id, {"price_unit": 500})],
            },
        )
        credit_note.button_draft()
        self.assertEqual(credit_note.amount_total, 100)

    def test_only_credit_notes_of_the_customer(self):
        """By RPC, nothing else becomes a document of the ticket."""
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        others = self._create_customer_invoice(partner_id=stranger.id)
        refused = [
            self._prepare_refund_vals(self.invoice, 5, partner_id=stranger.id),
            self._prepare_refund_vals(others, 5, partner_id=self.customer.id),
            {
                **self._prepare_refund_vals(self.invoice, 5),
                "move_type": "out_invoice",
                "reversed_entry_id": False,
            },
        ]
        for vals in refused:
            with self.assertRaises(ValidationError) as error:
                self.moves.create(vals)
            self.assertIn(self.ticket.number, str(error.exception))
        credit_note = self.moves.create(self._prepare_refund_vals(self.invoice, 5))
        with self.assertRaises(ValidationError):
            credit_note.reversed_entry_id = others
        with self.assertRaises(ValidationError):
            credit_note.ticket_id = self._create_ticket(partner_id=stranger.id)

    def test_forged_context(self):
        """No ticket in the context, no ticket in the wizard, and no traceback."""
        wizards = self.env["account.move.reversal"].with_user(self.agent)
        for active_id in (None, False, "abc", str(self.ticket.id), 0, [1]):
            defaults = wizards.with_context(
                active_model="helpdesk.ticket", active_id=active_id
            ).default_get(["ticket_id", "move_ids", "reason"])
            self.assertFalse(defaults.get("ticket_id"))

    def test_line_of_one_product(self):
        """The After-Sales page tells the product, where there is only one."""
        product_line = self._prepare_invoice_line(
            product_id=self.product_a, quantity=3, price_unit=10, tax_ids=[]
        )
        invoice = self._create_customer_invoice(invoice_line_ids=[product_line])
        credit_note = self._refund(invoice, method="partial")
        line = self.ticket.document_ids
        self.assertEqual(line.product_id, self.product_a)
        self.assertEqual(line.quantity, 3)
        self.assertIn(invoice.name, line.name)
        credit_note.invoice_line_ids = [
            Command.create({"name": "Postage", "price_unit": 0, "tax_ids": []})
        ]
        self.env.invalidate_all()
        self.assertFalse(self.ticket.document_ids.product_id)
