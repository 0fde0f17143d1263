from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import TransactionCase, freeze_time, tagged

from odoo.addons.helpdesk_after_sales.tests.customer_mails import CustomerMailsCommon

from .common import FieldServiceCommon

NINE = datetime(2026, 3, 12, 9)


@tagged("post_install", "-at_install")
class TestNews(CustomerMailsCommon, FieldServiceCommon, TransactionCase):
    """The emails that tell customers of their visits."""

    def setUp(self):
        super().setUp()
        self._set_clock("2026-03-10 08:00:00")
        self.visit = self._create_visit(
            name="Lamp",
            user_ids=[Command.set(self.technician.ids)],
            planned_date_start=NINE,
            planned_date_end=NINE + timedelta(hours=1),
        )

    def _set_clock(self, moment):
        clock = freeze_time(moment)
        clock.start()
        self.addCleanup(clock.stop)

    def _wait(self, minutes=6):
        """Let time go by and the scheduled action do its work."""
        known = self.env["mail.mail"].search([])
        self._tell_customers(minutes)
        self._set_clock(datetime.now() + timedelta(minutes=minutes))
        return self.env["mail.mail"].search([]) - known

    def test_planned(self):
        self.assertFalse(self._wait(2), "It may still be moved.")
        mail = self._wait()
        self.assertEqual(mail.recipient_ids, self.contact)
        self.assertIn("Your visit: Lamp", mail.subject)
        self.assertIn("Tess Wrench", mail.body_html)
        self.assertFalse(self._wait())

    def test_visit_of_a_colleague(self):
        """It is the one who is visited who is told, besides who follows the ticket."""
        colleague = self.contact.copy({"name": "Ned", "email": "ned@example.com"})
        self.visit.partner_id = colleague
        mail = self._wait()
        self.assertIn(colleague, mail.recipient_ids)
        self.assertIn("Dear Ned", mail.body_html)

    def test_moved(self):
        """One email for a visit that is dropped, and dropped again."""
        self._wait()
        for hours in (1, 2, 3):
            self.visit.write(
                {
                    "planned_date_start": NINE + timedelta(hours=hours),
                    "planned_date_end": NINE + timedelta(hours=hours + 1),
                }
            )
        mail = self._wait()
        self.assertEqual(len(mail), 1)
        self.assertIn("New time", mail.subject)
        self.assertIn("12:00", mail.body_html)

    def test_moved_and_back(self):
        self._wait()
        self.visit.planned_date_start = NINE - timedelta(hours=1)
        self.visit.planned_date_start = NINE
        self.assertFalse(self._wait())

    def test_called_off(self):
        self._wait()
        self.visit.state = "1_canceled"
        self.assertIn("called off", self._wait().subject)
        self.visit.state = "01_in_progress"
        self.assertIn("Your visit", self._wait().subject)
        self.visit.write({"planned_date_start": False, "planned_date_end": False})
        self.assertIn("called off", self._wait().subject)

    def test_done(self):
        self.visit.visit_report = "<p>Changed the element.</p>"
        self.visit.action_done_visit()
        mail = self._wait()
        self.assertEqual(len(mail), 1)
        self.assertIn("is done", mail.body_html)
        self.assertIn("Visit Report", mail.attachment_ids.name)
        self.assertFalse(self._wait())

    def test_of_the_past(self):
        """A visit that is noted down afterwards is no news."""
        self.visit.write(
            {
                "planned_date_start": NINE - timedelta(days=9),
                "planned_date_end": NINE - timedelta(days=9),
            }
        )
        self.assertFalse(self._wait())

    def test_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.env.ref("helpdesk_fieldservice.mail_template_visit_planned")
        template.with_context(lang="de_DE").subject = "Ihr Besuch"
        self.contact.lang = "de_DE"
        self.assertEqual(self._wait().subject, "Ihr Besuch")

    def test_team_does_not_wish_it(self):
        self.team.fieldservice_notify_customer = False
        self.assertFalse(self._wait())
        self.team.fieldservice_notify_customer = True
        self.assertFalse(self._wait(), "It was no wish then.")

    def test_customer_without_address(self):
        self.contact.email = False
        self.assertFalse(self._wait())

    def test_import(self):
        visit = self.visit.copy({"ticket_id": self.ticket.id})
        visit.with_context(import_file=True).planned_date_start = NINE
        self.assertFalse(self._get_news(visit))

    def test_task_without_ticket(self):
        visit = self.visit.copy()
        visit.planned_date_start = NINE
        self.assertFalse(self._get_news(visit))
