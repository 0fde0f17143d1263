from odoo import Command
from odoo.tests import Form, freeze_time, new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class RefundGroups:
    """Let core's accountant of the tests manage helpdesk and sales as well."""

    @classmethod
    def get_default_groups(cls):
        return (
            super().get_default_groups()
            | cls.quick_ref("helpdesk_mgmt.group_helpdesk_manager")
            | cls.quick_ref("sales_team.group_sale_manager")
        )


@freeze_time("2026-03-10")
class RefundCommon(RefundGroups, AccountTestInvoicingCommon):
    """A team that refunds, its users, and a customer with a ticket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.tax = cls.env["account.tax"].create({"name": "19%", "amount": 19.0})
        cls.team = cls.env["helpdesk.ticket.team"].create(
            {"name": "Care", "use_refund": True}
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Lakeside Interiors", "is_company": True}
        )
        cls.contact = cls.env["res.partner"].create(
            {"name": "Nora Field", "parent_id": cls.customer.id}
        )
        cls.ticket = cls._create_ticket()
        cls.agent = cls._create_user(
            "agent", "helpdesk_mgmt.group_helpdesk_user,account.group_account_invoice"
        )
        cls.plain_agent = cls._create_user(
            "plain_agent", "helpdesk_mgmt.group_helpdesk_user"
        )
        cls.clerk = cls._create_user("clerk", "account.group_account_invoice")

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_ticket(cls, **values):
        return cls.env["helpdesk.ticket"].create(
            {
                "name": "Monitor arrived cracked",
                "description": "One of two",
                "partner_id": cls.contact.id,
                "team_id": cls.team.id,
                **values,
            }
        )

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
        ticket = (ticket or self.ticket).with_user(user or self.agent)
        action = ticket.action_refund()
        wizards = self.env["account.move.reversal"].with_user(user or self.agent)
        return Form(
            wizards.with_context(**action["context"]),
            self.env.ref("account.view_account_move_reversal"),
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
