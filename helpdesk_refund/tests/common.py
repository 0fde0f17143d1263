from odoo import Command
from odoo.tests import freeze_time

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.helpdesk_after_sales.tests.common import (
    AccountantGroups,
    ServiceCommon,
)


@freeze_time("2026-03-10")
class RefundCommon(ServiceCommon, AccountantGroups, AccountTestInvoicingCommon):
    """A team that refunds, its users, and a customer with a ticket."""

    service = "refund"
    ticket_values = {"name": "Monitor arrived cracked", "description": "One of two"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].create({"name": "19%", "amount": 19.0})
        cls.agent = cls._create_user(
            "agent", "helpdesk_mgmt.group_helpdesk_user,account.group_account_invoice"
        )
        cls.plain_agent = cls._create_user(
            "plain_agent", "helpdesk_mgmt.group_helpdesk_user"
        )
        cls.clerk = cls._create_user("clerk", "account.group_account_invoice")

    @classmethod
    def _create_customer_invoice(cls, amount=100.0, post=True, **values):
        """An invoice without taxes, unless the lines say otherwise."""
        values.setdefault(
            "invoice_line_ids",
            [cls._prepare_invoice_line(price_unit=amount, name="Monitor", tax_ids=[])],
        )
        return cls._create_invoice(
            **{
                "partner_id": cls.customer.id,
                "invoice_date": "2026-02-01",
                "invoice_payment_term_id": False,
                "post": post,
                **values,
            }
        )

    def _open_wizard(self, ticket=None, user=None):
        """The wizard as the button on the ticket opens it."""
        return self._open_wizard_on(
            ticket or self.ticket, user or self.agent, "action_refund"
        )

    def _refund(self, invoices=None, ticket=None, user=None, method=None, **values):
        """Refund as the user does, and return what **Reverse** opens."""
        form = self._open_wizard(ticket, user)
        if invoices:
            form.move_ids.clear()
            for invoice in invoices:
                form.move_ids.add(invoice)
        if method:
            form.credit_method = method
        for name, value in values.items():
            form[name] = value
        action = form.save().refund_moves()
        if "res_id" in action:
            return self.env["account.move"].browse(action["res_id"])
        return self.env["account.move"].search(action["domain"])

    def _refund_by_core(self, invoice, post=False, amount=None):
        """A credit note made from the invoice, without a ticket."""
        credit_note = self._reverse_invoice(invoice)
        if amount:
            credit_note.invoice_line_ids.price_unit = amount
        if post:
            credit_note.action_post()
        return credit_note

    def _prepare_refund_vals(self, invoice, amount, **values):
        """Values of a credit note of the ticket, as RPC may send them."""
        return {
            "move_type": "out_refund",
            "ticket_id": self.ticket.id,
            "reversed_entry_id": invoice.id,
            "partner_id": invoice.partner_id.id,
            "invoice_date": "2026-03-01",
            "invoice_line_ids": [
                Command.create({"name": "Refund", "price_unit": amount, "tax_ids": []})
            ],
            **values,
        }
