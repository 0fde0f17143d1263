from werkzeug.exceptions import Forbidden

from odoo.exceptions import AccessError
from odoo.http import request

from odoo.addons.helpdesk_mgmt.controllers.main import HelpdeskTicketController


class ReturnTicketController(HelpdeskTicketController):
    """Where customers say which of their goods a new ticket is about."""

    def _get_create_new_ticket_values(self, **kw):
        # Sudo: customers have no rights on what they were delivered, and they do not know
        # products by the company's codes.
        tickets_sudo = request.env["helpdesk.ticket"].sudo()
        tickets_sudo = tickets_sudo.with_context(display_default_code=False)
        return {
            **super()._get_create_new_ticket_values(**kw),
            "orders_of_customer": tickets_sudo._get_goods_of_customer(
                request.env.user.partner_id, request.env.company
            ),
        }

    def _prepare_submit_ticket_vals(self, **kw):
        values = super()._prepare_submit_ticket_vals(**kw)
        if not kw.get("goods"):
            return values
        # Sudo: as for the lists.
        tickets_sudo = request.env["helpdesk.ticket"].sudo()
        team_sudo = tickets_sudo.team_id.browse(values.get("team_id"))
        company = team_sudo.company_id or team_sudo.company_id.browse(
            values["company_id"]
        )
        try:
            named = tickets_sudo._prepare_named_goods_vals(
                request.env.user.partner_id, company, kw["goods"]
            )
        except AccessError as error:
            raise Forbidden() from error
        return {**values, **named}
