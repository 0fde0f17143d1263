from datetime import datetime

from odoo import Command
from odoo.tests import Form, TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison

from .common import FieldServiceCommon


@tagged("post_install", "-at_install")
class TestQueries(QueryComparison, FieldServiceCommon, TransactionCase):
    """What the service costs, compared with core in the same run."""

    def test_create_task(self):
        """A task from the ticket costs at most two queries more than one of core's.

        Core's task has the same followers and assignees, and no note of its creation.
        Both begin where the user presses the button.
        """
        users = [Command.set(self.technician.ids)]
        followers = self.contact + self.contact.copy({"name": "Colleague"})
        self.ticket.message_subscribe((followers + self.agent.partner_id).ids)
        popup = self._open_popup(self.env.ref("base.user_admin"), user_ids=users)

        def by_core():
            task = self.env["project.task"].with_user(popup.env.user)
            task = task.create(
                {
                    "name": "Visit",
                    "project_id": self.project.id,
                    "partner_id": self.contact.id,
                    "description": "<p>What now?</p>",
                    "user_ids": users,
                }
            )
            task.message_subscribe(followers.ids)
            return task

        core = self.count_queries(by_core)
        ours = self.count_queries(popup._create_task)
        self.assertLessEqual(ours, core + 2)
        self.assertEqual(
            popup._create_task().message_partner_ids, by_core().message_partner_ids
        )

    def test_open_popup(self):
        """Knowing which visits there were costs one query when the pop-up opens."""
        popups = self.env["helpdesk.fieldservice.create"].with_user(self.agent)
        popups = popups.with_context(
            active_model="helpdesk.ticket", active_id=self.ticket.id
        )
        spec = Form(popups)._view["fields_spec"]

        def open_popup(spec):
            return self.count_queries(lambda: popups.onchange({}, [], spec))

        without = {name: spec[name] for name in spec if name != "newest_task_res_id"}
        self.assertLessEqual(open_popup(spec), open_popup(without) + 1)

    def test_tasks_without_ticket(self):
        """Other tasks cost nothing more."""
        project = self.env["project.project"].create({"name": "Office"})
        task = self.env["project.task"].create(
            {"name": "Paint", "project_id": project.id}
        )
        calls = {
            "create": lambda: task.create({"name": "New", "project_id": project.id}),
            "write": lambda: task.write({"name": "Wall", "priority": "1"}),
            "done": lambda: task.write({"state": "1_done"}),
            "plan": lambda: task.write({"planned_date_start": datetime(2026, 3, 12)}),
        }
        for name, call in calls.items():
            with self.subTest(name):
                with self._bypass("create"), self._bypass("write"):
                    core = self.count_queries(call)
                self.assertEqual(self.count_queries(call), core)

    def _bypass(self, name):
        """As if a method of tasks were core's alone."""
        ours = next(
            base
            for base in self.registry["project.task"].__mro__
            if base.__module__.endswith("helpdesk_fieldservice.models.project_task")
        )
        return self._without_override(ours, name)
