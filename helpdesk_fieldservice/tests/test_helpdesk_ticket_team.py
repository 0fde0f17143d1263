from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, TransactionCase, tagged

from ..hooks import post_init_hook
from .common import FieldServiceCommon


@tagged("post_install", "-at_install")
class TestHelpdeskTicketTeam(FieldServiceCommon, TransactionCase):
    def test_project_that_comes_with_the_addon(self):
        project = self.env.ref("helpdesk_fieldservice.project_field_service")
        self.assertEqual(self.project, project)
        self.assertEqual(
            project.type_ids.sorted("sequence").mapped("name"),
            ["New", "Planned", "In Progress", "Done", "Cancelled"],
        )
        self.assertEqual(project.privacy_visibility, "portal")

    def test_manager_switches_the_service_on(self):
        """A new team gets the company's project, whatever rights its manager has."""
        teams = self.env["helpdesk.ticket.team"].with_user(self.manager)
        with Form(teams) as team_form:
            team_form.name = "Second"
            team_form.use_fieldservice = True
        team = teams.search([("name", "=", "Second")])
        self.assertEqual(team.fieldservice_project_id, self.project)
        team.fieldservice_project_id = False
        self.assertFalse(team.fieldservice_project_id)
        team.write({"use_fieldservice": True, "fieldservice_project_id": False})
        self.assertEqual(team.fieldservice_project_id, self.project)

    def test_each_company_has_its_project(self):
        company = self.env["res.company"].create({"name": "Second"})
        teams = self.env["helpdesk.ticket.team"].create(
            [
                {"name": name, "company_id": company.id, "use_fieldservice": True}
                for name in ("North", "South")
            ]
        )
        project = teams[0].fieldservice_project_id
        self.assertEqual(teams[1].fieldservice_project_id, project)
        self.assertEqual(project.company_id, company)
        self.assertEqual(project.type_ids, self.project.type_ids)
        with self.assertRaisesRegex(ValidationError, "another company"):
            self.team.fieldservice_project_id = project

    def test_team_that_was_switched_on_before(self):
        self.team.fieldservice_project_id = False
        post_init_hook(self.env)
        self.assertEqual(self.team.fieldservice_project_id, self.project)

    def test_projects_that_customers_cannot_follow(self):
        hidden = self.env["project.project"].create(
            {
                "name": "Hidden",
                "is_field_service": True,
                "privacy_visibility": "employees",
            }
        )
        with (
            self.assertRaisesRegex(ValidationError, "could not follow its tasks"),
            self.env.cr.savepoint(),
        ):
            self.team.fieldservice_project_id = hidden
        hidden.privacy_visibility = "portal"
        self.team.fieldservice_project_id = hidden
        for vals, message in (
            ({"privacy_visibility": "followers"}, "could not follow its tasks"),
            ({"is_field_service": False}, "not for field service"),
            ({"active": False}, "cannot be archived"),
        ):
            with (
                self.assertRaisesRegex(ValidationError, message),
                self.env.cr.savepoint(),
            ):
                hidden.write(vals)
        with (
            self.assertRaisesRegex(UserError, "cannot be deleted"),
            self.env.cr.savepoint(),
        ):
            hidden.unlink()
