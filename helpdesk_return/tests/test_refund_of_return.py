from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.helpdesk_after_sales.tests.common import AccountantGroups

from .common import ReturnCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestRefundOfReturn(ReturnCommon, AccountantGroups, AccountTestInvoicingCommon):
    """Returns and refunds meet in the base's hook, and do without each other."""

    more_groups = (*AccountantGroups.more_groups, "stock.group_stock_manager")

    def test_refund_starts_with_what_came_back(self):
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        order = delivery.sale_id
        lamps, _desks = order.order_line
        order.order_line.price_unit = 100
        invoice = order._create_invoices()
        invoice.action_post()
        user = self.env.user
        self._validate(self._return(2, 0, user=user))
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 2})
        if "refund" in self.ticket._get_after_sales_services():
            self.team.use_refund = True
            invoice.copy({"invoice_date": "2026-03-01"}).action_post()
            action = self.ticket.action_refund()
            wizard = (
                self.env[action["res_model"]]
                .with_context(**action["context"])
                .create({})
            )
            self.assertEqual(wizard.move_ids, invoice)
            wizard.refund_moves()
            credit_note = self.ticket.credit_note_ids
            self.assertEqual(credit_note.state, "draft")
            self.assertEqual(credit_note.invoice_line_ids.sale_line_ids, lamps)
            self.assertEqual(credit_note.invoice_line_ids.quantity, 2)
