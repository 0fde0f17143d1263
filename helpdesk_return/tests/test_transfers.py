from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, freeze_time, tagged

from odoo.addons.helpdesk_after_sales.models.helpdesk_document_mixin import (
    HelpdeskDocumentMixin,
)
from odoo.addons.helpdesk_after_sales.models.helpdesk_ticket_wizard_mixin import (
    HelpdeskTicketWizardMixin,
)
from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison

from ..models.stock_move import StockMove
from ..models.stock_picking import StockPicking
from ..wizards.stock_picking_return import StockReturnPicking, StockReturnPickingLine
from .common import ReturnCommon

CHECKS = {
    "stock.move": {"_check_left_to_return", "_check_returned_delivery"},
    "stock.move.line": {"_check_returned_goods"},
    "stock.picking": {"_check_ticket_customer"},
}


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestTransfers(ReturnCommon, QueryComparison, TransactionCase):
    """Which transfers are a ticket's documents, and which are not."""

    overrides = {
        HelpdeskDocumentMixin: ("create", "write"),
        HelpdeskTicketWizardMixin: ("default_get",),
        StockMove: (
            "_do_unreserve",
            "_get_available_move_lines",
            "_get_new_picking_values",
            "_merge_moves",
            "_push_apply",
            "_search_picking_for_assignation",
            "_search_picking_for_assignation_domain",
        ),
        StockPicking: (
            "_action_done",
            "_compute_display_name",
            "_create_backorder_picking",
        ),
        StockReturnPicking: (
            "_compute_moves_locations",
            "_create_return",
            "_prepare_picking_default_values_based_on",
            "action_create_returns",
        ),
        StockReturnPickingLine: ("_prepare_move_default_values", "_process_line"),
    }

    def test_exchange(self):
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        returned = self._return(2, 1, exchange=True)
        replacement = self._get_replacement(returned)
        self.assertEqual(len(replacement), 1)
        self.assertEqual(replacement.location_dest_id, self.customers)
        self.assertEqual(
            {move.product_id: move.product_uom_qty for move in replacement.move_ids},
            {self.lamp: 2, self.desk: 1},
        )
        self.assertEqual(replacement.sale_id, delivery.sale_id)
        self.assertEqual(self.ticket.return_count, 1)
        self.assertEqual(self.ticket.action_view_returns()["res_id"], returned.id)
        self.assertEqual(len(self.ticket.document_ids), 2)
        link = f'data-oe-model="stock.picking" data-oe-id="{replacement.id}"'
        bodies = self.ticket.message_ids.mapped("body")
        self.assertEqual(len([body for body in bodies if link in body]), 1)

    def test_replacement_is_planned_for_now(self):
        delivery = self._deliver()
        delivery.move_ids.date = "2026-01-05 12:00:00"
        replacement = self._get_replacement(self._return(1, exchange=True))
        self.assertEqual(replacement.scheduled_date.date(), fields.Date.today())

    def test_cancelled_return_needs_no_replacement(self):
        self._deliver({self.lamp: 2})
        returned = self._return(2, exchange=True)
        replacement = self._get_replacement(returned)
        self.assertEqual(replacement.replaced_return_id, returned)
        with (
            self.assertRaisesRegex(UserError, f"{replacement.name} replaces"),
            self.env.cr.savepoint(),
        ):
            returned.unlink()
        self.env.invalidate_all()
        returned.with_user(self.worker).action_cancel()
        self.assertEqual(replacement.state, "cancel")
        bodies = "".join(self.ticket.message_ids.mapped("body"))
        self.assertIn(f"{replacement.name}</a> cancelled", bodies)
        again = self._return(2, exchange=True)
        self.assertEqual(again.state, "assigned")

    def test_replacement_that_was_sent_before_its_return_was_cancelled(self):
        self._put_in_stock(self.lamp, 9)
        delivery = self._deliver({self.lamp: 2})
        returned = self._return(2, exchange=True)
        replacement = self._get_replacement(returned)
        self._validate(replacement.with_user(self.worker))
        returned.action_cancel()
        self.assertEqual(replacement.state, "done")
        transfers = self.ticket.return_ids
        with (
            self.assertRaisesRegex(UserError, "3.00 Units of Lamp cannot be sent"),
            self.env.cr.savepoint(),
        ):
            self._return(1, delivery=delivery, exchange=True)
        self.env.invalidate_all()
        self.assertEqual(self.ticket.return_ids, transfers)
        self.assertEqual(self._return(1, delivery=delivery).state, "assigned")

    def test_replacement_gives_no_more_than_comes_back(self):
        self._put_in_stock(self.lamp, 9)
        self._deliver({self.lamp: 3})
        returned = self._return(3, exchange=True)
        replacement = self._get_replacement(returned)
        self._validate(replacement, {self.lamp: 1})
        rest = self._get_replacement(returned) - replacement
        self.assertEqual(rest.replaced_return_id, returned)
        self._validate(returned, {self.lamp: 1})
        backorder = self.ticket.return_ids - returned - replacement - rest
        backorder.action_cancel()
        self.assertEqual(rest.state, "assigned")
        with (
            self.assertRaisesRegex(UserError, "3.00 Units of Lamp"),
            self.env.cr.savepoint(),
        ):
            self._validate(rest.with_user(self.worker))
        self.env.invalidate_all()
        self.assertEqual(rest.state, "assigned")

    def test_sent_back_goods_are_not_replaced_too(self):
        self._put_in_stock(self.lamp, 9)
        delivery = self._deliver({self.lamp: 2})
        first = self._return(1, delivery=delivery)
        self._validate(first)
        back = self._return_by_core(first, 1)
        back.ticket_id = self.ticket
        second = self._return(1, delivery=delivery, exchange=True)
        replacement = (self.ticket.return_ids - first - back - second).ensure_one()
        self._validate(replacement)
        second.action_cancel()
        with self.assertRaisesRegex(UserError, "takes back only 2.00"):
            self._return(1, delivery=delivery, exchange=True)

    def test_exchange_is_a_transfer_of_its_own(self):
        self._put_in_stock(self.lamp)
        order = self._create_order({self.lamp: 3})
        delivery = order.picking_ids
        self._validate(delivery, {self.lamp: 2})
        still_open = order.picking_ids - delivery
        self.assertEqual(still_open.state, "assigned")
        first = self._get_replacement(self._return(1, exchange=True))
        self.assertEqual(first.move_ids.product_uom_qty, 1)
        self.assertEqual(still_open.move_ids.product_uom_qty, 1)
        self.assertFalse(still_open.ticket_id)
        self._return(1, exchange=True)
        self.assertEqual(len(self.ticket.return_ids), 4)
        self.assertEqual(first.move_ids.product_uom_qty, 1)
        order.order_line.product_uom_qty += 5
        self.assertEqual(first.move_ids.product_uom_qty, 1)
        self.assertEqual(len(self.ticket.return_ids), 4)
        self.assertEqual(still_open.move_ids.product_uom_qty, 6)

    def test_exchange_in_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        self._put_in_stock(self.lamp)
        order = self._create_order()
        while waiting := order.picking_ids.filtered(lambda t: t.state == "assigned"):
            self._validate(waiting)
        returned = self._return(1, exchange=True)
        picking = self._get_replacement(returned)
        self.assertEqual(len(picking), 1)
        self._validate(picking.with_user(self.worker))
        shipping = self._get_replacement(returned) - picking
        self.assertEqual(shipping.location_dest_id, self.customers)
        self.assertEqual(shipping.replaced_return_id, returned)
        self.assertEqual(self.ticket.return_count, 1)
        returned.action_cancel()
        self.assertEqual(shipping.state, "cancel")
        with self.assertRaisesRegex(UserError, "in exchange"):
            picking._ensure_replaced_comes_back()

    def test_backorder(self):
        self._deliver()
        transfer = self._return(3)
        self._validate(transfer.with_user(self.worker), {self.lamp: 1})
        backorder = self.ticket.return_ids - transfer
        self.assertEqual(backorder.backorder_id, transfer)
        self.assertEqual(backorder.move_ids.product_uom_qty, 2)
        self.assertEqual(self.ticket.return_count, 2)
        self.assertIn(backorder.name, "".join(self.ticket.message_ids.mapped("body")))
        link = f'data-oe-model="helpdesk.ticket" data-oe-id="{self.ticket.id}"'
        self.assertEqual(
            len(
                [body for body in backorder.message_ids.mapped("body") if link in body]
            ),
            1,
        )

    def test_later_steps_of_a_return(self):
        self.warehouse.reception_steps = "three_steps"
        self._deliver()
        first = self._return(3)
        self._validate(first.with_user(self.worker))
        second = self.ticket.return_ids - first
        self.assertEqual(len(second), 1)
        self._validate(second.with_user(self.worker))
        third = self.ticket.return_ids - first - second
        self.assertEqual(len(third), 1)
        self.assertEqual(third.location_dest_id, self.stock)
        self.assertEqual(self.ticket.return_count, 1)
        self._validate(third)
        self.assertEqual(len(self.ticket.return_ids), 3)

    def test_steps_of_others_stay_apart(self):
        self.warehouse.reception_steps = "two_steps"
        delivery = self._deliver()
        by_core = self._return_by_core(delivery, 1)
        mine = self._return(1)
        other = self._create_ticket()
        its = self._return(1, ticket=other)
        for transfer in (mine, by_core, its):
            self._validate(transfer)
        self.assertEqual(len(self.ticket.return_ids), 2)
        self.assertEqual(len(other.return_ids), 2)
        step = self.ticket.return_ids - mine
        self.assertEqual(step.move_ids.product_uom_qty, 1)

    def test_left_over_default(self):
        delivery = self._deliver()
        context = {
            "default_ticket_id": self.ticket.id,
            "active_model": "stock.picking",
            "active_id": delivery.id,
            "active_ids": delivery.ids,
        }
        for method in ("action_create_returns", "action_create_exchanges"):
            wizard = self.env["stock.return.picking"].with_context(**context).create({})
            self.assertFalse(wizard.ticket_id)
            wizard.product_return_moves.quantity = 1
            getattr(wizard, method)()
        self.assertFalse(self.ticket.return_ids)
        self._return(1)
        self.assertEqual(len(self.ticket.return_ids), 1)

    def test_outlasts_a_copy(self):
        self._deliver()
        transfer = self._return(1)
        self.assertFalse(transfer.copy().ticket_id)

    # ------------------------------------------------------------------
    # Queries of transfers without a ticket
    # ------------------------------------------------------------------

    def test_transfers_without_ticket_cost_nothing(self):
        self._put_in_stock(self.lamp)
        delivery = self._create_order().picking_ids
        back = self._return_by_core(self._deliver({self.desk: 2}), 1)
        calls = {
            "order": self._create_order,
            "delivery": lambda: self._validate(delivery),
            "part of a delivery": lambda: self._validate(delivery, {self.lamp: 1}),
            "return": lambda: self._validate(back),
            "raised return": lambda: back.move_ids.write({"product_uom_qty": 5}),
            "cancelled delivery": delivery.action_cancel,
            "wizard": lambda: self._return_by_core(self.done, 1),
        }
        self.done = self._deliver()
        for name, call in calls.items():
            with self.subTest(name):
                with self._without_overrides():
                    core = self.count_queries(call)
                self.assertEqual(self.count_queries(call), core)

    @contextmanager
    def _without_overrides(self):
        """As if transfers and the wizard were core's alone."""
        with super()._without_overrides(), ExitStack() as stack:
            for model, names in CHECKS.items():
                checks = [
                    check
                    for check in self.env[model]._constraint_methods
                    if check.__name__ not in names
                ]
                self.assertLess(len(checks), len(self.env[model]._constraint_methods))
                stack.enter_context(
                    patch.object(self.registry[model], "_constraint_methods", checks)
                )
            yield
