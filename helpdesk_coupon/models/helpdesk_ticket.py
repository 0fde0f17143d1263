from odoo import api, fields, models
from odoo.fields import Domain

from .loyalty_card import HELPDESK_VIEWS


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    coupon_ids = fields.One2many("loyalty.card", "ticket_id", string="Coupons")
    coupon_count = fields.Integer(
        string="Coupons Count", compute="_compute_coupon_count"
    )
    can_be_given_coupon = fields.Boolean(compute="_compute_can_be_given_coupon")

    def _get_after_sales_services(self):
        return {**super()._get_after_sales_services(), "coupon": "coupon_ids"}

    @api.depends("coupon_ids")
    def _compute_coupon_count(self):
        self._compute_document_count("coupon_ids", "coupon_count")

    @api.depends("active", "team_id.use_coupon", "partner_id")
    def _compute_can_be_given_coupon(self):
        for ticket in self:
            ticket.can_be_given_coupon = bool(
                ticket._has_service("coupon") and ticket.partner_id
            )

    # --------------------------------------------------------------------------
    # Coupons
    # --------------------------------------------------------------------------

    def _get_coupon_programs_domain(self) -> Domain:
        """Tell which coupon programs a coupon of this ticket can be made of.

        To be extended by addons that narrow the choice further.

        :return: a domain on ``loyalty.program``: active, of the ticket's company or of
            none, used in sales or in the web shop, within its dates, with a reward
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        programs = self.env["loyalty.program"]
        return Domain.AND(
            [
                Domain("active", "=", True),
                Domain("program_type", "=", "coupons"),
                Domain("company_id", "in", (False, self.company_id.id)),
                Domain("date_from", "=", False) | Domain("date_from", "<=", today),
                Domain("date_to", "=", False) | Domain("date_to", ">=", today),
                Domain("reward_ids.active", "=", True),
                Domain.OR(
                    Domain(name, "=", True)
                    # The latter comes with the web shop's addon.
                    for name in ("sale_ok", "ecommerce_ok")
                    if name in programs._fields
                ),
            ]
        )

    def _get_coupon_programs(self):
        """Find the coupon programs that can be used now, for this ticket.

        :return: ``loyalty.program`` records, without those used up
        """
        self.ensure_one()
        # Sudo: the rewards and the orders of a program decide, also where the user
        # may not read them.
        programs_sudo = self.env["loyalty.program"].sudo()
        programs_sudo = programs_sudo.search(self._get_coupon_programs_domain())
        return programs_sudo.filtered(
            lambda program: (
                not program.limit_usage or program.total_order_count < program.max_usage
            )
        ).sudo(False)

    def _get_newest_coupon(self):
        """Find the coupon that was made last, archived or not.

        :return: the ``loyalty.card``, by sudo, since it counts whoever asks
        """
        self.ensure_one()
        cards_sudo = self.env["loyalty.card"].sudo().with_context(active_test=False)
        return cards_sudo.search(
            Domain("ticket_id", "=", self.id), order="id desc", limit=1
        )

    def _ensure_can_be_given_coupon(self) -> None:
        """Refuse coupons that are not the user's, or not this ticket's, to make.

        :raise AccessError: the user may not write the ticket
        :raise UserError: the ticket's team gives no coupons, or there is no customer
        """
        self._ensure_service("coupon")
        self._ensure_customer()

    def action_coupon(self):
        """Open the pop-up that makes a coupon for this ticket's customer.

        :return: an action on ``helpdesk.coupon.generate``, in a dialog
        :raise AccessError: the user may not write the ticket
        :raise UserError: the ticket's team gives no coupons, or there is no customer
        """
        self.ensure_one()
        self._ensure_can_be_given_coupon()
        programs = self._get_coupon_programs()
        # Sudo: only this button opens pop-ups, so that what they were opened with is true.
        popup_sudo = self.env["helpdesk.coupon.generate"].sudo()
        popup_sudo = popup_sudo.create(
            {
                "ticket_id": self.id,
                "customer_res_id": self.partner_id.id,
                "program_id": programs.id if len(programs) == 1 else False,
                "newest_coupon_res_id": self._get_newest_coupon().id,
                "coupon_id": False,
            }
        )
        return popup_sudo.sudo(False)._get_dialog_action()

    @api.readonly
    def action_view_coupons(self):
        """Open the coupons of this ticket.

        :return: an action on them, or on the ticket's After-Sales lines for a user who
            may not read them
        """
        action = self._action_view_documents("coupon_ids")
        if action["res_model"] == "loyalty.card" and "res_id" not in action:
            views = self.env["ir.model.data"]
            list_id = views._xmlid_to_res_id(HELPDESK_VIEWS["list"])
            action["views"] = [(list_id, "list"), (False, "form")]
        return action
