from datetime import datetime
from urllib.parse import urlencode

from PIL import Image

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date, format_time, is_html_empty
from odoo.tools.image import IMAGE_MAX_RESOLUTION, base64_to_image

from odoo.addons.helpdesk_after_sales.tools import get_composer_action, lock_and_touch

PLAN_FIELDS = {"planned_date_start", "planned_date_end"}
SIGNATURE_FIELDS = {"visit_signature", "visit_signed_by", "visit_signed_on"}
SIGNED_FIELDS = {"visit_report", *SIGNATURE_FIELDS}
"""What a customer has signed, and how."""

NO_PICTURE = (
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    TypeError,
    UserError,
    ValueError,
)
"""What reading something as a picture in base64 fails with if it is none."""

PORTAL_FIELDS = frozenset({"is_field_service", *PLAN_FIELDS})


class ProjectTask(models.Model):
    _name = "project.task"
    # The mixin comes first: it links tasks that core has completed.
    _inherit = [
        "helpdesk.document.mixin",
        "helpdesk.document.access.mixin",
        "project.task",
    ]
    _customer_mails = {
        news: f"helpdesk_fieldservice.mail_template_visit_{news}"
        for news in ("planned", "moved", "off", "done")
    }
    # All internal users read tasks by core's own rights.
    _helpdesk_operations = ()
    _helpdesk_views = {"form": "helpdesk_fieldservice.project_task_view_form_helpdesk"}

    _ticket_document_idx = models.UniqueIndex(
        "((id::bigint * 1000 + 5)) WHERE ticket_id IS NOT NULL"
    )

    is_field_service = fields.Boolean(
        string="Field Service", related="project_id.is_field_service"
    )

    # The plan, named as the OCA addon project_timeline names it.
    planned_date_start = fields.Datetime(
        string="Planned Start", index="btree_not_null", copy=False
    )
    planned_date_end = fields.Datetime(string="Planned End", copy=False)
    planning_conflict = fields.Char(
        compute="_compute_planning_conflict",
        help="Other visits that the same technicians have at the same time.",
    )

    # Where to go, and what for.
    visit_address_id = fields.Many2one(
        "res.partner",
        string="Address",
        help="Where the visit is, if not at the customer's own address.",
    )
    visit_address = fields.Char(
        string="Place of the Visit", compute="_compute_visit_address"
    )
    visit_map_url = fields.Char(string="Map", compute="_compute_visit_address")
    # Sudo: technicians need not be able to read the ticket.
    ticket_team_id = fields.Many2one(
        related="ticket_id.team_id", string="Helpdesk Team"
    )
    ticket_product_id = fields.Many2one(
        related="ticket_id.product_id", string="Ticket's Product"
    )
    ticket_lot_name = fields.Char(
        string="Ticket's Lot/Serial Number", compute="_compute_ticket_lot_name"
    )

    # What was done.
    visit_start = fields.Datetime(string="Started", copy=False, tracking=True)
    visit_end = fields.Datetime(string="Finished", copy=False, tracking=True)
    visit_hours = fields.Float(
        string="Hours on Site", compute="_compute_visit_hours", store=True
    )
    visit_on_time = fields.Float(
        string="On Time",
        compute="_compute_visit_on_time",
        store=True,
        aggregator="avg",
        help="1 for a visit that was finished no later than planned, 0 for others; "
        "their average is the share of visits that were on time.",
    )
    visit_report = fields.Html(copy=False)
    visit_signature = fields.Image(
        string="Customer's Signature", copy=False, max_width=1024, max_height=1024
    )
    visit_signed_by = fields.Char(string="Signed By", copy=False)
    visit_signed_on = fields.Datetime(string="Signed On", copy=False, readonly=True)

    @property
    def TASK_PORTAL_READABLE_FIELDS(self):
        return super().TASK_PORTAL_READABLE_FIELDS | PORTAL_FIELDS

    # --------------------------------------------------------------------------
    # Computes
    # --------------------------------------------------------------------------

    @api.depends("ticket_id")
    def _compute_company_id(self):
        """Take the ticket's company where the project has none, and keep it."""
        result = super()._compute_company_id()
        for task in self:
            if task.ticket_id and not task.company_id:
                # Sudo: who moves a task need not be able to read its ticket.
                task.company_id = task.ticket_id.sudo().company_id
        return result

    @api.depends("partner_id", "visit_address_id")
    def _compute_visit_address(self):
        for task in self:
            # Sudo: the address of a visit is known to all who know of the visit.
            place_sudo = (task.visit_address_id or task.partner_id).sudo()
            lines = place_sudo and place_sudo._display_address(without_company=True)
            parts = [part.strip() for part in (lines or "").splitlines()]
            address = ", ".join(filter(None, parts))
            task.visit_address = address
            # Opens the map of a phone, and a map in the browser elsewhere.
            query = urlencode({"api": 1, "query": address})
            task.visit_map_url = (
                f"https://www.google.com/maps/search/?{query}" if address else False
            )

    @api.depends("ticket_id")
    def _compute_ticket_lot_name(self):
        for task in self:
            # Sudo: technicians need not be able to read the ticket and its lot, which
            # is there where goods can be returned.
            ticket_sudo = task.ticket_id.sudo()
            has_lot = "lot_id" in ticket_sudo._fields
            task.ticket_lot_name = has_lot and ticket_sudo.lot_id.name

    @api.depends("visit_start", "visit_end")
    def _compute_visit_hours(self):
        for task in self:
            if task.visit_start and task.visit_end:
                duration = task.visit_end - task.visit_start
                task.visit_hours = max(duration.total_seconds(), 0) / 3600
            else:
                task.visit_hours = 0.0

    @api.depends("visit_end", "planned_date_end")
    def _compute_visit_on_time(self):
        for task in self:
            planned, finished = task.planned_date_end, task.visit_end
            task.visit_on_time = bool(planned and finished and finished <= planned)

    @api.depends(
        "is_closed",
        "is_field_service",
        "planned_date_start",
        "planned_date_end",
        "user_ids",
    )
    def _compute_planning_conflict(self):
        self.planning_conflict = False
        planned = self.filtered(
            lambda task: (
                task.is_field_service
                and task.user_ids
                and task.planned_date_start
                and task.planned_date_end
                and not task.is_closed
            )
        )
        if not planned:
            return
        others = self._search_visits(
            planned.user_ids,
            min(planned.mapped("planned_date_start")),
            max(planned.mapped("planned_date_end")),
        )
        for task in planned:
            task.planning_conflict = others._get_conflict_message(
                task.user_ids,
                task.planned_date_start,
                task.planned_date_end,
                but=task._origin,
            )

    @api.model
    def _search_visits(self, users, start, end):
        """Find the open visits that technicians have at some time.

        :param users: the technicians
        :param start: the beginning of the time, in UTC
        :param end: its end, in UTC
        :return: ``project.task`` records that the user may read, the first first
        """
        return self.search(
            Domain("user_ids", "in", users._origin.ids)
            & Domain("is_field_service", "=", True)
            & Domain("is_closed", "=", False)
            & Domain("planned_date_start", "<", end)
            & Domain("planned_date_end", ">", start),
            order="planned_date_start, id",
        )

    def _get_conflict_message(self, users, start, end, but=None) -> str:
        """Say which of these visits technicians have at the time of another.

        :param users: the technicians of the other visit
        :param start: its planned start, in UTC
        :param end: its planned end, in UTC
        :param but: the other visit, which is not in its own way
        :return: a sentence for each technician and visit, nothing where there is none
        """
        sentences = []
        for visit in self:
            if (
                visit == but
                or visit.planned_date_start >= end
                or visit.planned_date_end <= start
            ):
                continue
            for user in visit.user_ids & users._origin:
                sentences.append(
                    self.env._(
                        "%(technician)s is planned for %(visit)s at that time (%(start)s).",
                        technician=user.name,
                        visit=visit.display_name,
                        start=self._format_visit_time(visit.planned_date_start),
                    )
                )
        return " ".join(sentences)

    def _get_visit_tz(self) -> str:
        """Tell in whose time zone the customer is told of this visit.

        :return: the customer's, else the technician's
        """
        self.ensure_one()
        return self.partner_id.tz or self.user_ids[:1].tz or "UTC"

    def _format_visit_time(self, moment) -> str:
        """Write a moment for the user who reads it, in the user's time zone.

        :param moment: a datetime, in UTC
        """
        return self.env["ir.qweb.field.datetime"].value_to_html(
            moment, {"hide_seconds": True}
        )

    # --------------------------------------------------------------------------
    # Constraints
    # --------------------------------------------------------------------------

    @api.constrains("planned_date_start", "planned_date_end")
    def _check_dates_of_visit(self):
        # The OCA addon project_timeline computes an end for tasks that were not planned.
        is_entered = not self._fields["planned_date_end"].compute
        for task in self.filtered("is_field_service"):
            start, end = task.planned_date_start, task.planned_date_end
            if end and not start and is_entered:
                message = self.env._(
                    "Visit %(visit)s has a planned end but no planned start; enter the "
                    "start too.",
                    visit=task.display_name,
                )
            elif start and end and end < start:
                message = self.env._(
                    "Visit %(visit)s cannot end before it starts; correct the planned "
                    "dates.",
                    visit=task.display_name,
                )
            else:
                continue
            raise ValidationError(message)

    @api.constrains("planned_date_start", "planned_date_end")
    def _check_year_of_visit(self):
        """Leave room for every time zone, at both ends of the calendar."""
        for task in self.filtered("is_field_service"):
            for moment in (task.planned_date_start, task.planned_date_end):
                if moment and not datetime.min.year < moment.year < datetime.max.year:
                    raise ValidationError(
                        self.env._(
                            "Visit %(visit)s cannot be planned in the year %(year)s; "
                            "correct the planned dates.",
                            visit=task.display_name,
                            year=moment.year,
                        )
                    )

    @api.constrains("company_id", "ticket_id")
    def _check_company_of_ticket(self):
        # Sudo: who writes a task need not be able to read its ticket.
        for task_sudo in self.sudo().filtered("ticket_id"):
            ticket_sudo = task_sudo.ticket_id
            if task_sudo.company_id != ticket_sudo.company_id:
                raise ValidationError(
                    self.env._(
                        "Task %(task)s belongs to another company than ticket "
                        "%(ticket)s; choose a project of %(company)s.",
                        task=task_sudo.display_name,
                        ticket=ticket_sudo.display_name,
                        company=ticket_sudo.company_id.display_name,
                    )
                )

    @api.constrains("visit_signature", "visit_signed_by", "visit_report")
    def _check_visit_signature(self):
        """Refuse a signature of nobody, or under nothing."""
        for task in self.filtered("visit_signature"):
            if not (task.visit_signed_by or "").strip():
                raise ValidationError(
                    self.env._(
                        "Enter who signs the report of visit %(visit)s.",
                        visit=task.display_name,
                    )
                )
            if is_html_empty(task.visit_report):
                raise ValidationError(
                    self.env._(
                        "Write the report of visit %(visit)s before it is signed.",
                        visit=task.display_name,
                    )
                )

    # --------------------------------------------------------------------------
    # Views
    # --------------------------------------------------------------------------

    @api.model
    def _is_seen_by_helpdesk(self) -> bool:
        """Tasks are for every internal user to read, the form for those of projects."""
        user = self.env.user
        return user.has_group(
            "helpdesk_mgmt.group_helpdesk_user_own"
        ) and not user.has_group("project.group_project_user")

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """Show all stages of field service where the action asks for them."""
        stages = super()._read_group_stage_ids(stages, domain)
        if self.env.context.get("field_service_stages"):
            stages = stages.search(
                Domain("id", "in", stages.ids)
                | Domain("project_ids.is_field_service", "=", True)
            )
        return stages

    # --------------------------------------------------------------------------
    # Changes
    # --------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        tasks = super().create(
            [
                {**vals, "visit_signed_on": now}
                if vals.get("visit_signature")
                else vals
                for vals in vals_list
            ]
        )
        if planned := tasks._filter_linked().filtered("planned_date_start"):
            planned._move_to_stage("planned", only_from="new")
        return tasks

    def write(self, vals):
        signed = (
            self.filtered("visit_signature")
            if SIGNED_FIELDS & vals.keys()
            else self[:0]
        )
        if signed:
            signed._ensure_signature_stays(vals)
        if vals.get("visit_signature"):
            vals = {**vals, "visit_signed_on": fields.Datetime.now()}
        elif "visit_signature" in vals:
            vals = {**vals, "visit_signed_by": False, "visit_signed_on": False}
        # Sudo: customers with whom a project is shared change the state, and do not
        # read the ticket.
        changed_sudo = (
            self.sudo().filtered(
                lambda task: task.ticket_id and task.state != vals["state"]
            )
            if "state" in vals
            else self[:0].sudo()
        )
        planned = self.filtered("ticket_id") if PLAN_FIELDS & vals.keys() else self[:0]
        result = super().write(vals)
        if planned:
            planned._move_to_stage("planned", only_from="new")
        if changed_sudo:
            changed_sudo._log_state_to_ticket(vals["state"])
        # Done is a milestone, at which the customer is told anyway.
        news_sudo = changed_sudo.filtered(lambda task: task.state != "1_done") | planned
        news_sudo._schedule_customer_news()
        return result

    def _ensure_signature_stays(self, vals) -> None:
        """Refuse to change what was signed; a signature can only be taken away.

        That is told in the chatter, see ``action_reopen_visit_report``.

        :param vals: what is about to be written to these signed tasks
        :raise UserError: the change would leave a signature under something else
        """
        if "visit_signature" in vals and not vals["visit_signature"]:
            for task in self:
                task._message_log(
                    body=self.env._(
                        "The visit report was reopened; the signature of %(name)s was "
                        "taken away.",
                        name=task.visit_signed_by,
                    )
                )
            return
        raise UserError(
            self.env._(
                "The report of visit %(visit)s was signed by %(name)s and cannot be "
                "changed or signed again; reopen the report first, which takes the "
                "signature away.",
                visit=self[0].display_name,
                name=self[0].visit_signed_by,
            )
        )

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        """Let customers follow their visits as they follow their tickets.

        The visit's customer follows it, and whoever of the same commercial entity
        follows the ticket. So does who creates it.
        """
        followers = super()._message_auto_subscribe_followers(
            updated_values, default_subtype_ids
        )
        entities = {task.partner_id.commercial_partner_id.id for task in self}
        # Visits of several customers that are given one ticket: nobody follows another's.
        if not updated_values.get("ticket_id") or len(entities) > 1:
            return followers
        # Sudo: who plans a visit need not be able to read the ticket's followers.
        ticket_followers = (
            self.env["mail.followers"]
            .sudo()
            ._search(
                Domain("res_model", "=", "helpdesk.ticket")
                & Domain("res_id", "in", self.ticket_id.ids)
            )
        )
        customers_sudo = self.env["res.partner"].sudo()
        customers_sudo = customers_sudo.search_fetch(
            Domain("active", "=", True)
            & Domain("commercial_partner_id", "in", entities)
            & (
                Domain("id", "in", self.partner_id.ids)
                | Domain("id", "in", ticket_followers.subselect("partner_id"))
            ),
            ["active", "partner_share"],
        )
        subtypes = self.env["mail.message.subtype"]
        every, _internal, external = subtypes.default_subtypes(self._name)
        followers = followers + [
            (partner.id, (external if partner.partner_share else every).ids, False)
            for partner in customers_sudo
        ]
        if self.env.context.get("mail_create_nosubscribe"):
            # Core creates tasks so, and then adds who creates them, by queries of its own.
            followers.append((self.env.user.partner_id.id, every.ids, False))
        return followers

    def _move_to_stage(self, stage: str, only_from: str = "") -> None:
        """Move tasks to one of the stages that come with field service.

        Tasks of projects that do not have the stage stay where they are.

        :param stage: what ends the stage's external id
        :param only_from: likewise: only tasks that are in that stage
        """
        target, start = (
            self.env.ref(f"helpdesk_fieldservice.stage_{name}", False)
            for name in (stage, only_from or stage)
        )
        tasks = self.filtered(
            lambda task: (
                target
                and task.is_field_service
                and target in task.project_id.type_ids
                and task.stage_id != target
                and (not only_from or task.stage_id == start)
            )
        )
        if tasks:
            tasks.stage_id = target

    def _log_state_to_ticket(self, state: str) -> None:
        """Tell in the tickets' chatters, and when done in both, what has happened.

        Called when the state of tasks with a ticket has changed.

        :param state: the new state
        """
        if state == "1_done":
            self._log_ticket_event(self.env._("done"), self.env._("Done for ticket"))
        elif state == "1_canceled":
            self._log_ticket_event(self.env._("cancelled"))

    def _get_addressee(self):
        """Tell whom the visit is for: maybe another contact than who opened the ticket."""
        return self.partner_id or super()._get_addressee()

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _is_shown_in_portal(self):
        """Show visits of the projects that their customers may look into."""
        return (
            super()._is_shown_in_portal()
            and self.is_field_service
            and self.project_id.privacy_visibility in ("invited_users", "portal")
        )

    def _get_portal_type_name(self):
        return self.env._("Visit")

    def _prepare_portal_values(self, line):
        """Tell the customer when who comes where, and what was done."""
        has_report = self._has_report_for_customer()
        is_off = self.state == "1_canceled"
        details = [
            (self.env._("When"), self._format_planned_time()),
            (self.env._("Where"), self.visit_address),
            (self.env._("Technician"), ", ".join(self.user_ids.mapped("name"))),
        ]
        return {
            **super()._prepare_portal_values(line),
            "title": self.env._("Visit: %(visit)s", visit=self.name),
            "state": self._get_portal_state(),
            "steps": self._prepare_portal_steps(
                (self.create_date, self.env._("We agreed on a visit.")),
                (self.visit_start, self.env._("The technician began.")),
                (self.visit_end, self.env._("The visit was done.")),
                (self.visit_signed_on, self.env._("The report was signed.")),
            ),
            "items": [],
            "details": []
            if is_off
            else [(label, value) for label, value in details if value],
            "pages": [
                (
                    self.env._("Read and sign the report")
                    if self._has_to_be_signed()
                    else self.env._("Open the visit"),
                    self,
                )
            ],
            "pdf": self.env._("Visit report as PDF") if has_report else "",
        }

    def _get_portal_state(self) -> str:
        """Say how things are with this visit, for its customer."""
        self.ensure_one()
        if self.state == "1_canceled":
            return self.env._("This visit was called off.")
        if self._has_to_be_signed():
            return self.env._("The visit is done; please sign its report.")
        if self.state == "1_done":
            return self.env._("The visit is done.")
        if self.visit_start:
            return self.env._("The technician is at work.")
        if self.planned_date_start:
            return self.env._("The visit is planned.")
        return self.env._("We are looking for a day for this visit.")

    def _format_planned_time(self) -> str:
        """Write when a visit is planned, in the time zone in which the customer is told."""
        self.ensure_one()
        tz = self._get_visit_tz()
        start, end = (
            moment
            and fields.Datetime.context_timestamp(self.with_context(tz=tz), moment)
            for moment in (self.planned_date_start, self.planned_date_end)
        )
        if not start:
            return ""

        text = f"{self._format_day(start)}, {self._format_hour(start)}"
        if end and end.date() != start.date():
            return f"{text} – {self._format_day(end)}, {self._format_hour(end)}"
        if end and end > start:
            return f"{text} – {self._format_hour(end)}"
        return text

    def _format_day(self, moment) -> str:
        return format_date(self.env, moment.date(), date_format="long")

    def _format_hour(self, moment) -> str:
        return format_time(self.env, moment.time(), time_format="short")

    def _get_portal_report(self):
        return "helpdesk_fieldservice.action_report_visit"

    # --------------------------------------------------------------------------
    # Telling the customer
    # --------------------------------------------------------------------------

    def _get_customer_news(self) -> str:
        """Visits are news when they are done, and when they are to be.

        :return: ``done``, or the planned start, or nothing where no visit is planned
        """
        if not self.is_field_service or self.state == "1_canceled":
            return ""
        if self.state == "1_done":
            return "done"
        return fields.Datetime.to_string(self.planned_date_start) or ""

    def _get_customer_mail(self, told: str) -> str:
        """Choose the mail by what has become of the plan that the customer knows."""
        news = self._get_customer_news()
        if news == told or not self.is_field_service:
            mail = ""
        elif news == "done":
            mail = "done"
        elif not news:
            mail = "off" if told != "done" else ""
        elif (self.planned_date_end or self.planned_date_start) < fields.Datetime.now():
            mail = ""
        else:
            mail = "moved" if told not in ("", "done") else "planned"
        return self._customer_mails.get(mail, "")

    # --------------------------------------------------------------------------
    # The visit
    # --------------------------------------------------------------------------

    def _ensure_visit(self) -> None:
        """Refuse what belongs to visits for tasks that are none, or are closed.

        :raise AccessError: the user may not read the task
        :raise UserError: the task is none of field service, or is closed already
        """
        self.ensure_one()
        self.check_access("read")
        if not self.is_field_service:
            raise UserError(
                self.env._(
                    "%(task)s is no visit, because its project is not for field "
                    "service.",
                    task=self.display_name,
                )
            )
        if self.is_closed:
            raise UserError(
                self.env._(
                    "Visit %(visit)s is closed already; set it back to In Progress to "
                    "go on.",
                    visit=self.display_name,
                )
            )

    def action_start_visit(self):
        """Note that the technician has begun.

        :raise UserError: the task is no visit, or is closed
        """
        self._ensure_visit()
        if not self.visit_start:
            self.visit_start = fields.Datetime.now()
        self._move_to_stage("in_progress")

    def action_finish_visit(self):
        """Open the dialog in which the technician reports and the customer signs.

        :return: an action on this task, in a dialog
        :raise UserError: the task is no visit, or is closed
        """
        self._ensure_visit()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Visit Report"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [
                (
                    self.env.ref(
                        "helpdesk_fieldservice.project_task_view_form_report"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def action_done_visit(self):
        """Set a visit to done, with its stage.

        :return: an action that closes the dialog
        :raise UserError: the task is no visit, is closed, or has no report
        """
        self._ensure_visit()
        if is_html_empty(self.visit_report):
            raise UserError(
                self.env._(
                    "Write what was done on visit %(visit)s before you finish it.",
                    visit=self.display_name,
                )
            )
        now = fields.Datetime.now()
        self.write(
            {
                "state": "1_done",
                "visit_start": self.visit_start or self.planned_date_start or now,
                "visit_end": self.visit_end or now,
            }
        )
        self._move_to_stage("done")
        return {"type": "ir.actions.act_window_close"}

    def action_reopen_visit_report(self):
        """Take the signature away, so that the report can be changed.

        The chatter tells who did it and whose signature it was.
        """
        self.ensure_one()
        self.visit_signature = False

    def action_send_visit_report(self):
        """Open the mail composer with the report, for the customer.

        :return: an action of the composer
        :raise UserError: there is no report yet
        """
        self.ensure_one()
        self.check_access("read")
        if is_html_empty(self.visit_report):
            raise UserError(
                self.env._(
                    "Visit %(visit)s has no report to send yet; write it first.",
                    visit=self.display_name,
                )
            )
        template = self._get_ticket_mail_template(
            "helpdesk_fieldservice.mail_template_visit_report"
        )
        return get_composer_action(self, template_id=template.id)

    def _get_report_base_filename(self) -> str:
        """Name the report's file, as the portal gives it."""
        self.ensure_one()
        return self.env._("Visit Report - %(visit)s", visit=self.name)

    def _has_report_for_customer(self) -> bool:
        """Tell whether there is a report for the customer: once the visit is done."""
        self.ensure_one()
        return (
            self.is_field_service
            and self.state == "1_done"
            and not is_html_empty(self.visit_report)
        )

    def _has_to_be_signed(self) -> bool:
        """Tell whether the customer can sign the report in the portal now."""
        self.ensure_one()
        return self._has_report_for_customer() and not self.visit_signature

    def _sign_visit(self, name: str, signature: str) -> None:
        """Sign the report, as a customer does in the portal.

        :param name: who signs
        :param signature: the picture of the signature, in base64
        :raise UserError: it was signed meanwhile, or the signature is no picture
        """
        self.ensure_one()
        try:
            # The field alone takes what is empty once decoded, and by sudo SVG files.
            picture = base64_to_image(signature)
            # Larger ones the field refuses without reading them.
            if picture.width * picture.height <= IMAGE_MAX_RESOLUTION:
                picture.load()
        except NO_PICTURE as error:
            raise UserError(
                self.env._("This signature is no picture; sign again.")
            ) from error
        # Two who sign at once: the second finds the first's signature.
        lock_and_touch(self)
        self.invalidate_recordset(["visit_signature"])
        self.write({"visit_signature": signature, "visit_signed_by": name.strip()})
        self.env.flush_all()
        self._message_log(
            body=self.env._("%(name)s signed the visit report.", name=name.strip())
        )
