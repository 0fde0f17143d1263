from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.helpdesk_after_sales.tools import browse_id


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    fieldservice_project_id = fields.Many2one(
        "project.project",
        string="Field Service Project",
        index="btree_not_null",
        domain="[('is_field_service', '=', True), ('is_template', '=', False),"
        " ('privacy_visibility', '=', 'portal'),"
        " ('company_id', 'in', [False, company_id])]",
        help="Where visits for this team's tickets are planned. One of the company is "
        "taken when the service is switched on.",
    )
    fieldservice_notify_customer = fields.Boolean(
        string="Tell Customers about Visits",
        default=True,
        help="Customers get an email when a visit is planned, moved or done.",
    )

    @api.constrains("company_id", "fieldservice_project_id")
    def _check_fieldservice_project(self):
        """Refuse projects whose tasks the customers of a team could not follow."""
        # Sudo: helpdesk managers need not have rights on projects.
        for team in self.sudo().filtered("fieldservice_project_id"):
            project = team.fieldservice_project_id
            names = {"project": project.display_name, "team": team.display_name}
            if not project.is_field_service or project.is_template:
                message = self.env._(
                    "Project %(project)s cannot be the one of team %(team)s, because "
                    "it is not for field service; mark it so in its settings, or "
                    "choose another.",
                    **names,
                )
            elif not project.active:
                message = self.env._(
                    "Project %(project)s cannot be archived, because team %(team)s "
                    "plans its visits in it; give the team another one first.",
                    **names,
                )
            elif project.company_id and project.company_id != team.company_id:
                message = self.env._(
                    "Project %(project)s cannot be the one of team %(team)s, because "
                    "it belongs to another company; choose one of %(company)s.",
                    company=team.company_id.display_name,
                    **names,
                )
            elif project.privacy_visibility != "portal":
                message = self.env._(
                    "Project %(project)s cannot be the one of team %(team)s, because "
                    "customers could not follow its tasks; let its visibility include "
                    "all internal users and invited portal users.",
                    **names,
                )
            else:
                continue
            raise ValidationError(message)

    @api.model_create_multi
    def create(self, vals_list):
        """Create teams; those with the service on get a project."""
        projects = self.env["project.project"]
        for vals in vals_list:
            if vals.get("use_fieldservice") and not vals.get("fieldservice_project_id"):
                company = browse_id(self.env, "res.company", vals.get("company_id"))
                project = projects._get_field_service_project(
                    company or self.env.company
                )
                vals["fieldservice_project_id"] = project.id
        return super().create(vals_list)

    def write(self, vals):
        """Change teams; those where the service is switched on get a project.

        They get it first, because switching another service on may install it, after
        which these records are of no use.
        """
        if vals.get("use_fieldservice") and not vals.get("fieldservice_project_id"):
            self._set_fieldservice_project(
                browse_id(self.env, "res.company", vals.get("company_id"))
            )
            vals = {
                name: value
                for name, value in vals.items()
                if name != "fieldservice_project_id"
            }
        return super().write(vals)

    def _set_fieldservice_project(self, company=None) -> None:
        """Give those of these teams that have no project the one of their company.

        :param company: the ``res.company`` that the teams move to, if they do
        """
        projects = self.env["project.project"]
        for team in self.filtered(lambda team: not team.fieldservice_project_id):
            team.fieldservice_project_id = projects._get_field_service_project(
                company or team.company_id or self.env.company
            )
