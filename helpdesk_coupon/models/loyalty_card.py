from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

HELPDESK_VIEWS = {
    "form": "helpdesk_coupon.loyalty_card_view_form_helpdesk",
    "list": "helpdesk_coupon.loyalty_card_view_list_helpdesk",
}
"""The views of coupons for helpdesk users without rights on loyalty, by type."""

RESERVATION = ("is_reserved", "partner_id", "program_id", "ticket_id")
"""What says of a reserved coupon whose it is and what it was given for."""


class LoyaltyCard(models.Model):
    _name = "loyalty.card"
    _inherit = [
        "helpdesk.document.mixin",
        "helpdesk.document.access.mixin",
        "loyalty.card",
    ]
    _document_state_field = "coupon_state"
    _customer_mails = {"made": "helpdesk_coupon.mail_template_coupon_made"}
    _helpdesk_views = HELPDESK_VIEWS

    is_reserved = fields.Boolean(
        string="Reserved for the Customer",
        readonly=True,
        help="Only the customer, and whoever belongs to the same company as the "
        "customer, can use this coupon.",
    )
    coupon_state = fields.Selection(
        [
            ("available", "Not Used"),
            ("used", "Used"),
            ("expired", "Expired"),
            ("archived", "Archived"),
        ],
        string="State",
        compute="_compute_usage",
    )
    used_in = fields.Char(
        compute="_compute_usage",
        help="The orders in which the coupon was used.",
    )
    valid_until = fields.Date(
        compute="_compute_usage",
        help="The last day: the coupon's own, or its program's if that is earlier.",
    )

    _ticket_document_idx = models.UniqueIndex(
        "((id::bigint * 1000 + 2)) WHERE ticket_id IS NOT NULL"
    )

    @api.depends(
        "active",
        "expiration_date",
        "history_ids.order_id",
        "history_ids.used",
        "program_id.active",
        "program_id.date_to",
    )
    def _compute_usage(self):
        # Sudo: who reads a coupon need not be able to read its history and orders.
        history_sudo = self.env["loyalty.history"].sudo()
        uses_sudo = history_sudo.search_fetch(
            Domain("card_id", "in", self.ids)
            & Domain("used", ">", 0)
            & Domain("order_id", "!=", False),
            ["card_id", "order_id", "order_model"],
            order="id",
        )
        orders = {}
        for model, model_uses_sudo in uses_sudo.grouped("order_model").items():
            # An app that was uninstalled leaves its history behind.
            if model in self.env:
                orders_sudo = self.env[model].sudo()
                orders_sudo = orders_sudo.browse(model_uses_sudo.mapped("order_id"))
                for order_sudo in orders_sudo.exists():
                    orders[model, order_sudo.id] = order_sudo.display_name
        uses_sudo = uses_sudo.grouped("card_id")
        today = fields.Date.today()
        for card, card_sudo in zip(self, self.sudo(), strict=True):
            uses = uses_sudo.get(card_sudo._origin, history_sudo)
            keys = dict.fromkeys((use.order_model, use.order_id) for use in uses)
            card.used_in = ", ".join(orders[key] for key in keys if key in orders)
            program_sudo = card_sudo.program_id
            ends = [
                date
                for date in (card_sudo.expiration_date, program_sudo.date_to)
                if date
            ]
            card.valid_until = min(ends, default=False)
            if uses:
                card.coupon_state = "used"
            elif not card_sudo.active or not program_sudo.active:
                card.coupon_state = "archived"
            elif card.valid_until and card.valid_until < today:
                card.coupon_state = "expired"
            else:
                card.coupon_state = "available"

    @api.constrains("company_id", "program_id", "ticket_id")
    def _check_company_of_ticket(self):
        for card in self.filtered(lambda card: card.ticket_id and card.company_id):
            # Sudo: who writes a coupon need not be able to read its ticket's company.
            company = card.ticket_id.sudo().company_id
            if card.company_id != company:
                raise ValidationError(
                    self.env._(
                        "Coupon %(coupon)s belongs to another company than ticket "
                        "%(ticket)s; choose a program of %(company)s.",
                        coupon=card.code,
                        ticket=card.ticket_id.sudo().display_name,
                        company=company.display_name,
                    )
                )

    @api.constrains("partner_id", "ticket_id")
    def _check_ticket_customer(self):
        """Hold what is given for a ticket to coupons of its customer."""
        for card in self.filtered(lambda card: card.ticket_id and card.partner_id):
            # Sudo: who writes a coupon need not be able to read its ticket.
            ticket_sudo = card.ticket_id.sudo()
            customer = ticket_sudo.commercial_partner_id
            if card.partner_id.sudo().commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "Coupon %(coupon)s is for %(partner)s and cannot be a document "
                        "of ticket %(ticket)s of %(customer)s; choose one of their "
                        "contacts.",
                        coupon=card.code,
                        partner=card.partner_id.display_name,
                        ticket=ticket_sudo.display_name,
                        customer=customer.display_name,
                    )
                )

    def write(self, vals):
        self._ensure_reservation_stays(vals)
        return super().write(vals)

    def _ensure_reservation_stays(self, vals: dict) -> None:
        """Refuse to hand a reserved coupon to somebody else, or to lift the reservation.

        Salesmen and cashiers write coupons, for their points. Superuser code is let
        through: it takes coupons along when tickets are merged.

        :param vals: the values that are about to be written
        :raise UserError: a reserved coupon would be another's
        """
        names = [name for name in RESERVATION if name in vals]
        if not names or self.env.su:
            return
        for card in self.filtered("is_reserved"):
            for name in names:
                old = card._fields[name].convert_to_write(card[name], card)
                if (vals[name] or False) != (old or False):
                    raise UserError(
                        self.env._(
                            "Coupon %(coupon)s is reserved for the customer of a ticket: "
                            "its customer, program, ticket and reservation do not "
                            "change; archive it and make another from the ticket.",
                            coupon=card.code,
                        )
                    )

    def _get_helpdesk_domain(self):
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        return Domain("ticket_id", "in", tickets._search([]))

    def _get_document_type_name(self) -> str:
        """Name coupons as the ticket's button does."""
        return self.env._("Coupon")

    def _get_customer_news(self) -> str:
        """Coupons are news as long as they are worth something."""
        return "made" if self.active and self.points > 0 else ""

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _is_shown_in_portal(self):
        """Show coupons to whom they were given: a reserved one of nobody is nobody's."""
        return super()._is_shown_in_portal() and bool(
            self.partner_id or not self.is_reserved
        )

    def _prepare_portal_values(self, line):
        """Tell the customer the code, what it is good for, how long, and if it was used."""
        states = {
            "available": self.env._("You can use this coupon."),
            "used": self.env._("This coupon was used."),
            "expired": self.env._("This coupon has expired."),
            "archived": self.env._("This coupon is no longer valid."),
        }
        # Not in which order: that may be somebody else's.
        uses = self.history_ids.filtered(lambda use: use.used > 0 and use.order_id)
        rewards = self.program_id.reward_ids.filtered("description")
        valid_until = self.valid_until and format_date(
            self.env, self.valid_until, date_format="long"
        )
        return {
            **super()._prepare_portal_values(line),
            "state": states[self.coupon_state],
            "steps": self._prepare_portal_steps(
                (self.create_date, self.env._("We gave you this coupon.")),
                *(
                    (use.create_date, self.env._("It was used."))
                    for use in uses.sorted("create_date")
                ),
            ),
            "items": rewards.mapped("description"),
            "details": [
                (
                    self.env._("Valid until"),
                    valid_until or self.env._("It does not expire."),
                )
            ],
            "template": "helpdesk_coupon.portal_coupon",
        }

    # --------------------------------------------------------------------------
    # Handing the coupon to the customer
    # --------------------------------------------------------------------------

    def _is_reserved_against(self, partner) -> bool:
        """Tell whether the coupon is reserved for others than this partner.

        A coupon whose customer was deleted is nobody's.

        :param partner: who wants to use the coupon
        """
        self.ensure_one()
        return (
            self.is_reserved
            and self.partner_id.commercial_partner_id != partner.commercial_partner_id
        )

    def action_coupon_send(self):
        """Open the mail composer on the coupon's ticket, for those who may read it.

        :return: an action of the composer; core's, on the coupon, when there is no
            ticket to write from
        :raise AccessError: the user may not read the coupon
        :raise UserError: there is no mail template to send it with
        """
        self.ensure_one()
        self.check_access("read")
        if not self.is_ticket_readable:
            return super().action_coupon_send()
        # Sudo: helpdesk users need not have rights on the program's mails.
        template_sudo = self.sudo()._get_default_template()
        if not template_sudo:
            raise UserError(
                self.env._(
                    "Coupon program %(program)s has no email to send coupon %(coupon)s "
                    "with; ask an administrator of Sales to add one to the program.",
                    program=self.program_id.name,
                    coupon=self.code,
                )
            )
        return self.ticket_id._action_send_document(
            self, template_sudo.sudo(False), news="made"
        )

    def _get_mailed_file_name(self, name: str) -> str:
        """Name the coupon: the file of core's report would be called Report."""
        translated = self.with_context(lang=self._get_addressee().lang)
        title = translated.env._("Coupon %(coupon)s", coupon=self.code)
        return title + Path(super()._get_mailed_file_name(name)).suffix

    def _get_share_link(self) -> str:
        """Tell the address that puts the coupon into the cart of the web shop.

        :return: nothing where no web shop is installed, or the program is not for it
        :raise AccessError: the user may not read the coupon
        """
        self.ensure_one()
        self.check_access("read")
        # Sudo: helpdesk users need not have rights on the shop.
        card_sudo = self.sudo()
        program_sudo = card_sudo.program_id
        if "coupon.share" not in self.env or not program_sudo.ecommerce_ok:
            return ""
        website_sudo = program_sudo.website_id or self.env["website"].sudo().search(
            Domain("company_id", "=", self.ticket_id.company_id.id), limit=1
        )
        if not website_sudo:
            return ""
        share_sudo = self.env["coupon.share"].sudo()
        return share_sudo.new(
            {
                "website_id": website_sudo.id,
                "program_id": program_sudo.id,
                "coupon_id": card_sudo.id,
            }
        ).share_link
