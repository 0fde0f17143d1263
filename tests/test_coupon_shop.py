"""A ticket's coupon where the web shop and the point of sale are installed."""

import base64
import io
from itertools import groupby
from urllib.parse import urlencode

import pytest

from tools.rpc import RpcError, Visitor

POPUP = "helpdesk.coupon.generate"
HELPDESK = "helpdesk_mgmt.group_helpdesk_user"
PASSWORD = "coupon-shop-password"


class Shop:
    """A team that gives coupons, its agent, two customers with accounts, and a lamp."""

    def __init__(self, server):
        self.server = server
        self.rpc = server.rpc()
        # A follower without an address would be named before the mail opens.
        administrator = self.ref("base.partner_admin")
        self.rpc.call(
            "res.partner", "write", [administrator], {"email": "admin@example.com"}
        )
        self.program = self.create(
            "loyalty.program",
            {"name": "Sorry for the trouble"},
            default_program_type="coupons",
        )
        self.team = self.create(
            "helpdesk.ticket.team", {"name": "Care", "use_coupon": True}
        )
        self.company = self.create(
            "res.partner", {"name": "Lakeside Interiors", "is_company": True}
        )
        self.customer = self.create_user("nora", "base.group_portal", self.company)
        self.colleague = self.create_user("olaf", "base.group_portal", self.company)
        self.stranger = self.create_user("harbour", "base.group_portal")
        self.create_user("agent", HELPDESK)
        self.create_user("salesman", "sales_team.group_sale_salesman_all_leads")
        self.agent = server.rpc("agent", PASSWORD)
        self.salesman = server.rpc("salesman", PASSWORD)
        self.lamp = self.create(
            "product.template",
            {"name": "Lamp", "list_price": 100.0, "is_published": True},
        )
        [self.variant] = self.rpc.call(
            "product.product", "search", [["product_tmpl_id", "=", self.lamp]]
        )

    def create(self, model, vals, **context):
        return self.rpc.call(model, "create", [vals], context=context)[0]

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        [found] = self.rpc.call("ir.model.data", "search_read", domain, ["res_id"])
        return found["res_id"]

    def create_user(self, login, groups, parent=None):
        """Create a user.

        :return: the id of their partner
        """
        user = self.create(
            "res.users",
            {
                "name": login.title(),
                "login": login,
                "password": PASSWORD,
                "email": f"{login}@example.com",
                "group_ids": [[6, 0, [self.ref(group) for group in groups.split(",")]]],
            },
            no_reset_password=True,
        )
        [values] = self.rpc.call("res.users", "read", [user], ["partner_id"])
        partner = values["partner_id"][0]
        if parent:
            self.rpc.call("res.partner", "write", [partner], {"parent_id": parent})
        return partner

    def give_coupon(self):
        """Generate a coupon for the customer, as the agent does.

        :return: the pop-up's values
        """
        ticket = self.create(
            "helpdesk.ticket",
            {
                "name": "Delivery two weeks late",
                "description": "Something for our trouble?",
                "team_id": self.team,
                "partner_id": self.customer,
            },
        )
        popup = self.agent.call("helpdesk.ticket", "action_coupon", [ticket])["res_id"]
        # The shop and the point of sale bring programs of their own.
        self.agent.call(POPUP, "write", [popup], {"program_id": self.program})
        self.agent.call(POPUP, "action_generate", [popup])
        [values] = self.agent.call(
            POPUP, "read", [popup], ["code", "share_link", "ticket_id", "coupon_id"]
        )
        return values

    def open(self, login=None):
        """Let somebody into the shop, with an empty cart."""
        visitor = Visitor(self.server.url, self.server.db)
        if login:
            visitor.sign_in(login, PASSWORD)
            visitor.post("/shop/cart/clear", {})
        return visitor

    def fill_cart(self, visitor):
        """Put a lamp into the cart."""
        lamp = {"product_template_id": self.lamp, "product_id": self.variant}
        visitor.post("/shop/cart/add", lamp)
        return visitor

    def visit(self, login=None):
        """Let somebody into the shop, with a lamp in the cart."""
        return self.fill_cart(self.open(login))

    def orders_with(self, code):
        """Find the orders that hold a coupon."""
        return self.rpc.call(
            "sale.order",
            "search_read",
            [["order_line.coupon_id.code", "=", code]],
            ["partner_id", "amount_untaxed"],
        )


@pytest.fixture(scope="module")
def shop(shared_odoo_server):
    return Shop(
        shared_odoo_server(["helpdesk_coupon", "website_sale_loyalty", "pos_loyalty"])
    )


def read(visitor, path):
    """Open a page, and return what it says."""
    return visitor.get(path).decode()


def enter(visitor, code):
    """Enter a code in the cart, and return what the cart says."""
    return read(visitor, f"/shop/pricelist?{urlencode({'promo': code})}")


@pytest.mark.parametrize("login", ["nora", "olaf"])
def test_customer_and_colleague(shop, login):
    """Any contact of the customer uses the code in the shop, once."""
    code = shop.give_coupon()["code"]
    page = enter(shop.visit(login), code)
    assert "reserved" not in page
    [order] = shop.orders_with(code)
    assert order["amount_untaxed"] == 90
    assert order["partner_id"][1].endswith(login.title())


def test_another_customer(shop):
    code = shop.give_coupon()["code"]
    stranger = shop.visit("harbour")
    page = enter(stranger, code)
    assert f"Coupon {code} is reserved for another customer" in page
    assert "Nora" not in page
    assert "Lakeside" not in page
    page = read(stranger, f"/coupon/{code}?r=/shop/cart")
    assert f"Coupon {code} is reserved for another customer" in page
    # Nor does the code, kept by the shop, get in with the next lamp.
    read(shop.fill_cart(stranger), "/shop/cart")
    assert not shop.orders_with(code)


def test_visitor_signs_in(shop):
    """Who is not signed in is told to, and then uses the coupon in the same cart."""
    code = shop.give_coupon()["code"]
    visitor = shop.visit()
    page = enter(visitor, code)
    assert f"Coupon {code} is reserved for a customer; sign in first" in page
    assert not shop.orders_with(code)
    visitor.sign_in("nora", PASSWORD)
    enter(visitor, code)
    [order] = shop.orders_with(code)
    assert order["partner_id"][0] == shop.customer


def test_share_link(shop):
    """The pop-up offers the link, which puts the coupon into the cart of its customer."""
    popup = shop.give_coupon()
    link, code = popup["share_link"], popup["code"]
    assert link == f"{shop.server.url}/coupon/{code}?r=%2Fshop"
    path = link.removeprefix(shop.server.url)
    page = read(shop.visit(), path)
    assert "sign in first" in page
    # Before anything is in the cart: the coupon comes with the lamp.
    customer = shop.open("nora")
    read(customer, path)
    read(shop.fill_cart(customer), "/shop/cart")
    [order] = shop.orders_with(code)
    assert order["amount_untaxed"] == 90


def test_share_link_of_programs_for_the_shop(shop):
    shop.rpc.call("loyalty.program", "write", [shop.program], {"ecommerce_ok": False})
    try:
        assert not shop.give_coupon()["share_link"]
    finally:
        shop.rpc.call(
            "loyalty.program", "write", [shop.program], {"ecommerce_ok": True}
        )


def test_customer_of_the_cart_changed(shop):
    """A cart that holds the coupon stays its customer's."""
    code = shop.give_coupon()["code"]
    enter(shop.visit("nora"), code)
    [order] = shop.orders_with(code)
    with pytest.raises(RpcError, match="remove the coupon from the order"):
        shop.salesman.call(
            "sale.order", "write", [order["id"]], {"partner_id": shop.stranger}
        )
    [order] = shop.orders_with(code)
    assert order["partner_id"][0] == shop.customer


def test_printed_coupon(shop):
    """The mail's PDF says what it is, and its barcode is the code."""
    from pypdf import PdfReader

    popup = shop.give_coupon()
    action = shop.agent.call(
        "loyalty.card", "action_coupon_send", popup["coupon_id"][0]
    )
    attachments = action["context"]["default_attachment_ids"]
    [printed] = shop.agent.call("ir.attachment", "read", attachments, ["name", "datas"])
    code = popup["code"]
    assert printed["name"] == f"Coupon {code}.pdf"
    [page] = PdfReader(io.BytesIO(base64.b64decode(printed["datas"]))).pages
    assert code in page.extract_text()
    assert code in [read_barcode(image.image) for image in page.images]


def read_barcode(image):
    """Read a Code 128 barcode as a scanner does: the widths of bars and gaps.

    :return: the code; nothing when the picture is none, or its checksum is wrong
    """
    from reportlab.graphics.barcode import code128

    image = image.convert("L")
    row = [image.getpixel((x, image.height // 2)) < 128 for x in range(image.width)]
    widths = [len(list(run)) for _is_black, run in groupby(row)]
    # Without the quiet zones, and in groups of six until the bar that closes the stop.
    widths = widths[1:-1]
    if len(widths) % 6 != 1:
        return None
    patterns = {
        tuple(ord(width.lower()) - ord("`") for width in pattern[:6]): value
        for value, pattern in code128._patterns.items()
    }
    values = []
    for start in range(0, len(widths) - 1, 6):
        group = widths[start : start + 6]
        unit = sum(group) / 11
        nearest = min(
            patterns,
            key=lambda pattern: sum(
                abs(width / unit - modules)
                for width, modules in zip(group, pattern, strict=True)
            ),
        )
        values.append(patterns[nearest])
    first, *codes, check, stop = values
    checksum = first + sum(place * code for place, code in enumerate(codes, 1))
    if (check, stop) != (checksum % 103, code128.stop):
        return None
    text = ""
    letters = code128.setmap["START_" + "ABC"[first - code128.starta]][1]
    for code in codes:
        letter = next(letter for letter, value in letters.items() if value == code)
        if letter in code128.tos:
            letters = code128.setmap[letter][0]
        else:
            text += letter
    return text


def test_cashier_keeps_rights(shop):
    """Who works at the till as well as for the helpdesk reads and writes all coupons."""
    popup = shop.give_coupon()
    coupon, code = popup["coupon_id"][0], popup["code"]
    plain = shop.create("loyalty.card", {"program_id": shop.program, "points": 1})
    config = shop.create("pos.config", {"name": "Till"})
    cards = [["id", "in", [coupon, plain]]]
    shop.create_user("cashier", "point_of_sale.group_pos_user")
    shop.create_user(
        "helping_cashier",
        "point_of_sale.group_pos_user,helpdesk_mgmt.group_helpdesk_user_own",
    )
    for login in ("cashier", "helping_cashier"):
        cashier = shop.server.rpc(login, PASSWORD)
        assert set(cashier.call("loyalty.card", "search", cards)) == {coupon, plain}
        for card in (coupon, plain):
            cashier.call("loyalty.card", "write", [card], {"points": 1})
        promotions = [["program_type", "!=", "coupons"]]
        assert cashier.call("loyalty.program", "search_count", promotions)
        # As core's till has it: the coupon's own partner uses it there, nobody else.
        for partner, is_used in ((shop.customer, True), (shop.stranger, False)):
            entered = (code, "2026-01-01", partner, 0)
            answer = cashier.call("pos.config", "use_coupon_code", [config], *entered)
            assert answer["successful"] is is_used
        with pytest.raises(RpcError, match="is reserved for the customer of a ticket"):
            cashier.call(
                "loyalty.card", "write", [coupon], {"partner_id": shop.stranger}
            )
