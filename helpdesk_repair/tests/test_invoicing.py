from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.helpdesk_after_sales.tests.common import AccountantGroups

from .common import RepairCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestInvoicing(RepairCommon, AccountantGroups, AccountTestInvoicingCommon):
    """What the invoice method allows, whatever way is taken to an invoice."""

    more_groups = (*AccountantGroups.more_groups, "stock.group_stock_manager")

    def _quote(self, method, ticket=True, confirm=True):
        """A repair with a part, an operation and a quotation."""
        repair = self.env["repair.order"].create(
            {
                "partner_id": self.contact.id,
                "invoice_method": method,
                "product_id": self.work.browse().id,
                **({"ticket_id": self.ticket.id} if ticket else {}),
            }
        )
        self._add_part(repair, quantity=2)
        self._add_service(repair, product_uom_qty=1.5)
        repair.action_create_sale_order()
        if confirm:
            repair.sale_order_id.action_confirm()
        return repair

    def test_button_is_for_who_may_invoice(self):
        for name, groups in (
            ("keeper", "stock.group_stock_user"),
            ("seller", "stock.group_stock_user,sales_team.group_sale_salesman"),
            ("biller", "stock.group_stock_user,account.group_account_invoice"),
        ):
            with self.subTest(name):
                repairs = self.env["repair.order"].with_user(
                    self._create_user(name, groups)
                )
                form = repairs.get_view(view_type="form")["arch"]
                self.assertEqual("action_create_invoice" in form, name != "keeper")

    def _assert_cannot_be_invoiced(self, order, message):
        """By none of the ways there are."""
        self.assertEqual(
            order.order_line.mapped("qty_to_invoice"), [0] * len(order.order_line)
        )
        self.assertEqual(order.invoice_status, "no")
        advances = self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_id=order.id, active_ids=order.ids
        )
        line = order.order_line[0]
        for way in (
            lambda: order._create_invoices(),
            lambda: order._create_invoices(final=True, grouped=True),
            lambda: (order | self._create_order())._create_invoices(),
            lambda: advances.create(
                {"advance_payment_method": "delivered"}
            ).create_invoices(),
            lambda: advances.create(
                {"advance_payment_method": "percentage", "amount": 50}
            ).create_invoices(),
            lambda: advances.create(
                {"advance_payment_method": "fixed", "fixed_amount": 10}
            ).create_invoices(),
            lambda: self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": order.partner_id.id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "product_id": line.product_id.id,
                                "price_unit": 1,
                                "sale_line_ids": [Command.set(line.ids)],
                            }
                        )
                    ],
                }
            ),
        ):
            with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                way()
        self.assertFalse(order.invoice_ids)

    # ------------------------------------------------------------------
    # No invoice
    # ------------------------------------------------------------------

    def test_none(self):
        repair = self.env["repair.order"].create(
            {"ticket_id": self.ticket.id, "invoice_method": "none"}
        )
        for user in (self.env.user, self.mechanic):
            with self.assertRaisesRegex(UserError, repair.name):
                repair.with_user(user).action_create_sale_order()
        order = self._create_order()
        with self.assertRaisesRegex(ValidationError, repair.name):
            repair.sale_order_id = order
        self._finish(repair)
        self.assertFalse(repair.can_be_invoiced)

    def test_none_with_a_quotation(self):
        repair = self._quote("after", confirm=False)
        order = repair.sale_order_id
        with self.assertRaisesRegex(ValidationError, order.name):
            repair.invoice_method = "none"
        order._action_cancel()
        repair.invoice_method = "none"
        order.action_draft()
        order.action_confirm()
        self._assert_cannot_be_invoiced(order, repair.name)

    # ------------------------------------------------------------------
    # Before the repair
    # ------------------------------------------------------------------

    def test_before(self):
        for product in (self.switch, self.work):
            product.invoice_policy = "delivery"
        repair = self._quote("before", confirm=False)
        order = repair.sale_order_id
        repair.action_validate()

        def refused(message):
            for method in ("action_repair_start", "action_repair_done"):
                with (
                    self.assertRaisesRegex(UserError, message),
                    self.env.cr.savepoint(),
                ):
                    getattr(repair, method)()
                self.assertEqual(repair.state, "confirmed")
            with self.assertRaisesRegex(UserError, message):
                repair.state = "under_repair"

        refused(order.name)
        order.action_confirm()
        refused(order.name)
        self.assertTrue(repair.can_be_invoiced)
        action = repair.action_create_invoice()
        invoice = order.invoice_ids
        self.assertEqual(action["res_id"], invoice.id)
        self.assertEqual(invoice.invoice_line_ids.mapped("quantity"), [2, 1.5])
        self.assertFalse(repair.can_be_invoiced)
        refused("is posted|posted; post")
        invoice.action_post()
        self._finish(repair)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_before_down_payment_is_not_enough(self):
        repair = self._quote("before")
        order = repair.sale_order_id
        advances = self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_id=order.id, active_ids=order.ids
        )
        advances.create(
            {"advance_payment_method": "percentage", "amount": 50}
        ).create_invoices()
        order.invoice_ids.action_post()
        with self.assertRaisesRegex(UserError, order.name):
            repair.action_repair_start()
        repair.action_create_invoice()
        order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
        repair.action_repair_start()

    def test_before_without_quotation(self):
        repair = self.env["repair.order"].create(
            {"ticket_id": self.ticket.id, "invoice_method": "before"}
        )
        with self.assertRaisesRegex(UserError, "quotation"):
            repair.action_repair_start()
        repair.invoice_method = "after"
        repair.action_repair_start()

    # ------------------------------------------------------------------
    # After the repair
    # ------------------------------------------------------------------

    def test_after(self):
        for policy in ("order", "delivery"):
            with self.subTest(policy=policy):
                (self.switch | self.work).invoice_policy = policy
                repair = self._quote("after")
                order = repair.sale_order_id
                self._assert_cannot_be_invoiced(order, repair.name)
                with self.assertRaisesRegex(UserError, repair.name):
                    repair.action_create_invoice()
                self._finish(repair)
                self.assertTrue(repair.can_be_invoiced)
                self.assertEqual(order.order_line.mapped("qty_to_invoice"), [2, 1.5])
                self.assertEqual(order.invoice_status, "to invoice")
                repair.action_create_invoice()
                self.assertEqual(order.invoice_status, "invoiced")
                self.assertEqual(
                    order.invoice_ids.invoice_line_ids.mapped("quantity"), [2, 1.5]
                )

    def test_after_bills_the_parts_that_were_used(self):
        self.switch.invoice_policy = "delivery"
        repair = self._quote("after")
        self._start(repair)
        repair.move_ids.quantity = 1
        repair.action_repair_end()
        self.assertEqual(
            repair.sale_order_id.order_line.mapped("qty_to_invoice"), [1, 1.5]
        )

    def test_after_confirmed_last(self):
        """The quotation may be confirmed when the repair is done already."""
        repair = self._quote("after", confirm=False)
        self._finish(repair)
        with self.assertRaisesRegex(UserError, repair.name):
            repair.action_create_invoice()
        repair.sale_order_id.action_confirm()
        repair.action_create_invoice()
        self.assertEqual(len(repair.sale_order_id.invoice_ids), 1)

    def test_changing_the_method_frees_the_order(self):
        repair = self._quote("after")
        order = repair.sale_order_id
        repair.invoice_method = "before"
        self.assertEqual(order.invoice_status, "to invoice")
        repair.invoice_method = "after"
        self.assertEqual(order.invoice_status, "no")
        repair.action_repair_cancel()
        repair.unlink()
        self.assertFalse(order.has_repair_invoicing)
        order.order_line.product_uom_qty = 1
        self.assertEqual(order.invoice_status, "to invoice")

    def test_changing_the_method_with_a_draft_invoice(self):
        """What was to be invoiced before is not posted in the midst of the repair."""
        repair = self._quote("before")
        repair.action_create_invoice()
        invoice = repair.sale_order_id.invoice_ids
        with self.assertRaisesRegex(ValidationError, f"{repair.name}.*Draft Invoice"):
            repair.invoice_method = "after"
        invoice.unlink()
        repair.invoice_method = "after"
        self._assert_cannot_be_invoiced(repair.sale_order_id, repair.name)

    def test_automatic_invoice_leaves_it_out(self):
        """An invoice that nobody asked for, as after an online payment, is none."""
        repair = self._quote("after")
        other = self._create_order()
        other.order_line.product_id.invoice_policy = "order"
        orders = (repair.sale_order_id | other).with_context(
            raise_if_nothing_to_invoice=False
        )
        orders._force_lines_to_invoice_policy_order()
        self.assertEqual(orders._create_invoices(), other.invoice_ids)
        self.assertFalse(repair.sale_order_id.invoice_ids)

    def test_invoice_is_out_of_sight_of_the_workshop(self):
        """Who may not read invoices makes one and is told so."""
        repair = self._quote("after")
        self._finish(repair)
        action = repair.with_user(self.worker).action_create_invoice()
        self.assertEqual(action["tag"], "display_notification")
        self.assertTrue(repair.sale_order_id.invoice_ids)
        with self.assertRaises(AccessError):
            repair.with_user(self.plain_agent).action_create_invoice()

    # ------------------------------------------------------------------
    # Outside the helpdesk
    # ------------------------------------------------------------------

    def test_repair_without_method_is_as_in_core(self):
        (self.switch | self.work).invoice_policy = "order"
        repair = self._quote(False, ticket=False)
        order = repair.sale_order_id
        self.assertFalse(order.has_repair_invoicing)
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertFalse(repair.can_be_invoiced)
        order._create_invoices()
        self._finish(repair)

    def test_repair_without_ticket_with_method(self):
        repair = self._quote("after", ticket=False)
        self._assert_cannot_be_invoiced(repair.sale_order_id, repair.name)

    def test_order_that_sold_the_repair_and_other_things(self):
        """Only what bills the repair waits for it."""
        sold = self.env["product.product"].create(
            {
                "name": "Repair Service",
                "type": "service",
                "service_tracking": "repair",
                "invoice_policy": "order",
            }
        )
        self.lamp.invoice_policy = "order"
        order = self._create_order({self.lamp: 1, sold: 1})
        repair = order.repair_order_ids
        self.assertTrue(repair.sale_order_line_id)
        repair.invoice_method = "after"
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [1, 0])
        invoice = order._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.product_id, self.lamp)
        repair.action_repair_start()
        repair.action_repair_end()
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0, 1])
