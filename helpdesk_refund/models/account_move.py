from contextlib import contextmanager
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import float_is_zero

from odoo.addons.helpdesk_after_sales.tools import lock_and_touch

CLAIMS = "helpdesk_refund.claims"
"""Key in the cursor's cache: the claims before the changes that are under way."""

TAX_ROUNDING = 0.05
"""How much more a credit note may take when it is reset to draft, in its currency.

Core computes its taxes anew then; the limit holds again when it is posted.
"""


class CreditClaim(NamedTuple):
    """What a ticket's credit note takes of an invoice.

    ``amount`` includes taxes and is in the invoice's currency.
    """

    invoice_id: int = 0
    is_posted: bool = False
    amount: float = 0.0

    def has_grown_since(self, before: "CreditClaim") -> bool:
        """Tell whether this claim takes more than the one before, or takes it for good."""
        if self.invoice_id != before.invoice_id or self.is_posted > before.is_posted:
            return True
        is_reset = before.is_posted and not self.is_posted
        return self.amount > before.amount + (TAX_ROUNDING if is_reset else 0)


class AccountMove(models.Model):
    _name = "account.move"
    # The mixin comes first: it links entries that core has completed.
    _inherit = ["helpdesk.document.mixin", "account.move"]
    _customer_mails = {"done": "helpdesk_refund.mail_template_refund_done"}

    _ticket_document_idx = models.UniqueIndex(
        "((id::bigint * 1000 + 1)) WHERE ticket_id IS NOT NULL"
    )

    @api.depends_context("show_left_to_credit")
    def _compute_display_name(self):
        """Show beside each invoice what it still has to credit, where one chooses.

        That is where the context asks for it, by ``show_left_to_credit``.
        """
        super()._compute_display_name()
        if not self.env.context.get("show_left_to_credit"):
            return
        left = self._get_left_to_credit()
        for invoice in self.filtered(lambda invoice: invoice._origin):
            invoice.display_name = self.env._(
                "%(invoice)s: %(amount)s left",
                invoice=invoice.name,
                amount=invoice.currency_id.format(left[invoice._origin]),
            )

    def write(self, vals):
        if "state" not in vals:
            return super().write(vals)
        changed = self.filtered(
            lambda move: move.ticket_id and move.state != vals["state"]
        )
        result = super().write(vals)
        if changed:
            changed._log_state_to_ticket(vals["state"])
        return result

    @api.constrains("ticket_id", "move_type", "partner_id", "reversed_entry_id")
    def _check_ticket_customer(self):
        """Hold what a ticket refunds to credit notes of its customer."""
        for move in self.filtered("ticket_id"):
            # Sudo: who writes a credit note need not be able to read ticket and invoice.
            move_sudo = move.sudo()
            ticket_sudo = move_sudo.ticket_id
            customer = ticket_sudo.commercial_partner_id
            invoice_sudo = move_sudo.reversed_entry_id
            if (
                move.move_type != "out_refund"
                or move_sudo.commercial_partner_id != customer
                or (invoice_sudo and invoice_sudo.commercial_partner_id != customer)
            ):
                raise ValidationError(
                    self.env._(
                        "%(entry)s cannot be a document of ticket %(ticket)s: only credit "
                        "notes of its customer %(customer)s, for invoices of theirs, can.",
                        entry=move.display_name,
                        ticket=ticket_sudo.display_name,
                        customer=customer.display_name,
                    )
                )

    # --------------------------------------------------------------------------
    # The chatters
    # --------------------------------------------------------------------------

    def _get_document_type_name(self) -> str:
        """Name the type of the entry; the name of a draft says it by itself."""
        if self.state == "draft":
            return ""
        types = dict(self._fields["move_type"]._description_selection(self.env))
        return types[self.move_type]

    def _log_state_to_ticket(self, state: str) -> None:
        """Tell in the tickets' chatters, and when posted in both, what has happened.

        Called when the state of credit notes with a ticket has changed.

        :param state: the new state
        """
        events = {
            "draft": self.env._("reset to draft"),
            "posted": self.env._("posted"),
            "cancel": self.env._("cancelled"),
        }
        self._log_ticket_event(
            events[state], self.env._("Posted for ticket") if state == "posted" else ""
        )

    def _get_customer_news(self) -> str:
        """Credit notes are news once posted, unless somebody has sent them already."""
        return "done" if self.state == "posted" and not self.is_move_sent else ""

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _is_shown_in_portal(self):
        """Keep drafts, and what was cancelled, to the accountants."""
        return super()._is_shown_in_portal() and self.state == "posted"

    def _get_portal_type_name(self):
        return self.env._("Credit Note")

    def _prepare_portal_values(self, line):
        """Tell the customer what was credited, and whether it was made use of."""
        states = {
            "in_payment": self.env._("We are paying the amount out."),
            "paid": self.env._("The amount was set off or paid out."),
        }
        details = [(self.env._("Amount"), self.currency_id.format(self.amount_total))]
        if self.reversed_entry_id:
            details.append((self.env._("For invoice"), self.reversed_entry_id.name))
        return {
            **super()._prepare_portal_values(line),
            "state": states.get(
                self.payment_state, self.env._("The amount stands to your credit.")
            ),
            "steps": self._prepare_portal_steps(
                (self.invoice_date, self.env._("We credited the amount."))
            ),
            "details": details,
            "pages": [(self.env._("Open the credit note"), self)],
            "pdf": self.env._("Credit note as PDF"),
        }

    def _render_portal_pdf(self):
        """Give the PDF that the accountant sent, and what core gives before that."""
        document = self._get_invoice_legal_documents("pdf", allow_fallback=True)
        return document["filename"], document["content"]

    # --------------------------------------------------------------------------
    # What is left to credit
    # --------------------------------------------------------------------------

    def _get_left_to_credit(self) -> dict:
        """Tell what of these invoices is not credited yet, in one query for all.

        All their credit notes that are not cancelled count, drafts included, whether
        they are of a ticket or not.

        :return: by invoice the amount with taxes, in the invoice's currency and rounded
            as it is; negative where more was credited than invoiced
        """
        # Sudo: a credit note counts also where the user may not see it.
        credit_notes_sudo = self.sudo().search_fetch(
            Domain("reversed_entry_id", "in", self._origin.ids)
            & Domain("move_type", "=", "out_refund")
            & Domain("state", "!=", "cancel")
            # A draft below zero cannot be posted and makes no room for others.
            & Domain("amount_total", ">", 0),
            ["reversed_entry_id", "amount_total", "currency_id", "date"],
        )
        left = {invoice: invoice.amount_total for invoice in self._origin}
        for credit_note_sudo in credit_notes_sudo:
            invoice_sudo = credit_note_sudo.reversed_entry_id
            left[invoice_sudo] = invoice_sudo.currency_id.round(
                left[invoice_sudo] - credit_note_sudo._get_credited_amount()
            )
        return left

    def _lock_left_to_credit(self) -> dict:
        """Tell what these invoices have left to credit, and keep others from crediting.

        Until the end of the transaction nobody else can, so that it is asked once for
        what is decided by it.

        :return: as of ``_get_left_to_credit``
        """
        if self:
            lock_and_touch(self)
        return self._get_left_to_credit()

    def _get_credited_amount(self) -> float:
        """Tell what a credit note takes of its invoice.

        :return: the amount with taxes, in the invoice's currency, at the rate of the
            credit note's date where that is not its own
        """
        self.ensure_one()
        # Sudo: who may change a credit note need not see its invoice.
        invoice_sudo = self.reversed_entry_id.sudo()
        currency = invoice_sudo.currency_id
        if self.currency_id == currency:
            return self.amount_total
        return self.currency_id._convert(
            self.amount_total, currency, self.company_id, self.date
        )

    def _get_credit_claim(self) -> CreditClaim:
        """Tell what this entry takes of an invoice now, on behalf of a ticket.

        :return: an empty claim when it takes nothing: it has no ticket or reverses no
            invoice, or is cancelled
        """
        self.ensure_one()
        if (
            not self.ticket_id
            or not self.reversed_entry_id
            or self.move_type != "out_refund"
            or self.state == "cancel"
        ):
            return CreditClaim()
        return CreditClaim(
            self.reversed_entry_id.id,
            self.state == "posted",
            self._get_credited_amount(),
        )

    @contextmanager
    def _check_balanced(self, container):
        """Hold tickets' credit notes to what their invoices have left to credit.

        Core wraps this around every change of entries and of their lines.
        """
        with self._check_left_to_credit(container), super()._check_balanced(container):
            yield

    @contextmanager
    def _check_left_to_credit(self, container, left=None):
        """Refuse that tickets' credit notes take more of an invoice than it has left.

        To be entered around changes of entries; nested changes are looked at once
        the outermost is done. What has become too much by itself, because somebody
        credited the invoice without a ticket, does not hinder other changes, only the
        posting.

        :param container: a dictionary whose ``records`` are the entries, before and
            after the changes
        :param left: by invoice what ``_lock_left_to_credit`` gave before, where all
            that is credited meanwhile is among the changes
        :raise UserError: a credit note that is new, has grown or was posted exceeds
            what the invoice has left
        """
        cache = self.env.cr.cache
        is_outermost = CLAIMS not in cache
        claims = cache.setdefault(CLAIMS, {})
        try:
            for move in container["records"]:
                if move.ticket_id and move.id not in claims:
                    claims[move.id] = move._get_credit_claim()
            yield
            for move in container["records"]:
                if move.ticket_id:
                    claims.setdefault(move.id, CreditClaim())
        finally:
            if is_outermost:
                cache.pop(CLAIMS, None)
        if is_outermost and claims:
            self.browse(claims)._ensure_left_to_credit(claims, left)

    def _ensure_left_to_credit(self, claims, left=None) -> None:
        """Refuse those of these credit notes that claim too much of their invoice.

        :param claims: the credit notes' claims before the change, by id
        :param left: by invoice what was left before the change, where that was locked
        :raise UserError: there is too much; the message says how much is left
        """
        growing = self.filtered(
            lambda move: (
                (claim := move._get_credit_claim()).invoice_id
                and claim.has_grown_since(claims[move.id])
            )
        )
        if not growing:
            return
        # Sudo: who may change a credit note need not see its invoice.
        invoices_sudo = growing.reversed_entry_id.sudo()
        if left is None or any(invoice not in left for invoice in invoices_sudo):
            left = invoices_sudo._lock_left_to_credit()
        else:
            left = self._get_left_after_change(claims, left)
        for move in growing:
            invoice_sudo = move.reversed_entry_id.sudo()
            currency = invoice_sudo.currency_id
            if currency.compare_amounts(left[invoice_sudo], 0) >= 0:
                continue
            amount = move._get_credited_amount()
            raise UserError(
                self.env._(
                    "%(credit_note)s takes %(amount)s of invoice %(invoice)s, which "
                    "has only %(left)s left to credit (drafts included); lower the "
                    "credit note or delete other drafts.",
                    credit_note=move.display_name,
                    amount=currency.format(amount),
                    invoice=invoice_sudo.name,
                    left=currency.format(max(left[invoice_sudo] + amount, 0)),
                )
            )

    def _get_left_after_change(self, claims, left) -> dict:
        """Tell what is left of invoices now that these credit notes have changed.

        :param claims: the credit notes' claims before the change, by id
        :param left: by invoice what was left before the change
        :return: the same for now
        """
        left = dict(left)
        for move in self:
            for claim, sign in ((claims[move.id], 1), (move._get_credit_claim(), -1)):
                if claim.invoice_id:
                    # A draft below zero makes no room for others.
                    left[self.browse(claim.invoice_id)] += sign * max(claim.amount, 0)
        return left

    def _keep_quantities(self, quantities) -> None:
        """Keep in a draft credit note what has come back, and nothing else.

        :param quantities: by sales order line the quantity, in its unit
        """
        self.ensure_one()
        rest = dict(quantities)
        commands = []
        for line in self.invoice_line_ids:
            # Sudo: who bills what came back need not be able to read the sales orders.
            order_line = line.sudo().sale_line_ids.sudo(self.env.su)
            if rest.get(order_line, 0) <= 0:
                commands.append(Command.delete(line.id))
                continue
            billed = line._get_quantity_in_unit_of(order_line)
            kept = min(rest[order_line], billed)
            rest[order_line] -= kept
            commands.append(
                Command.update(line.id, {"quantity": line.quantity * kept / billed})
            )
        self.invoice_line_ids = commands

    def _scale_to(self, total: float) -> None:
        """Scale the lines of a draft credit note down to a total, exact to the cent.

        The quantities are scaled where their precision allows it for all lines, the
        unit prices elsewhere. What rounding leaves goes to the largest line, or to the
        largest tax where no price yields that total.

        :param total: the total with taxes that is wanted, in the draft's currency
        """
        self.ensure_one()
        if not self._get_missing(total):
            return
        rounding = self.invoice_cash_rounding_id
        if rounding and rounding.compute_difference(self.currency_id, total):
            self.invoice_cash_rounding_id = False
        lines = self.invoice_line_ids.filtered("price_total")
        factor = total / self.amount_total
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        is_quantity_exact = all(
            float_is_zero(
                line.quantity * factor - round(line.quantity * factor, digits),
                precision_digits=digits + 4,
            )
            for line in lines
        )
        scaled = "quantity" if is_quantity_exact else "price_unit"
        self.invoice_line_ids = [
            Command.update(line.id, {scaled: line[scaled] * factor}) for line in lines
        ]
        largest = max(lines, key=lambda line: abs(line.price_total))
        for _attempt in range(3):
            if missing := self._get_missing(total):
                largest.price_unit *= 1 + missing / largest.price_total
        taxes = self.line_ids.filtered("tax_repartition_line_id")
        if taxes and (missing := self._get_missing(total)):
            largest = max(taxes, key=lambda line: abs(line.amount_currency))
            largest.amount_currency += self.direction_sign * missing

    def _get_missing(self, total: float) -> float:
        """Tell what this entry's total lacks of another, zero below the cent."""
        missing = total - self.amount_total
        return 0.0 if self.currency_id.is_zero(missing) else missing
