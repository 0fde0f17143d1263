import base64
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, file_open

from odoo.addons.helpdesk_after_sales.demo.helpdesk_ticket_team import Chapter


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    @api.model
    def _get_demo_chapters(self):
        return [*super()._get_demo_chapters(), Chapter(6, self._tell_demo_visit)]

    @api.model
    def _tell_demo_visit(self, ticket, moment) -> None:
        """Mount the lamp at the customer's, who signs the report."""
        popup = self.env["helpdesk.fieldservice.create"]
        visit = popup._create_fieldservice_demo_task(ticket, "Mount the arc lamp", -6)
        visit.action_start_visit()
        visit.visit_report = (
            "<p>Mounted the lamp in the reception and set the dimmer; both work.</p>"
            "<p>The shade has a small scratch from the transport, which the customer "
            "keeps if we come to meet her on the price.</p>"
        )
        visit.action_done_visit()
        visit.write(
            {
                "visit_start": visit.planned_date_start,
                "visit_end": visit.planned_date_start + timedelta(minutes=50),
            }
        )
        with file_open("helpdesk_fieldservice/demo/signature.png", "rb") as signature:
            visit._sign_visit(
                ticket.partner_id.name, base64.b64encode(signature.read())
            )
        # Nobody signs on another day than today, except in stories.
        self.env.cr.execute(
            SQL(
                "UPDATE project_task SET visit_signed_on = visit_end WHERE id = %s",
                visit.id,
            )
        )
        visit.invalidate_recordset(["visit_signed_on"])
