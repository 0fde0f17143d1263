"""Generate is pressed, or a coupon used, more than once at the same moment."""

import threading
from functools import partial

import pytest
from concurrency import run_at_once

from tools.rpc import RpcError

POPUP = "helpdesk.coupon.generate"


def find_demo(rpc, module, name):
    domain = [["module", "=", module], ["name", "=", name]]
    return rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]


def open_popup(rpc, ticket_id):
    """Press the ticket's button, and choose the program."""
    popup_id = rpc.call("helpdesk.ticket", "action_coupon", [ticket_id])["res_id"]
    program_id = find_demo(rpc, "loyalty", "10_percent_coupon")
    rpc.call(POPUP, "write", [popup_id], {"program_id": program_id})
    return popup_id


def generate_at_once(server, popup_ids):
    """Generate in sessions of their own, all at the same moment.

    :return: the message of each call that was refused
    """
    sessions = [server.rpc() for _popup in popup_ids]
    start = threading.Barrier(len(popup_ids))
    refused = []

    def generate(session, popup_id):
        start.wait()
        try:
            session.call(POPUP, "action_generate", [popup_id])
        except RpcError as error:
            assert error.name == "odoo.exceptions.UserError", error.debug
            refused.append(error.message)

    threads = [
        threading.Thread(target=generate, args=pair)
        for pair in zip(sessions, popup_ids, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.parametrize("windows", [1, 3])
def test_one_coupon(server, windows):
    """Whether in one window or in several, one coupon is made."""
    rpc = server.rpc()
    ticket_id = find_demo(rpc, "helpdesk_after_sales", "ticket_screen_cracked_demo")
    coupons = [["ticket_id", "=", ticket_id]]
    before = set(rpc.call("loyalty.card", "search", coupons))
    opened = [open_popup(rpc, ticket_id) for _window in range(windows)]
    refused = generate_at_once(server, opened * (3 // windows))
    [made] = set(rpc.call("loyalty.card", "search", coupons)) - before
    [code] = (
        card["code"] for card in rpc.call("loyalty.card", "read", [made], ["code"])
    )
    assert len(refused) == windows - 1
    assert all(code in message for message in refused)
    popups = rpc.call(POPUP, "read", opened, ["code"])
    assert [popup["code"] for popup in popups if popup["code"]] == [code]


def order_with_coupon(rpc, partner_id, code):
    """Sell a lamp to a customer, and enter the code of a coupon."""
    product_id = find_demo(rpc, "helpdesk_after_sales", "product_lamp_demo")
    [order_id] = rpc.call(
        "sale.order",
        "create",
        [
            {
                "partner_id": partner_id,
                "order_line": [[0, 0, {"product_id": product_id}]],
            }
        ],
    )
    entered = {"order_id": order_id, "coupon_code": code}
    [wizard_id] = rpc.call("sale.loyalty.coupon.wizard", "create", [entered])
    rewards = rpc.call("sale.loyalty.coupon.wizard", "action_apply", [wizard_id])
    chosen = {
        "order_id": order_id,
        "selected_reward_id": rewards["context"]["default_reward_ids"][0],
    }
    [wizard_id] = rpc.call("sale.loyalty.reward.wizard", "create", [chosen])
    rpc.call("sale.loyalty.reward.wizard", "action_apply", [wizard_id])
    return order_id


def test_used_once(server):
    """Two orders of the customer that hold the coupon are confirmed: one of them is."""
    rpc = server.rpc()
    ticket_id = find_demo(rpc, "helpdesk_after_sales", "ticket_screen_cracked_demo")
    popup_id = open_popup(rpc, ticket_id)
    rpc.call(POPUP, "action_generate", [popup_id])
    [popup] = rpc.call(POPUP, "read", [popup_id], ["code", "coupon_id", "partner_id"])
    orders = [
        order_with_coupon(rpc, popup["partner_id"][0], popup["code"]) for _ in range(2)
    ]
    calls = [
        partial(server.rpc().call, "sale.order", "action_confirm", [order_id])
        for order_id in orders
    ]
    results = run_at_once(server, "loyalty_card", popup["coupon_id"][0], calls)
    assert sum(isinstance(result, RpcError) for result in results) == 1, results
    states = rpc.call("sale.order", "read", orders, ["state"])
    assert sorted(order["state"] for order in states) == ["draft", "sale"]
    [coupon] = rpc.call("loyalty.card", "read", [popup["coupon_id"][0]], ["points"])
    assert coupon["points"] == 0
