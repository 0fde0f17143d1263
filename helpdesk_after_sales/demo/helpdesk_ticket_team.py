from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ..models.helpdesk_ticket_team import SERVICES


class Chapter(NamedTuple):
    """What a service has to tell of the ticket that went through all of them.

    ``tell`` gets the ticket and the moment at which it is said to have happened, which
    is ``days`` days ago.
    """

    days: int
    tell: Callable[[models.BaseModel, datetime], None]


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    @api.model
    def _get_demo_chapters(self) -> list[Chapter]:
        """List the chapters of the demonstration's story.

        To be extended by each service with its own.
        """
        return []

    @api.model
    def _tell_demo_story(self) -> None:
        """Take one demonstration ticket through all services.

        Called at the end of each service's demonstration data: whichever service is
        installed last tells it, and nobody tells it twice.
        """
        team = self.env.ref(
            "helpdesk_after_sales.team_after_sales_demo", raise_if_not_found=False
        )
        ticket = self.env.ref(
            "helpdesk_after_sales.ticket_lamp_broken_demo", raise_if_not_found=False
        )
        if (
            not team
            or not ticket
            or ticket.document_ids
            or not all(team[f"use_{service}"] for service in SERVICES)
        ):
            return
        # By the agent, whose name is in the chatters; sudo, whatever apps they may use.
        team = team.with_user(ticket.user_id).sudo()
        ticket = ticket.with_env(team.env)
        chapters = sorted(team._get_demo_chapters(), key=lambda chapter: -chapter.days)
        now = fields.Datetime.now()
        team._date_demo_back(ticket, now - timedelta(days=chapters[0].days), 0)
        for chapter in chapters:
            moment = now - timedelta(days=chapter.days)
            newest = self.env["mail.message"].search([], order="id desc", limit=1)
            chapter.tell(ticket, moment)
            team._date_demo_back(ticket, moment, newest.id)
        # What happened weeks ago is no news for the customer.
        for document in team._get_demo_documents(ticket):
            self.env["helpdesk.customer.news"]._set(
                document, "told", document._get_customer_news()
            )

    @api.model
    def _get_demo_documents(self, ticket) -> list[models.BaseModel]:
        """List the records behind the lines of a ticket's documents."""
        return [
            self.env[line.res_model].browse(line.res_id) for line in ticket.document_ids
        ]

    @api.model
    def _date_demo_back(self, ticket, moment: datetime, after: int) -> None:
        """Let what has just happened to a ticket and its documents be of another day.

        :param ticket: the ``helpdesk.ticket``
        :param moment: when it is said to have happened
        :param after: the id of the newest message before
        """
        # What is tracked is told now, not when all is committed.
        self.env.cr.flush()
        for record in [ticket, *self._get_demo_documents(ticket)]:
            messages = record.message_ids.filtered(lambda message: message.id > after)
            messages.date = moment
            if messages == record.message_ids:  # it was made just now
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET create_date = %s WHERE id = %s",
                        SQL.identifier(record._table),
                        moment,
                        record.id,
                    )
                )
        self.env.flush_all()
        self.env.invalidate_all()
