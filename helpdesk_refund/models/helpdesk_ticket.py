from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    credit_note_ids = fields.One2many(
        "account.move",
        "ticket_id",
        string="Credit Notes",
        domain=[("move_type", "=", "out_refund")],
    )
    credit_note_count = fields.Integer(
        string="Credit Notes Count", compute="_compute_credit_note_count"
    )
    can_be_refunded = fields.Boolean(compute="_compute_can_be_refunded")

    def _get_after_sales_services(self):
        return {**super()._get_after_sales_services(), "refund": "credit_note_ids"}

    def _get_documents_domain(self, documents):
        domain = super()._get_documents_domain(documents)
        if documents == "credit_note_ids":
            domain &= Domain("state", "=", "posted")
        return domain

    @api.depends("credit_note_ids.state")
    def _compute_credit_note_count(self):
        self._compute_document_count("credit_note_ids", "credit_note_count")

    @api.depends("active", "team_id.use_refund", "partner_id")
    def _compute_can_be_refunded(self):
        for ticket in self:
            ticket.can_be_refunded = bool(
                ticket._has_service("refund") and ticket.partner_id
            )

    # --------------------------------------------------------------------------
    # Invoices to refund
    # --------------------------------------------------------------------------

    def _get_refund_conditions(self) -> dict[str, Domain]:
        """Tell what an invoice must be for this ticket to refund it.

        To be extended, with a sentence in ``_get_no_invoice_reasons``, by addons that
        narrow the choice further.

        :return: conditions on ``account.move`` by name, from the widest on
        """
        self.ensure_one()
        conditions = {
            "customer": Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "=", self.commercial_partner_id.id)
        }
        # Sudo: who bills a customer need not be able to read the sales orders.
        if orders_sudo := self.sudo().sale_order_ids:
            conditions["orders"] = Domain(
                "line_ids",
                "any",
                Domain(
                    "sale_line_ids", "any!", Domain("order_id", "in", orders_sudo.ids)
                ),
            )
        if self.product_id:
            conditions["product"] = Domain(
                "invoice_line_ids.product_id", "=", self.product_id.id
            )
        return conditions

    def _get_no_invoice_reasons(self) -> dict[str, str]:
        """Say for each condition on invoices what it means when none fulfils it.

        :return: a sentence for each name of ``_get_refund_conditions``
        """
        names = self._get_names()
        return {
            "customer": self.env._(
                "%(customer)s has no posted invoice of %(company)s to refund.", **names
            ),
            "orders": self.env._(
                "No posted invoice of %(customer)s is of the sales orders of ticket "
                "%(ticket)s (%(orders)s).",
                # Sudo: who bills a customer need not be able to read the sales orders.
                orders=", ".join(self.sudo().sale_order_ids.mapped("name")),
                **names,
            ),
            "product": self.env._(
                "No posted invoice of %(customer)s that ticket %(ticket)s can refund has "
                "its product %(product)s.",
                **names,
            ),
        }

    def _get_invoices_to_refund(self) -> dict:
        """Find the invoices that this ticket can refund, in part or in full.

        :return: by ``account.move`` record what it has left to credit, with taxes, in
            its currency
        """
        invoices = self.env["account.move"].search(
            Domain.AND(self._get_refund_conditions().values())
        )
        left = invoices._get_left_to_credit()
        return {invoice: rest for invoice, rest in left.items() if rest > 0}

    def _get_returned_by_invoice(self, invoices) -> dict:
        """Tell by which of these invoices what customers have sent back was billed.

        What the ticket's credit notes hold already is left out, drafts included.

        :param invoices: where to look, those that come first before the others
        :return: by invoice, the quantities of sales order lines in their unit; empty
            where nothing has come back
        """
        returned = self._get_returned_quantities()
        if not returned:
            return {}
        # Sudo: what was credited counts also where the user may not see it.
        credit_notes_sudo = self.sudo().credit_note_ids
        for line_sudo in credit_notes_sudo.filtered(
            lambda move: move.state != "cancel"
        ).invoice_line_ids:
            if (order_line := line_sudo.sale_line_ids.sudo(self.env.su)) in returned:
                returned[order_line] -= line_sudo._get_quantity_in_unit_of(order_line)
        by_invoice = {}
        for line in invoices.invoice_line_ids:
            # Sudo: who bills what came back need not be able to read the sales orders.
            order_line = line.sudo().sale_line_ids.sudo(self.env.su)
            billed = (
                line._get_quantity_in_unit_of(order_line)
                if order_line in returned
                else 0
            )
            if (quantity := min(returned.get(order_line, 0), billed)) > 0:
                returned[order_line] -= quantity
                quantities = by_invoice.setdefault(line.move_id, {})
                quantities[order_line] = quantities.get(order_line, 0) + quantity
        return by_invoice

    def _get_no_invoice_reason(self) -> str:
        """Say why this ticket has no invoice to refund."""
        return self._find_reason(
            "account.move",
            self._get_refund_conditions(),
            self._get_no_invoice_reasons(),
        ) or self.env._(
            "All invoices of %(customer)s that ticket %(ticket)s can refund are credited "
            "in full, drafts included.",
            **self._get_names(),
        )

    def _ensure_can_be_refunded(self) -> None:
        """Refuse refunds that are not the user's, or not this ticket's, to make.

        :raise AccessError: the user may not write the ticket or make credit notes
        :raise UserError: the ticket's team does not refund, or there is no customer
        """
        self._ensure_service("refund")
        self._ensure_customer()
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._(
                    "You cannot refund from ticket %(ticket)s, because that takes the "
                    "rights of Invoicing; ask a colleague who has them.",
                    ticket=self.display_name,
                )
            )

    def action_refund(self):
        """Open core's wizard to reverse invoices of this ticket's customer.

        :return: an action on ``account.move.reversal``, in a dialog
        :raise AccessError: the user may not write the ticket or make credit notes
        :raise UserError: the ticket's team does not refund, or there is no customer
        """
        self.ensure_one()
        self._ensure_can_be_refunded()
        return self._get_wizard_action(
            "account.move.reversal", self.env._("Reverse Journal Entry")
        )

    @api.readonly
    def action_view_credit_notes(self):
        """Open the posted credit notes of this ticket.

        :return: an action on them, or on the ticket's After-Sales lines for a user who
            may not read them
        """
        return self._action_view_documents("credit_note_ids")
