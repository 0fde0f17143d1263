from datetime import datetime
from unittest.mock import patch

from lxml import etree
from psycopg2.errors import ForeignKeyViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import FieldServiceCommon

NINE = datetime(2026, 3, 12, 9)
TEN = datetime(2026, 3, 12, 10)
ELEVEN = datetime(2026, 3, 12, 11)
NOON = datetime(2026, 3, 12, 12)
END_OF_CALENDAR = datetime(9999, 12, 31, 23, 59)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestPlanning(FieldServiceCommon, TransactionCase):
    """From the ticket to the plan, by an agent without rights on projects."""

    def test_popup(self):
        action = self.ticket.with_user(self.agent).action_create_task()
        self.assertEqual(action["name"], "Create a Field Service task")
        self.assertFalse(
            {name for name in action["context"] if name.startswith("default_")}
        )
        popup = self.env[action["res_model"]].with_user(self.agent)
        with Form(popup.with_context(**action["context"])) as form:
            self.assertEqual(form.name, self.ticket.name)
            self.assertEqual(form.project_id, self.project)
            self.assertEqual(form.partner_id, self.contact)
            self.assertEqual(form.address_id, self.contact)
            self.assertFalse(form.user_ids or form.planning_conflict)
            form.planned_date_start = NINE
            self.assertEqual(form.planned_date_end, TEN)
            form.user_ids.add(self.technician)
        form.record.action_create()
        task = self.ticket.fieldservice_task_ids
        self.assertEqual(task.name, self.ticket.name)
        self.assertEqual(task.partner_id, self.contact)
        self.assertEqual(task.user_ids, self.technician)
        self.assertEqual(task.company_id, self.ticket.company_id)
        self.assertEqual(task.planned_date_start, NINE)
        self.assertEqual(task.planned_date_end, TEN)
        self.assertEqual(task.description, self.ticket.description)
        self.assertEqual(
            task.stage_id, self.env.ref("helpdesk_fieldservice.stage_planned")
        )
        self.assertIn("14 Shore Road", task.visit_address)
        self.assertIn("14+Shore+Road", task.visit_map_url)

    def _open_form(self, user=None):
        """The pop-up as the button on the ticket opens it."""
        user = user or self.agent
        action = self.ticket.with_user(user).action_create_task()
        popups = self.env[action["res_model"]].with_user(user)
        return Form(popups.with_context(**action["context"]))

    def test_two_windows(self):
        """Of two that are open at once the second makes no visit, and says why."""
        colleague = new_test_user(
            self.env, "colleague", groups="helpdesk_mgmt.group_helpdesk_user"
        )
        first, second = self._open_form(), self._open_form(colleague)
        second.name = "The same"
        first.save().action_create()
        visit = self.ticket.fieldservice_task_ids
        popup = second.save()
        for action in (popup.action_create, popup.action_create_and_view):
            with self.assertRaisesRegex(
                UserError, f"Visit {visit.name} was made for ticket .* since you opened"
            ):
                action()
        self.assertEqual(self.ticket.fieldservice_task_ids, visit)
        # Archived visits were made, too.
        visit.active = False
        with self.assertRaisesRegex(UserError, "since you opened"):
            popup.action_create()
        self._open_form(colleague).save().action_create()
        self.assertEqual(len(self.ticket.fieldservice_task_ids), 1)

    def test_one_visit_of_a_window(self):
        """However often it is pressed; what users write makes no more than another."""
        popup = self._open_form().save()
        action = popup.action_create_and_view()
        visit = self.ticket.fieldservice_task_ids
        self.assertEqual(action["res_id"], visit.id)
        popup.name = "Once more"
        popup.action_create()
        self.assertEqual(popup.action_create_and_view()["res_id"], visit.id)
        self.assertEqual(self.ticket.fieldservice_task_ids, visit)
        for forged in (2**31 - 1, False):
            popup.task_res_id = forged
            with self.assertRaisesRegex(UserError, "since you opened"):
                popup.action_create()
        popup.newest_task_res_id = 2**31 - 1
        popup.action_create()
        self.assertEqual(len(self.ticket.fieldservice_task_ids), 2)
        popup.action_create()
        self.assertEqual(len(self.ticket.fieldservice_task_ids), 2)
        # The visit that was made by mistake and deleted does not stand in the way.
        self.ticket.fieldservice_task_ids.unlink()
        popup.action_create()
        self.assertEqual(len(self.ticket.fieldservice_task_ids), 1)

    def test_window_that_is_open_during_an_upgrade(self):
        """Odoo fills columns that are new, and with them all that the same method computes."""
        popup = self._open_popup(name="Find the fault")
        self.env.add_to_compute(popup._fields["newest_task_res_id"], popup)
        popup.flush_recordset()
        self.assertEqual(popup.name, "Find the fault")

    def test_forged_visit_is_not_shown(self):
        """A pop-up that names another's visit leads to nothing that is not its user's."""
        hidden = self.env["project.project"].create(
            {"name": "Hidden", "privacy_visibility": "followers"}
        )
        task = self.env["project.task"].create(
            {"name": "Secret", "project_id": hidden.id}
        )
        popup = self._open_form().save()
        popup.task_res_id = task.id
        self.assertNotEqual(popup.action_create_and_view().get("res_id"), task.id)
        self.assertFalse(self.ticket.fieldservice_task_ids)

    def test_ticket_is_locked(self):
        """Two people at once: the second waits for the first, and finds the visit."""
        popup = self._open_form().save()
        module = (
            "odoo.addons.helpdesk_fieldservice.wizards.helpdesk_fieldservice_create"
        )
        with patch(f"{module}.lock_and_touch") as lock:
            lock.side_effect = lambda ticket: self.assertFalse(
                ticket.fieldservice_task_ids
            )
            popup.action_create()
        lock.assert_called_once_with(self.ticket)

    def test_end_of_the_calendar(self):
        """Where there is no hour left, no end is proposed."""
        with self._open_form() as form:
            form.planned_date_start = END_OF_CALENDAR
            self.assertFalse(form.planned_date_end)
            form.planned_date_start = NINE
            self.assertEqual(form.planned_date_end, TEN)

    def test_ticket_deleted_meanwhile(self):
        form, popup = self._open_form(), self._open_form().save()
        self.ticket.unlink()
        with (
            self.assertRaises(ForeignKeyViolation) as caught,
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            form.save()
        self.assertEqual(
            popup._sql_error_to_message(caught.exception),
            "The ticket was deleted meanwhile; close this window.",
        )
        self.assertFalse(popup.exists())

    def test_nobody_is_assigned_who_was_not_chosen(self):
        for user in (self.agent, self.env.ref("base.user_admin")):
            popup = self._open_popup(user).with_context(
                default_user_ids=user.ids, default_ticket_id=self.tickets[1].id
            )
            action = popup.action_create_and_view()
            task = self.env["project.task"].browse(action["res_id"])
            self.assertFalse(task.user_ids)
            self.assertFalse(task.date_assign)
            self.assertEqual(task.ticket_id, self.ticket)
            self.assertEqual(task.stage_id.name, "New")

    def test_view_task(self):
        """Who made it opens it, without any right on projects."""
        action = self._open_popup().action_create_and_view()
        task = self.env["project.task"].with_user(self.agent).browse(action["res_id"])
        with Form(task, action["views"][0][0] or None) as form:
            self.assertEqual(form.name, self.ticket.name)
        with self.assertRaises(AccessError):
            task.name = "Mine"

    def test_ticket_without_customer(self):
        self.ticket.partner_id = False
        task = self._create_visit()
        self.assertFalse(task.partner_id)
        self.assertFalse(task.visit_address)

    def test_customer_follows(self):
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "parent_id": self.customer.id}
        )
        self.ticket.message_subscribe(
            (colleague + self.stranger.partner_id + self.agent.partner_id).ids
        )
        task = self._create_visit()
        self.assertEqual(
            task.message_partner_ids,
            self.contact + colleague + self.agent.partner_id,
        )

    def test_customers_follow_visits_that_are_linked(self):
        """Each customer's own: nobody follows another's."""
        visits = self.env["project.task"].create(
            [
                {
                    "name": f"Visit of {partner.name}",
                    "project_id": self.project.id,
                    "partner_id": partner.id,
                }
                for partner in (self.contact, self.stranger.partner_id)
            ]
        )
        before = visits.message_partner_ids
        visits.ticket_id = self.ticket
        self.assertEqual(visits.message_partner_ids, before)
        visits.ticket_id = False
        visits[0].ticket_id = self.ticket
        self.assertEqual(visits[0].message_partner_ids, before + self.contact)
        self.assertEqual(visits[1].message_partner_ids, before)

    def test_wrong_input(self):
        company = self.env["res.company"].create({"name": "Second"})
        projects = self.env["project.project"].create(
            [
                {"name": "Office"},
                {
                    "name": "Hidden",
                    "is_field_service": True,
                    "privacy_visibility": "employees",
                },
                {
                    "name": "Abroad",
                    "is_field_service": True,
                    "company_id": company.id,
                },
            ]
        )
        foreigner = new_test_user(
            self.env,
            "after_sales_foreigner",
            groups="base.group_user",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        stranger = self.stranger.partner_id
        cases = [
            ({"name": "  "}, "title"),
            ({"project_id": False}, "Choose the project"),
            *(({"project_id": project.id}, "cannot be used") for project in projects),
            ({"partner_id": stranger.id}, "another customer"),
            ({"partner_id": False}, "another customer"),
            ({"address_id": stranger.id}, "no address"),
            ({"user_ids": [Command.set(self.portal_user.ids)]}, "cannot be sent"),
            ({"user_ids": [Command.set(foreigner.ids)]}, "cannot be sent"),
            (
                {"planned_date_start": False, "planned_date_end": TEN},
                "has a planned end but no planned start; enter the start",
            ),
            *(
                ({"planned_date_start": moment}, "cannot be planned in the year")
                for moment in (datetime.min, END_OF_CALENDAR)
            ),
            (
                {"planned_date_start": TEN, "planned_date_end": NINE},
                "cannot end before it starts",
            ),
        ]
        for vals, message in cases:
            with (
                self.subTest(vals),
                self.assertRaisesRegex(UserError, message),
                self.env.cr.savepoint(),
            ):
                self._open_popup(**vals).action_create()
        self.assertFalse(self.ticket.fieldservice_task_ids)

    def test_who_may_not_write_the_ticket(self):
        popup = self._open_popup()
        self.ticket.write({"team_id": self.team.id, "user_id": self.agent.id})
        popup.invalidate_recordset()
        with self.assertRaises(AccessError):
            popup.with_user(self.own_agent).action_create()
        # What it has taken of the ticket is for who opened it.
        with self.assertRaises(AccessError):
            popup.with_user(self.own_agent).read(["name"])
        with self.assertRaises(AccessError):
            self._open_popup(self.employee)
        forged = self.env["helpdesk.fieldservice.create"].with_user(self.own_agent)
        chosen = {
            "name": "Mine",
            "partner_id": self.ticket.partner_id.id,
            "project_id": self.project.id,
        }
        with self.assertRaises(AccessError):
            forged.create({"ticket_id": self.ticket.id, **chosen})._create_task()
        # Nor does the pop-up tell of the ticket what its user may not read.
        with self.assertRaises(AccessError):
            forged.create({"ticket_id": self.ticket.id})
        for name in chosen:
            with self.subTest(name), self.assertRaises(AccessError):
                forged.new({"ticket_id": self.ticket.id})[name]

    def test_company_is_the_ticket_s(self):
        """Whatever company the user is in, and where the project is of none."""
        company = self.env["res.company"].create({"name": "Second"})
        self.project.company_id = False
        self.agent.company_ids += company
        popup = self._open_popup(self.agent).with_context(
            allowed_company_ids=(company + self.ticket.company_id).ids
        )
        task = popup._create_task()
        self.assertEqual(task.company_id, self.ticket.company_id)
        other = self.env["project.project"].create(
            {"name": "Other", "is_field_service": True, "company_id": False}
        )
        task.sudo().project_id = other
        self.assertEqual(task.sudo().company_id, self.ticket.company_id)
        with (
            self.assertRaisesRegex(UserError, "compan"),
            self.env.cr.savepoint(),
        ):
            task.sudo().company_id = company
        # The ticket does not take it along to another.
        with (
            self.assertRaisesRegex(UserError, "open a new ticket in Second"),
            self.env.cr.savepoint(),
        ):
            self.ticket.company_id = company

    def test_conflict(self):
        """A technician who is planned already is pointed out, not refused."""
        first = self._create_visit(
            name="First",
            user_ids=[Command.set(self.technician.ids)],
            planned_date_start=NINE,
            planned_date_end=ELEVEN,
        )
        self.assertFalse(first.planning_conflict)
        popup = self._open_popup(
            name="Second",
            user_ids=[Command.set((self.technician + self.agent).ids)],
            planned_date_start=TEN,
            planned_date_end=NOON,
        )
        self.assertIn("First", popup.planning_conflict)
        self.assertIn("Tess Wrench", popup.planning_conflict)
        self.assertNotIn(self.agent.name, popup.planning_conflict)
        popup.action_create()
        second = self.ticket.fieldservice_task_ids - first
        self.env.invalidate_all()
        self.assertIn("First", second.planning_conflict)
        self.assertIn("Second", first.planning_conflict)
        second.write({"planned_date_start": ELEVEN})
        self.env.invalidate_all()
        self.assertFalse(first.planning_conflict)
        second.write({"planned_date_start": TEN})
        first.state = "1_done"
        self.env.invalidate_all()
        self.assertFalse(second.planning_conflict)

    def test_conflict_queries(self):
        """Eighty visits are looked at in as many queries as one."""
        visits = self.env["project.task"].create(
            [
                {
                    "name": f"Visit {number}",
                    "project_id": self.project.id,
                    "user_ids": [Command.set(self.technician.ids)],
                    "planned_date_start": NINE,
                    "planned_date_end": TEN,
                }
                for number in range(80)
            ]
        )

        def count(records):
            self.env.invalidate_all()
            records.mapped("planned_date_start")
            before = self.env.cr.sql_log_count
            self.assertTrue(all(records.mapped("planning_conflict")))
            return self.env.cr.sql_log_count - before

        count(visits)
        self.assertLessEqual(count(visits), count(visits[0]))

    def test_nothing_of_it_in_other_projects(self):
        project = self.env["project.project"].create({"name": "Office"})
        task = self.env["project.task"].create(
            {
                "name": "Paint",
                "project_id": project.id,
                "planned_date_start": TEN,
                "planned_date_end": NINE,
            }
        )
        self.assertFalse(task.is_field_service)
        self.assertFalse(task.planning_conflict)
        for action in (task.action_start_visit, task.action_finish_visit):
            with self.assertRaisesRegex(UserError, "no visit"):
                action()

    def test_copy_is_not_planned(self):
        task = self._create_visit(planned_date_start=NINE, planned_date_end=TEN)
        copy = task.copy()
        self.assertFalse(copy.planned_date_start or copy.ticket_id)
        self.assertTrue(copy.is_field_service)

    def test_screens(self):
        """The kanban has all stages; a phone's list of one's own is sorted by time."""
        self._create_visit()
        actions = {
            name: self.env["ir.actions.actions"]._for_xml_id(
                f"helpdesk_fieldservice.project_task_action_{name}"
            )
            for name in ("all", "my")
        }
        tasks = self.env["project.task"].with_user(self.technician)
        groups = tasks.with_context(
            read_group_expand=True, **safe_eval(actions["all"]["context"])
        ).web_read_group([("is_field_service", "=", True)], ["stage_id"])["groups"]
        self.assertEqual(
            [group["stage_id"][1] for group in groups],
            ["New", "Planned", "In Progress", "Done", "Cancelled"],
        )
        views = tasks.get_views(actions["my"]["views"])["views"]
        kanban = etree.fromstring(views["kanban"]["arch"])
        self.assertFalse(kanban.get("default_group_by"))
        self.assertTrue(kanban.get("default_order").startswith("planned_date_start"))
