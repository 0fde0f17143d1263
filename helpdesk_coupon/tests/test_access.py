from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HELPDESK, CouponCommon

LOYALTY = (
    "loyalty.rule",
    "loyalty.reward",
    "loyalty.mail",
    "loyalty.history",
    "loyalty.generate.wizard",
    "loyalty.card.update.balance",
    "sale.order.coupon.points",
)


@tagged("post_install", "-at_install")
class TestCouponAccess(CouponCommon):
    """What users of the helpdesk read of loyalty: programs and their tickets' coupons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coupon = cls._create_coupon(ticket_id=cls.ticket.id, is_reserved=True)
        cls.own_ticket = cls._create_ticket(user_id=False)
        cls.team.user_ids = cls.own_agent
        cls.own_ticket.user_id = cls.own_agent
        cls.own_coupon = cls.coupon.copy(
            {"code": "own", "ticket_id": cls.own_ticket.id}
        )
        other_team = cls.env["helpdesk.ticket.team"].create({"name": "Elsewhere"})
        cls.ticket.team_id = other_team
        cls.plain = cls.env["loyalty.card"].create({"program_id": cls.program.id})
        cls.promotion = cls._create_program(name="Promo", program_type="promo_code")

    def _assert_reads(self, user, cards, others):
        """Search, group, name search, export and read give ``cards`` and no others."""
        Card = self.env["loyalty.card"].with_user(user)
        self.env.invalidate_all()
        domain = [("id", "in", (cards | others).ids)]
        self.assertEqual(Card.search(domain), cards)
        self.assertEqual(Card.search_count(domain), len(cards))
        self.assertEqual(
            [count for (count,) in Card._read_group(domain, [], ["__count"])],
            [len(cards)],
        )
        names = {card_id for card_id, _name in Card.name_search("", domain)}
        self.assertEqual(names, set(cards.ids))
        found = Card.web_search_read(domain, {"code": {}})
        self.assertEqual(found["length"], len(cards))
        [group] = Card.formatted_read_group(domain, [], ["__count"])
        self.assertEqual(group["__count"], len(cards))
        codes = {row["code"] for row in Card.search_read(domain, ["code"])}
        self.assertEqual(codes, set(cards.mapped("code")))
        visible = cards.with_user(user)
        self.assertTrue(visible.has_access("read"))
        self.assertEqual(visible.mapped("code"), cards.mapped("code"))
        self.assertEqual(
            (cards | others).with_user(user)._filtered_access("read"), cards
        )
        for other in others.with_user(user):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                other.read(["code"])
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                other.web_read({"code": {}})
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                other.mapped("display_name")
        if self.program.with_user(user).has_access("read"):
            coupons = self.program.with_user(user).coupon_ids
            self.assertFalse(coupons & others)

    def test_agents_read_the_coupons_of_their_tickets(self):
        self._assert_reads(self.agent, self.coupon | self.own_coupon, self.plain)
        self._assert_reads(self.own_agent, self.own_coupon, self.coupon | self.plain)

    def test_archived_ticket_and_archived_coupon(self):
        self.own_ticket.active = False
        self._assert_reads(self.own_agent, self.own_coupon, self.plain)
        self.own_coupon.active = False
        self.assertTrue(self.own_coupon.with_user(self.own_agent).has_access("read"))

    def test_export(self):
        self.agent.group_ids |= self.env.ref("base.group_allow_export")
        cards = (self.coupon | self.plain).with_user(self.agent)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            cards.export_data(["code"])
        exported = self.coupon.with_user(self.agent).export_data(["code"])
        self.assertEqual(exported["datas"], [[self.coupon.code]])

    def test_agents_read_coupon_programs_only(self):
        Program = self.env["loyalty.program"].with_user(self.own_agent)
        found = Program.search([])
        self.assertIn(self.program, found)
        self.assertNotIn(self.promotion, found)
        self.assertEqual(found.mapped("program_type"), ["coupons"] * len(found))
        self.assertEqual(Program.browse(self.program.id).name, self.program.name)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            Program.browse(self.promotion.id).read(["name"])

    def test_programs_of_other_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self._create_program(name="Foreign", company_id=company.id)
        program = foreign.with_user(self.agent)
        self.assertFalse(program.has_access("read"))
        self.assertNotIn(foreign, program.search([]))

    def test_agents_read_nothing_else(self):
        for user in (self.agent, self.own_agent):
            for model in LOYALTY:
                for operation in ("read", "write", "create", "unlink"):
                    access = self.env[model].with_user(user).has_access(operation)
                    self.assertFalse(access, f"{operation} {model}")
            for record in (self.coupon, self.own_coupon, self.program):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(record.with_user(user).has_access(operation))
        with self.assertRaises(AccessError):
            self.own_coupon.with_user(self.own_agent).history_ids.mapped("description")
        with self.assertRaises(AccessError):
            self.program.with_user(self.agent).reward_ids.mapped("description")
        with self.assertRaises(AccessError):
            self.own_coupon.with_user(self.own_agent).points = 5

    def test_agents_read_nothing_through_what_they_read(self):
        """Neither a coupon nor a program opens what belongs to it."""
        coupon = self.own_coupon.with_user(self.own_agent)
        inside = {"fields": {"display_name": {}}}
        for record, name in (
            (coupon, "history_ids"),
            (coupon.program_id, "reward_ids"),
            (coupon.program_id, "rule_ids"),
            (coupon.program_id, "communication_plan_ids"),
        ):
            with (
                self.subTest(name=name),
                self.assertRaises(AccessError),
                mute_logger("odoo.models"),
            ):
                record.web_read({name: inside})
        [read] = coupon.program_id.web_read({"coupon_ids": {"fields": {"code": {}}}})
        self.assertEqual(
            [card["code"] for card in read["coupon_ids"]], [self.own_coupon.code]
        )

    def test_others_read_none(self):
        employee = self._create_user("coupon_employee", "base.group_user")
        portal = self._create_user("coupon_portal", "base.group_portal")
        self.ticket.message_subscribe((employee | portal).partner_id.ids)
        for user in (employee, portal):
            self.assertFalse(self.coupon.with_user(user).has_access("read"))
            self.assertFalse(self.program.with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                self.env["loyalty.card"].with_user(user).search([])

    def test_popup_is_no_way_around(self):
        """The pop-up shows neither a coupon nor a ticket that the user cannot read."""
        popup = self._open_popup(self.own_ticket, self.own_agent)
        popup.sudo().coupon_id = self.coupon
        self.env.invalidate_all()
        for name in ("code", "share_link"):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                popup.read([name])
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            popup.action_send()
        popup.sudo().write({"ticket_id": self.ticket.id, "coupon_id": False})
        self.env.invalidate_all()
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            popup.read(["partner_id"])
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            popup.action_generate()

    def test_popup_is_the_buttons(self):
        """What the pop-up was opened with, and its coupon, are not the user's to say."""
        popups = self.env["helpdesk.coupon.generate"].with_user(self.own_agent)
        vals = {"ticket_id": self.own_ticket.id, "program_id": self.program.id}
        with self.assertRaises(AccessError):
            popups.create(vals)
        popup = popups.with_context(
            default_coupon_id=self.coupon.id,
            default_newest_coupon_res_id=2**31 - 1,
            default_ticket_id=self.ticket.id,
        )
        action = self.own_ticket.with_env(popup.env).action_coupon()
        popup = popup.browse(action["res_id"])
        self.assertEqual(popup.ticket_id, self.own_ticket)
        self.assertFalse(popup.coupon_id)
        self.assertEqual(popup.newest_coupon_res_id, self.own_coupon.id)
        with self.assertRaises(AccessError):
            popup.copy()
        for name, value in (
            ("ticket_id", self.ticket.id),
            ("customer_res_id", 2**31 - 1),
            ("newest_coupon_res_id", 2**31 - 1),
            ("coupon_id", False),
        ):
            with self.assertRaisesRegex(AccessError, "press Coupon on the ticket"):
                popup.write({"program_id": self.program.id, name: value})

    def test_popup_of_another(self):
        popup = self._open_popup(self.own_ticket, self.own_agent)
        popup.invalidate_recordset()
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            popup.with_user(self.agent).write({"program_id": self.program.id})

    def test_send_is_no_way_around(self):
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.coupon.with_user(self.own_agent).action_coupon_send()

    # ------------------------------------------------------------------
    # Nobody loses a right they had
    # ------------------------------------------------------------------

    def _assert_keeps_rights(self, group):
        """Who is in another app's group as well reads what the app lets them."""
        alone = self._create_user(f"{group}_alone", group)
        both = self._create_user(f"{group}_both", f"{group},{HELPDESK}user_own")
        for model in ("loyalty.card", "loyalty.program", *LOYALTY):
            records = self.env[model].with_user(alone)
            with_helpdesk = self.env[model].with_user(both)
            for operation in ("read", "write", "create", "unlink"):
                if records.has_access(operation):
                    self.assertTrue(
                        with_helpdesk.has_access(operation), f"{operation} {model}"
                    )
            if records.has_access("read") and not records._transient:
                found = records.search([])
                self.assertEqual(found.ids, with_helpdesk.search([]).ids)
                self.assertEqual(
                    with_helpdesk.browse(found.ids)._filtered_access("read").ids,
                    found.ids,
                )
        everything = self.plain | self.coupon | self.own_coupon
        self._assert_reads(both, everything, everything[:0])
        self._assert_reads(alone, everything, everything[:0])

    def test_salesman_keeps_rights(self):
        self._assert_keeps_rights("sales_team.group_sale_salesman")
        self._assert_keeps_rights("sales_team.group_sale_manager")

    def test_another_app_keeps_rights(self):
        """The same for an app that nobody thought of, as a cashier's."""
        group = self.env["res.groups"].create({"name": "Cashier"})
        self.env["ir.model.data"].create(
            {
                "module": "helpdesk_coupon",
                "name": "test_group_cashier",
                "model": "res.groups",
                "res_id": group.id,
            }
        )
        group.implied_ids = self.env.ref("base.group_user")
        self.env["ir.model.access"].create(
            {
                "name": "Cashier",
                "model_id": self.env["ir.model"]._get_id("loyalty.card"),
                "group_id": group.id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": False,
                "perm_unlink": False,
            }
        )
        self._assert_keeps_rights("helpdesk_coupon.test_group_cashier")
