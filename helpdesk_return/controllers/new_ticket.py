from werkzeug.exceptions import Forbidden

from odoo import fields
from odoo.exceptions import AccessError
from odoo.http import request
from odoo.tools import format_date

from odoo.addons.helpdesk_mgmt.controllers.main import HelpdeskTicketController


class ReturnTicketController(HelpdeskTicketController):
    """Where customers say which of their goods a new ticket is about."""

    def _get_create_new_ticket_values(self, **kw):
        # Sudo: customers have no rights on what they were delivered, and they do not know
        # products by the company's codes.
        tickets_sudo = request.env["helpdesk.ticket"].sudo()
        tickets_sudo = tickets_sudo.with_context(display_default_code=False)
        orders = tickets_sudo._get_goods_of_customer(
            request.env.user.partner_id, request.env.company
        )
        return {
            **super()._get_create_new_ticket_values(**kw),
            "orders_of_customer": [
                self._prepare_order_options(order, goods) for order, goods in orders
            ],
        }

    def _prepare_order_options(self, order, goods) -> dict:
        """Prepare what a new ticket can be about of one order.

        :param order: a ``sale.order`` by sudo, empty for what was delivered without one
        :param goods: pairs of ``product.product`` and ``stock.lot`` (or none)
        :return: the ``label``, and ``options`` as pairs of a key, as
            ``_prepare_named_goods_vals`` reads it, and what it is called
        """
        env = request.env
        options = [
            (
                f"{order.id or 0}-{product.id}-{lot.id or 0}",
                f"{product.display_name} ({lot.name})" if lot else product.display_name,
            )
            for product, lot in goods
        ]
        if not order:
            return {"label": env._("Without an order"), "options": options}
        whole = env._("The whole order %(order)s", order=order.name)
        return {
            "label": env._(
                "Order %(order)s of %(date)s",
                order=order.name,
                date=format_date(
                    env, fields.Datetime.context_timestamp(order, order.date_order)
                ),
            ),
            "options": [(f"{order.id}-0-0", whole), *options],
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
                request.env.user.partner_id, company, str(kw["goods"])
            )
        except AccessError as error:
            raise Forbidden() from error
        return {**values, **named}
