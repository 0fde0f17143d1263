from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

INVOICES = [
    # Two monitors, one of them cracked: not paid yet
    {
        "name": "invoice_screen_cracked_demo",
        "partner": "partner_lakeside_demo",
        "lines": [("product_screen_demo", 2, 0)],
        "days": 12,
    },
    # Charged twice: both collected
    {
        "name": "invoice_charged_once_demo",
        "partner": "partner_harbour_demo",
        "lines": [("product_coffee_demo", 1, 0)],
        "days": 20,
        "paid": 1,
    },
    {
        "name": "invoice_charged_twice_demo",
        "partner": "partner_harbour_demo",
        "lines": [("product_coffee_demo", 1, 0)],
        "days": 19,
        "paid": 1,
    },
    # The lamp that flickers: in another currency
    {
        "name": "invoice_lamp_flickers_demo",
        "partner": "partner_ivo_demo",
        "lines": [("product_lamp_demo", 1, 0)],
        "days": 8,
        "foreign": True,
    },
    # The late delivery: with a discount, paid in part
    {
        "name": "invoice_late_delivery_demo",
        "partner": "partner_lakeside_demo",
        "lines": [("product_lamp_demo", 4, 10), ("product_screen_demo", 1, 0)],
        "days": 30,
        "paid": 0.5,
    },
]
"""The invoices of the base's demonstration customers.

Lines are product, quantity and discount; ``days`` is the age; ``paid`` the share that is
paid; ``foreign`` invoices are not in the company's currency.
"""


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    @api.model
    def _create_refund_demo(self) -> None:
        """Invoice the demonstration customers, so that there is something to refund.

        Called by the demonstration data. In Python, because it depends on the company's
        chart of accounts, without which nothing can be invoiced.
        """
        journals = self.env["account.journal"]
        company_domain = journals._check_company_domain(self.env.company)
        if not self.env.company.chart_template or not journals.search_count(
            [*company_domain, ("type", "=", "sale")], limit=1
        ):
            return
        bank = journals.search([*company_domain, ("type", "=", "bank")], limit=1)
        for demo in INVOICES:
            invoice = self.env["account.move"].create(
                self._prepare_refund_demo_invoice_vals(demo)
            )
            self.env["ir.model.data"]._update_xmlids(
                [
                    {
                        "xml_id": f"helpdesk_refund.{demo['name']}",
                        "record": invoice,
                        "noupdate": True,
                    }
                ]
            )
            invoice.action_post()
            if bank and demo.get("paid"):
                self.env["account.payment.register"].with_context(
                    active_model="account.move", active_ids=invoice.ids
                ).create(
                    {
                        "amount": invoice.currency_id.round(
                            invoice.amount_total * demo["paid"]
                        ),
                        "journal_id": bank.id,
                    }
                )._create_payments()
        self._create_refund_demo_credit_notes()

    @api.model
    def _create_refund_demo_credit_notes(self) -> None:
        """Refund one of two monitors, not posted yet, and a fifth for late delivery."""
        cracked = self._create_refund_demo_credit_note("screen_cracked")
        cracked.invoice_line_ids.quantity = 1
        late = self._create_refund_demo_credit_note("late_delivery")
        late._scale_to(late.currency_id.round(late.amount_total / 5))
        late.action_post()

    @api.model
    def _create_refund_demo_credit_note(self, story: str):
        """Refund the invoice of a demonstration ticket in part.

        :param story: what the ticket and the invoice have in their external ids
        :return: the draft credit note
        """
        ticket = self.env.ref(f"helpdesk_after_sales.ticket_{story}_demo")
        invoice = self.env.ref(f"helpdesk_refund.invoice_{story}_demo")
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model=ticket._name, active_id=ticket.id)
            .create({"move_ids": [Command.set(invoice.ids)]})
        )
        reversal.refund_moves()
        return reversal.new_move_ids

    @api.model
    def _prepare_refund_demo_invoice_vals(self, demo: dict) -> dict:
        """Prepare one of ``INVOICES``."""
        currency = self.env.company.currency_id
        if demo.get("foreign"):
            euro, dollar = self.env.ref("base.EUR"), self.env.ref("base.USD")
            currency = dollar if currency == euro else euro
            currency.active = True
        return {
            "move_type": "out_invoice",
            "partner_id": self.env.ref(f"helpdesk_after_sales.{demo['partner']}").id,
            "currency_id": currency.id,
            "invoice_date": fields.Date.today() - timedelta(days=demo["days"]),
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.env.ref(
                            f"helpdesk_after_sales.{product}"
                        ).id,
                        "quantity": quantity,
                        "discount": discount,
                    }
                )
                for product, quantity, discount in demo["lines"]
            ],
        }
