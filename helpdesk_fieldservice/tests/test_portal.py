import io
import json

from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfReader

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
        self.assertFalse(self._gets_report())
        self.assertIn("error", self._sign())

    def test_customer_signs_once(self):
        self._finish()
        self._log_in(self.portal_user)
        self.assertIn("error", self._sign(name=" "))
        self.assertIn("error", self._sign(signature=""))
        self.assertIn("error", self._sign(signature="no picture"))
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
            for token in (None, "forged", other.access_token):
                with self.subTest(user=user, token=token):
                    query = f"?access_token={token}" if token else ""
                    page = self.url_open(f"/my/tasks/{self.visit.id}{query}")
                    self.assertNotIn("Changed the element", page.text)
                    self.assertFalse(self._gets_report(query))
                    self.assertIn("error", self._sign(token))
        self.visit.invalidate_recordset()
        self.assertFalse(self.visit.visit_signature)
        self.assertIn("redirect_url", self._sign(self.visit.access_token))
