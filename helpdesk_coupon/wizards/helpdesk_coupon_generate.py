from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.helpdesk_after_sales.tools import lock_and_touch

FIXED_FIELDS = {"ticket_id", "customer_res_id", "newest_coupon_res_id", "coupon_id"}
"""What the ticket's button and Generate write, and nobody else."""


class HelpdeskCouponGenerate(models.TransientModel):
    """The pop-up that makes a coupon for a ticket's customer.

    Each time it is opened it is a record of its own, which makes one coupon at most.
    The ticket's button creates it, by sudo; users only choose program and date.
    """

    _name = "helpdesk.coupon.generate"
    _description = "Generate a Coupon"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, readonly=True)
    # Not by sudo: the user may have lost the rights on the ticket since.
    partner_id = fields.Many2one(
        related="ticket_id.partner_id", string="Customer", related_sudo=False
    )
    # The ticket may be given to another customer while the window is open.
    customer_res_id = fields.Integer(string="Customer on Opening", readonly=True)
    program_id = fields.Many2one("loyalty.program", string="Coupon Program")
    available_program_ids = fields.Many2many(
        "loyalty.program",
        string="Available Programs",
        compute="_compute_available_program_ids",
    )
    no_program_reason = fields.Char(compute="_compute_available_program_ids")
    program_end = fields.Date(
        related="program_id.date_to", string="Program Ends", related_sudo=False
    )
    valid_until = fields.Date(
        help="The coupon's last day. Empty: it is valid as long as the program is."
    )
    newest_coupon_res_id = fields.Integer(
        string="Newest Coupon on Opening",
        readonly=True,
        help="A coupon of the ticket that is newer was made in another window.",
    )
    coupon_id = fields.Many2one("loyalty.card", readonly=True)
    code = fields.Char(related="coupon_id.code", related_sudo=False)
    share_link = fields.Char(compute="_compute_share_link")

    def write(self, vals):
        """Let nobody point this pop-up at another ticket, or have it forget its coupon.

        :raise AccessError: a user writes what only the button and Generate write
        """
        if not self.env.su and not FIXED_FIELDS.isdisjoint(vals):
            raise AccessError(
                self.env._(
                    "The ticket and the coupon of this window do not change; close it "
                    "and press Coupon on the ticket."
                )
            )
        return super().write(vals)

    @api.depends("ticket_id")
    def _compute_available_program_ids(self):
        for wizard in self:
            programs = wizard.ticket_id._get_coupon_programs()
            wizard.available_program_ids = programs
            wizard.no_program_reason = not programs and self.env._(
                "%(company)s has no coupon program that can be used now; an "
                "administrator of Sales makes one, of type Coupons, in Sales > Products "
                "> Discount & Loyalty.",
                company=wizard.ticket_id.company_id.display_name,
            )

    @api.depends("coupon_id")
    def _compute_share_link(self):
        for wizard in self:
            coupon = wizard.coupon_id
            wizard.share_link = coupon._get_share_link() if coupon else False

    def _get_dialog_action(self) -> dict:
        """Open this pop-up, or show it anew.

        :return: an action on this record, in a dialog
        """
        return self._get_records_action(name=self.env._("Coupon"), target="new")

    def _ensure_can_generate(self) -> None:
        """Check everything that the form does not let happen and RPC does.

        :raise UserError: no coupon can be made as chosen; the message says why
        """
        ticket = self.ticket_id
        program = self.program_id
        if ticket.partner_id.id != self.customer_res_id:
            raise UserError(
                self.env._(
                    "Ticket %(ticket)s was given to another customer since you opened "
                    "this window; close it and press Coupon again.",
                    ticket=ticket.display_name,
                )
            )
        if not program:
            raise UserError(
                self.no_program_reason
                or self.env._(
                    "Choose the coupon program for ticket %(ticket)s.",
                    ticket=ticket.display_name,
                )
            )
        if program not in self.available_program_ids:
            raise UserError(
                self.env._(
                    "Coupon program %(program)s cannot be used for ticket %(ticket)s; "
                    "choose an active one of type Coupons that belongs to %(company)s "
                    "or to no company, has a reward and is within its dates.",
                    # The name of a program that the user may not read stays unknown.
                    program=program._filtered_access("read").name or program.id,
                    ticket=ticket.display_name,
                    company=ticket.company_id.display_name,
                )
            )
        if self.valid_until and self.valid_until < fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "The coupon for ticket %(ticket)s cannot be valid until %(date)s, "
                    "which is past; choose a later day, or none.",
                    ticket=ticket.display_name,
                    date=format_date(self.env, self.valid_until),
                )
            )
        if self.valid_until and program.date_to and self.valid_until > program.date_to:
            raise UserError(
                self.env._(
                    "The coupon for ticket %(ticket)s cannot be valid until %(date)s, "
                    "since coupon program %(program)s ends on %(end)s; choose a day up "
                    "to then, or none.",
                    ticket=ticket.display_name,
                    date=format_date(self.env, self.valid_until),
                    program=program.name,
                    end=format_date(self.env, program.date_to),
                )
            )
        newest_sudo = ticket._get_newest_coupon()
        if newest_sudo.id > self.newest_coupon_res_id:
            raise UserError(
                self.env._(
                    "Coupon %(coupon)s was made for ticket %(ticket)s since you opened "
                    "this window; close it and press Coupon again to make another.",
                    coupon=newest_sudo.code,
                    ticket=ticket.display_name,
                )
            )

    def _prepare_coupon_vals(self) -> dict:
        """Prepare the coupon, as core's own wizard would, for the ticket.

        To be extended by addons that give it more.

        :return: values of a ``loyalty.card``
        """
        # Sudo: helpdesk users have no rights on core's wizard.
        generator_sudo = (
            self.env["loyalty.generate.wizard"]
            .sudo()
            .new(
                {
                    "program_id": self.program_id.id,
                    "mode": "selected",
                    "points_granted": self.program_id.sudo()._get_coupon_points(),
                    "valid_until": self.valid_until,
                }
            )
        )
        return {
            **generator_sudo._get_coupon_values(self.partner_id),
            "is_reserved": True,
            "ticket_id": self.ticket_id.id,
        }

    def _create_coupon(self):
        """Make the coupon and note in its history what it was made for.

        :return: the ``loyalty.card``; no mail is sent
        """
        # Sudo: helpdesk users make coupons of their tickets, and no others.
        cards_sudo = (
            self.env["loyalty.card"]
            .sudo()
            .with_context(loyalty_no_mail=True, mail_create_nolog=True)
        )
        card_sudo = cards_sudo.create(self._prepare_coupon_vals())
        history_sudo = self.env["loyalty.history"].sudo()
        history_sudo.create(
            {
                "card_id": card_sudo.id,
                "description": self.env._(
                    "Ticket %(ticket)s", ticket=self.ticket_id.display_name
                ),
                "issued": card_sudo.points,
            }
        )
        return self.env["loyalty.card"].browse(card_sudo.id)

    def action_generate(self):
        """Make the coupon, once, and show its code.

        :return: an action on this pop-up, with the code
        :raise AccessError: the user may not write the ticket
        :raise UserError: no coupon can be made as chosen; the message says why
        """
        self.ensure_one()
        self.ticket_id._ensure_can_be_given_coupon()
        lock_and_touch(self.ticket_id)
        if not self.coupon_id:
            self._ensure_can_generate()
            # Sudo: users cannot write the coupon themselves.
            self.sudo().coupon_id = self._create_coupon()
        return self._get_dialog_action()

    def action_send(self):
        """Open the mail composer with the coupon, for the customer and the followers.

        :return: an action of the composer
        :raise UserError: there is no coupon yet
        """
        self.ensure_one()
        if not self.coupon_id:
            raise UserError(
                self.env._(
                    "Generate the coupon for ticket %(ticket)s before you send it.",
                    ticket=self.ticket_id.display_name,
                )
            )
        return self.coupon_id.action_coupon_send()
