from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .common import AfterSalesCommon


@tagged("post_install", "-at_install")
class TestHelpdeskTicket(AfterSalesCommon, TransactionCase):
    def test_no_service_no_page(self):
        self.assertFalse(self.ticket.has_after_sales)
        self.assertFalse(self.ticket.document_ids)

    def test_duplicates_are_found_by_index(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        query = self.ticket._search([("duplicate_id", "=", self.ticket.id)])
        self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("helpdesk_ticket_duplicate_id_idx", plan)

    def test_ensure_service_needs_write_access(self):
        ticket = self.ticket.with_user(self.own_agent)
        with self.assertRaises(AccessError):
            ticket._ensure_service("refund")

    def test_ensure_service_says_why(self):
        cases = (
            ({"active": False}, "archived"),
            ({"team_id": False, "user_id": False}, "no team"),
            ({"team_id": self.team.id}, "Refunds"),
        )
        for vals, reason in cases:
            ticket = self.env["helpdesk.ticket"].create(
                self._prepare_ticket_vals(**vals)
            )
            with self.assertRaises(UserError) as refused:
                ticket._ensure_service("refund")
            self.assertIn(reason, str(refused.exception))
            self.assertIn(ticket.number, str(refused.exception))

    def test_ensure_customer(self):
        self.ticket.partner_id = False
        with self.assertRaisesRegex(UserError, "has no customer"):
            self.ticket._ensure_customer()

    def test_forged_contexts(self):
        """By RPC anything can stand in the context: it is no ticket, document or service."""
        for forged in ("x", True, -1, 0.5, [[1]], {"a": 1}):
            with self.subTest(forged):
                tickets = self.ticket.with_context(
                    active_model="helpdesk.ticket",
                    active_id=forged,
                    after_sales_service=forged,
                    helpdesk_after_sales_mailed_news=forged,
                )
                self.assertFalse(tickets._get_active_ticket())
                self.assertTrue(tickets.message_post(body="Hello"))
                for method in (
                    "action_request_activation",
                    "action_view_customer_mails",
                ):
                    with self.assertRaisesRegex(UserError, "no such after-sales"):
                        getattr(tickets.team_id, method)()

    def test_company_may_change_without_documents(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.ticket.company_id = company
        self.assertEqual(self.ticket.company_id, company)
