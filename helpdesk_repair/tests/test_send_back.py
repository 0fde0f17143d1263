from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestSendBack(RepairCommon, TransactionCase):
    """From the return over the repair back to the customer."""

    def _get_done_repair(self, **values):
        repair = self._create_repair(user=self.mechanic, **values)
        self._finish(repair)
        return repair

    def test_send_back(self):
        delivery, transfer = self._receive_lamp()
        line = delivery.sale_id.order_line
        self.assertEqual(line.qty_delivered, 2)
        self.assertEqual(self.ticket._get_returned_quantities(), {line: 1})
        repair = self._get_done_repair()
        self.assertTrue(repair.can_be_sent_back)
        action = repair.action_send_back()
        back = repair.send_back_id
        self.assertEqual(action["res_id"], back.id)
        self.assertEqual(back.ticket_id, self.ticket)
        self.assertEqual(back.picking_type_id, self.warehouse.out_type_id)
        self.assertEqual(back.partner_id, transfer.partner_id)
        self.assertEqual(back.location_dest_id, self.customers)
        self.assertEqual(back.move_ids.product_id, self.lamp)
        self.assertEqual(back.move_ids.quantity, 1)
        self.assertEqual(back.state, "assigned")
        self.assertEqual(back.return_id, transfer)
        self.assertFalse(repair.can_be_sent_back)
        self._validate(back.with_user(self.mechanic))
        self.assertEqual(back.state, "done")
        # The order is as it was before the return.
        self.assertEqual(line.qty_delivered, 3)
        self.assertEqual(self.ticket._get_returned_quantities(), {line: 0})
        # What is sent back is no return, and can come back another time.
        self.assertEqual(self.ticket.return_count, 1)
        self.assertEqual(len(self.ticket.document_ids), 3)
        self._validate(self._return(1, delivery=back))
        self.assertEqual(line.qty_delivered, 2)
        self.assertEqual(self.ticket._get_returned_quantities(), {line: 1})

    def test_what_is_invoiced_stays_right(self):
        """Bought, billed by delivery, returned, repaired: nothing to bill or refund."""
        self.lamp.invoice_policy = "delivery"
        for to_refund in (True, False):
            with self.subTest(to_refund=to_refund):
                ticket = self._create_ticket()
                delivery = self._deliver({self.lamp: 1})
                line = delivery.sale_id.order_line
                form = self._open_wizard(ticket)
                form.picking_id = delivery
                wizard = form.save()
                wizard.product_return_moves.to_refund = to_refund
                wizard.action_create_returns()
                self._validate(ticket.return_ids)
                self.assertEqual(line.qty_delivered, 0 if to_refund else 1)
                repair = self._create_repair(ticket, self.mechanic)
                self._finish(repair)
                repair.action_send_back()
                self._validate(repair.send_back_id)
                self.assertEqual(line.qty_delivered, 1)
                self.assertEqual(line.qty_to_invoice, 1)

    def test_same_serial_number(self):
        """Exactly the piece that was repaired, though others lie beside it."""
        grinder = self._create_goods("Grinder", tracking="serial")
        lots = self.env["stock.lot"].browse()
        for name in ("G1", "G2", "G3"):
            lots |= self._create_lot(name, grinder)
        delivery = self._deliver({grinder: 3})
        self._validate(self._return(1, 1, 1, delivery=delivery))
        self.ticket.write({"product_id": grinder.id, "lot_id": lots[1].id})
        repair = self._get_done_repair()
        self.assertEqual(repair.lot_id, lots[1])
        repair.action_send_back()
        self.assertEqual(repair.send_back_id.move_line_ids.lot_id, lots[1])
        self._validate(repair.send_back_id)
        self.assertEqual(
            lots[1].quant_ids.filtered(lambda quant: quant.quantity > 0).location_id,
            self.customers,
        )

    def test_from_where_the_repair_left_it(self):
        shelf = self.env["stock.location"].create(
            {"name": "Repaired", "location_id": self.stock.id}
        )
        self._receive_lamp()
        repair = self._create_repair(user=self.mechanic)
        repair.product_location_dest_id = shelf
        self._finish(repair)
        repair.action_send_back()
        back = repair.send_back_id
        self.assertEqual(back.move_line_ids.location_id, shelf)
        self.assertEqual(back.move_ids.quantity, 1)

    def test_three_steps(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self.warehouse.reception_steps = "two_steps"
        self._put_in_stock(self.lamp)
        order = self._create_order()
        while moves := order.picking_ids.filtered(
            lambda transfer: transfer.state not in ("done", "cancel")
        ):
            self._validate(moves)
        delivery = order.picking_ids.filtered(
            lambda transfer: transfer.location_dest_id == self.customers
        )
        self._validate(self._return(1, delivery=delivery))
        incoming = self.ticket.return_ids.filtered(
            lambda transfer: transfer.location_id == self.customers
        )
        for transfer in self.ticket.return_ids - incoming:
            self._validate(transfer)
        repair = self._create_repair(user=self.mechanic)
        self.assertEqual(repair.picking_id, incoming)
        self._finish(repair)
        repair.action_send_back()
        back = repair.send_back_id
        self.assertEqual(back.location_dest_id, self.customers)
        self._validate(back)
        self.assertEqual(order.order_line.qty_delivered, 3)

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    def test_not_before_it_is_done(self):
        self._receive_lamp()
        repair = self._create_repair(user=self.mechanic)
        for step in ("action_validate", "action_repair_start", "action_repair_end"):
            self.assertFalse(repair.can_be_sent_back)
            with self.assertRaisesRegex(UserError, repair.name):
                repair.action_send_back()
            getattr(repair, step)()
        repair.action_send_back()

    def test_not_twice(self):
        self._receive_lamp()
        repair = self._get_done_repair()
        repair.action_send_back()
        back = repair.send_back_id
        with self.assertRaisesRegex(UserError, back.name):
            repair.action_send_back()
        back.action_cancel()
        self.assertTrue(repair.can_be_sent_back)
        repair.action_send_back()
        self.assertNotEqual(repair.send_back_id, back)

    def test_not_more_than_came_in(self):
        """Also not by several repairs of one return, nor by raising the delivery."""
        self._receive_lamp(2)
        repairs = self.env["repair.order"].browse()
        for _number in range(3):
            repair = self._create_repair(user=self.mechanic)
            repair.product_qty = 1
            self._finish(repair)
            repairs |= repair
        repairs[0].action_send_back()
        repairs[1].action_send_back()
        with self.assertRaisesRegex(UserError, repairs[2].picking_id.name):
            repairs[2].action_send_back()
        self.assertFalse(repairs[2].send_back_id)
        with self.assertRaises(UserError):
            repairs[0].send_back_id.move_ids.product_uom_qty = 2

    def test_not_without_a_return_that_came_in(self):
        repair = self._get_done_repair(product_id=self.lamp)
        with self.assertRaisesRegex(UserError, repair.name):
            repair.action_send_back()
        delivery = self._deliver()
        transfer = self._return(1, delivery=delivery)
        repair.picking_id = transfer
        with self.assertRaisesRegex(UserError, transfer.name):
            repair.action_send_back()
        self._validate(transfer)
        repair.action_send_back()

    def test_not_by_agents_without_rights(self):
        self._receive_lamp()
        repair = self._get_done_repair()
        for user in (self.plain_agent, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                repair.with_user(user).action_send_back()

    def test_by_workers_who_cannot_read_the_ticket(self):
        self._receive_lamp()
        repair = self._get_done_repair().with_user(self.worker)
        repair.action_send_back()
        self.assertEqual(repair.sudo().send_back_id.ticket_id, self.ticket)

    def test_context_of_another_screen(self):
        self._receive_lamp()
        repair = self._get_done_repair()
        other = self._create_ticket()
        repair.with_context(
            default_ticket_id=other.id,
            active_model="helpdesk.ticket",
            active_id=other.id,
            active_ids=other.ids,
        ).action_send_back()
        self.assertEqual(repair.send_back_id.ticket_id, self.ticket)
