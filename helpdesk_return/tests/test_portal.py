from lxml import html

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import format_date, mute_logger

from odoo.addons.helpdesk_after_sales.tests.common import TicketPortal

from .common import ReturnCommon

WAITING = "We are waiting for your parcel."


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestPortal(TicketPortal, ReturnCommon, HttpCase):
    """The customer's side of returns, and who of all visitors gets to see it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nora = cls._create_portal_user("nora", cls.customer)
        cls.ned = cls._create_portal_user("ned", cls.customer)
        other = cls.env["res.partner"].create({"name": "Other", "is_company": True})
        cls.bob = cls._create_portal_user("bob", other)
        cls.ticket.partner_id = cls.nora.partner_id
        cls.warehouse.partner_id = cls.env["res.partner"].create(
            {"name": "Returns Hall", "street": "9 Dock Lane", "city": "Portland"}
        )
        (cls.lamp | cls.desk).standard_price = 4321.98
        cls.lamp.default_code = "L-007"
        cls._deliver({cls.lamp: 3, cls.desk: 1})

    def setUp(self):
        super().setUp()
        self.transfer = self._return(2, 0)
        self.line = self.ticket.document_ids

    def _is_pdf(self, answer):
        # In tests Odoo gives the HTML that would be printed.
        return (
            answer.status_code == 200
            and answer.headers["Content-Type"] == "application/pdf"
        )

    # --------------------------------------------------------------------------
    # What is said
    # --------------------------------------------------------------------------

    def test_waiting_and_arrived(self):
        page = self._get_after_sales(self.ticket, self.nora)
        for text in (
            f"Return {self.transfer.name}",
            WAITING,
            "2 Units Lamp",
            "9 Dock Lane",
            format_date(self.env, self.transfer.create_date, date_format="long"),
            "We agreed on the return.",
            "Return slip as PDF",
        ):
            self.assertIn(text, page)
        for text in ("4321", "4,321", "Desk", "L-007", "Your parcel"):
            self.assertNotIn(text, page.replace(WAITING, ""))
        with freeze_time("2026-03-16 09:00:00"):
            self._validate(self.transfer)
        page = self._get_after_sales(self.ticket, self.nora)
        self.assertNotIn(WAITING, page)
        self.assertNotIn("9 Dock Lane", page)
        self.assertIn("Your parcel has arrived.", page)
        self.assertIn("March 16, 2026", page)

    def test_in_the_customer_s_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        for addon in ("helpdesk_after_sales", "helpdesk_return"):
            self.env["ir.module.module"]._load_module_terms([addon], ["de_DE"])
        self.nora.lang = "de_DE"
        page = self._get_after_sales(self.ticket, self.nora)
        for text in (
            "Wir warten auf Ihr Paket.",
            "Retourenschein als PDF",
            format_date(self.env, self.transfer.create_date, "de_DE", "long"),
        ):
            self.assertIn(text, page)

    def test_drafts_and_replacements_are_not_shown(self):
        transfer = self._return(1, 0, exchange=True)
        replacement = self.ticket.return_ids - self.transfer - transfer
        self.assertTrue(replacement)
        self.transfer.do_unreserve()
        self.transfer.move_ids.state = "draft"
        page = self._get_after_sales(self.ticket, self.nora)
        self.assertIn(transfer.name, page)
        for hidden in (replacement, self.transfer):
            self.assertNotIn(hidden.name, page)
            line = self.ticket.document_ids.filtered(
                lambda line, hidden=hidden: line.res_id == hidden.id
            )
            self.assertEqual(
                self._get_pdf(self.ticket, line, self.nora).status_code, 404
            )
        transfer.action_cancel()
        self.assertEqual(self._get_after_sales(self.ticket, self.nora), "")

    # --------------------------------------------------------------------------
    # Who sees it
    # --------------------------------------------------------------------------

    def test_colleagues_see_the_same(self):
        for user in (self.nora, self.ned):
            self.assertIn(WAITING, self._get_after_sales(self.ticket, user))
            self.assertTrue(self._is_pdf(self._get_pdf(self.ticket, self.line, user)))

    def test_strangers_see_no_page(self):
        for user in (self.bob, None):
            self.assertIsNone(self._get_after_sales(self.ticket, user))
            with self.assertNoLogs("odoo.http", "WARNING"):
                answer = self._get_pdf(self.ticket, self.line, user)
            self.assertEqual(answer.status_code, 404)

    def test_followers_of_another_company_see_the_ticket_alone(self):
        self.ticket.message_subscribe(self.bob.partner_id.ids)
        self.assertEqual(self._get_after_sales(self.ticket, self.bob), "")
        with self.assertNoLogs("odoo.http", "WARNING"):
            answer = self._get_pdf(self.ticket, self.line, self.bob)
        self.assertEqual(answer.status_code, 404)

    def test_access_token_does_not_say_who_looks(self):
        query = self._get_ticket_query(self.ticket)
        page = self._get_after_sales(self.ticket, query=query)
        self.assertIn("Sign in to see what we do for you", page)
        self.assertNotIn(self.transfer.name, page)
        answer = self._get_pdf(self.ticket, self.line, query=query)
        self.assertEqual(answer.status_code, 404)
        # Somebody else to whom it was forwarded is not asked to sign in again.
        self.assertEqual(self._get_after_sales(self.ticket, self.bob, query), "")

    def test_link_of_an_email_says_who_looks(self):
        query = self._get_ticket_query(self.ticket, self.contact)
        page = self._get_after_sales(self.ticket, query=query)
        self.assertIn(WAITING, page)
        answer = self.url_open(f"/my/ticket/{self.ticket.id}", params=query)
        [link] = html.fromstring(answer.text).xpath("//a[contains(@href, '/pdf')]")
        self.assertTrue(self._is_pdf(self.url_open(link.get("href"))))
        # Who is signed in is who they are, whatever link they have got hold of.
        self.assertEqual(self._get_after_sales(self.ticket, self.bob, query), "")
        # A link of an email to somebody else is somebody else's.
        query = self._get_ticket_query(self.ticket, self.bob.partner_id)
        self.assertEqual(self._get_after_sales(self.ticket, query=query), "")

    def test_forged_links(self):
        mine = self._get_ticket_query(self.ticket, self.bob.partner_id)
        other_ticket = self._create_ticket(partner_id=self.bob.partner_id.id)
        others = self._get_ticket_query(other_ticket, self.contact)
        forged = (
            {**mine, "pid": self.contact.id},
            {**mine, "hash": others["hash"], "pid": self.contact.id},
            {**mine, "hash": "0" * 64, "pid": self.contact.id},
            {**mine, "hash": "é", "pid": self.contact.id},
            {**mine, "pid": "abc"},
            {**mine, "pid": ""},
            {**mine, "pid": str(10**30)},
            {**mine, "pid": "-1", "hash": ""},
        )
        for query in forged:
            with self.subTest(query=query):
                page = self._get_after_sales(self.ticket, query=query)
                self.assertNotIn(self.transfer.name, page)
                answer = self._get_pdf(self.ticket, self.line, query=query)
                self.assertEqual(answer.status_code, 404)
        for token in ("forged", "gefälscht", others["access_token"], ""):
            query = {
                **self._get_ticket_query(self.ticket, self.contact),
                "access_token": token,
            }
            with self.subTest(token=token):
                self.assertIsNone(self._get_after_sales(self.ticket, query=query))
                answer = self._get_pdf(self.ticket, self.line, query=query)
                self.assertEqual(answer.status_code, 404)

    def test_lines_of_other_tickets(self):
        """No document is had through another ticket, not even one's own."""
        other_ticket = self._create_ticket(partner_id=self.bob.partner_id.id)
        answer = self._get_pdf(other_ticket, self.line, self.bob)
        self.assertEqual(answer.status_code, 404)
        own_ticket = self._create_ticket()
        answer = self._get_pdf(own_ticket, self.line, self.nora)
        self.assertEqual(answer.status_code, 404)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/my/ticket/{self.ticket.id}/after-sales/{10**30}/pdf"
            )
        self.assertEqual(answer.status_code, 404)

    def test_agents_are_told_that_it_is_not_for_them(self):
        page = self._get_after_sales(self.ticket, self.agent)
        self.assertIn("Only the customers", page)
        self.assertNotIn(self.transfer.name, page)
        answer = self._get_pdf(self.ticket, self.line, self.agent)
        self.assertEqual(answer.status_code, 404)

    def test_ticket_without_documents(self):
        ticket = self._create_ticket()
        for user in (self.nora, self.agent):
            self.assertEqual(self._get_after_sales(ticket, user), "")
        query = self._get_ticket_query(ticket)
        self.assertEqual(self._get_after_sales(ticket, query=query), "")
