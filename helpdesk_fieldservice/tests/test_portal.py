import base64
import io
import json

from PIL import Image

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfReader

from odoo.addons.helpdesk_after_sales.tests.common import TicketPortal

from .common import FieldServiceCommon
from .test_visit import PICTURE


@tagged("post_install", "-at_install")
class TestPortal(FieldServiceCommon, HttpCase):
    """The customer's side, over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.portal_user, cls.stranger):
            user.password = user.login
        cls.visit = cls._create_visit(
            name="Look at the lamp",
            planned_date_start="2026-03-12 09:00:00",
            planned_date_end="2026-03-12 10:00:00",
            user_ids=[(6, 0, cls.technician.ids)],
        )
        cls.visit._message_log(body="What a mess")

    def _share_project(self):
        """Let the customer change what is in the project, as core's project sharing does."""
        self.env["project.share.wizard"].create(
            {
                "res_model": "project.project",
                "res_id": self.project.id,
                "collaborator_ids": [
                    Command.create(
                        {"partner_id": self.contact.id, "access_mode": "edit"}
                    )
                ],
            }
        ).action_send_mail()

    def test_shared_project(self):
        self._share_project()
        tasks = self.env["project.task"].with_user(self.portal_user)
        tasks = tasks.with_context(default_project_id=self.project.id)
        task = tasks.create({"name": "Look at the switch, too"})
        task.write({"child_ids": [Command.create({"name": "And at the fuse"})]})
        task.state = "02_changes_requested"
        self.assertFalse((task | task.child_ids).sudo().ticket_id)
        visit = self.visit.with_user(self.portal_user)
        visit.state = "1_canceled"
        self.assertIn("cancelled", self.ticket.message_ids[0].body)
        for values in ({"ticket_id": self.ticket.id}, {"ticket_id": False}):
            with self.assertRaises(AccessError):
                visit.write(values)
        with self.assertRaises(AccessError):
            tasks.create({"name": "Forged", "ticket_id": self.ticket.id})
        with self.assertRaises(AccessError):
            tasks.with_context(default_ticket_id=self.ticket.id).create(
                {"name": "Forged"}
            )

    def test_smart_button(self):
        """A customer who asks for the visits by RPC gets those that they may read."""
        action = self.ticket.with_user(self.portal_user).action_view_fieldservice_tasks
        self.assertEqual(action()["res_id"], self.visit.id)
        internal = self.project.copy({"privacy_visibility": "employees"})
        self.env["project.task"].create(
            {
                "name": "Order the element",
                "project_id": internal.id,
                "ticket_id": self.ticket.id,
            }
        )
        self.assertEqual(action()["res_id"], self.visit.id)

    def _finish(self):
        self.visit.visit_report = "<p>Changed the element.</p>"
        self.visit.action_done_visit()

    def _log_in(self, user):
        self.authenticate(user.login, user.login)

    def _sign(self, token=None, name="Nora Field", signature=PICTURE):
        url = f"/my/tasks/{self.visit.id}/visit_sign"
        params = {"name": name, "signature": signature}
        if token:
            params["access_token"] = token
        answer = self.url_open(
            url,
            json.dumps({"params": params}),
            headers={"Content-Type": "application/json"},
        )
        return answer.json()["result"]

    def test_customer_follows_the_visit(self):
        self._log_in(self.portal_user)
        self.assertIn("Look at the lamp", self.url_open("/my/tasks").text)
        page = self.url_open(f"/my/tasks/{self.visit.id}").text
        for text in ("Tess Wrench", "Planned", "14 Shore Road"):
            self.assertIn(text, page)
        self.assertNotIn("What a mess", page)
        self.assertNotIn("Visit Report", page)
        self._finish()
        page = self.url_open(f"/my/tasks/{self.visit.id}").text
        self.assertIn("Changed the element", page)
        self.assertTrue(self._gets_report())

    def _gets_report(self, query=""):
        url = f"/my/tasks/{self.visit.id}/visit_report{query}"
        answer = self.url_open(url)
        return answer.headers["Content-Type"] == "application/pdf"

    def test_pdf(self):
        self._finish()
        self.visit._sign_visit("Nora Field", PICTURE)
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        content, _type = reports._render_qweb_pdf(
            "helpdesk_fieldservice.action_report_visit", self.visit.ids
        )
        text = PdfReader(io.BytesIO(content)).pages[0].extract_text()
        for words in ("Visit Report", "Changed the element", "Nora Field"):
            self.assertIn(words, text)

    def test_no_report_before_it_is_done(self):
        self.visit.visit_report = "<p>Not ready.</p>"
        self._log_in(self.portal_user)
        self.assertNotIn("Not ready", self.url_open(f"/my/tasks/{self.visit.id}").text)
        self.visit.access_token = False
        self.assertFalse(self._gets_report())
        self.assertFalse(self.visit.access_token, "only who is sent it gets one")
        self.assertIn("error", self._sign())
        self.visit._portal_ensure_token()
        self.logout()
        query = f"?access_token={self.visit.access_token}"
        page = self.url_open(f"/my/tasks/{self.visit.id}/visit_report{query}")
        self.assertIn("Look at the lamp", page.text, "the token goes along")

    def test_customer_signs_once(self):
        self._finish()
        self._log_in(self.portal_user)
        self.assertIn("error", self._sign(name=" "))
        self.assertIn("error", self._sign(signature=""))
        for name in ("Nora\0", "Nora \ud800"):
            self.assertEqual(
                self._sign(name=name)["error"], "Enter your name and sign."
            )
        picture = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(picture, "BMP")
        too_large = bytearray(picture.getvalue())
        too_large[18:26] = (30000).to_bytes(4, "little") * 2
        contents = [
            b"<svg><script>alert(1)</script></svg>",
            b"no picture",
            b"P6 eight 8 255\n",
            bytes(too_large),
        ]
        coded = [base64.b64encode(content).decode() for content in contents]
        for signature in ("no picture", "%%%", "é", "\0", [1], *coded):
            with self.subTest(signature):
                self.assertEqual(
                    self._sign(signature=signature)["error"],
                    "This signature is no picture; sign again.",
                )
        self.assertFalse(self.visit.visit_signed_by)
        self.assertIn("redirect_url", self._sign())
        self.visit.invalidate_recordset()
        self.assertEqual(self.visit.visit_signed_by, "Nora Field")
        self.assertIn("error", self._sign(name="Somebody"))
        self.visit.invalidate_recordset()
        self.assertEqual(self.visit.visit_signed_by, "Nora Field")
        page = self.url_open(f"/my/tasks/{self.visit.id}").text
        self.assertIn("Signed by", page)

    def test_others(self):
        """Neither another customer nor a visitor, without the visit's own token."""
        self._finish()
        other = self._create_visit(name="Another")
        other._portal_ensure_token()
        self.visit._portal_ensure_token()
        for user in (self.stranger, None):
            if user:
                self._log_in(user)
            else:
                self.logout()
            for token in (None, "forged", "gefälscht", other.access_token):
                with self.subTest(user=user, token=token):
                    query = f"?access_token={token}" if token else ""
                    page = self.url_open(f"/my/tasks/{self.visit.id}{query}")
                    self.assertLess(page.status_code, 500)
                    self.assertNotIn("Changed the element", page.text)
                    self.assertFalse(self._gets_report(query))
                    self.assertIn("error", self._sign(token))
        self.assertIn("error", self._sign(1))  # a token that is no text
        self.visit.invalidate_recordset()
        self.assertFalse(self.visit.visit_signature)
        self.assertIn("redirect_url", self._sign(self.visit.access_token))


@tagged("post_install", "-at_install")
class TestTicketPortal(TicketPortal, FieldServiceCommon, HttpCase):
    """The visits on the ticket's page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.tz = "Europe/Berlin"
        cls.visit = cls._create_visit(name="Look at the lamp")

    def _look(self, user=None):
        return self._get_after_sales(self.ticket, user or self.portal_user)

    def _plan(self, start, end):
        self.visit.write(
            {
                "planned_date_start": start,
                "planned_date_end": end,
                "user_ids": [Command.set(self.technician.ids)],
            }
        )

    def test_from_the_wish_to_the_signature(self):
        page = self._look()
        self.assertIn("Visit: Look at the lamp", page)
        self.assertIn("We are looking for a day for this visit.", page)
        self.assertNotIn("Technician", page)
        self._plan("2026-03-12 09:00:00", "2026-03-12 10:30:00")
        page = self._look()
        for text in ("The visit is planned.", "Tess Wrench", "14 Shore Road"):
            self.assertIn(text, page)
        planned = page.replace("\u202f", " ")
        self.assertIn("March 12, 2026, 10:00 AM – 11:30 AM", planned)
        self.visit.action_start_visit()
        self.assertIn("The technician is at work.", self._look())
        self.visit.visit_report = "<p>Changed the element.</p>"
        page = self._look()
        self.assertNotIn("report", page)
        self.assertEqual(self._get_pdf_of_visit().status_code, 404)
        self.visit.action_done_visit()
        page = self._look()
        self.assertIn("The visit is done; please sign its report.", page)
        self.assertIn("Read and sign the report", page)
        self.assertIn("Visit report as PDF", page)
        answer = self._get_pdf_of_visit()
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.visit._sign_visit("Nora Field", PICTURE)
        page = self._look()
        self.assertIn("The visit is done.", page)
        self.assertIn("The report was signed.", page)
        self.assertIn("Open the visit", page)

    def _get_pdf_of_visit(self, user=None):
        line = self.ticket.document_ids
        return self._get_pdf(self.ticket, line, user or self.portal_user)

    def test_over_night(self):
        self._plan("2026-03-12 22:00:00", "2026-03-13 02:00:00")
        planned = self._look().replace("\u202f", " ")
        self.assertIn("March 12, 2026, 11:00 PM – March 13, 2026, 3:00 AM", planned)

    def test_called_off(self):
        self._plan("2026-03-12 09:00:00", "2026-03-12 10:30:00")
        self.visit.state = "1_canceled"
        page = self._look()
        self.assertIn("This visit was called off.", page)
        self.assertNotIn("Tess Wrench", page)

    def test_projects_of_the_company_s_own(self):
        """What customers may not look into they do not see on the ticket either."""
        self.visit.project_id = self.project.create(
            {
                "name": "Workshop",
                "company_id": self.project.company_id.id,
                "is_field_service": True,
                "privacy_visibility": "followers",
            }
        )
        self.assertEqual(self._look(), "")

    def test_page_of_the_visit(self):
        [shown] = self.ticket.with_user(self.portal_user)._get_portal_documents(
            self.contact
        )
        [(_label, address)] = shown["pages"]
        self.assertEqual(address, f"/my/tasks/{self.visit.id}")
        # Who does not follow the visit has no page of it, and still sees its day.
        self.visit.message_unsubscribe(self.contact.ids)
        [shown] = self.ticket.with_user(self.portal_user)._get_portal_documents(
            self.contact
        )
        self.assertFalse(shown["pages"])

    def test_others(self):
        self.assertIsNone(self._look(self.stranger))
        self.ticket.message_subscribe(self.stranger.partner_id.ids)
        self.assertEqual(self._look(self.stranger), "")
        self.assertEqual(self._get_pdf_of_visit(self.stranger).status_code, 404)
