from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class LoyaltyProgram(models.Model):
    _name = "loyalty.program"
    _inherit = ["helpdesk.document.access.mixin", "loyalty.program"]

    @api.constrains("company_id")
    def _check_company_of_tickets(self):
        """Keep programs in the company of the tickets whose coupons they hold."""
        for program in self.filtered("company_id"):
            # Sudo: who changes a program need not be able to read the tickets.
            cards_sudo = self.env["loyalty.card"].sudo()
            card_sudo = cards_sudo.with_context(active_test=False).search(
                Domain("program_id", "=", program.id)
                & Domain("ticket_id", "!=", False)
                & Domain("ticket_id.company_id", "!=", program.company_id.id),
                limit=1,
            )
            if card_sudo:
                raise ValidationError(
                    self.env._(
                        "Coupon program %(program)s cannot move to %(company)s, because "
                        "its coupon %(coupon)s was given for a ticket of %(other)s; "
                        "create a new program for %(company)s.",
                        program=program.name,
                        company=program.company_id.display_name,
                        coupon=card_sudo.code,
                        other=card_sudo.ticket_id.company_id.display_name,
                    )
                )

    def _get_helpdesk_domain(self):
        return Domain("program_type", "=", "coupons")

    def _get_coupon_points(self) -> float:
        """Tell how many points a ticket's coupon of this program starts with.

        :return: what the least of the program's rewards takes
        """
        self.ensure_one()
        return min(self.reward_ids.mapped("required_points"))
