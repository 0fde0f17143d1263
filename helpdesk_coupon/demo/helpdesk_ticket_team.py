from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.helpdesk_after_sales.demo.helpdesk_ticket_team import Chapter


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    @api.model
    def _create_coupon_demo(self) -> None:
        """Give the demonstration customers coupons: a new, an expired and a used one.

        Called by the demonstration data. In Python, so that the coupons are made, and
        used, the way that users do, and outlast the addon.
        """
        today = fields.Date.today()
        new = self._create_coupon_demo_coupon("late_delivery")
        new.expiration_date = today + relativedelta(months=3)
        expired = self._create_coupon_demo_coupon("lamp_flickers")
        expired.expiration_date = today - relativedelta(days=5)
        self._use_coupon_demo(self._create_coupon_demo_coupon("charged_twice"))

    @api.model
    def _get_demo_chapters(self):
        return [*super()._get_demo_chapters(), Chapter(5, self._tell_demo_apology)]

    @api.model
    def _tell_demo_apology(self, ticket, moment) -> None:
        """Apologise for all the trouble with a coupon."""
        self._create_coupon_demo_coupon("lamp_broken").expiration_date = (
            moment + relativedelta(months=6)
        )

    @api.model
    def _create_coupon_demo_coupon(self, story: str):
        """Make a coupon of the program that core's demonstration data bring.

        :param story: what the ticket has in its external id
        :return: the ``loyalty.card``
        """
        ticket = self.env.ref(f"helpdesk_after_sales.ticket_{story}_demo")
        popup = self.env["helpdesk.coupon.generate"].browse(
            ticket.action_coupon()["res_id"]
        )
        popup.program_id = self.env.ref("loyalty.10_percent_coupon")
        popup.action_generate()
        return popup.coupon_id

    @api.model
    def _use_coupon_demo(self, coupon) -> None:
        """Sell two lamps to the customer of a coupon, with the coupon."""
        lamp = self.env.ref("helpdesk_after_sales.product_lamp_demo")
        order = self.env["sale.order"].create(
            {
                "partner_id": coupon.partner_id.id,
                "order_line": [
                    Command.create({"product_id": lamp.id, "product_uom_qty": 2})
                ],
            }
        )
        for card, rewards in order._try_apply_code(coupon.code).items():
            order._apply_program_reward(rewards[:1], card)
        order.action_confirm()
