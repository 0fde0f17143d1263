"""Two mechanics send the same repair back at the same moment."""

from concurrency import assert_one_refused, run_at_once


def get_done_repair(rpc):
    """Find the demonstration's repair of what has come back, and that return's move."""
    domain = [["state", "=", "done"], ["picking_id", "!=", False]]
    fields = ["picking_id", "product_id"]
    [repair] = rpc.call("repair.order", "search_read", domain, fields, limit=1)
    domain = [
        ["picking_id", "=", repair["picking_id"][0]],
        ["product_id", "=", repair["product_id"][0]],
    ]
    [move_id] = rpc.call("stock.move", "search", domain)
    return repair["id"], move_id


def send_back(server, repair_id):
    return lambda: server.rpc().call("repair.order", "action_send_back", [repair_id])


def count_sent_back(rpc, move_id):
    domain = [["origin_returned_move_id", "=", move_id], ["state", "!=", "cancel"]]
    return rpc.call("stock.move", "search_count", domain)


def test_one_repair_sent_back_twice_at_once(server):
    """One delivery is made; who comes second is told."""
    rpc = server.rpc()
    repair_id, move_id = get_done_repair(rpc)
    calls = [send_back(server, repair_id)] * 2
    results = run_at_once(server, "repair_order", repair_id, calls)
    assert_one_refused(results, "goes back with")
    assert count_sent_back(rpc, move_id) == 1


def test_two_repairs_of_one_return_sent_back_at_once(server):
    """One piece came in, so one goes back, whichever repair sends it."""
    rpc = server.rpc()
    repair_id, move_id = get_done_repair(rpc)
    [repair] = rpc.call("repair.order", "read", [repair_id], ["send_back_id"])
    if repair["send_back_id"]:
        rpc.call("stock.picking", "action_cancel", [repair["send_back_id"][0]])
    fields = ["ticket_id", "picking_id", "product_id"]
    [values] = rpc.call("repair.order", "read", [repair_id], fields, load=None)
    del values["id"]
    [other_id] = rpc.call("repair.order", "create", [values])
    for step in ("action_validate", "action_repair_start", "action_repair_end"):
        rpc.call("repair.order", step, [other_id])
    calls = [send_back(server, repair_id), send_back(server, other_id)]
    results = run_at_once(server, "stock_move", move_id, calls)
    assert_one_refused(results, "did not go back yet")
    assert count_sent_back(rpc, move_id) == 1
