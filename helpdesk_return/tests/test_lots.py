from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, freeze_time, tagged

from .common import ReturnCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestLots(ReturnCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phone = cls._create_goods("Phone", tracking="serial")
        cls.paint = cls._create_goods("Paint", tracking="lot")
        cls.serials = cls.env["stock.lot"].concat(
            *(cls._create_lot(f"SN{number}", cls.phone) for number in range(1, 4))
        )

    def test_a_line_each(self):
        self._deliver({self.phone: 3})
        form = self._open_wizard()
        self.assertEqual(self._get_lines(form), [(self.phone, 1, 0, 1, 1)] * 3)
        self.assertEqual(
            {line["lot_id"] for line in form.product_return_moves._records},
            set(self.serials.ids),
        )

    def test_exactly_the_serial_that_was_chosen(self):
        delivery = self._deliver({self.phone: 3})
        form = self._open_wizard()
        chosen = form.product_return_moves._records[1]["lot_id"]
        transfer = self._return(0, 1, 0)
        self.assertEqual(len(transfer.move_ids), 1)
        self.assertEqual(transfer.move_ids.product_uom_qty, 1)
        self.assertEqual(transfer.move_line_ids.lot_id.ids, [chosen])
        self._validate(transfer)
        left = {
            record["lot_id"]: record["quantity_left"]
            for record in self._open_wizard().product_return_moves._records
        }
        self.assertEqual(left[chosen], 0)
        self.assertEqual(sum(left.values()), 2)
        rest = self._return(1, 0, 1)
        self.assertEqual(len(rest.move_ids), 1)
        self.assertEqual(
            rest.move_line_ids.lot_id, self.serials - transfer.move_line_ids.lot_id
        )
        self.assertEqual(delivery.move_ids._get_left_to_return()[delivery.move_ids], 0)

    def test_open_returns_keep_their_serials(self):
        delivery = self._deliver({self.phone: 3})
        transfer = self._return(0, 1, 0)
        serial = transfer.move_line_ids.lot_id
        self._return(1, 0, 0)
        self.assertEqual(transfer.move_line_ids.lot_id, serial)
        by_core = self._return_by_core(delivery, 1)
        self.assertEqual(transfer.move_line_ids.lot_id, serial)
        self.assertNotEqual(by_core.move_line_ids.lot_id, serial)

    def test_ticket_with_a_serial(self):
        self._deliver({self.phone: 2})
        delivery = self._deliver({self.phone: 1})
        self._deliver()
        serial = delivery.move_line_ids.lot_id
        self.ticket.lot_id = serial
        form = self._open_wizard()
        self.assertEqual(form.picking_id, delivery)
        self.assertEqual(form.available_picking_ids[:], delivery)
        self.assertEqual(self._get_lines(form), [(self.phone, 1, 0, 1, 1)])
        transfer = self._return(1)
        self.assertEqual(transfer.move_line_ids.lot_id, serial)
        self.assertIn("returned in full", self._open_wizard().no_delivery_reason)

    def test_ticket_with_one_serial_of_many(self):
        self._deliver({self.phone: 3})
        self.ticket.lot_id = self.serials[2]
        form = self._open_wizard()
        self.assertEqual(len(form.product_return_moves), 1)
        self.assertEqual(self._return(1).move_line_ids.lot_id, self.serials[2])

    def test_another_serial_by_rpc(self):
        self._deliver({self.phone: 2})
        self._create_lot("SN9", self.phone)
        self.ticket.lot_id = self.serials[0]
        wizard = self._open_wizard().save()
        wizard.product_return_moves.lot_id = self.serials[1]
        with self.assertRaisesRegex(UserError, "Phone is not among"):
            wizard.action_create_returns()
        self.ticket.lot_id = False
        wizard = self._open_wizard().save()
        wizard.product_return_moves[0].lot_id = self.serials[2]
        with self.assertRaisesRegex(
            UserError, "SN3 from delivery.*only 0.00 Units left"
        ):
            wizard.action_create_returns()

    def test_another_serial_is_received(self):
        self._deliver({self.phone: 2})
        self._deliver({self.phone: 1}, partner=self.stranger)
        transfer = self._return(1, 0)
        transfer.move_line_ids.lot_id = self.serials[2]
        with self.assertRaisesRegex(
            UserError, "Phone with lot/serial number SN3 cannot"
        ):
            self._validate(transfer.with_user(self.worker))

    def test_lots(self):
        lot_a = self._create_lot("A", self.paint, 5)
        lot_b = self._create_lot("B", self.paint, 5)
        delivery = self._deliver({self.paint: 8})
        delivered = {line.lot_id: line.quantity for line in delivery.move_line_ids}
        self.assertEqual(sum(delivered.values()), 8)
        form = self._open_wizard()
        self.assertEqual(
            {r["lot_id"]: r["quantity"] for r in form.product_return_moves._records},
            {lot.id: quantity for lot, quantity in delivered.items()},
        )
        transfer = self._return(1, 2)
        back = {line.lot_id: line.quantity for line in transfer.move_line_ids}
        self.assertEqual(sorted(back.values()), [1, 2])
        self.assertEqual(set(back), {lot_a, lot_b})
        with self.assertRaisesRegex(UserError, "only"):
            self._return(max(delivered.values()), 0)

    def test_lots_in_another_unit(self):
        """Seven pieces are 0.58 dozen, and seven pieces come back."""
        lot_a = self._create_lot("A", self.paint, 7)
        lot_b = self._create_lot("B", self.paint, 5)
        order = self._create_order({self.paint: 12})
        order.picking_ids.action_cancel()
        delivery = order.picking_ids.copy(
            {"move_ids": [], "partner_id": self.customer.id}
        )
        delivery.move_ids = [
            Command.create(
                {
                    "product_id": self.paint.id,
                    "product_uom": self.env.ref("uom.product_uom_dozen").id,
                    "product_uom_qty": 1,
                    "location_id": delivery.location_id.id,
                    "location_dest_id": delivery.location_dest_id.id,
                }
            )
        ]
        delivery.action_confirm()
        self._validate(delivery)
        form = self._open_wizard()
        self.assertEqual(
            {r["lot_id"]: r["quantity"] for r in form.product_return_moves._records},
            {lot_a.id: 0.58, lot_b.id: 0.42},
        )
        transfer = self._return(0.58, 0.42)
        self.assertEqual(
            {line.lot_id: line.quantity for line in transfer.move_line_ids},
            {lot_a: 7, lot_b: 5},
        )
        self._validate(transfer)
        self.assertIn("returned in full", self._open_wizard().no_delivery_reason)

    def test_ticket_offers_lots_of_the_customer_first(self):
        self._deliver({self.phone: 1}, partner=self.stranger)
        delivery = self._deliver({self.phone: 1})
        mine = delivery.move_line_ids.lot_id
        lots = self.env["stock.lot"].with_user(self.plain_agent)
        domain = [("product_id", "=", self.phone.id)]
        found = lots.name_search("SN", domain)
        self.assertEqual([lot_id for lot_id, _name in found], self.serials.ids)
        mine_first = [mine.id, *(self.serials - mine).ids]
        lots = lots.with_context(delivered_to_partner_id=self.customer.id)
        found = lots.name_search("SN", domain)
        self.assertEqual([lot_id for lot_id, _name in found], mine_first)
        found = lots.name_search("SN", domain, limit=1)
        self.assertEqual([lot_id for lot_id, _name in found], mine.ids)
        found = lots.name_search("SN", domain, limit=2)
        self.assertEqual([lot_id for lot_id, _name in found], mine_first[:2])

    def test_helpdesk_users_choose_lots_and_no_more(self):
        ticket = self.ticket.with_user(self.plain_agent)
        with Form(ticket) as form:
            form.lot_id = self.serials[0].with_user(self.plain_agent)
            self.assertEqual(form.product_id, self.phone)
        with Form(ticket) as form:
            form.product_id = self.lamp
            self.assertFalse(form.lot_id)
        serial = self.serials[0].with_user(self.plain_agent)
        for view in ("stock_lot_view_list", "stock_lot_view_search"):
            view = self.env.ref(f"helpdesk_return.{view}")
            arch = serial.get_view(view.id, view.type)
            self.assertIn("product_id", arch["arch"])
        serial.web_read(
            {"name": {}, "ref": {}, "product_id": {"fields": {"display_name": {}}}}
        )
        for function in (
            lambda: serial.write({"ref": "X"}),
            lambda: serial.copy({"name": "X"}),
            serial.unlink,
        ):
            with self.assertRaises(AccessError):
                function()

    def test_ticket_is_found_and_grouped_by_lot(self):
        self.ticket.lot_id = self.serials[0]
        tickets = self.env["helpdesk.ticket"].with_user(self.plain_agent)
        self.assertEqual(tickets.search([("lot_id", "ilike", "SN1")]), self.ticket)
        groups = dict(
            tickets._read_group([("lot_id", "!=", False)], ["lot_id"], ["__count"])
        )
        self.assertEqual(groups, {self.serials[0]: 1})
        arch = tickets.get_view(view_type="search")["arch"]
        self.assertIn("'group_by': 'lot_id'", arch)
        self.assertIn('<field name="lot_id"', arch)
