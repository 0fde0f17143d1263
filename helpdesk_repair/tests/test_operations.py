from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestOperations(RepairCommon, TransactionCase):
    """Operations and the lines of the quotation that bill them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.check = cls.env["product.product"].create(
            {"name": "Check", "type": "service", "list_price": 30.0}
        )
        cls.repair = cls.env["repair.order"].create({"ticket_id": cls.ticket.id})
        cls.service = cls.env["repair.service"].create(
            {"repair_id": cls.repair.id, "product_id": cls.work.id}
        )

    def _quote(self):
        self.repair.action_create_sale_order()
        return self.repair.sale_order_id

    def _get_lines(self, order):
        return [
            (line.product_id, line.product_uom_qty, line.price_unit)
            for line in order.order_line
        ]

    def test_pricelist_of_the_customer(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Friends",
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "fixed",
                            "fixed_price": 44.0,
                            "product_tmpl_id": self.work.product_tmpl_id.id,
                            "applied_on": "1_product",
                        }
                    )
                ],
            }
        )
        self.contact.property_product_pricelist = pricelist
        order = self._quote()
        self.assertEqual(self._get_lines(order), [(self.work, 1, 44)])
        self.service.product_uom_qty = 2
        self.assertEqual(self._get_lines(order), [(self.work, 2, 44)])

    def test_in_step_while_a_draft(self):
        order = self._quote()
        self.assertEqual(self._get_lines(order), [(self.work, 1, 60)])
        self.service.product_uom_qty = 3
        added = self._add_service(self.repair, self.check, product_uom_qty=2)
        self.assertEqual(
            self._get_lines(order), [(self.work, 3, 60), (self.check, 2, 30)]
        )
        order.action_quotation_sent()
        self.service.write({"product_id": self.check.id, "product_uom_qty": 1})
        self.assertEqual(
            self._get_lines(order), [(self.check, 1, 30), (self.check, 2, 30)]
        )
        added.display_name = "Electrical check"
        self.assertEqual(order.order_line[1].name, "Electrical check")
        added.unlink()
        self.assertEqual(self._get_lines(order), [(self.check, 1, 30)])

    def test_price_of_the_salesman_stays(self):
        order = self._quote()
        order.order_line.price_unit = 50
        self.service.product_uom_qty = 2
        self.assertEqual(self._get_lines(order), [(self.work, 2, 50)])

    def test_by_users_without_rights_on_orders(self):
        """Agents and workers keep the quotation in step, which they cannot write."""
        order = self._quote()
        for user in (self.plain_agent, self.worker):
            repair = self.repair.with_user(user)
            service = self._add_service(repair, self.check)
            service.product_uom_qty = 4
            self.assertEqual(self._get_lines(order)[1], (self.check, 4, 30))
            service.unlink()
            self.assertEqual(self._get_lines(order), [(self.work, 1, 60)])

    def test_confirmed_quotation_stays(self):
        order = self._quote()
        order.action_confirm()
        for change in (
            lambda: self.service.write({"product_uom_qty": 2}),
            lambda: self._add_service(self.repair, self.check),
            lambda: self.service.unlink(),
        ):
            with self.assertRaisesRegex(UserError, order.name), self.env.cr.savepoint():
                change()
        self.assertEqual(self._get_lines(order), [(self.work, 1, 60)])

    def test_cancelled_quotation_is_taken_up_again(self):
        order = self._quote()
        removed = self._add_service(self.repair, self.check)
        order._action_cancel()
        self.service.product_uom_qty = 5
        removed.unlink()
        self._add_service(self.repair, self.check, product_uom_qty=2)
        order.action_draft()
        self.assertEqual(
            self._get_lines(order), [(self.work, 5, 60), (self.check, 2, 30)]
        )

    def test_wrong_input(self):
        kilogram = self.env.ref("uom.product_uom_kgm")
        for user in (self.plain_agent, self.worker):
            repair = self.repair.with_user(user)
            for values in (
                {"product_id": self.switch.id},
                {"product_uom_qty": -1},
                {"product_uom": kilogram.id},
            ):
                with (
                    self.assertRaisesRegex(ValidationError, repair.name),
                    self.env.cr.savepoint(),
                ):
                    self._add_service(repair, **values)
                with (
                    self.assertRaisesRegex(ValidationError, repair.name),
                    self.env.cr.savepoint(),
                ):
                    self.service.with_user(user).write(values)
        self.assertEqual(self.repair.repair_service_ids, self.service)

    def test_warranty(self):
        self.repair.under_warranty = True
        order = self._quote()
        self.assertEqual(self._get_lines(order), [(self.work, 1, 0)])
        self.service.product_uom_qty = 2
        self._add_service(self.repair, self.check)
        self.assertEqual(
            self._get_lines(order), [(self.work, 2, 0), (self.check, 1, 0)]
        )
        self.repair.under_warranty = False
        self.assertEqual(
            self._get_lines(order), [(self.work, 2, 60), (self.check, 1, 30)]
        )
        self.repair.under_warranty = True
        self.assertEqual(
            self._get_lines(order), [(self.work, 2, 0), (self.check, 1, 0)]
        )

    def test_cancelled_repair(self):
        order = self._quote()
        self.repair.action_repair_cancel()
        self.assertEqual(self._get_lines(order), [(self.work, 0, 60)])
        self.repair.action_repair_cancel_draft()
        self.assertEqual(self._get_lines(order), [(self.work, 1, 60)])
        self.repair.unlink()
        self.assertFalse(order.order_line)

    def test_description_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.work.with_context(lang="de_DE").name = "Reparaturarbeit"
        self.contact.lang = "de_DE"
        self.assertEqual(self._quote().order_line.name, "Reparaturarbeit")

    def test_repair_outside_the_helpdesk(self):
        """OCA's behaviour: copied once, at the list price."""
        repair = self.env["repair.order"].create({"partner_id": self.contact.id})
        service = self._add_service(repair)
        repair.action_create_sale_order()
        order = repair.sale_order_id
        self.assertEqual(self._get_lines(order), [(self.work, 1, 60)])
        service.product_uom_qty = 2
        self._add_service(repair)
        self.assertEqual(self._get_lines(order), [(self.work, 1, 60)])
