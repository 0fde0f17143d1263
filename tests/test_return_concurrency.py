"""Two agents take back the same delivery at the same moment."""

import pytest
from concurrency import assert_one_refused, run_at_once


@pytest.fixture(scope="module")
def server(shared_odoo_server):
    return shared_odoo_server(["helpdesk_return"], with_demo=True)


@pytest.fixture
def demo(server):
    """Find demonstration records: ``demo("helpdesk_return", "ticket_grinder_demo")``."""
    rpc = server.rpc()

    def find(module, name):
        domain = [["module", "=", module], ["name", "=", name]]
        return rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]

    return find


def get_delivered_move(rpc, order_id):
    domain = [
        ["sale_line_id.order_id", "=", order_id],
        ["location_dest_id.usage", "=", "customer"],
        ["state", "=", "done"],
    ]
    [move_id] = rpc.call("stock.move", "search", domain, limit=1)
    return move_id


def test_two_returns_at_once(server, demo):
    """One return is made; who comes second is told, and leaves nothing behind."""
    rpc = server.rpc()
    move_id = get_delivered_move(rpc, demo("helpdesk_return", "order_harbour_demo"))
    ticket_id = demo("helpdesk_return", "ticket_grinder_demo")

    def take_back():
        rpc = server.rpc()
        context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
        wizard_ids = rpc.call("stock.return.picking", "create", [{}], context=context)
        return rpc.call("stock.return.picking", "action_create_returns", wizard_ids)

    results = run_at_once(server, "stock_move", move_id, [take_back, take_back])
    assert_one_refused(results, "left to return", "returned in full")
    domain = [["origin_returned_move_id", "=", move_id]]
    assert rpc.call("stock.move", "search_count", domain) == 1


def test_two_returns_raised_at_once(server, demo):
    """Two open returns are raised; what would be too much together is refused."""
    rpc = server.rpc()
    order_id = demo("helpdesk_return", "order_lakeside_demo")
    ticket_id = demo("helpdesk_return", "ticket_wrong_lamps_demo")
    context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
    [move] = rpc.call(
        "stock.move",
        "search_read",
        [
            ["picking_id.ticket_id", "=", ticket_id],
            ["sale_line_id.order_id", "=", order_id],
        ],
        ["origin_returned_move_id"],
    )
    wizard_ids = rpc.call("stock.return.picking", "create", [{}], context=context)
    line_ids = rpc.call(
        "stock.return.picking.line", "search", [["wizard_id", "in", wizard_ids]]
    )
    rpc.call("stock.return.picking.line", "write", line_ids, {"quantity": 1})
    action = rpc.call("stock.return.picking", "action_create_returns", wizard_ids)
    other_ids = rpc.call(
        "stock.move", "search", [["picking_id", "=", action["res_id"]]]
    )

    def raise_by_one(move_ids, demand):
        return lambda: server.rpc().call(
            "stock.move", "write", move_ids, {"product_uom_qty": demand}
        )

    results = run_at_once(
        server,
        "stock_move",
        move["origin_returned_move_id"][0],
        [raise_by_one([move["id"]], 3), raise_by_one(other_ids, 2)],
    )
    assert_one_refused(results, "left to return")
