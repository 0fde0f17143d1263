"""Customers ask for the same goods, and agents answer them, at the same moment."""

import io
import re

import pytest
import requests
from concurrency import assert_one_refused, run_at_once
from PIL import Image
from test_return_concurrency import get_delivered_move, get_ticket

PASSWORD = "return-request-password"
ASKED = "One floor lamp too many"  # the demonstration ticket with an open request


def make_picture(color):
    content = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(content, "PNG")
    return content.getvalue()


def ref(rpc, xmlid):
    module, name = xmlid.split(".")
    domain = [["module", "=", module], ["name", "=", name]]
    [found] = rpc.call("ir.model.data", "search_read", domain, ["res_id"])
    return found["res_id"]


class Customer:
    """A contact of the demonstration customer who is signed in to the portal."""

    def __init__(self, server, login):
        rpc = server.rpc(login, PASSWORD)
        self.url = server.url
        self.session = requests.Session()
        self.session.cookies.set("session_id", rpc.session_id)

    def open_form(self, ticket_id):
        """Open the form to ask for a return, and give what it hides."""
        page = self.session.get(f"{self.url}/my/ticket/{ticket_id}/return").text
        return dict(re.findall(r'name="(csrf_token|token)" value="(\w+)"', page))

    def ask(self, ticket_id, move_id, quantity, reason_id, hidden):
        """Send the form, with two photographs."""
        return self.session.post(
            f"{self.url}/my/ticket/{ticket_id}/return",
            data={
                **hidden,
                f"quantity-{move_id}-0": quantity,
                "reason": reason_id,
                "wish": "exchange",
            },
            files=[
                ("photos", ("red.png", make_picture("red"))),
                ("photos", ("blue.png", make_picture("blue"))),
            ],
            allow_redirects=False,
        )


@pytest.fixture(scope="module")
def customers(server):
    """Two contacts of the company that the demonstration's lamps were delivered to."""
    rpc = server.rpc()
    company = ref(rpc, "helpdesk_after_sales.partner_lakeside_demo")
    for login in ("asker", "other-asker"):
        [user_id] = rpc.call(
            "res.users",
            "create",
            [
                {
                    "name": login.title(),
                    "login": login,
                    "password": PASSWORD,
                    "email": f"{login}@example.com",
                    "group_ids": [[6, 0, [ref(rpc, "base.group_portal")]]],
                }
            ],
            context={"no_reset_password": True},
        )
        [user] = rpc.call("res.users", "read", [user_id], ["partner_id"])
        rpc.call(
            "res.partner", "write", [user["partner_id"][0]], {"parent_id": company}
        )
    return [Customer(server, login) for login in ("asker", "other-asker")]


@pytest.fixture
def reason_id(server):
    return ref(server.rpc(), "helpdesk_return.return_reason_damaged")


def get_returns(rpc, ticket_id):
    domain = [["ticket_id", "=", ticket_id], ["request_state", "=", "open"]]
    return rpc.call("stock.picking", "search", domain)


def test_pressed_twice_at_once(server, customers, reason_id):
    """One request is made, with both of its photographs."""
    rpc = server.rpc()
    ticket_id = get_ticket(rpc, ASKED)
    before = get_returns(rpc, ticket_id)
    move_id, _delivery_id = get_delivered_move(rpc, ticket_id)
    customer = customers[0]
    hidden = customer.open_form(ticket_id)

    def press():
        return customer.ask(ticket_id, move_id, "1", reason_id, hidden)

    answers = run_at_once(server, "helpdesk_ticket", ticket_id, [press, press])
    assert [answer.status_code for answer in answers] == [303, 303]
    [made] = set(get_returns(rpc, ticket_id)) - set(before)
    [transfer] = rpc.call("stock.picking", "read", [made], ["request_photo_ids"])
    photos = rpc.call(
        "ir.attachment", "read", transfer["request_photo_ids"], ["name", "file_size"]
    )
    assert sorted(photo["name"] for photo in photos) == ["blue.png", "red.png"]
    assert all(photo["file_size"] for photo in photos)


def test_two_contacts_at_once(server, customers, reason_id):
    """On two tickets two contacts ask for all that is left; one of them is told."""
    rpc = server.rpc()
    first_id = get_ticket(rpc, ASKED)
    values = {"name": "One more floor lamp too many"}
    second_id = rpc.call("helpdesk.ticket", "copy", [first_id], values)[0]
    move_id, _delivery_id = get_delivered_move(rpc, first_id)
    before = get_returns(rpc, first_id)
    hidden = [
        customer.open_form(ticket_id)
        for customer, ticket_id in zip(customers, (first_id, second_id), strict=True)
    ]
    answers = run_at_once(
        server,
        "stock_move",
        move_id,
        [
            lambda: customers[0].ask(first_id, move_id, "2", reason_id, hidden[0]),
            lambda: customers[1].ask(second_id, move_id, "2", reason_id, hidden[1]),
        ],
    )
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    [refused] = [answer.text for answer in answers if answer.status_code == 422]
    assert "left to return" in refused or "cannot be returned any more" in refused
    made = set(get_returns(rpc, first_id) + get_returns(rpc, second_id)) - set(before)
    assert len(made) == 1


def test_answered_twice_at_once(server):
    """One agent confirms what another declines; who comes second is told."""
    rpc = server.rpc()
    request_id = get_returns(rpc, get_ticket(rpc, ASKED))[0]

    def answer(method, *args):
        return lambda: server.rpc().call("stock.picking", method, [request_id], *args)

    def decline():
        rpc = server.rpc()
        values = {"picking_id": request_id, "answer": "Not this time."}
        dialog_ids = rpc.call("helpdesk.return.decline", "create", [values])
        return rpc.call("helpdesk.return.decline", "action_decline", dialog_ids)

    results = run_at_once(
        server,
        "stock_picking",
        request_id,
        [answer("action_confirm_request"), decline],
    )
    assert_one_refused(results, "no request that waits")
    [transfer] = rpc.call(
        "stock.picking", "read", [request_id], ["state", "request_state"]
    )
    assert (transfer["state"], transfer["request_state"]) in (
        ("assigned", "confirmed"),
        ("cancel", "declined"),
    )
