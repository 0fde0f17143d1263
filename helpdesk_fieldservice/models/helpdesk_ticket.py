from odoo import api, fields, models
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    fieldservice_task_ids = fields.One2many("project.task", "ticket_id", string="Tasks")
    fieldservice_task_count = fields.Integer(
        string="Tasks Count", compute="_compute_fieldservice_task_count"
    )
    can_be_visited = fields.Boolean(compute="_compute_can_be_visited")

    def _get_after_sales_services(self):
        return {
            **super()._get_after_sales_services(),
            "fieldservice": "fieldservice_task_ids",
        }

    @api.depends("fieldservice_task_ids")
    def _compute_fieldservice_task_count(self):
        self._compute_document_count("fieldservice_task_ids", "fieldservice_task_count")

    @api.depends("active", "team_id.use_fieldservice")
    def _compute_can_be_visited(self):
        for ticket in self:
            ticket.can_be_visited = ticket._has_service("fieldservice")

    def _get_newest_visit(self):
        """Find the visit that was made last, archived or not.

        :return: the ``project.task``, by sudo, since it counts whoever asks
        """
        self.ensure_one()
        tasks_sudo = self.env["project.task"].sudo().with_context(active_test=False)
        return tasks_sudo.search(
            Domain("ticket_id", "=", self.id), order="id desc", limit=1
        )

    def action_create_task(self):
        """Open the pop-up that plans a visit for this ticket.

        :return: an action on ``helpdesk.fieldservice.create``, in a dialog
        :raise AccessError: the user may not write the ticket
        :raise UserError: the ticket's team makes no visits
        """
        self.ensure_one()
        self._ensure_service("fieldservice")
        return self._get_wizard_action(
            "helpdesk.fieldservice.create", self.env._("Create a Field Service task")
        )

    @api.readonly
    def action_view_fieldservice_tasks(self):
        """Open the tasks of this ticket.

        :return: an action on them, or on the ticket's After-Sales lines for a user who
            may not read them
        """
        return self._action_view_documents("fieldservice_task_ids")
