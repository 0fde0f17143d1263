from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.helpdesk_after_sales.tests.common import TicketPortal

from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestPortal(TicketPortal, RefundCommon, HttpCase):
    """The customer's side of credit notes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nora = cls._create_portal_user("nora", cls.customer)
        other = cls.env["res.partner"].create({"name": "Other", "is_company": True})
        cls.bob = cls._create_portal_user("bob", other)
        cls.invoice = cls._create_customer_invoice(amount=100)

    def test_posted_credit_notes_alone(self):
        draft = self._refund(method="partial")
        self.assertEqual(draft.state, "draft")
        line = self.ticket.document_ids
        self.assertEqual(self._get_after_sales(self.ticket, self.nora), "")
        self.assertEqual(self._get_pdf(self.ticket, line, self.nora).status_code, 404)
        draft.invoice_line_ids.price_unit = 40
        draft.action_post()
        page = self._get_after_sales(self.ticket, self.nora)
        for text in (
            f"Credit Note {draft.name}",
            "40.00",
            self.invoice.name,
            "March 10, 2026",
            "Open the credit note",
        ):
            self.assertIn(text, page)
        self.assertTrue(draft.reversed_entry_id)
        draft.button_draft()
        self.assertEqual(self._get_after_sales(self.ticket, self.nora), "")

    def test_state_in_words(self):
        credit_note = self._refund_by_core(self.invoice)
        credit_note.reversed_entry_id = False
        credit_note.ticket_id = self.ticket
        credit_note.action_post()
        page = self._get_after_sales(self.ticket, self.nora)
        self.assertIn("The amount stands to your credit.", page)
        # As where payments are matched with bank statements.
        credit_note.payment_state = "in_payment"
        page = self._get_after_sales(self.ticket, self.nora)
        self.assertIn("We are paying the amount out.", page)
        self._register_payment(credit_note)
        page = self._get_after_sales(self.ticket, self.nora)
        self.assertIn("The amount was set off or paid out.", page)

    def test_page_and_pdf(self):
        credit_note = self._refund(method="full")
        [shown] = self.ticket.with_user(self.nora)._get_portal_documents(
            self.nora.partner_id
        )
        [(_label, address)] = shown["pages"]
        self.assertEqual(address, f"/my/invoices/{credit_note.id}")
        answer = self._get_pdf(self.ticket, self.ticket.document_ids, self.nora)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn(
            credit_note.name.replace("/", "_"), answer.headers["Content-Disposition"]
        )
        self.assertFalse(credit_note.access_token, "looking writes nothing")
        self.assertIn(credit_note.name, self.url_open(address).text)

    def test_others(self):
        self._refund(method="full")
        line = self.ticket.document_ids
        self.ticket.message_subscribe(self.bob.partner_id.ids)
        self.assertEqual(self._get_after_sales(self.ticket, self.bob), "")
        for user in (self.bob, None):
            self.assertEqual(self._get_pdf(self.ticket, line, user).status_code, 404)

    def test_link_of_an_email_has_the_pdf_alone(self):
        """Core's page of the credit note wants a login or a token of its own."""
        self._refund(method="full")
        query = self._get_ticket_query(self.ticket, self.contact)
        page = self._get_after_sales(self.ticket, query=query)
        self.assertIn("Credit note as PDF", page)
        self.assertNotIn("Open the credit note", page)
        answer = self._get_pdf(self.ticket, self.ticket.document_ids, query=query)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
