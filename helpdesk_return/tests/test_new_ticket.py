import re

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_portal import ReturnPortalCommon


@tagged("post_install", "-at_install")
class TestNewTicket(ReturnPortalCommon, HttpCase):
    """A new ticket from the portal names what it is about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls.delivery.sale_id
        cls.phone = cls._create_goods("Phone", tracking="serial")
        cls.serial = cls._create_lot("SN1", cls.phone)
        cls.phone_order = cls._deliver({cls.phone: 1}).sale_id
        cls.elsewhere = cls._deliver({cls.lamp: 1}, partner=cls.stranger).sale_id

    def _submit(self, goods):
        before = self.env["helpdesk.ticket"].search([])
        answer = self.url_open(
            "/submitted/ticket",
            {
                "csrf_token": http.Request.csrf_token(self),
                "subject": "It hums",
                "description": "All day long",
                **({"goods": goods} if isinstance(goods, str) else {}),
            },
            files=None if isinstance(goods, str) else {"goods": goods},
            allow_redirects=False,
        )
        self.env.invalidate_all()
        return answer, self.env["helpdesk.ticket"].search([]) - before

    def _get_offered(self):
        page = self.url_open("/new/ticket").text
        return re.findall(r'<option value="(\d+-\d+-\d+)"', page)

    def test_lists(self):
        """The customer's own orders, with what was delivered of them."""
        open_order = self._create_order()
        quotation = self.env["sale.order"].create({"partner_id": self.customer.id})
        self.desk.ticket_active = False
        self._log_in()
        offered = self._get_offered()
        self.assertEqual(
            sorted(offered),
            sorted(
                [
                    f"{open_order.id}-0-0",
                    f"{self.order.id}-0-0",
                    f"{self.order.id}-{self.lamp.id}-0",
                    f"{self.phone_order.id}-0-0",
                    f"{self.phone_order.id}-{self.phone.id}-{self.serial.id}",
                ]
            ),
        )
        page = self.url_open("/new/ticket").text
        self.assertIn("Phone (SN1)", page)
        for name in (quotation.name, self.elsewhere.name):
            self.assertNotIn(name, page)

    def test_nothing_to_list(self):
        self._log_in(self._create_portal_user("new", self.stranger.copy()))
        self.assertNotIn('id="goods"', self.url_open("/new/ticket").text)

    def test_named(self):
        self._log_in()
        for goods, order, product, lot in (
            (f"{self.order.id}-0-0", self.order, None, None),
            (f"{self.order.id}-{self.lamp.id}-0", self.order, self.lamp, None),
            (
                f"{self.phone_order.id}-{self.phone.id}-{self.serial.id}",
                self.phone_order,
                self.phone,
                self.serial,
            ),
            ("", None, None, None),
        ):
            answer, ticket = self._submit(goods)
            self.assertEqual(answer.status_code, 302)
            self.assertEqual(ticket.sale_order_ids.ids, order.ids if order else [])
            self.assertEqual(ticket.product_id.id, product.id if product else False)
            self.assertEqual(ticket.lot_id.id, lot.id if lot else False)
            self.assertEqual(ticket.partner_id, self.contact)

    def test_kit(self):
        """A kit is named as it was sold."""
        kit = self._create_goods("Set")
        order = self._create_order({kit: 1})
        delivery = order.picking_ids
        delivery.move_ids.product_id = self.lamp
        delivery.move_ids.sale_line_id = order.order_line
        delivery.action_confirm()
        self._validate(delivery)
        self._log_in()
        key = f"{order.id}-{kit.id}-0"
        self.assertIn(key, self._get_offered())
        _answer, ticket = self._submit(key)
        self.assertEqual(ticket.product_id, kit)

    @mute_logger("odoo.http")
    def test_of_others(self):
        """Ids of others', or not of one delivery, are refused and make nothing."""
        self._log_in()
        for goods in (
            f"{self.elsewhere.id}-0-0",
            f"{self.elsewhere.id}-{self.lamp.id}-0",
            f"0-{self.lamp.id}-0",
            f"{self.order.id}-{self.phone.id}-0",
            f"{self.order.id}-{self.lamp.id}-{self.serial.id}",
            f"{self.order.id}-0-{self.serial.id}",
            f"0-0-{self.serial.id}",
            "0-0-0",
            "1-2",
            "x",
            "-1-0-0",
            ("goods.txt", b"1-0-0"),
        ):
            answer, ticket = self._submit(goods)
            self.assertEqual(answer.status_code, 403, goods)
            self.assertFalse(ticket)
        self._log_in(self.other)
        key = f"{self.phone_order.id}-{self.phone.id}-{self.serial.id}"
        self.assertEqual(self._submit(key)[0].status_code, 403)
        self._log_in(self.cole)
        self.assertTrue(self._submit(key)[1])

    @mute_logger("odoo.http")
    def test_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere Ltd"})
        self.env.cr.execute(
            "UPDATE sale_order SET company_id = %s WHERE id = %s",
            [company.id, self.order.id],
        )
        self.env.invalidate_all()
        self._log_in()
        self.assertNotIn(f"{self.order.id}-0-0", self._get_offered())
        self.assertEqual(self._submit(f"{self.order.id}-0-0")[0].status_code, 403)
