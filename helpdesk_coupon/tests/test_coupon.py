from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from ..hooks import uninstall_hook
from .common import HELPDESK, CouponCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestCoupon(CouponCommon):
    # ------------------------------------------------------------------
    # The pop-up
    # ------------------------------------------------------------------

    def test_popup(self):
        popup = self._open_popup()
        form = Form(popup)
        self.assertEqual(form.partner_id, self.contact)
        self.assertEqual(form.program_id, self.program)
        self.assertFalse(form.valid_until)
        self.assertFalse(form.code)
        self.assertFalse(form.share_link)
        self.assertFalse(form.no_program_reason)

    def test_end_of_the_program(self):
        """The pop-up says when the program ends; no coupon is made for longer."""
        other = self._create_program(name="Until summer", date_to="2026-06-21")
        form = Form(self._open_popup())
        form.program_id = self.program
        self.assertFalse(form.program_end)
        form.program_id = other
        self.assertEqual(str(form.program_end), "2026-06-21")
        coupon = self._generate(program_id=other, valid_until="2026-06-21")
        self.assertEqual(str(coupon.expiration_date), "2026-06-21")
        self.assertFalse(self._generate(program_id=other).expiration_date)

    def test_popup_with_several_programs(self):
        other = self._create_program(name="Another")
        popup = self._open_popup()
        self.assertEqual(popup.available_program_ids, self.program | other)
        self.assertFalse(popup.program_id)

    def test_popup_keeps_its_code(self):
        popup = self._open_popup()
        action = popup.action_generate()
        self.assertEqual(action["res_id"], popup.id)
        self.assertEqual(action["target"], "new")
        self.assertEqual(popup.code, popup.coupon_id.code)
        self.assertTrue(popup.code)

    def test_programs(self):
        """Only programs that can really be used now are offered."""
        company = self.env["res.company"].create({"name": "Other"})
        usable = self.program | self._create_program()
        usable[-1].company_id = False
        usable |= self._create_program(date_from="2026-03-10", date_to="2026-03-10")
        self._create_program(company_id=company.id)
        self._create_program(date_to="2026-03-09")
        self._create_program(date_from="2026-03-11")
        self._create_program(active=False)
        self._create_program(program_type="promo_code")
        without_reward = self._create_program()
        without_reward.reward_ids.active = False
        not_sold = self._create_program(sale_ok=False)
        if "ecommerce_ok" in not_sold._fields:
            not_sold.ecommerce_ok = False
        used_up = self._create_program(limit_usage=True, max_usage=1)
        usable |= self._create_program(limit_usage=True, max_usage=2)
        for program in (used_up, usable[-1]):
            self._create_order(
                self.customer,
                order_line=[
                    Command.create(
                        {
                            "product_id": self._create_product().id,
                            "name": "Reward",
                            "reward_id": program.reward_ids.id,
                        }
                    )
                ],
            )
        self.assertEqual(self._open_popup().available_program_ids, usable)

    def test_no_program(self):
        self.program.active = False
        popup = self._open_popup()
        self.assertIn(self.company.name, popup.no_program_reason)
        self.assertIn("administrator of Sales", popup.no_program_reason)
        with self.assertRaisesRegex(UserError, "has no coupon program"):
            popup.action_generate()
        self.assertFalse(self.ticket.coupon_ids)

    # ------------------------------------------------------------------
    # Generating
    # ------------------------------------------------------------------

    def test_generate(self):
        mails = self.env["mail.mail"].search_count([])
        coupon = self._generate(valid_until="2026-04-30")
        self.assertEqual(coupon.program_id, self.program)
        self.assertEqual(coupon.partner_id, self.contact)
        self.assertEqual(str(coupon.expiration_date), "2026-04-30")
        self.assertEqual(coupon.points, 1)
        self.assertTrue(coupon.is_reserved)
        self.assertEqual(coupon.ticket_id, self.ticket)
        self.assertEqual(self.ticket.coupon_ids, coupon)
        self.assertEqual(coupon.create_uid, self.agent)
        history = coupon.history_ids
        self.assertEqual(len(history), 1)
        self.assertIn(self.ticket.number, history.description)
        self.assertEqual((history.issued, history.used), (1, 0))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_generate_as_own_agent(self):
        """An agent of the lowest rights can do all of it on a ticket of theirs."""
        self.team.user_ids = self.own_agent
        self.ticket.user_id = self.own_agent
        popup = self._open_popup(user=self.own_agent)
        popup.action_generate()
        self.assertTrue(popup.code)
        action = popup.action_send()
        self.assertIn(popup.code, action["context"]["default_body"])
        opened = self.ticket.with_user(self.own_agent).action_view_coupons()
        self.assertEqual(opened["res_id"], popup.coupon_id.id)

    def test_no_mail_until_sent(self):
        """Core mails on creation; a ticket's coupon does not, others still do."""
        self.assertTrue(self.program.communication_plan_ids)
        with self._collect_sent() as sent:
            self._generate()
            self.assertFalse(sent)
            self.env["loyalty.generate.wizard"].create(
                {
                    "program_id": self.program.id,
                    "mode": "selected",
                    "customer_ids": [Command.set(self.customer.ids)],
                    "description": "Core's own",
                }
            ).generate_coupons()
            self.assertEqual(len(sent), 1)
        self.assertFalse(sent[0].is_reserved)
        self.assertFalse(sent[0].ticket_id)

    @contextmanager
    def _collect_sent(self):
        """Collect the cards that are mailed, instead of mailing them."""
        sent = []

        def send_mail(template, res_id, **kwargs):
            sent.append(self.env["loyalty.card"].browse(res_id))

        with patch.object(self.env.registry["mail.template"], "send_mail", send_mail):
            yield sent

    def test_points_of_the_program(self):
        self.program.reward_ids.required_points = 3
        self.assertEqual(self._generate().points, 3)

    def test_generate_again_makes_no_second(self):
        popup = self._open_popup()
        popup.action_generate()
        code = popup.code
        popup.action_generate()
        self.assertEqual(popup.code, code)
        self.assertEqual(len(self.ticket.coupon_ids), 1)

    def test_two_tabs_make_one(self):
        first, second = self._open_popup(), self._open_popup()
        first.action_generate()
        with self.assertRaisesRegex(UserError, first.code):
            second.action_generate()
        self.assertFalse(second.coupon_id)
        self.assertEqual(len(self.ticket.coupon_ids), 1)
        # Archived, it still counts.
        first.coupon_id.sudo().active = False
        with self.assertRaisesRegex(UserError, "press Coupon again"):
            second.action_generate()
        # The button pressed anew makes another.
        self.assertTrue(self._generate())

    def test_wrong_input(self):
        company = self.env["res.company"].create({"name": "Other"})
        without_reward = self._create_program(name="Nothing")
        without_reward.reward_ids.active = False
        foreign = self._create_program(name="Foreign", company_id=company.id)
        archived = self._create_program(name="Gone", active=False)
        promotion = self._create_program(name="Promo", program_type="promo_code")
        popup = self._open_popup()
        for program, name in (
            (without_reward, "Nothing"),
            (archived, "Gone"),
            (foreign, str(foreign.id)),
            (promotion, str(promotion.id)),
        ):
            popup.program_id = program
            with self.assertRaisesRegex(UserError, f"{name} cannot be used") as error:
                popup.action_generate()
            self.assertIn(self.ticket.number, str(error.exception))
        self.assertNotIn("Promo", str(error.exception))
        popup.program_id = False
        with self.assertRaisesRegex(UserError, "Choose the coupon program"):
            popup.action_generate()
        popup.program_id = self.program
        popup.valid_until = "2026-03-09"
        with self.assertRaisesRegex(UserError, "which is past"):
            popup.action_generate()
        self.program.date_to = "2026-03-20"
        popup.valid_until = "2026-03-21"
        with self.assertRaisesRegex(UserError, r"ends on 03/20/2026; choose a day"):
            popup.action_generate()
        self.program.date_to = False
        self.ticket.partner_id = False
        with self.assertRaisesRegex(UserError, "has no customer"):
            popup.action_generate()
        with self.assertRaisesRegex(UserError, "has no customer"):
            self.ticket.with_user(self.agent).action_coupon()
        self.assertFalse(
            self.env["loyalty.card"].search([("ticket_id", "=", self.ticket.id)])
        )
        self.ticket.partner_id = self.contact
        popup.valid_until = "2026-03-10"
        popup.action_generate()
        self.assertTrue(popup.code)

    def test_program_of_another_company_is_named(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self._create_program(name="Foreign", company_id=company.id)
        self.agent.company_ids |= company
        popup = self._open_popup().with_context(
            allowed_company_ids=(self.company | company).ids
        )
        self.assertNotIn(foreign, popup.available_program_ids)
        popup.program_id = foreign
        with self.assertRaisesRegex(UserError, "Coupon program Foreign cannot be used"):
            popup.action_generate()

    def test_company_of_ticket(self):
        """The coupon is of the ticket's company, whatever company the user is in."""
        company = self.env["res.company"].create({"name": "Other"})
        self.agent.company_ids |= company
        foreign = self._create_program(name="Foreign", company_id=company.id)
        ticket = self.ticket.with_user(self.agent).with_context(
            allowed_company_ids=[company.id, self.company.id]
        )
        popup = ticket.env["helpdesk.coupon.generate"].browse(
            ticket.action_coupon()["res_id"]
        )
        self.assertEqual(popup.available_program_ids, self.program)
        popup.action_generate()
        self.assertEqual(popup.coupon_id.company_id, self.company)
        self.assertEqual(self.ticket.document_ids.company_id, self.company)
        with self.assertRaisesRegex(ValidationError, "belongs to another company"):
            self.env["loyalty.card"].create(
                {"program_id": foreign.id, "ticket_id": self.ticket.id}
            )
        with self.assertRaisesRegex(ValidationError, "belongs to another company"):
            popup.coupon_id.sudo().company_id = company

    def test_customer_of_ticket(self):
        """A document of a ticket is its customer's, whoever makes it."""
        with self.assertRaisesRegex(ValidationError, "for Harbour Coffee"):
            self._create_coupon(ticket_id=self.ticket.id, partner_id=self.stranger.id)
        for partner in (self.customer, self.contact, self.env["res.partner"]):
            self._create_coupon(ticket_id=self.ticket.id, partner_id=partner.id)
        coupon = self._create_coupon(partner_id=self.stranger.id)
        with self.assertRaisesRegex(ValidationError, "for Harbour Coffee"):
            coupon.ticket_id = self.ticket

    def test_program_without_company(self):
        self.program.company_id = False
        coupon = self._generate()
        self.assertFalse(coupon.company_id)
        self.assertEqual(self.ticket.document_ids.company_id, self.company)

    def test_program_stays_in_the_company_of_its_tickets(self):
        other = self.env["res.company"].create({"name": "Another Company"})
        self.program.company_id = False
        coupon = self._generate()
        coupon.sudo().active = False
        with self.assertRaisesRegex(ValidationError, coupon.code):
            self.program.company_id = other
        self.program.company_id = self.company

    def test_service_off_meanwhile(self):
        popup = self._open_popup()
        self.team.use_coupon = False
        with self.assertRaisesRegex(UserError, "switched on"):
            popup.action_generate()

    def test_other_customer_meanwhile(self):
        """A pop-up that was left open is for whom it was opened for."""
        popup = self._open_popup()
        self.ticket.partner_id = self.stranger
        with self.assertRaisesRegex(UserError, "another customer since"):
            popup.action_generate()
        self.assertFalse(popup.coupon_id)
        self.ticket.partner_id = self.contact
        popup.action_generate()
        self.assertEqual(popup.coupon_id.partner_id, self.contact)

    def test_send_before_generating(self):
        with self.assertRaisesRegex(UserError, "Generate the coupon"):
            self._open_popup().action_send()

    def test_leftover_default_goes_no_further(self):
        ticket = self._create_ticket()
        popup = self._open_popup().with_context(default_ticket_id=ticket.id)
        popup.action_generate()
        self.assertEqual(popup.coupon_id.ticket_id, self.ticket)

    # ------------------------------------------------------------------
    # The button
    # ------------------------------------------------------------------

    def test_button(self):
        ticket = self.ticket
        self.assertTrue(ticket.can_be_given_coupon)
        ticket.partner_id = False
        self.assertFalse(ticket.can_be_given_coupon)
        arch = ticket.with_user(self.agent).get_view(view_type="form")["arch"]
        self.assertIn('name="action_coupon"', arch)
        self.assertIn('name="action_view_coupons"', arch)
        employee = self._create_user("coupon_employee", "base.group_user")
        arch = ticket.with_user(employee).get_view(view_type="form")["arch"]
        self.assertNotIn('name="action_coupon"', arch)
        self.assertIn('name="action_view_coupons"', arch)
        ticket.message_subscribe(employee.partner_id.ids)
        with self.assertRaises(AccessError):
            ticket.with_user(employee).action_coupon()
        with self.assertRaises(AccessError):
            ticket.with_user(self.salesman).action_coupon()

    # ------------------------------------------------------------------
    # What became of it
    # ------------------------------------------------------------------

    def _assert_state(self, coupon, state, common):
        """Coupon and line agree on the state."""
        self.env.invalidate_all()
        line = self.ticket.document_ids
        self.assertEqual(coupon.coupon_state, state)
        self.assertEqual(line.document_state_value, state)
        self.assertEqual(line.state, common)

    def test_states(self):
        coupon = self._generate(valid_until="2026-03-10")
        self.assertEqual(str(coupon.valid_until), "2026-03-10")
        self.assertEqual(self.ticket.document_ids.name, coupon.code)
        self._assert_state(coupon, "available", "new")
        self.assertEqual(self.ticket.document_ids.document_state, "Not Used")
        with freeze_time("2026-03-11"):
            self._assert_state(coupon, "expired", "cancelled")
        coupon.expiration_date = False
        self.assertFalse(coupon.valid_until)
        self.program.date_to = "2026-03-10"
        self.assertEqual(str(coupon.valid_until), "2026-03-10")
        self._assert_state(coupon, "available", "new")
        with freeze_time("2026-03-11"):
            self._assert_state(coupon, "expired", "cancelled")
        coupon.active = False
        self._assert_state(coupon, "archived", "cancelled")
        coupon.active = True
        self.program.active = False
        self._assert_state(coupon, "archived", "cancelled")

    def test_used(self):
        coupon = self._generate()
        order = self._create_order(self.customer)
        self._apply_code(order, coupon.code)
        self._assert_state(coupon, "available", "new")
        self.assertEqual(order.amount_untaxed, 90)
        order.with_user(self.salesman).action_confirm()
        self._assert_state(coupon, "used", "done")
        # The agent sees it without rights on sales.
        seen = coupon.with_user(self.agent)
        self.assertEqual(seen.used_in, order.name)
        self.assertEqual(seen.coupon_state, "used")
        self.assertEqual(seen.points, 0)
        self.assertEqual(self.ticket.document_ids.document_state, "Used")
        order.with_user(self.salesman)._action_cancel()
        self._assert_state(coupon, "available", "new")
        self.assertFalse(coupon.used_in)

    def test_balance_changed_by_hand_is_no_use(self):
        coupon = self._generate()
        self.env["loyalty.card.update.balance"].create(
            {"card_id": coupon.id, "new_balance": 0, "description": "Mistake"}
        ).action_update_card_point()
        self._assert_state(coupon, "available", "new")
        self.assertEqual(coupon.points, 0)

    def test_usage_queries(self):
        """Usage is read for many coupons at the cost of one."""
        coupons = self.env["loyalty.card"]
        for _index in range(3):
            coupon = self._generate(self._create_ticket())
            order = self._create_order(self.customer)
            self._apply_code(order, coupon.code)
            order.action_confirm()
            coupons |= coupon
        self.env.flush_all()

        def count(cards):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            cards.mapped("used_in")
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(coupons), count(coupons[0]))

    def test_views(self):
        """The agent's form and list read no more than the agent may read."""
        coupon = self._generate()
        again = self._generate()
        for user in (self.agent, self.env.user):
            ticket = self.ticket.with_user(user)
            action = ticket.action_view_coupons()
            self.assertEqual(
                self.env["loyalty.card"].search(action["domain"]), coupon | again
            )
            (list_id, _list), (form_id, _form) = action["views"]
            card = coupon.with_user(user)
            arch = etree.fromstring(card.get_view(list_id, "list")["arch"])
            names = [node.get("name") for node in arch.iter("field")]
            card.search(action["domain"]).read(names)
            for name in (
                "code",
                "program_id",
                "valid_until",
                "points_display",
                "coupon_state",
                "used_in",
            ):
                self.assertIn(name, names)
            form = Form(card)
            self.assertEqual(form.code, coupon.code)
            self.assertEqual(form.program_id, self.program)
            self.assertEqual(form.coupon_state, "available")
            self.assertFalse(form_id)
        for user, is_offered in ((self.agent, False), (self.env.user, True)):
            views = self.env["loyalty.card"].with_user(user)
            views = views.get_views([(False, "form")], {"toolbar": True})["views"]
            self.assertEqual("print" in views["form"].get("toolbar", {}), is_offered)
        agent_arch = coupon.with_user(self.agent).get_view(view_type="form")["arch"]
        self.assertNotIn("history_ids", agent_arch)
        self.assertIn("action_view_ticket", agent_arch)
        self.assertNotIn("update_balance", agent_arch)
        arch = coupon.with_user(self.salesman).get_view(view_type="form")["arch"]
        self.assertIn("history_ids", arch)
        list_arch = coupon.with_user(self.agent).get_view(view_type="list")["arch"]
        self.assertIn("used_in", list_arch)

    def test_ticket_deleted(self):
        """The coupon outlasts its ticket, and stays reserved."""
        coupon = self._generate()
        self.ticket.unlink()
        self.assertTrue(coupon.exists())
        order = self._create_order(self.stranger)
        self.assertIn("error", order._try_apply_code(coupon.code))

    def test_uninstall_hook(self):
        uninstall_hook(self.env(su=True))
        self.assertFalse(self.team.use_coupon)

    def test_helpdesk_manager_is_no_sales_manager(self):
        manager = self._create_user("coupon_manager", f"{HELPDESK}manager")
        coupon = self._generate(user=manager)
        self.assertEqual(Form(coupon.with_user(manager)).code, coupon.code)
