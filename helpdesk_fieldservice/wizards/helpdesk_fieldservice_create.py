from datetime import datetime, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context

from odoo.addons.helpdesk_after_sales.tools import browse_id, lock_and_touch

DURATION = timedelta(hours=1)
"""How long a visit takes until somebody says otherwise."""


class HelpdeskFieldserviceCreate(models.TransientModel):
    """The pop-up that plans a visit for a ticket.

    Each record makes one visit at most.
    """

    _name = "helpdesk.fieldservice.create"
    _inherit = ["helpdesk.ticket.wizard.mixin"]
    _description = "Create a Field Service Task"

    ticket_id = fields.Many2one(required=True, readonly=True)
    # Not by sudo, and nor is what follows: this record can be pointed at any ticket by RPC.
    company_id = fields.Many2one(related="ticket_id.company_id", related_sudo=False)
    name = fields.Char(
        string="Title",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    project_id = fields.Many2one(
        "project.project",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('is_field_service', '=', True), ('is_template', '=', False),"
        " ('privacy_visibility', '=', 'portal'),"
        " ('company_id', 'in', [False, company_id])]",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    commercial_partner_id = fields.Many2one(related="partner_id.commercial_partner_id")
    address_id = fields.Many2one(
        "res.partner",
        compute="_compute_address_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Where the visit is.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Assignees",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    planned_date_start = fields.Datetime(string="Planned Start")
    planned_date_end = fields.Datetime(
        string="Planned End",
        compute="_compute_planned_date_end",
        store=True,
        readonly=False,
        precompute=True,
    )
    planning_conflict = fields.Char(compute="_compute_planning_conflict")
    # Taken when the window opens, and sent back by it: so not readonly.
    newest_task_res_id = fields.Integer(
        string="Newest Visit on Opening",
        compute="_compute_newest_task_res_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="A visit of the ticket that is newer was made in another window.",
    )
    # No many2one: who forges it is told no task's name.
    task_res_id = fields.Integer(string="Visit", copy=False, readonly=True)

    @api.depends("ticket_id")
    def _compute_from_ticket(self):
        for wizard in self:
            ticket = wizard.ticket_id
            wizard.name = ticket.name
            wizard.partner_id = ticket.partner_id
            wizard.project_id = ticket.team_id.fieldservice_project_id

    @api.depends("ticket_id")
    def _compute_newest_task_res_id(self):
        for wizard in self:
            ticket = wizard.ticket_id
            wizard.newest_task_res_id = ticket and ticket._get_newest_visit().id

    @api.depends("partner_id")
    def _compute_address_id(self):
        for wizard in self:
            customer = wizard.partner_id
            wizard.address_id = (
                customer and customer.address_get(["delivery"])["delivery"]
            )

    @api.depends("planned_date_start")
    def _compute_planned_date_end(self):
        for wizard in self:
            start, end = wizard.planned_date_start, wizard.planned_date_end
            if start and (not end or end < start):
                # The calendar itself has an end.
                is_last = start > datetime.max - DURATION
                wizard.planned_date_end = False if is_last else start + DURATION

    @api.depends("user_ids", "planned_date_start", "planned_date_end")
    def _compute_planning_conflict(self):
        visits = self.env["project.task"]
        for wizard in self:
            users = wizard.user_ids
            start, end = wizard.planned_date_start, wizard.planned_date_end
            wizard.planning_conflict = False
            if users and start and end:
                others = visits._search_visits(users, start, end)
                wizard.planning_conflict = others._get_conflict_message(
                    users, start, end
                )

    def _ensure_can_create(self) -> None:
        """Check everything that the form does not let happen and RPC does.

        :raise UserError: the visit cannot be made as chosen; the message says why
        """
        ticket = self.ticket_id
        names = {"ticket": ticket.display_name}
        if not (self.name or "").strip():
            raise UserError(
                self.env._(
                    "Enter the title of the visit for ticket %(ticket)s.", **names
                )
            )
        project = self.project_id
        if not project:
            raise UserError(
                self.env._(
                    "Choose the project of the visit for ticket %(ticket)s, or let a "
                    "helpdesk manager give its team one.",
                    **names,
                )
            )
        domain = project._get_field_service_domain(ticket.company_id)
        # Sudo: the name of a project that the user may not read stays unknown.
        if not project.sudo().filtered_domain(domain & Domain("active", "=", True)):
            raise UserError(
                self.env._(
                    "Project %(project)s cannot be used for ticket %(ticket)s; choose "
                    "one for field service of %(company)s that customers can follow.",
                    project=project._filtered_access("read").name or project.id,
                    company=ticket.company_id.display_name,
                    **names,
                )
            )
        customer = self.partner_id
        if customer.commercial_partner_id != ticket.partner_id.commercial_partner_id:
            raise UserError(
                self.env._(
                    "The visit for ticket %(ticket)s cannot be for another customer; "
                    "choose a contact of %(customer)s.",
                    customer=ticket.partner_id.commercial_partner_id.display_name
                    or self.env._("nobody"),
                    **names,
                )
            )
        address = self.address_id
        if address and address.commercial_partner_id != customer.commercial_partner_id:
            raise UserError(
                self.env._(
                    "%(address)s is no address of %(customer)s; choose one of the "
                    "customer's.",
                    address=address.display_name,
                    customer=customer.display_name,
                )
            )
        for user in self.user_ids:
            # Sudo: the companies of a colleague are not for everybody to read.
            if user.share or ticket.company_id not in user.sudo().company_ids:
                raise UserError(
                    self.env._(
                        "%(user)s cannot be sent to the customer of ticket %(ticket)s; "
                        "choose employees of %(company)s.",
                        user=user.name,
                        company=ticket.company_id.display_name,
                        **names,
                    )
                )
        newest_sudo = ticket._get_newest_visit()
        if newest_sudo.id > self.newest_task_res_id:
            raise UserError(
                self.env._(
                    "Visit %(visit)s was made for ticket %(ticket)s since you opened "
                    "this window; close it and press Create Task again to make another.",
                    visit=newest_sudo.display_name,
                    **names,
                )
            )

    def _prepare_task_vals(self) -> dict:
        """Prepare the visit.

        To be extended by addons that give it more.

        :return: values of a ``project.task``
        """
        ticket = self.ticket_id
        address = self.address_id
        return {
            "name": self.name,
            "description": ticket.description,
            "ticket_id": ticket.id,
            "company_id": ticket.company_id.id,
            "project_id": self.project_id.id,
            "partner_id": self.partner_id.id,
            "visit_address_id": address.id if address != self.partner_id else False,
            # Said in so many words, or core assigns whoever creates the task; an empty
            # list would have been assigned on its creation.
            "user_ids": [Command.set(self.user_ids.ids)] if self.user_ids else False,
            "planned_date_start": self.planned_date_start,
            "planned_date_end": self.planned_date_end,
        }

    def _create_task(self):
        """Make the visit, once.

        :return: the ``project.task``; the one made before, while it is there
        :raise AccessError: the user may not write the ticket
        :raise UserError: the visit cannot be made as chosen; the message says why
        """
        self.ensure_one()
        self.ticket_id._ensure_service("fieldservice")
        lock_and_touch(self.ticket_id)
        if made := browse_id(self.env, "project.task", self.task_res_id).exists():
            return made
        self._ensure_can_create()
        tasks = self.env["project.task"].with_company(self.ticket_id.company_id)
        # No ticket is a default of what is made from here on. The chatter says that the
        # task was created, and from where; not twice.
        tasks = tasks.with_context(  # pylint: disable=context-overridden
            clean_context(tasks.env.context), mail_create_nolog=True
        )
        # Sudo: helpdesk users make visits of their tickets without rights on projects.
        task_sudo = tasks.sudo().create(self._prepare_task_vals())
        self.task_res_id = task_sudo.id
        return self.env["project.task"].browse(task_sudo.id)

    def action_create(self):
        """Make the visit and go back to the ticket.

        :return: an action that closes the pop-up
        :raise AccessError: the user may not write the ticket
        :raise UserError: the visit cannot be made as chosen; the message says why
        """
        self._create_task()
        return {"type": "ir.actions.act_window_close"}

    def action_create_and_view(self):
        """Make the visit and open it.

        :return: an action on the ``project.task``
        :raise AccessError: the user may not write the ticket
        :raise UserError: the visit cannot be made as chosen; the message says why
        """
        task = self._create_task()
        if task.has_access("read"):
            return task._get_records_action()
        return self.ticket_id.action_view_fieldservice_tasks()
