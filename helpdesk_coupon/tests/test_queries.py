from unittest.mock import patch

from odoo.tests import Form, tagged

from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison
from odoo.addons.sale_loyalty.models.sale_order import SaleOrder

from .common import HELPDESK, CouponCommon


@tagged("post_install", "-at_install")
class TestCouponQueries(QueryComparison, CouponCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user(
            "coupon_everything", f"{HELPDESK}user,sales_team.group_sale_manager"
        )

    def _generate_by_core(self):
        """Make one coupon with core's wizard, its mail held back as we do."""
        wizards = self.env["loyalty.generate.wizard"].with_user(self.user)
        form = Form(
            wizards.with_context(
                default_program_id=self.program.id,
                default_mode="selected",
                loyalty_no_mail=True,
            )
        )
        form.customer_ids.add(self.contact)
        form.description = "Gift"
        form.save().generate_coupons()

    def test_generate(self):
        """A ticket's coupon costs at most 1.3 times one of core's wizard, each from
        the opening of the wizard on."""
        core = self.count_queries(self._generate_by_core)
        ours = self.count_queries(
            lambda: self._generate(user=self.user, valid_until="2099-01-01")
        )
        self.assertLessEqual(ours, 1.3 * core)

    def _count_using(self, coupon, partner):
        order = self._create_order(partner).with_user(self.salesman)

        def use():
            self._apply_code(order, coupon.code)
            order.action_confirm()

        return self.count_queries(use)

    def _count_using_in_core(self, coupon, partner):
        order_class = self.env.registry["sale.order"]
        with (
            patch.object(order_class, "_try_apply_code", SaleOrder._try_apply_code),
            patch.object(order_class, "_check_reserved_coupons", lambda orders: None),
        ):
            return self._count_using(coupon, partner)

    def test_use(self):
        """Using a coupon in an order costs one query more than in core."""
        coupon = self._generate()
        plain = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "points": 1}
        )
        for card, partner in (
            (coupon, self.contact),
            (coupon, self.customer),
            (plain, self.stranger),
        ):
            with self.subTest(partner=partner.name, reserved=card.is_reserved):
                core = self._count_using_in_core(card, partner)
                ours = self._count_using(card, partner)
                self.assertLessEqual(ours, core + 1)

    def test_order_without_coupon(self):
        """Orders without a coupon cost nothing more."""
        order_class = self.env.registry["sale.order"]

        def sell():
            order = self._create_order(self.customer).with_user(self.salesman)
            order.action_confirm()

        ours = self.count_queries(sell)
        with patch.object(order_class, "_check_reserved_coupons", lambda orders: None):
            core = self.count_queries(sell)
        self.assertLessEqual(ours, core)
