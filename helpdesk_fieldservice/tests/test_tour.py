from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .common import FieldServiceCommon


@tagged("post_install", "-at_install")
class TestTour(FieldServiceCommon, HttpCase):
    """What users do with visits, in the browser."""

    def test_create_task(self):
        """The agent plans a visit, without any right on projects."""
        action = "helpdesk_mgmt.helpdesk_ticket_action"
        self.start_tour(
            f"/odoo/action-{action}/{self.ticket.id}",
            "helpdesk_fieldservice_create",
            login=self.agent.login,
        )
        task = self.ticket.fieldservice_task_ids
        self.assertEqual(task.name, "Look at the lamp")
        self.assertEqual(task.user_ids, self.technician)

    def _create_visit_today(self):
        now = fields.Datetime.now()
        return self._create_visit(
            name="Look at the lamp",
            user_ids=[Command.set(self.technician.ids)],
            planned_date_start=now,
            planned_date_end=fields.Datetime.add(now, hours=1),
        )

    def _assert_signed(self, visit):
        self.assertEqual(visit.state, "1_done")
        self.assertTrue(visit.visit_start)
        self.assertTrue(visit.visit_signature)
        self.assertEqual(visit.visit_signed_by, "Nora Field")

    def test_technician(self):
        """On a phone, from the list of visits to the customer's signature."""
        self.browser_size = "375x667"
        self.touch_enabled = True
        visit = self._create_visit_today()
        self.start_tour(
            "/odoo/field-service-my-tasks",
            "helpdesk_fieldservice_technician",
            login=self.technician.login,
        )
        self._assert_signed(visit)
        self.assertIn("Changed the bulb", visit.visit_report)

    def test_customer_signs(self):
        visit = self._create_visit_today()
        visit.visit_report = "<p>Changed the bulb.</p>"
        visit.action_done_visit()
        self.start_tour(
            f"/my/tasks/{visit.id}",
            "helpdesk_fieldservice_portal",
            login=self.portal_user.login,
        )
        self._assert_signed(visit)
