from odoo.tests import TransactionCase, freeze_time, tagged

from .common import ReturnCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestKits(ReturnCommon, TransactionCase):
    """A kit is sold as one product and delivered as its components.

    The deliveries are made as ``sale_mrp`` makes them, so that the tests need no app
    more than the addon does.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set = cls._create_goods("Desk with two lamps", is_storable=False)
        cls._put_in_stock(cls.desk)
        cls._put_in_stock(cls.lamp)
        cls.order = cls._create_order({cls.set: 3})
        cls.line = cls.order.order_line
        delivery = cls.order.picking_ids
        delivery.move_ids.write({"product_id": cls.desk.id})
        delivery.move_ids.copy({"product_id": cls.lamp.id, "product_uom_qty": 6})
        delivery.move_ids.sale_line_id = cls.line
        delivery.action_confirm()
        cls.delivery = cls._validate(delivery)

    def test_components_with_the_name_of_the_kit(self):
        self.ticket.product_id = self.set
        form = self._open_wizard()
        self.assertEqual(form.picking_id, self.delivery)
        self.assertEqual(
            sorted((line[0].name, line[4]) for line in self._get_lines(form)),
            [("Desk", 3), ("Lamp", 6)],
        )
        self.assertTrue(form.has_kits)
        self.assertEqual(
            {record["kit_id"] for record in form.product_return_moves._records},
            {self.set.id},
        )

    def test_no_kit_column_elsewhere(self):
        other = self._deliver()
        form = self._open_wizard()
        form.picking_id = other
        self.assertFalse(form.has_kits)
        self.assertFalse(form.has_lots)

    def _return_components(self, **quantities):
        form = self._open_wizard()
        for index in range(len(form.product_return_moves)):
            with form.product_return_moves.edit(index) as line:
                line.quantity = quantities.get(line.product_id.name, 0)
        action = form.save().action_create_returns()
        return self._validate(self.env["stock.picking"].browse(action["res_id"]))

    def test_returned_kits(self):
        self._return_components(Lamp=2)
        self.assertEqual(self.ticket._get_returned_quantities(), {self.line: 0})
        self._return_components(Desk=1, Lamp=1)
        self.assertEqual(self.ticket._get_returned_quantities(), {self.line: 1})
        self._return_components(Desk=2, Lamp=3)
        self.assertEqual(self.ticket._get_returned_quantities(), {self.line: 3})

    def test_replacements_are_no_part_of_the_kits(self):
        form = self._open_wizard()
        form.save().action_create_exchanges()
        returned = self.ticket.return_ids.filtered("return_id")
        self._validate(returned)
        replacement = self.ticket.return_ids - returned
        self.assertEqual(self.ticket._get_returned_quantities(), {self.line: 0})
        replacement.action_cancel()
        self.assertEqual(self.ticket._get_returned_quantities(), {self.line: 3})
