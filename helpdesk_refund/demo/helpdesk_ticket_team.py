from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.helpdesk_after_sales.demo.helpdesk_ticket_team import Chapter

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
        if not self._can_invoice_demo():
            return
        journals = self.env["account.journal"]
        bank = journals.search(
            [
                *journals._check_company_domain(self.env.company),
                ("type", "=", "bank"),
            ],
            limit=1,
        )
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
    def _can_invoice_demo(self) -> bool:
        """Tell whether the company has what it takes to invoice."""
        journals = self.env["account.journal"]
        domain = journals._check_company_domain(self.env.company)
        return bool(
            self.env.company.chart_template
            and journals.search_count([*domain, ("type", "=", "sale")], limit=1)
        )

    @api.model
    def _get_demo_chapters(self):
        return [*super()._get_demo_chapters(), Chapter(4, self._tell_demo_refund)]

    @api.model
    def _tell_demo_refund(self, ticket, moment) -> None:
        """Refund a tenth of the lamp, which was invoiced when it was ordered."""
        if not self._can_invoice_demo():
            return
        order = ticket.sale_order_ids
        invoice = order._create_invoices()
        invoice.invoice_date = order.date_order
        invoice.action_post()
        credit_note = self._create_refund_demo_credit_note(ticket, invoice)
        credit_note.invoice_date = moment
        credit_note.invoice_line_ids.price_unit /= 10
        credit_note.action_post()

    @api.model
    def _create_refund_demo_credit_notes(self) -> None:
        """Refund one of two monitors, not posted yet, and a fifth for late delivery."""
        cracked, late = (
            self._create_refund_demo_credit_note(
                self.env.ref(f"helpdesk_after_sales.ticket_{story}_demo"),
                self.env.ref(f"helpdesk_refund.invoice_{story}_demo"),
            )
            for story in ("screen_cracked", "late_delivery")
        )
        cracked.invoice_line_ids.quantity = 1
        late._scale_to(late.currency_id.round(late.amount_total / 5))
        late.action_post()

    @api.model
    def _create_refund_demo_credit_note(self, ticket, invoice):
        """Refund an invoice in part, from a ticket.

        :return: the draft credit note
        """
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
