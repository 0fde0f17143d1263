"""Generate is pressed more than once at the same moment."""

import threading

import pytest
from conftest import RpcError

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
