from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, freeze_time, tagged

from .common import ReturnCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestTicketGoods(ReturnCommon, TransactionCase):
    """A ticket moves goods of its customer and nobody else's, also by RPC and import."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.delivery = cls._deliver()
        cls.other_delivery = cls._deliver({cls.desk: 2})
        cls.foreign = cls._deliver(partner=cls.stranger)
        cls.input = cls.warehouse.in_type_id

    def _assert_refused(self, message, function, *args):
        with (
            self.assertRaisesRegex(UserError, message) as refused,
            self.env.cr.savepoint(),
        ):
            function(*args)
            self.env.flush_all()
        self.assertNotIn("\n", str(refused.exception))
        self.env.invalidate_all()

    def _assert_no_delivery(self, function, *args):
        self._assert_refused(
            f"cannot take back .* for ticket .*{self.ticket.number}.*"
            "not linked to a delivery of it to Lakeside Interiors",
            function,
            *args,
        )

    def _prepare_move(self, product=None, **values):
        return {
            "product_id": (product or self.lamp).id,
            "product_uom_qty": 1,
            "location_id": self.customers.id,
            "location_dest_id": self.stock.id,
            **values,
        }

    def _prepare_transfer(self, **values):
        return {
            "ticket_id": self.ticket.id,
            "partner_id": self.customer.id,
            "picking_type_id": self.input.id,
            "location_id": self.customers.id,
            "location_dest_id": self.stock.id,
            **values,
        }

    # ------------------------------------------------------------------
    # Moves
    # ------------------------------------------------------------------

    def test_moves_without_a_delivery(self):
        transfer = self._return(1, delivery=self.delivery)
        moves = self.env["stock.move"].with_user(self.worker)
        of_others = {
            "none": False,
            "another customer's": self.foreign.move_ids.id,
            "another product's": self.other_delivery.move_ids.id,
            "not done": self._create_order().picking_ids.move_ids.id,
            "a return": transfer.move_ids.id,
        }
        for name, move_id in of_others.items():
            with self.subTest(name):
                link = {"origin_returned_move_id": move_id}
                vals = self._prepare_move(picking_id=transfer.id, **link)
                self._assert_no_delivery(moves.create, vals)
                # Two at once do not vouch for each other.
                self._assert_refused("Lamp", moves.create, [vals, vals])
                self._assert_no_delivery(
                    transfer.with_user(self.worker).write,
                    {"move_ids": [Command.create(self._prepare_move(**link))]},
                )
                self._assert_no_delivery(transfer.move_ids.write, link)
                self._assert_no_delivery(
                    self.env["stock.picking"].with_user(self.agent).create,
                    self._prepare_transfer(
                        move_ids=[Command.create(self._prepare_move(**link))]
                    ),
                )

    def test_other_product(self):
        move = self._return(1, delivery=self.delivery).move_ids
        self._assert_no_delivery(move.write, {"product_id": self.desk.id})

    def test_from_elsewhere(self):
        """A move from the stock is none the less in a return."""
        transfer = self._return(1, delivery=self.delivery)
        self._assert_no_delivery(
            self.env["stock.move"].create,
            self._prepare_move(picking_id=transfer.id, location_id=self.stock.id),
        )

    def test_moves_from_another_transfer(self):
        transfer = self._return(1, delivery=self.delivery)
        other = self.env["stock.picking"].create(
            self._prepare_transfer(
                ticket_id=False, move_ids=[Command.create(self._prepare_move())]
            )
        )
        self._assert_no_delivery(other.move_ids.write, {"picking_id": transfer.id})

    def test_move_lines(self):
        transfer = self._return(2, delivery=self.delivery)
        lines = self.env["stock.move.line"].with_user(self.worker)
        vals = {
            "picking_id": transfer.id,
            "product_id": self.lamp.id,
            "quantity": 2,
            "location_id": self.customers.id,
            "location_dest_id": self.stock.id,
        }
        self._assert_refused("Lamp.*only 3.00 Units left", lines.create, vals)
        self._assert_no_delivery(lines.create, {**vals, "product_id": self.desk.id})
        vals["move_id"] = transfer.move_ids.id
        self._assert_refused("Lamp.*only 3.00 Units left", lines.create, vals)
        self._assert_refused(
            "takes back Lamp, not Desk",
            lines.create,
            {**vals, "product_id": self.desk.id, "quantity": 1},
        )
        self._validate(transfer)
        del vals["move_id"]
        self._assert_no_delivery(lines.create, vals)

    def test_import(self):
        transfer = self._return(1, delivery=self.delivery)
        columns = ["picking_id/.id", "product_id/.id", "product_uom_qty",
                   "location_id/.id", "location_dest_id/.id"]  # fmt: skip
        row = [transfer.id, self.lamp.id, 1, self.customers.id, self.stock.id]
        result = self.env["stock.move"].load(columns, [list(map(str, row))])
        self.assertFalse(result["ids"])
        self.assertIn("not linked to a delivery", result["messages"][0]["message"])

    def test_returns_without_ticket_are_core_s(self):
        transfer = self._return_by_core(self.delivery, 1)
        transfer.move_ids = [Command.create(self._prepare_move(self.desk))]
        transfer.move_ids.origin_returned_move_id = False
        self.assertEqual(len(transfer.move_ids), 2)

    # ------------------------------------------------------------------
    # Transfers
    # ------------------------------------------------------------------

    def _assert_no_document(self, function, *args):
        self._assert_refused(
            f"cannot be a document of ticket .*{self.ticket.number}", function, *args
        )

    def test_transfers_of_others(self):
        link = {"ticket_id": self.ticket.id}
        receipt = self.env["stock.picking"].create(
            self._prepare_transfer(
                ticket_id=False,
                location_id=self.env.ref("stock.stock_location_suppliers").id,
            )
        )
        internal = self.env["stock.picking"].create(
            self._prepare_transfer(
                ticket_id=False,
                picking_type_id=self.warehouse.int_type_id.id,
                location_id=self.stock.id,
            )
        )
        for transfer in (
            self.foreign,
            self._return_by_core(self.foreign, 1),
            self._create_order(partner=self.stranger).picking_ids,
            receipt,
            internal,
        ):
            with self.subTest(transfer.display_name):
                self._assert_no_document(transfer.with_user(self.agent).write, link)
        for values in (
            {"partner_id": self.stranger.id},
            {"partner_id": False},
            {"location_id": self.env.ref("stock.stock_location_suppliers").id},
            {"location_id": self.stock.id},
        ):
            with self.subTest(values):
                self._assert_no_document(
                    self.env["stock.picking"].with_user(self.agent).create,
                    self._prepare_transfer(**values),
                )
        self.assertFalse(self.ticket.return_ids)

    def test_ticket_without_customer(self):
        ticket = self._create_ticket(partner_id=False)
        self._assert_refused(
            "cannot be a document of ticket",
            self.env["stock.picking"].create,
            self._prepare_transfer(ticket_id=ticket.id, partner_id=False),
        )

    def test_forged_context(self):
        self._assert_no_document(
            self.foreign.with_context(
                helpdesk_return_transfers_of_ticket=self.ticket.id,
                helpdesk_return_checked_afterwards=True,
            ).write,
            {"ticket_id": self.ticket.id},
        )

    def test_left_over_default(self):
        transfers = self.env["stock.picking"].with_context(
            default_ticket_id=self.ticket.id
        )
        vals = self._prepare_transfer(partner_id=self.stranger.id)
        del vals["ticket_id"]
        self._assert_no_document(transfers.create, vals)

    def test_another_partner(self):
        sent = self.env["stock.picking"].create(
            self._prepare_transfer(
                picking_type_id=self.warehouse.out_type_id.id,
                location_id=self.stock.id,
                location_dest_id=self.customers.id,
            )
        )
        sent.partner_id = self.contact
        self._assert_no_document(sent.write, {"partner_id": self.stranger.id})

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        self._assert_no_document(
            self.env["stock.picking"].create,
            self._prepare_transfer(
                picking_type_id=warehouse.in_type_id.id,
                location_dest_id=warehouse.lot_stock_id.id,
            ),
        )

    def test_transfers_of_the_customer(self):
        """A return of their delivery, and a delivery to them, made elsewhere."""
        returned = self._return_by_core(self.delivery, 1)
        sent = self._create_order().picking_ids
        for transfer in (returned, sent):
            transfer.with_user(self.agent).ticket_id = self.ticket
        self.assertEqual(self.ticket.return_ids, returned | sent)

    def test_a_return_is_sent_back(self):
        """What came in goes out again by a return of the return."""
        returned = self._validate(self._return(2, delivery=self.delivery))
        sent = self._return_by_core(returned, 2)
        sent.ticket_id = self.ticket
        self._assert_refused(
            "only 2.00 Units left", sent.move_ids.write, {"product_uom_qty": 3}
        )
        self._validate(sent)
        self.assertEqual(sent.location_dest_id, self.customers)
        self.assertEqual(self.ticket.return_count, 1)

    def test_link_needs_the_ticket(self):
        transfer = self._return_by_core(self.delivery, 1)
        with self.assertRaises(AccessError):
            transfer.with_user(self.worker).ticket_id = self.ticket

    # ------------------------------------------------------------------
    # The ticket is given to another customer
    # ------------------------------------------------------------------

    def test_open_transfers_go_on(self):
        self.warehouse.reception_steps = "two_steps"
        returned = self._return(3, delivery=self.delivery, exchange=True)
        replacement = self._get_replacement(returned)
        self.ticket.partner_id = self.stranger
        worker = self.worker
        self._validate(returned.with_user(worker), {self.lamp: 1})
        self._validate(replacement.with_user(worker), {self.lamp: 1})
        # Return, replacement, a backorder of each, and the return's second step.
        self.assertEqual(len(self.ticket.return_ids), 5)
        step = self.ticket.return_ids.filtered(
            lambda transfer: transfer.location_dest_id == self.stock
        )
        self._validate(step.with_user(worker))
        backorders = self.ticket.return_ids.filtered("backorder_id")
        self.assertEqual(len(backorders), 2)
        for transfer in backorders:
            self._validate(transfer.with_user(worker))
        # To the new customer's ticket nothing of theirs is added.
        self._assert_refused(
            "not linked to a delivery of it to Harbour Coffee",
            self.env["stock.move"].create,
            self._prepare_move(
                picking_id=returned.id,
                origin_returned_move_id=self.other_delivery.move_ids.id,
            ),
        )

    # ------------------------------------------------------------------
    # Lot and product of the ticket
    # ------------------------------------------------------------------

    def test_lot_of_another_product(self):
        phone = self._create_goods("Phone", tracking="serial")
        serial = self._create_lot("SN1", phone)
        self.ticket.write({"lot_id": serial.id, "product_id": phone.id})
        ticket = self.ticket.with_user(self.plain_agent)
        message = "SN1 is of Phone, not of the product Lamp of ticket"
        self._assert_refused(message, ticket.write, {"product_id": self.lamp.id})
        self.ticket.lot_id = False
        self.ticket.product_id = self.lamp
        self._assert_refused(message, ticket.write, {"lot_id": serial.id})
        columns = [".id", "lot_id/.id"]
        result = ticket.load(columns, [[str(ticket.id), str(serial.id)]])
        self.assertIn("SN1 is of Phone", result["messages"][0]["message"])

    def test_lot_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        serial = self.env["stock.lot"].create(
            {"name": "SN1", "product_id": self.lamp.id, "company_id": company.id}
        )
        self._assert_refused(
            "SN1 belongs to another company than ticket",
            self.ticket.write,
            {"lot_id": serial.id},
        )
