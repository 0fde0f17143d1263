from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, freeze_time, tagged

from .common import ReturnCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestLeftToReturn(ReturnCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.delivery = cls._deliver()
        cls.move = cls.delivery.move_ids

    def _get_left(self):
        return self.move._get_left_to_return()[self.move]

    def _assert_refused(self, left, function, *args):
        message = f"Lamp.*only {left}.*left to return"
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            function(*args)
            self.env.flush_all()
        self.env.invalidate_all()

    def test_open_returns_count(self):
        transfer = self._return(2)
        self.assertEqual(self._get_left(), 1)
        self.assertEqual(
            self._get_lines(self._open_wizard()), [(self.lamp, 3, 2, 1, 1)]
        )
        self._validate(transfer)
        self.assertEqual(self._get_left(), 1)
        self._assert_refused("1.00", self._return, 2)
        self._return(1)
        self.assertEqual(self._get_left(), 0)

    def test_returns_without_ticket_count(self):
        self._return_by_core(self.delivery, 2)
        self.assertEqual(self._get_left(), 1)
        self._assert_refused("1.00", self._return, 2)

    def test_cancelled_return_gives_back(self):
        self._return(2).action_cancel()
        self.assertEqual(self._get_left(), 3)
        self._return(3)

    def test_partly_received_without_backorder_gives_back(self):
        self._validate(self._return(3), {self.lamp: 1}, backorder=False)
        self.assertEqual(self._get_left(), 2)

    def test_raising_the_demand(self):
        transfer = self._return(2)
        transfer.move_ids.product_uom_qty = 3
        self._assert_refused("3.00", transfer.move_ids.write, {"product_uom_qty": 4})
        transfer.move_ids.product_uom_qty = 1
        self.assertEqual(self._get_left(), 2)

    def test_raising_the_quantity(self):
        transfer = self._return(2)
        move = transfer.move_ids.with_user(self.worker)
        self._assert_refused("3.00", move.write, {"quantity": 4})
        self._assert_refused("3.00", move.move_line_ids.write, {"quantity": 4})
        move.quantity = 3
        self.assertEqual(self._get_left(), 0)
        self._validate(transfer)
        self._assert_refused("3.00", move.write, {"quantity": 4})

    def test_other_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        transfer = self._return(2)
        self._assert_refused("3.00", transfer.move_ids.write, {"product_uom": dozen.id})

    def test_one_more_move(self):
        transfer = self._return(2)
        vals = {
            "origin_returned_move_id": self.move.id,
            "product_id": self.lamp.id,
            "product_uom_qty": 2,
            "location_id": self.customers.id,
            "location_dest_id": self.stock.id,
        }
        moves = self.env["stock.move"].with_user(self.agent)
        self._assert_refused("1.00", moves.create, {**vals, "picking_id": transfer.id})
        self._assert_refused(
            "1.00",
            self.env["stock.picking"].with_user(self.agent).create,
            {
                "ticket_id": self.ticket.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.customers.id,
                "location_dest_id": self.stock.id,
                "move_ids": [Command.create(vals)],
            },
        )

    def test_back_from_cancelled(self):
        transfer = self._return(2)
        transfer.action_cancel()
        self._return(2)
        self._assert_refused("1.00", transfer.move_ids.write, {"state": "draft"})

    def test_forged_context(self):
        transfer = self._return(2)
        for value in (True, self.ticket.id, [self.ticket.id]):
            move = transfer.move_ids.with_context(
                helpdesk_return_checked_afterwards=value,
                helpdesk_return_transfers_of_ticket=value,
                helpdesk_return_returning=True,
            )
            self._assert_refused("3.00", move.write, {"product_uom_qty": 4})

    def test_linking_to_a_ticket(self):
        self._return(2)
        transfer = self._return_by_core(self.delivery, 2)
        self._assert_refused("1.00", transfer.write, {"ticket_id": self.ticket.id})

    def test_merging_counts_once(self):
        transfer = self._return(1)
        transfer.move_ids.copy(
            {
                "picking_id": transfer.id,
                "product_uom_qty": 2,
                "origin_returned_move_id": self.move.id,
            }
        )
        transfer.action_confirm()
        self.assertEqual(sum(transfer.move_ids.mapped("product_uom_qty")), 3)
        self.assertEqual(self._get_left(), 0)

    def test_backorder_counts_once(self):
        transfer = self._return(3)
        self._validate(transfer, {self.lamp: 1})
        self.assertEqual(self._get_left(), 0)
        self.assertEqual(len(self.ticket.return_ids), 2)
        self._validate(self.ticket.return_ids - transfer)
        self.assertEqual(self._get_left(), 0)

    def test_transfers_without_ticket_are_core_s(self):
        transfer = self._return_by_core(self.delivery, 2)
        transfer.move_ids.product_uom_qty = 40
        self._validate(transfer)
        self.assertEqual(self._get_left(), -37)

    def test_what_was_sent_back_can_come_again(self):
        returned = self._validate(self._return(3))
        sent = self._return_by_core(returned, 2)
        self._validate(sent)
        self.assertFalse(sent.ticket_id)
        form = self._open_wizard()
        self.assertEqual(form.picking_id, sent)
        self.assertEqual(self._get_lines(form), [(self.lamp, 2, 0, 2, 2)])
