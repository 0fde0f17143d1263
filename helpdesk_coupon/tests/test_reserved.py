from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import CouponCommon


@tagged("post_install", "-at_install")
class TestCouponReserved(CouponCommon):
    """A ticket's coupon works for its customer and for nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coupon = cls._create_coupon(ticket_id=cls.ticket.id, is_reserved=True)
        cls.plain = cls._create_coupon()

    def test_any_contact_of_the_customer(self):
        sibling = self.contact.copy({"name": "Sibling"})
        for partner in (self.contact, self.customer, sibling):
            with self.subTest(partner=partner.name):
                order = self._create_order(partner)
                self._apply_code(order, self.coupon.code)
                self.assertEqual(order.amount_untaxed, 90)
                order.unlink()

    def test_once(self):
        order = self._create_order(self.customer)
        self._apply_code(order, self.coupon.code)
        order.with_user(self.salesman).action_confirm()
        self.assertEqual(self.coupon.points, 0)
        again = self._create_order(self.customer)
        self.assertIn("error", again._try_apply_code(self.coupon.code))

    def test_another_customer(self):
        order = self._create_order(self.stranger)
        with self.assertRaisesRegex(ValidationError, "reserved for another") as error:
            self._apply_code(order, self.coupon.code)
        message = str(error.exception)
        self.assertIn(self.coupon.code, message)
        for partner in (self.contact, self.customer):
            self.assertNotIn(partner.name, message)
        status = order._try_apply_code(self.coupon.code)
        self.assertEqual(set(status), {"error"})
        self.assertFalse(order.applied_coupon_ids)
        self.assertEqual(order.amount_untaxed, 100)

    def test_who_is_not_signed_in(self):
        public = self.env.ref("base.public_user")
        order = self._create_order(public.sudo().partner_id)
        status = order.with_user(public).sudo()._try_apply_code(self.coupon.code)
        self.assertIn("sign in first", status["error"])
        self.assertNotIn(self.contact.name, status["error"])

    def test_customer_changed_afterwards(self):
        for confirmed in (False, True):
            with self.subTest(confirmed=confirmed):
                order = self._create_order(self.customer)
                self._apply_code(order, self.coupon.code)
                if confirmed:
                    order.action_confirm()
                order = order.with_user(self.salesman)
                order.partner_id = self.contact
                self.env.flush_all()
                with self.assertRaisesRegex(ValidationError, "remove the coupon") as e:
                    order.partner_id = self.stranger
                self.assertIn(order.name, str(e.exception))
                self.assertNotIn(self.contact.name, str(e.exception))
                self.env.transaction.clear()
                self.assertEqual(order.partner_id, self.contact)

    def test_customer_changed_in_the_form(self):
        order = self._create_order(self.customer)
        self._apply_code(order, self.coupon.code)
        form = Form(order.with_user(self.salesman))
        form.partner_id = self.stranger
        with self.assertRaisesRegex(ValidationError, self.coupon.code):
            form.save()
        # As the message says: without the coupon the order can be given away.
        order.order_line.filtered("coupon_id").unlink()
        self.assertFalse(order.applied_coupon_ids)
        with Form(order.with_user(self.salesman)) as form:
            form.partner_id = self.stranger
        self.assertEqual(order.partner_id, self.stranger)

    def test_coupon_put_into_the_order_by_rpc(self):
        order = self._create_order(self.stranger).with_user(self.salesman)
        with self.assertRaisesRegex(ValidationError, "reserved for another"):
            order.applied_coupon_ids = self.coupon
        self.env.transaction.clear()
        order.order_line = [
            Command.create(
                {
                    "product_id": self.program.reward_ids.discount_line_product_id.id,
                    "name": "Reward",
                    "price_unit": -10,
                    "reward_id": self.program.reward_ids.id,
                    "coupon_id": self.coupon.id,
                    "points_cost": 1,
                }
            )
        ]
        with self.assertRaisesRegex(ValidationError, "reserved for another"):
            order.action_confirm()

    def test_coupon_added_to_a_confirmed_order(self):
        order = self._create_order(self.stranger)
        order.action_confirm()
        self.env.flush_all()
        line = {
            "order_id": order.id,
            "product_id": self.program.reward_ids.discount_line_product_id.id,
            "name": "Reward",
            "reward_id": self.program.reward_ids.id,
            "coupon_id": self.coupon.id,
            "points_cost": 1,
        }
        lines = self.env["sale.order.line"].with_user(self.salesman)
        with self.assertRaisesRegex(ValidationError, "reserved for another"):
            lines.create(line)
        self.env.transaction.clear()
        reward = lines.create({**line, "coupon_id": False, "points_cost": 0})
        with self.assertRaisesRegex(ValidationError, "reserved for another"):
            reward.coupon_id = self.coupon

    def test_reservation_stays(self):
        """Who writes coupons, by form, RPC or import, writes their points, not whose
        they are."""
        manager = self._create_user("coupon_manager", "sales_team.group_sale_manager")
        administrator = self._create_user(
            "coupon_admin", "sales_team.group_sale_manager,base.group_system"
        )
        other_ticket = self._create_ticket()
        other_program = self._create_program(name="Another")
        for user in (self.salesman, manager, administrator):
            coupon = self.coupon.with_user(user)
            for vals in (
                {"partner_id": self.stranger.id},
                {"partner_id": self.customer.id},
                {"partner_id": False},
                {"is_reserved": False},
                {"is_reserved": False, "partner_id": self.contact.id},
                {"ticket_id": False},
                {"ticket_id": {"a": 1}},
                {"partner_id": "x"},
                {"ticket_id": other_ticket.id},
                {"program_id": other_program.id},
            ):
                with (
                    self.subTest(user=user.login, vals=vals),
                    self.assertRaisesRegex(UserError, f"{coupon.code} is reserved"),
                ):
                    coupon.write(vals)
            with self.assertRaisesRegex(UserError, f"{coupon.code} is reserved"):
                (self.plain | self.coupon).with_user(user).partner_id = self.stranger
            imported = coupon.load(
                [".id", "partner_id/.id"], [[str(coupon.id), str(self.stranger.id)]]
            )
            self.assertFalse(imported["ids"])
            self.assertIn("is reserved", imported["messages"][0]["message"])
            # What they could write before they still can.
            coupon.write(
                {
                    "points": 2,
                    "expiration_date": "2099-01-01",
                    "partner_id": self.contact.id,
                    "program_id": self.program.id,
                    "is_reserved": True,
                }
            )
            self.plain.with_user(user).write(
                {"partner_id": self.stranger.id, "program_id": other_program.id}
            )
            self.plain.with_user(user).partner_id = self.contact
        self.assertEqual(self.coupon.partner_id, self.contact)
        self.assertIn(
            "error", self._create_order(self.stranger)._try_apply_code(self.coupon.code)
        )
        form = Form(self.coupon.with_user(self.salesman))
        with self.assertRaises(AssertionError):
            form.partner_id = self.stranger

    def test_customer_deleted(self):
        """A coupon whose customer is gone is nobody's."""
        self.ticket.partner_id = False
        self.contact.unlink()
        self.assertFalse(self.coupon.partner_id)
        for partner in (self.stranger, self.customer):
            order = self._create_order(partner)
            self.assertIn("error", order._try_apply_code(self.coupon.code))

    def test_customers_merged(self):
        """Merging contacts takes the coupon along."""
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge._merge((self.contact | self.stranger).ids, self.stranger)
        self.env.invalidate_all()
        self.assertEqual(self.coupon.partner_id, self.stranger)
        order = self._create_order(self.stranger)
        self.assertNotIn("error", order._try_apply_code(self.coupon.code))

    def test_copy_for_another_customer(self):
        order = self._create_order(self.customer)
        self._apply_code(order, self.coupon.code)
        copy = order.copy({"partner_id": self.stranger.id})
        self.assertFalse(copy.order_line.coupon_id)

    def test_customer_moves_to_another_company(self):
        """Who belongs to the customer is looked at when the code is entered."""
        order = self._create_order(self.customer)
        self.contact.parent_id = self.stranger
        self.assertIn("error", order._try_apply_code(self.coupon.code))
        other = self._create_order(self.stranger)
        self.assertNotIn("error", other._try_apply_code(self.coupon.code))

    def test_coupons_made_elsewhere(self):
        """They behave as in core, where the partner of a coupon does not matter."""
        order = self._create_order(self.stranger)
        self._apply_code(order, self.plain.code)
        self.assertEqual(order.amount_untaxed, 90)
        order.partner_id = self.customer
        order.action_confirm()
        self.assertEqual(self.plain.points, 0)
        anonymous = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "points": 1}
        )
        other = self._create_order(self.stranger)
        self.assertNotIn("error", other._try_apply_code(anonymous.code))

    def test_unknown_code(self):
        status = self._create_order(self.stranger)._try_apply_code("nothing")
        self.assertTrue(status["not_found"])

    def test_message_of_expired_coupon(self):
        self.coupon.expiration_date = "2020-01-01"
        status = self._create_order(self.customer)._try_apply_code(self.coupon.code)
        self.assertIn("expired", status["error"])

    def test_salesman_of_own_orders(self):
        """The coupon is refused also by a salesman who sees only their own orders."""
        salesman = self._create_user(
            "coupon_own_salesman", "sales_team.group_sale_salesman"
        )
        order = self._create_order(self.stranger, user_id=salesman.id)
        with self.assertRaisesRegex(ValidationError, "reserved for another"):
            self._apply_code(order, self.coupon.code, user=salesman)
