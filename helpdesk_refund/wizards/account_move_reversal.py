from psycopg2.errors import NotNullViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

FULL_METHODS = ("full", "modify")
"""The credit methods that reverse the whole of an invoice and are posted at once."""


class AccountMoveReversal(models.TransientModel):
    _name = "account.move.reversal"
    _inherit = ["helpdesk.ticket.wizard.mixin", "account.move.reversal"]

    move_ids = fields.Many2many(
        compute="_compute_move_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    # Computed before the record is stored, for refunds that are made by RPC: core's
    # form sends the journal, and the column does not take a record without it.
    journal_id = fields.Many2one(
        compute="_compute_journal_id", store=True, readonly=False, precompute=True
    )
    ticket_id = fields.Many2one(check_company=True)
    credit_method = fields.Selection(
        [
            ("partial", "Partial Refund"),
            ("full", "Full Refund"),
            ("modify", "Full Refund and New Draft Invoice"),
        ],
        compute="_compute_credit_method",
        store=True,
        readonly=False,
        precompute=True,
        help="Partial Refund: the credit note is a draft and can be edited before it is "
        "posted.\n"
        "Full Refund: the credit note is posted and reconciled with the invoice.\n"
        "Full Refund and New Draft Invoice: as before, and the original is duplicated "
        "as a new draft.",
    )
    # What the ticket's invoices have left, by their ids as JSON has them. Looked up when
    # the wizard opens, for the form to show; Reverse looks it up anew.
    left_to_credit = fields.Json(
        string="Left to Credit",
        compute="_compute_left_to_credit",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    available_move_ids = fields.Many2many(
        "account.move",
        string="Available Invoices",
        compute="_compute_available_move_ids",
    )
    available_credit_methods = fields.Char(compute="_compute_full_refund_obstacle")
    full_refund_obstacle = fields.Char(compute="_compute_full_refund_obstacle")
    no_invoice_reason = fields.Char(compute="_compute_available_move_ids")

    @api.depends("ticket_id")
    def _compute_left_to_credit(self):
        for wizard in self:
            ticket = wizard.ticket_id
            left = ticket._get_invoices_to_refund() if ticket else {}
            wizard.left_to_credit = {
                str(invoice.id): rest for invoice, rest in left.items()
            }

    @api.depends("left_to_credit")
    def _compute_available_move_ids(self):
        for wizard in self:
            ticket, left = wizard.ticket_id, wizard._read_left_to_credit()
            wizard.available_move_ids = list(left)
            has_none = bool(ticket) and not left
            wizard.no_invoice_reason = has_none and ticket._get_no_invoice_reason()

    @api.depends("ticket_id")
    def _compute_move_ids(self):
        """Choose the one invoice that there is, or those of what has come back."""
        for wizard in self:
            ticket = wizard.ticket_id
            invoices = ticket and wizard.available_move_ids._origin
            if not ticket:
                wizard.move_ids = wizard.move_ids
            elif len(invoices) > 1:
                returned = ticket._get_returned_by_invoice(invoices)
                wizard.move_ids = invoices.browse().concat(*returned)
            else:
                wizard.move_ids = invoices

    @api.depends("ticket_id", "move_ids", "date")
    def _compute_full_refund_obstacle(self):
        for wizard in self:
            left = wizard.ticket_id and wizard._get_left_of_chosen()
            wizard.full_refund_obstacle = (
                wizard._get_full_refund_obstacle(left) if left else False
            )
            wizard.available_credit_methods = ",".join(
                method
                for method, _label in self._fields["credit_method"].selection
                if method not in FULL_METHODS or not wizard.full_refund_obstacle
            )

    @api.depends("ticket_id", "move_ids", "date")
    def _compute_credit_method(self):
        for wizard in self:
            if not wizard.ticket_id:
                wizard.credit_method = False
            elif not wizard.credit_method or wizard.full_refund_obstacle:
                wizard.credit_method = "partial"

    @api.model
    def default_get(self, fields):
        defaults = super().default_get(fields)
        if self.env["helpdesk.ticket"]._get_active_ticket():
            # Core knows no entries there; they are computed from the ticket.
            defaults.pop("move_ids", None)
        return defaults

    @api.model
    def _prepare_ticket_defaults(self, ticket, fields):
        return {
            **super()._prepare_ticket_defaults(ticket, fields),
            "company_id": ticket.company_id.id,
            "reason": ticket.display_name,
        }

    @api.model
    def _sql_error_to_message(self, exc):
        """Say that there are no invoices, of which the journal would have been taken."""
        if isinstance(exc, NotNullViolation) and exc.diag.column_name == "journal_id":
            return self.env._("Choose the invoices to refund.")
        return super()._sql_error_to_message(exc)

    def _read_left_to_credit(self) -> dict[int, float]:
        """Read what the form has sent back, leaving out what it has not been given.

        :return: by invoice's id the amount with taxes, in its currency
        """
        left = self.left_to_credit
        return {
            int(invoice_id): rest
            for invoice_id, rest in (left.items() if isinstance(left, dict) else ())
            if invoice_id.isdecimal() and isinstance(rest, (int, float))
        }

    def _get_left_of_chosen(self) -> dict:
        """Tell what the invoices chosen have left to credit, for the form to show.

        :return: by invoice the amount with taxes, in its currency
        """
        self.ensure_one()
        invoices = self.move_ids._origin
        left = self._read_left_to_credit()
        if any(invoice.id not in left for invoice in invoices):
            return invoices._get_left_to_credit()
        return {invoice: left[invoice.id] for invoice in invoices}

    def _get_full_refund_obstacle(self, left) -> str:
        """Say why the invoices chosen cannot be refunded in full.

        :param left: by invoice what it has left to credit, in its currency
        :return: the first obstacle in a sentence, nothing when there is none
        """
        if self.date and self.date > fields.Date.context_today(self):
            return self.env._(
                "With a date in the future, only Partial Refund is possible, because a "
                "full refund is posted at once."
            )
        for invoice, rest in left.items():
            if invoice.payment_state != "not_paid":
                states = dict(
                    invoice._fields["payment_state"]._description_selection(self.env)
                )
                return self.env._(
                    "Only Partial Refund is possible for invoice %(invoice)s, because "
                    "its payment status is %(status)s.",
                    invoice=invoice.name,
                    status=states[invoice.payment_state],
                )
            if rest < invoice.amount_total:
                return self.env._(
                    "Only Partial Refund is possible for invoice %(invoice)s, because "
                    "only %(left)s of it is left to credit (drafts included).",
                    invoice=invoice.name,
                    left=invoice.currency_id.format(rest),
                )
        return ""

    def _ensure_can_reverse_for_ticket(self, left) -> None:
        """Check everything that the form does not let happen and RPC does.

        :param left: by invoice chosen what it has left to credit, in its currency
        :raise AccessError: the user may not write the ticket or make credit notes
        :raise UserError: the refund is not possible as chosen; the message says why
        """
        self.ensure_one()
        ticket = self.ticket_id
        ticket._ensure_can_be_refunded()
        if not left:
            raise UserError(
                self.env._(
                    "Choose the invoices that ticket %(ticket)s is to refund.",
                    ticket=ticket.display_name,
                )
            )
        if not self.date:
            raise UserError(self.env._("Choose the date of the refund."))
        # Sudo: the ticket's sales orders decide, also where the user sees none.
        refundable_sudo = self.move_ids.sudo().filtered_domain(
            Domain.AND(ticket._get_refund_conditions().values())
        )
        for invoice, rest in left.items():
            names = {"invoice": invoice.display_name, "ticket": ticket.display_name}
            if invoice.id not in refundable_sudo.ids:
                raise UserError(
                    self.env._(
                        "%(invoice)s cannot be refunded from ticket %(ticket)s; choose "
                        "among the posted invoices of its customer, sales orders and "
                        "product.",
                        **names,
                    )
                )
            if rest <= 0:
                raise UserError(
                    self.env._(
                        "%(invoice)s is credited in full already (drafts included); "
                        "delete a draft credit note of it to make another.",
                        **names,
                    )
                )
        if self.credit_method in FULL_METHODS and (
            obstacle := self._get_full_refund_obstacle(left)
        ):
            raise UserError(obstacle)

    def _prepare_default_reversal(self, move):
        values = super()._prepare_default_reversal(move)
        if self.ticket_id:
            values["ticket_id"] = self.ticket_id.id
        return values

    def reverse_moves(self, is_modify=False):
        """Reverse the entries; of a ticket the invoices, by the credit method.

        :param is_modify: core's choice, without a ticket: whether to duplicate the
            entries as new drafts
        :return: an action on what was made
        :raise AccessError: the user may not refund from the ticket
        :raise UserError: the refund is not possible as chosen; the message says why
        """
        self.ensure_one()
        self = self._without_ticket_default()
        if not self.ticket_id:
            return super().reverse_moves(is_modify=is_modify)
        is_modify = self.credit_method == "modify"
        # The note that names the ticket says that the credit note was created, too; the
        # new draft invoice has no other than core's.
        self = self.with_company(self.ticket_id.company_id).with_context(
            mail_create_nolog=not is_modify
        )
        left = self.move_ids._lock_left_to_credit()
        self._ensure_can_reverse_for_ticket(left)
        is_partial = self.credit_method == "partial"
        returned = is_partial and self.ticket_id._get_returned_by_invoice(self.move_ids)
        container = {"records": self.move_ids}
        # One check of all that is made, of the balance too, once it is complete; then
        # one note in each chatter.
        with (
            self.move_ids._log_ticket_events_together(),
            self.move_ids._check_left_to_credit(container, left),
            self.move_ids._check_balanced(container),
        ):
            action = super().reverse_moves(is_modify=is_modify)
            if self.credit_method == "full":
                self.new_move_ids._post(soft=False)
            elif self.credit_method == "partial":
                for credit_note in self.new_move_ids:
                    invoice = credit_note.reversed_entry_id
                    if invoice in returned:
                        credit_note._keep_quantities(returned[invoice])
                    credit_note._scale_to(min(left[invoice], credit_note.amount_total))
            container["records"] |= self.new_move_ids
            if is_modify:
                container["records"] |= self.move_ids.reversal_move_ids
        return action
