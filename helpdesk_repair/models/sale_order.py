from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty


class SaleOrder(models.Model):
    _inherit = "sale.order"

    has_repair_invoicing = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether the invoice method of a repair decides what can be invoiced.",
    )

    def _update_repair_invoicing(self) -> None:
        """Look anew at what can be invoiced of these orders, for their repairs' sake.

        To be called when a repair with an invoice method gets or loses its order,
        method or state.
        """
        # Sudo: who repairs need not be able to write orders.
        for order_sudo in self.sudo():
            repairs_sudo = order_sudo.repair_order_ids.filtered("invoice_method")
            if order_sudo.has_repair_invoicing != bool(repairs_sudo):
                order_sudo.has_repair_invoicing = bool(repairs_sudo)
            order_sudo.order_line._recompute_qty_to_invoice()

    def _get_repairs_of_quotation(self):
        """Find the repairs that these orders are the quotations of.

        A repair that came of an order, by a line that sells repairing, is none.

        :return: ``repair.order`` records, by sudo: who sells need not have rights on
            them
        """
        repairs_sudo = self.sudo().repair_order_ids
        return repairs_sudo.filtered(lambda repair: not repair.sale_order_line_id)

    def _get_repairs_holding_back(self):
        """Find the repairs for which nothing of these orders can be invoiced yet.

        :return: ``repair.order`` records, by sudo
        """
        orders = self.filtered("has_repair_invoicing")
        return orders._get_repairs_of_quotation().filtered(
            lambda repair: repair._holds_back_invoice()
        )

    def _ensure_not_held_back_for_repair(self) -> None:
        """Refuse to invoice orders that a repair's invoice method holds back.

        :raise UserError: nothing can be invoiced yet; the message says why
        """
        for repair_sudo in self._get_repairs_holding_back():
            names = {
                "order": repair_sudo.sale_order_id.name,
                "repair": repair_sudo.name,
            }
            if repair_sudo.invoice_method == "none":
                message = self.env._(
                    "%(order)s cannot be invoiced, because its repair %(repair)s is not "
                    "to be; change the repair's Invoice Method if it is.",
                    **names,
                )
            else:
                message = self.env._(
                    "%(order)s cannot be invoiced before its repair %(repair)s is done; "
                    "end the repair, or change its Invoice Method.",
                    **names,
                )
            raise UserError(message)

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Invoice orders, unless a repair's invoice method holds them back.

        :raise UserError: nothing can be invoiced yet, and nobody but the user asked
        """
        held_back = self._get_repairs_holding_back().sale_order_id
        if held_back and self.env.context.get("raise_if_nothing_to_invoice", True):
            self._ensure_not_held_back_for_repair()
        orders = self.filtered(lambda order: order.id not in held_back._ids)
        if self and not orders:
            return self.env["account.move"]
        return super(SaleOrder, orders)._create_invoices(
            grouped=grouped, final=final, date=date
        )

    def _action_confirm(self):
        """Confirm orders; a ticket hears of its repairs' quotations."""
        result = super()._action_confirm()
        for order in self:
            order._get_repairs_of_quotation()._log_ticket_event(
                self.env._(
                    "has its quotation %(quotation)s confirmed", quotation=order.name
                )
            )
        return result

    def _get_repair_quotation_notes(self) -> list:
        """List the notes of the repairs that this is the quotation of.

        Called when the quotation is printed and when the customer sees it.

        :return: the notes, as ``Markup``; those that are empty left out
        """
        self.ensure_one()
        notes = self._get_repairs_of_quotation().mapped("quotation_notes")
        return [note for note in notes if not is_html_empty(note)]
