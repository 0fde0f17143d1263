from lxml import etree
from psycopg2.errors import NotNullViolation

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..hooks import uninstall_hook
from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestRefund(RefundCommon):
    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------

    def test_opens_core_wizard(self):
        invoice = self._create_customer_invoice()
        action = self.ticket.with_user(self.agent).action_refund()
        self.assertEqual(action["res_model"], "account.move.reversal")
        self.assertEqual(action["target"], "new")
        self.assertEqual(action["name"], "Reverse Journal Entry")
        self.assertFalse([key for key in action["context"] if "default_" in key])
        form = self._open_wizard()
        self.assertEqual(form.move_ids[:], invoice)
        self.assertEqual(form.credit_method, "partial")
        self.assertEqual(form.reason, self.ticket.display_name)
        self.assertIn(self.ticket.number, form.reason)
        self.assertEqual(form.journal_id, invoice.journal_id)
        self.assertEqual(str(form.date), "2026-03-10")

    def test_several_invoices_are_a_choice(self):
        first = self._create_customer_invoice()
        self._create_customer_invoice(200)
        form = self._open_wizard()
        self.assertFalse(form.move_ids[:])
        form.move_ids.add(first)
        self.assertEqual(form.journal_id, first.journal_id)

    def test_invoices_to_refund(self):
        other = self.env["res.partner"].create({"name": "Someone else"})
        sibling = self.contact.copy({"name": "Sibling"})
        own = self._create_customer_invoice()
        of_contact = self._create_customer_invoice(partner_id=self.contact.id)
        of_sibling = self._create_customer_invoice(partner_id=sibling.id)
        self._create_customer_invoice(post=False)
        self._create_customer_invoice(partner_id=other.id)
        self._create_customer_invoice(move_type="in_invoice")
        credited = self._create_customer_invoice()
        self._refund_by_core(credited)
        form = self._open_wizard()
        self.assertEqual(form.available_move_ids[:], own | of_contact | of_sibling)

    def test_invoices_of_company(self):
        own = self._create_customer_invoice()
        company_data = self.setup_other_company()
        company = company_data["company"]
        self.agent.company_ids |= company
        self.env["account.move"].with_company(company).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-02-01",
                "invoice_line_ids": [
                    Command.create({"name": "X", "price_unit": 10, "tax_ids": []})
                ],
            }
        ).action_post()
        self.assertEqual(self._open_wizard().available_move_ids[:], own)

    def test_refund_in_the_company_of_the_ticket(self):
        """The user may be in another of their companies at the moment."""
        company = self.setup_other_company()["company"]
        self.agent.company_ids |= company
        invoice = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": "2026-02-01",
                    "invoice_line_ids": [
                        Command.create({"name": "X", "price_unit": 10, "tax_ids": []})
                    ],
                }
            )
        )
        invoice.action_post()
        self.team.company_id = False
        ticket = self._create_ticket(company_id=company.id)
        self.assertEqual(ticket.company_id, company)
        agent = self.agent.with_context(
            allowed_company_ids=(self.company | company).ids
        )
        action = (
            ticket.with_user(agent).with_context(**agent.env.context).action_refund()
        )
        wizard = (
            self.env["account.move.reversal"]
            .with_user(agent)
            .with_context(**agent.env.context, **action["context"])
            .create({"credit_method": "full"})
        )
        self.assertEqual(wizard.move_ids, invoice)
        self.assertEqual(wizard.env.company, self.company)
        self.assertEqual(wizard.company_id, company)
        wizard.refund_moves()
        self.assertEqual(ticket.credit_note_ids.company_id, company)
        self.assertEqual(ticket.credit_note_ids.journal_id.company_id, company)
        self.assertEqual(invoice.payment_state, "reversed")

    def test_invoices_of_orders(self):
        order = self._create_sale_order_one_line(
            partner_id=self.customer.id, product_id=self.product_a.id, price_unit=100
        )
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-02-01"
        invoice.action_post()
        other = self._create_customer_invoice()
        self.ticket.sale_order_ids = order
        form = self._open_wizard()
        self.assertEqual(form.available_move_ids[:], invoice)
        with self.assertRaisesRegex(UserError, "cannot be refunded from ticket"):
            self._create_wizard(other).reverse_moves()
        # A salesman who sees only their own orders, and bills, finds it too.
        salesman = self._create_user(
            "salesman",
            "helpdesk_mgmt.group_helpdesk_user,account.group_account_invoice,"
            "sales_team.group_sale_salesman",
        )
        self.assertEqual(
            self._open_wizard(user=salesman).available_move_ids[:], invoice
        )

    def test_invoices_with_product(self):
        with_product = self._create_customer_invoice(
            invoice_line_ids=[
                self._prepare_invoice_line(product_id=self.product_a, tax_ids=[])
            ]
        )
        self._create_customer_invoice()
        self.ticket.product_id = self.product_a
        self.assertEqual(self._open_wizard().available_move_ids[:], with_product)

    def test_none_to_choose(self):
        form = self._open_wizard()
        self.assertFalse(form.available_move_ids[:])
        self.assertIn("has no posted invoice", form.no_invoice_reason)
        invoice = self._create_customer_invoice()
        self.ticket.product_id = self.product_a
        self.assertIn("product_a", self._open_wizard().no_invoice_reason)
        order = self._create_sale_order(partner_id=self.customer.id)
        self.ticket.sale_order_ids = order
        self.assertIn(order.name, self._open_wizard().no_invoice_reason)
        self.ticket.write({"sale_order_ids": False, "product_id": False})
        self.assertFalse(self._open_wizard().no_invoice_reason)
        self._refund_by_core(invoice)
        self.assertIn("credited in full", self._open_wizard().no_invoice_reason)

    def test_left_to_credit_is_shown(self):
        currency = self.setup_other_currency("EUR", rates=[("1900-01-01", 2.0)])
        invoice = self._create_customer_invoice(120, currency_id=currency.id)
        self._refund_by_core(invoice, amount=20)
        shown = invoice.with_context(show_left_to_credit=True)
        self.assertEqual(
            shown.display_name, f"{invoice.name}: {currency.format(100)} left"
        )
        wizard_view = self.env["account.move.reversal"].get_view(view_type="form")
        field = etree.fromstring(wizard_view["arch"]).find(".//field[@name='move_ids']")
        context = safe_eval(field.get("context"))
        found = invoice.with_context(**context).name_search(
            invoice.name, [("id", "=", invoice.id)]
        )
        self.assertIn("100.00", found[0][1])
        # In the form's dialog, where nothing is stored yet.
        chosen = self.env["account.move.reversal"].new({"move_ids": invoice.ids})
        name = chosen.move_ids.with_context(**context).display_name
        self.assertIn("100.00", name)

    # ------------------------------------------------------------------
    # The three methods
    # ------------------------------------------------------------------

    def _create_wizard(self, invoices, user=None, **values):
        """The wizard as RPC may create it, past the form."""
        return (
            self.env["account.move.reversal"]
            .with_user(user or self.agent)
            .create(
                {
                    "ticket_id": self.ticket.id,
                    "company_id": self.company.id,
                    "move_ids": [Command.set(invoices.ids)],
                    **values,
                }
            )
        )

    def test_forged_left_to_credit(self):
        """Reverse looks up by itself what is left, whatever the form sends back."""
        invoice = self._create_customer_invoice(100)
        self._refund_by_core(invoice, amount=70)
        for forged in (
            {str(invoice.id): 1000},
            {str(invoice.id): "all", "x": 5, "-1": 5},
            ["x"],
            7,
        ):
            with self.subTest(forged=forged):
                wizard = self._create_wizard(invoice, left_to_credit=forged)
                self.assertFalse(wizard.no_invoice_reason and wizard.available_move_ids)
                wizard.credit_method = "full"
                with (
                    self.assertRaisesRegex(UserError, "Only Partial Refund"),
                    self.env.cr.savepoint(),
                ):
                    wizard.refund_moves()
        wizard = self._create_wizard(invoice, left_to_credit={str(invoice.id): 1000})
        wizard.credit_method = "partial"
        wizard.refund_moves()
        self.assertEqual(wizard.new_move_ids.amount_total, 30)

    def test_partial(self):
        invoice = self._create_customer_invoice()
        credit_note = self._refund(method="partial")
        self.assertEqual(credit_note.state, "draft")
        self.assertEqual(credit_note.ticket_id, self.ticket)
        self.assertEqual(credit_note.reversed_entry_id, invoice)
        self.assertEqual(credit_note.amount_total, 100)
        self.assertIn(self.ticket.number, credit_note.ref)
        self.assertEqual(self.ticket.credit_note_ids, credit_note)
        self.assertEqual(self.ticket.credit_note_count, 0)
        credit_note.invoice_line_ids.price_unit = 40
        credit_note.with_user(self.agent).action_post()
        self.assertEqual(self.ticket.credit_note_count, 1)
        self.assertEqual(invoice.payment_state, "partial")
        self.assertEqual(invoice.amount_residual, 60)

    def test_full(self):
        invoice = self._create_customer_invoice()
        credit_note = self._refund(method="full")
        self.assertEqual(credit_note.move_type, "out_refund")
        self.assertEqual(credit_note.state, "posted")
        self.assertEqual(credit_note.payment_state, "paid")
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(self.ticket.credit_note_count, 1)

    def test_full_and_new_draft(self):
        invoice = self._create_customer_invoice()
        draft = self._refund(method="modify")
        self.assertEqual(draft.move_type, "out_invoice")
        self.assertEqual(draft.state, "draft")
        self.assertFalse(draft.ticket_id)
        self.assertEqual(draft.amount_total, 100)
        credit_note = self.ticket.credit_note_ids
        self.assertEqual(invoice.reversal_move_ids, credit_note)
        self.assertEqual(credit_note.state, "posted")
        self.assertEqual(invoice.payment_state, "reversed")

    def test_several_invoices(self):
        invoices = self._create_customer_invoice() | self._create_customer_invoice(50)
        for method, state in (("partial", "draft"), ("full", "posted")):
            with self.subTest(method=method):
                credit_notes = self._refund(invoices, method=method)
                self.assertEqual(len(credit_notes), 2)
                self.assertEqual(credit_notes.reversed_entry_id, invoices)
                self.assertEqual(set(credit_notes.mapped("state")), {state})
                self.assertEqual(credit_notes.ticket_id, self.ticket)
                credit_notes.filtered(lambda move: move.state == "draft").unlink()

    def test_core_methods_follow_the_credit_method(self):
        invoice = self._create_customer_invoice()
        self._create_wizard(invoice, credit_method="partial").modify_moves()
        self.assertEqual(self.ticket.credit_note_ids.state, "draft")
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_reason_journal_and_date_can_be_changed(self):
        invoice = self._create_customer_invoice()
        journal = invoice.journal_id.copy({"code": "INV9"})
        credit_note = self._refund(
            method="full", reason="Goodwill", journal_id=journal, date="2026-03-05"
        )
        self.assertIn("Goodwill", credit_note.ref)
        self.assertEqual(credit_note.journal_id, journal)
        self.assertEqual(str(credit_note.invoice_date), "2026-03-05")

    # ------------------------------------------------------------------
    # Full methods that are not offered
    # ------------------------------------------------------------------

    def _assert_only_partial(self, invoice, message):
        form = self._open_wizard()
        self.assertEqual(form.move_ids[:], invoice)
        self.assertEqual(form.available_credit_methods, "partial")
        self.assertIn(message, form.full_refund_obstacle)
        before = self.env["account.move"].search_count([])
        for method in ("full", "modify"):
            with self.assertRaisesRegex(UserError, "Only Partial Refund"):
                self._create_wizard(invoice, credit_method=method).reverse_moves()
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_full_methods_of_paid_invoice(self):
        invoice = self._create_customer_invoice()
        self._register_payment(invoice)
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        self._assert_only_partial(invoice, "payment status")
        credit_note = self._refund(method="partial")
        credit_note.action_post()
        self.assertEqual(credit_note.amount_residual, 100)

    def test_full_methods_of_partly_paid_invoice(self):
        invoice = self._create_customer_invoice()
        self._register_payment(invoice, amount=30)
        self.assertEqual(invoice.payment_state, "partial")
        self._assert_only_partial(invoice, "Partially Paid")

    def test_full_methods_of_blocked_invoice(self):
        invoice = self._create_customer_invoice()
        invoice.action_toggle_block_payment()
        self._assert_only_partial(invoice, "Blocked")

    def test_full_methods_of_partly_credited_invoice(self):
        invoice = self._create_customer_invoice()
        self._refund_by_core(invoice, amount=30)
        self._assert_only_partial(invoice, "70.00")

    def test_full_methods_in_the_future(self):
        invoice = self._create_customer_invoice()
        form = self._open_wizard()
        form.credit_method = "full"
        form.date = "2026-03-11"
        self.assertEqual(form.credit_method, "partial")
        for method in ("full", "modify"):
            with self.assertRaisesRegex(UserError, "date in the future"):
                self._create_wizard(
                    invoice, credit_method=method, date="2026-03-11"
                ).reverse_moves()
        self.assertFalse(self.ticket.credit_note_ids)
        credit_note = self._refund(method="partial", date="2026-03-11")
        self.assertEqual(credit_note.auto_post, "at_date")

    # ------------------------------------------------------------------
    # What RPC may try
    # ------------------------------------------------------------------

    def test_refused_invoices(self):
        other = self.env["res.partner"].create({"name": "Someone else"})
        for invoice in (
            self._create_customer_invoice(post=False),
            self._create_customer_invoice(partner_id=other.id),
        ):
            with self.assertRaisesRegex(UserError, "cannot be refunded"):
                self._create_wizard(invoice).refund_moves()
        credited = self._create_customer_invoice()
        self._refund_by_core(credited)
        with self.assertRaisesRegex(UserError, "credited in full already"):
            self._create_wizard(credited).refund_moves()
        self.assertFalse(self.ticket.credit_note_ids)

    def test_refused_without_invoice_or_date(self):
        invoice = self._create_customer_invoice()
        wizard = self._create_wizard(invoice)
        wizard.date = False
        with self.assertRaisesRegex(UserError, "Choose the date"):
            wizard.reverse_moves()
        wizard.date = "2026-03-10"
        invoice.button_draft()
        invoice.unlink()
        with self.assertRaisesRegex(UserError, "Choose the invoices"):
            wizard.reverse_moves()

    def test_refused_without_invoice_by_rpc(self):
        """The journal, which comes of the invoices, is not what is missed."""
        self._create_customer_invoice()
        wizards = self.env["account.move.reversal"].with_user(self.agent)
        wizards = wizards.with_context(
            active_model="helpdesk.ticket", active_id=self.ticket.id
        )
        for move_ids in ([], [Command.clear()]):
            with (
                self.assertRaises(NotNullViolation) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                wizards.create({"move_ids": move_ids})
            self.assertEqual(
                wizards._sql_error_to_message(caught.exception),
                "Choose the invoices to refund.",
            )

    def test_ticket_deleted_meanwhile(self):
        """Nothing is refunded without it, whether the wizard is saved already or not."""
        invoice = self._create_customer_invoice()
        form, saved = self._open_wizard(), self._open_wizard().save()
        self.ticket.unlink()
        with self.assertRaisesRegex(UserError, "The ticket was deleted meanwhile"):
            form.save()
        with self.assertRaises(MissingError):
            saved.refund_moves()
        self.assertFalse(invoice.reversal_move_ids)

    def test_refused_journal_of_another_company(self):
        invoice = self._create_customer_invoice()
        other = self.setup_other_company()
        with self.assertRaises(UserError):
            self._create_wizard(
                invoice, journal_id=other["default_journal_sale"].id
            ).reverse_moves()
        self.assertFalse(self.ticket.credit_note_ids)

    def test_rights(self):
        invoice = self._create_customer_invoice()
        with self.assertRaisesRegex(AccessError, "Invoicing"):
            self.ticket.with_user(self.plain_agent).action_refund()
        portal = new_test_user(
            self.env, login="portal_nora", groups="base.group_portal"
        )
        for user in (self.clerk, portal):
            with self.assertRaises(AccessError):
                self.ticket.with_user(user).action_refund()
        with self.assertRaises(AccessError):
            self._create_wizard(invoice, user=self.clerk).reverse_moves()
        wizard = self._create_wizard(invoice)
        self.team.use_refund = False
        with self.assertRaisesRegex(UserError, "switched on"):
            wizard.reverse_moves()
        self.team.use_refund = True
        self.ticket.partner_id = False
        with self.assertRaisesRegex(UserError, "has no customer"):
            wizard.reverse_moves()
        self.assertFalse(invoice.reversal_move_ids)

    def test_button(self):
        arch = (
            self.env["helpdesk.ticket"]
            .with_user(self.agent)
            .get_view(view_type="form")["arch"]
        )
        self.assertIn('name="action_refund"', arch)
        arch = (
            self.env["helpdesk.ticket"]
            .with_user(self.plain_agent)
            .get_view(view_type="form")["arch"]
        )
        self.assertNotIn('name="action_refund"', arch)
        self.assertIn('name="action_view_credit_notes"', arch)
        self.assertTrue(self.ticket.can_be_refunded)
        self.ticket.partner_id = False
        self.assertFalse(self.ticket.can_be_refunded)
        self.ticket.partner_id = self.customer
        self.ticket.active = False
        self.assertFalse(self.ticket.can_be_refunded)
        self.ticket.active = True
        self.ticket.stage_id = self.env["helpdesk.ticket.stage"].search(
            [("closed", "=", True)], limit=1
        )
        self.assertTrue(self.ticket.can_be_refunded)
        self.team.use_refund = False
        self.assertFalse(self.ticket.can_be_refunded)

    # ------------------------------------------------------------------
    # Core's own way
    # ------------------------------------------------------------------

    def test_core_wizard_is_unchanged(self):
        invoice = self._create_customer_invoice()
        self._register_payment(invoice)
        wizards = self.env["account.move.reversal"].with_user(self.clerk)
        form = Form(
            wizards.with_context(
                active_model="account.move",
                active_ids=invoice.ids,
                default_ticket_id=self.ticket.id,
            )
        )
        wizard = form.save()
        self.assertFalse(wizard.ticket_id)
        self.assertFalse(wizard.credit_method)
        wizard.with_context(default_ticket_id=self.ticket.id).modify_moves()
        self.assertTrue(invoice.reversal_move_ids)
        self.assertFalse(invoice.reversal_move_ids.ticket_id)
        self.assertFalse(wizard.new_move_ids.ticket_id)
        for _time in range(2):
            self._refund_by_core(invoice, post=True)

    def test_ticket_of_the_context_goes_no_further(self):
        invoice = self._create_customer_invoice()
        wizard = self._create_wizard(invoice, credit_method="modify")
        wizard.with_context(default_ticket_id=self.ticket.id).reverse_moves()
        self.assertFalse(wizard.new_move_ids.ticket_id)

    def test_sent_by_core(self):
        """Core's pop-up sends invoices and credit notes, with the templates it has."""
        invoice = self._create_customer_invoice()
        credit_note = self._refund(method="full")
        for move, template in (
            (invoice, "account.email_template_edi_invoice"),
            (credit_note, "account.email_template_edi_credit_note"),
        ):
            action = move.with_user(self.agent).action_invoice_sent()
            wizards = self.env[action["res_model"]].with_user(self.agent)
            wizard = Form(wizards.with_context(**action["context"])).save()
            self.assertEqual(wizard.template_id, self.env.ref(template))
            wizard.action_send_and_print()
            self.assertTrue(move.is_move_sent)

    # ------------------------------------------------------------------
    # Locks
    # ------------------------------------------------------------------

    def test_lock_date(self):
        self._create_customer_invoice()
        self.company.fiscalyear_lock_date = "2026-03-06"
        credit_note = self._refund(method="full", date="2026-03-05")
        self.assertGreater(str(credit_note.date), "2026-03-06")
        self.assertEqual(credit_note.state, "posted")

    # ------------------------------------------------------------------
    # Chatter and the ticket's documents
    # ------------------------------------------------------------------

    def test_chatters(self):
        self._create_customer_invoice()
        credit_note = self._refund(method="partial")
        ticket_link = f'data-oe-id="{self.ticket.id}"'
        note_link = f'data-oe-id="{credit_note.id}"'
        ticket_message = self.ticket.message_ids[0].body
        self.assertIn("created", ticket_message)
        self.assertIn(note_link, ticket_message)
        self.assertTrue(
            credit_note.message_ids.filtered(lambda mail: ticket_link in mail.body)
        )
        # A clerk who cannot read the ticket posts it.
        credit_note.with_user(self.clerk).action_post()
        self.assertIn("posted", self.ticket.message_ids[0].body)
        self.assertIn(note_link, self.ticket.message_ids[0].body)
        self.assertIn(
            ticket_link,
            credit_note.message_ids.filtered(
                lambda mail: "Posted for ticket" in (mail.body or "")
            ).body,
        )

    def test_cancel_draft_and_delete(self):
        invoice = self._create_customer_invoice()
        credit_note = self._refund(method="full")
        line = self.ticket.document_ids
        self.assertEqual(line.state, "done")
        self.assertEqual(line.amount, 100)
        self.assertEqual(line.company_amount, 100)
        self.assertEqual(line.name, credit_note.name)
        clerk_note = credit_note.with_user(self.clerk)

        clerk_note.button_draft()
        self.env.invalidate_all()
        self.assertEqual(self.ticket.credit_note_count, 0)
        self.assertEqual(self.ticket.document_ids.state, "new")
        self.assertIn("reset to draft", self.ticket.message_ids[0].body)

        clerk_note.button_cancel()
        self.env.invalidate_all()
        self.assertEqual(self.ticket.document_ids.state, "cancelled")
        self.assertEqual(self.ticket.document_ids.document_state, "Cancelled")
        self.assertIn("cancelled", self.ticket.message_ids[0].body)
        self.assertEqual(invoice._get_left_to_credit(), {invoice: 100})

        name = credit_note.name
        clerk_note.button_draft()
        clerk_note.unlink()
        self.assertFalse(self.ticket.document_ids)
        self.assertFalse(self.ticket.credit_note_ids)
        self.assertIn(name, self.ticket.message_ids[0].body)
        self.assertIn("deleted", self.ticket.message_ids[0].body)

    def test_line_of_a_draft_has_a_name(self):
        invoice = self._create_customer_invoice()
        self._refund(method="partial")
        self.assertEqual(self.ticket.document_ids.name, f"* {invoice.name}")
        self.ticket.credit_note_ids.reversed_entry_id = False
        self.env.invalidate_all()
        self.assertEqual(
            self.ticket.document_ids.name, f"* {self.ticket.credit_note_ids.id}"
        )

    def test_smart_buttons(self):
        self._create_customer_invoice()
        self._create_customer_invoice()
        first, second = self._refund(
            self.env["account.move"].search([("partner_id", "=", self.customer.id)]),
            method="full",
        )
        ticket = self.ticket.with_user(self.agent)
        action = ticket.action_view_credit_notes()
        self.assertEqual(action["res_model"], "account.move")
        self.assertEqual(
            self.env["account.move"].search(action["domain"]), first | second
        )
        second.button_draft()
        second.button_cancel()
        self.env.invalidate_all()
        self.assertEqual(ticket.action_view_credit_notes()["res_id"], first.id)
        action = self.ticket.with_user(self.plain_agent).action_view_credit_notes()
        self.assertEqual(action["res_model"], "helpdesk.ticket.document")
        self.assertEqual(
            first.with_user(self.agent).action_view_ticket()["res_id"], self.ticket.id
        )
        self.assertTrue(first.with_user(self.agent).is_ticket_readable)
        self.assertFalse(first.with_user(self.clerk).is_ticket_readable)

    def test_uninstall_hook(self):
        uninstall_hook(self.env(su=True))
        self.assertFalse(self.team.use_refund)
