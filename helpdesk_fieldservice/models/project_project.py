from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

STAGES = ("new", "planned", "in_progress", "done", "cancelled")
"""What ends the external ids of the stages that a field-service project starts with."""


KEPT = "__helpdesk_fieldservice__"
"""The module in the external ids of what stays when the addon is uninstalled."""


class ProjectProject(models.Model):
    _inherit = "project.project"

    is_field_service = fields.Boolean(
        string="Field Service",
        index="btree_not_null",
        help="The tasks of this project are visits on site.",
    )

    @api.constrains("active", "company_id", "is_field_service", "privacy_visibility")
    def _check_teams_of_field_service(self):
        """Hold projects to what the helpdesk teams that use them need."""
        # Sudo: who changes a project need not be able to read the helpdesk's teams.
        teams_sudo = self.env["helpdesk.ticket.team"].sudo()
        teams_sudo.search(
            Domain("fieldservice_project_id", "in", self.ids)
        )._check_fieldservice_project()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_project_of_team(self):
        """Refuse to delete, with all their visits, projects that helpdesk teams use."""
        # Sudo: who deletes a project need not be able to read the helpdesk's teams.
        team_sudo = (
            self.env["helpdesk.ticket.team"]
            .sudo()
            .with_context(active_test=False)
            .search(Domain("fieldservice_project_id", "in", self.ids), limit=1)
        )
        if team_sudo:
            raise UserError(
                self.env._(
                    "Project %(project)s cannot be deleted, because team %(team)s plans "
                    "its visits in it; give the team another one first.",
                    project=team_sudo.fieldservice_project_id.display_name,
                    team=team_sudo.display_name,
                )
            )

    @api.model
    def _get_field_service_domain(self, company) -> Domain:
        """Tell which projects visits of a company can be planned in.

        Those that are for field service, of the company or of none, with tasks that
        customers can follow and all employees can see.

        :param company: the ``res.company``
        :return: a domain on ``project.project``
        """
        return (
            Domain("is_field_service", "=", True)
            & Domain("privacy_visibility", "=", "portal")
            & Domain("is_template", "=", False)
            & Domain("company_id", "in", (False, company.id))
        )

    @api.model
    def _get_field_service_project(self, company):
        """Find a company's field-service project, or make one.

        :param company: the ``res.company``
        :return: a ``project.project``, the company's own before one of no company
        """
        # Sudo: who switches the service on need not have rights on projects.
        projects_sudo = self.sudo()
        project_sudo = projects_sudo.search(
            self._get_field_service_domain(company), order="company_id, id", limit=1
        ) or projects_sudo.create(self._prepare_field_service_project_vals(company))
        return project_sudo.sudo(self.env.su)

    @api.model
    def _take_up_field_service(self) -> None:
        """Go on with the project and the stages that an earlier installation has left.

        Called by the addon's data, which have just made others: those go.
        """
        # The alias comes last, which goes with its project.
        for kept in self.env["ir.model.data"].search(
            Domain("module", "=", KEPT), order="model desc"
        ):
            made = self.env.ref(f"helpdesk_fieldservice.{kept.name}", False)
            if made:
                made.unlink()
            kept.module = "helpdesk_fieldservice"
            if kept.model == self._name:
                self.browse(kept.res_id).is_field_service = True

    @api.model
    def _prepare_field_service_project_vals(self, company) -> dict:
        """Prepare the first field-service project of a company.

        To be extended by addons that give it more.

        :param company: the ``res.company``
        :return: values of a ``project.project``
        """
        stages = self.env["project.task.type"].union(
            *(
                self.env.ref(f"helpdesk_fieldservice.stage_{stage}", False)
                or self.env["project.task.type"]
                for stage in STAGES
            )
        )
        return {
            "name": self.env._("Field Service"),
            "company_id": company.id,
            "is_field_service": True,
            "privacy_visibility": "portal",
            "type_ids": [Command.set(stages.ids)],
        }
