from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.helpdesk_after_sales.tests.common import TicketPortal

from .common import CouponCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestPortal(TicketPortal, CouponCommon, HttpCase):
    """The customer's side of coupons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nora = cls._create_portal_user("nora", cls.customer)
        cls.bob = cls._create_portal_user("bob", cls.stranger)

    def _look(self, user=None):
        return self._get_after_sales(self.ticket, user or self.nora)

    def test_coupon_to_use(self):
        coupon = self._generate(valid_until="2026-12-24")
        page = self._look()
        for text in (
            coupon.code,
            "You can use this coupon.",
            "December 24, 2026",
            "10% on your order",
            "Copy",
        ):
            self.assertIn(text, page)
        self.program.date_to = "2026-06-30"
        page = self._look()
        self.assertIn("June 30, 2026", page, "the program ends before the coupon")
        self.assertNotIn("December", page)

    def test_no_expiry(self):
        self._generate()
        self.assertIn("It does not expire.", self._look())

    def test_used_expired_and_withdrawn(self):
        coupon = self._generate(valid_until="2026-12-24")
        order = self._create_order(self.contact)
        self._apply_code(order, coupon.code)
        order.action_confirm()
        page = self._look()
        self.assertIn("This coupon was used.", page)
        self.assertIn("It was used.", page)
        self.assertNotIn(order.name, page)
        self.assertNotIn("Copy", page)
        order._action_cancel()
        self.assertIn("You can use this coupon.", self._look())
        with freeze_time("2026-12-25"):
            self.assertIn("This coupon has expired.", self._look())
        coupon.action_archive()
        page = self._look()
        self.assertIn("This coupon is no longer valid.", page)
        self.assertNotIn("Copy", page)

    def test_others(self):
        coupon = self._generate()
        self.ticket.message_subscribe(self.bob.partner_id.ids)
        self.assertEqual(self._look(self.bob), "")
        self.ticket.partner_id = self.bob.partner_id
        self.assertEqual(self._look(self.bob), "")
        # A coupon whose customer is gone is nobody's, the ticket's new one's neither.
        coupon.sudo().partner_id = False
        self.assertEqual(self._look(self.bob), "")

    def test_copying(self):
        """The button copies the code and says so; without a script there is none."""
        coupon = self._generate()
        self.nora.password = self.nora.login
        self.browser_js(
            f"/my/ticket/{self.ticket.id}",
            f"""
            const copied = [];
            navigator.clipboard.writeText = async (text) => copied.push(text);
            const button = document.querySelector(".o_helpdesk_coupon .o_copy");
            button.focus();
            button.click();
            setTimeout(() => {{
                const status = document.querySelector("[role=status] .o_copied");
                const isSaid = status.checkVisibility() && status.textContent === "Copied";
                if (isSaid && copied[0] === "{coupon.code}" && button === document.activeElement)
                    console.log("test successful");
                else
                    console.error(`said: ${{isSaid}}, copied: ${{copied}}`);
            }}, 500);
            """,
            ready="document.querySelector('.o_helpdesk_coupon .o_copy')?.checkVisibility()",
            login=self.nora.login,
        )
