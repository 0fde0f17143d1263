from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, TransactionCase, freeze_time, tagged

from .common import FieldServiceCommon

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGA"
    "hKmMIQAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestVisit(FieldServiceCommon, TransactionCase):
    """What the technician does on site."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.task = cls._create_visit(
            user_ids=[Command.set(cls.technician.ids)],
            planned_date_start=datetime(2026, 3, 12, 9),
            planned_date_end=datetime(2026, 3, 12, 11),
        )
        cls.visit = cls.task.with_user(cls.technician)

    def _finish(self):
        self.visit.visit_report = "<p>Changed the element.</p>"
        self.visit.action_done_visit()

    def test_start_and_done(self):
        with freeze_time("2026-03-12 09:05:00"):
            self.visit.action_start_visit()
        self.assertEqual(self.visit.stage_id.name, "In Progress")
        self.assertEqual(self.ticket.document_ids.state, "in_progress")
        action = self.visit.action_finish_visit()
        with freeze_time("2026-03-12 10:35:00"):
            with Form(self.visit, action["views"][0][0]) as form:
                form.visit_report = "<p>Changed the element.</p>"
            self.visit.action_done_visit()
        self.assertEqual(self.visit.state, "1_done")
        self.assertEqual(self.visit.stage_id.name, "Done")
        self.assertEqual(self.visit.visit_hours, 1.5)
        self.assertEqual(self.visit.visit_on_time, 1)
        self.assertEqual(self.ticket.document_ids.state, "done")
        bodies = " ".join(self.ticket.message_ids.mapped("body"))
        self.assertIn("done", bodies)
        self.assertIn("Done for ticket", " ".join(self.task.message_ids.mapped("body")))
        with self.assertRaisesRegex(UserError, "closed already"):
            self.visit.action_start_visit()

    def test_who_may_not_read_the_task(self):
        with self.assertRaises(AccessError):
            self.task.with_user(self.stranger).action_finish_visit()

    def test_late(self):
        with freeze_time("2026-03-12 10:00:00"):
            self.visit.action_start_visit()
        with freeze_time("2026-03-12 12:00:00"):
            self._finish()
        self.assertEqual(self.visit.visit_on_time, 0)
        # Started again, and finished again, it keeps its beginning.
        self.visit.state = "01_in_progress"
        self.visit.action_start_visit()
        self.assertEqual(self.visit.visit_start, datetime(2026, 3, 12, 10))

    def test_done_takes_a_report(self):
        for report in (False, "<p><br></p>"):
            self.visit.visit_report = report
            with self.assertRaisesRegex(UserError, "Write what was done"):
                self.visit.action_done_visit()
        self.assertEqual(self.visit.state, "01_in_progress")

    def test_cancelled(self):
        self.visit.state = "1_canceled"
        self.assertEqual(self.ticket.document_ids.state, "cancelled")
        self.assertIn("cancelled", self.ticket.message_ids[0].body)

    def test_signature(self):
        with (
            self.assertRaisesRegex(ValidationError, "before it is signed"),
            self.env.cr.savepoint(),
        ):
            self.visit.write({"visit_signature": PICTURE, "visit_signed_by": "Nora"})
        self._finish()
        with (
            self.assertRaisesRegex(ValidationError, "who signs"),
            self.env.cr.savepoint(),
        ):
            self.visit.write({"visit_signature": PICTURE, "visit_signed_by": " "})
        with freeze_time("2026-03-12 11:00:00"):
            self.visit.write(
                {
                    "visit_signature": PICTURE,
                    "visit_signed_by": "Nora Field",
                    "visit_signed_on": "2020-01-01",
                }
            )
        self.assertEqual(self.visit.visit_signed_on, datetime(2026, 3, 12, 11))

    def test_what_was_signed_stays(self):
        self._finish()
        self.visit.write({"visit_signature": PICTURE, "visit_signed_by": "Nora Field"})
        signature = self.visit.visit_signature
        for vals in (
            {"visit_report": "<p>Something else.</p>"},
            {"visit_signature": PICTURE, "visit_signed_by": "Somebody"},
            {"visit_signed_by": "Somebody"},
            {"visit_signed_on": "2020-01-01"},
        ):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "Nora Field"):
                self.visit.write(vals)
        with self.assertRaisesRegex(UserError, "Nora Field"):
            self.visit._sign_visit("Somebody", PICTURE)
        self.assertEqual(self.visit.visit_signature, signature)
        self.assertFalse(self.visit.copy().visit_signature)

        self.visit.action_reopen_visit_report()
        self.assertFalse(self.visit.visit_signature or self.visit.visit_signed_by)
        self.assertIn("signature of Nora Field", self.visit.message_ids[0].body)
        self.visit.visit_report = "<p>Something else.</p>"

    def test_report(self):
        self.ticket.product_id = self.env["product.product"].create({"name": "Lamp"})
        self._finish()
        self.visit.write({"visit_signature": PICTURE, "visit_signed_by": "Nora Field"})
        reports = self.env["ir.actions.report"].with_user(self.technician)
        html, _type = reports._render_qweb_html(
            "helpdesk_fieldservice.action_report_visit", self.task.ids
        )
        for text in ("Changed the element", "Nora Field", "Lamp", "Tess Wrench"):
            self.assertIn(text, html.decode())

    def test_send_report(self):
        with self.assertRaisesRegex(UserError, "no report"):
            self.visit.action_send_visit_report()
        self._finish()
        action = self.visit.action_send_visit_report()
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.technician)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(composer.partner_ids, self.contact)
        composer._action_send_mail()
        mail = self.task.message_ids[0]
        self.assertIn(self.contact, mail.partner_ids)
        self.assertIn("Visit Report", mail.attachment_ids.name)
        self.env.ref("helpdesk_fieldservice.mail_template_visit_report").unlink()
        with self.assertRaisesRegex(UserError, "module helpdesk_fieldservice"):
            self.visit.action_send_visit_report()

    def test_what_the_technician_reads_of_the_ticket(self):
        """The product and its serial number, without any right on the helpdesk."""
        self.ticket.product_id = self.env["product.product"].create({"name": "Lamp"})
        with Form(self.visit) as form:
            self.assertEqual(form.ticket_product_id.display_name, "Lamp")
            self.assertFalse(form.is_ticket_readable)
