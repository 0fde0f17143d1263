"""Two agents take back the same delivery at the same moment."""

from concurrency import assert_one_refused, run_at_once


def get_ticket(rpc, title):
    domain = [["name", "=", title]]
    return rpc.call("helpdesk.ticket", "search", domain, limit=1)[0]


def get_delivered_move(rpc, ticket_id):
    """Find what was delivered of a demonstration ticket's product."""
    [ticket] = rpc.call(
        "helpdesk.ticket", "read", [ticket_id], ["product_id", "commercial_partner_id"]
    )
    domain = [
        ["product_id", "=", ticket["product_id"][0]],
        ["partner_id", "child_of", ticket["commercial_partner_id"][0]],
        ["location_dest_id.usage", "=", "customer"],
        ["state", "=", "done"],
    ]
    fields = ["picking_id"]
    [move] = rpc.call(
        "stock.move", "search_read", domain, fields, limit=1, order="id desc"
    )
    return move["id"], move["picking_id"][0]


def test_two_returns_at_once(server):
    """One return is made; who comes second is told, and leaves nothing behind."""
    rpc = server.rpc()
    ticket_id = get_ticket(rpc, "One of two coffee grinders is much louder")
    move_id, delivery_id = get_delivered_move(rpc, ticket_id)

    def take_back():
        rpc = server.rpc()
        context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
        values = {"picking_id": delivery_id}
        wizard_ids = rpc.call(
            "stock.return.picking", "create", [values], context=context
        )
        return rpc.call("stock.return.picking", "action_create_returns", wizard_ids)

    results = run_at_once(server, "stock_move", move_id, [take_back, take_back])
    assert_one_refused(results, "left to return", "returned in full")
    domain = [["origin_returned_move_id", "=", move_id]]
    assert rpc.call("stock.move", "search_count", domain) == 1


def test_two_returns_raised_at_once(server):
    """Two open returns are raised; what would be too much together is refused."""
    rpc = server.rpc()
    ticket_id = get_ticket(rpc, "Monitor arrived with a cracked screen")
    context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
    move_id, delivery_id = get_delivered_move(rpc, ticket_id)
    domain = [["origin_returned_move_id", "=", move_id]]
    [first_id] = rpc.call("stock.move", "search", domain)
    values = {"picking_id": delivery_id}
    wizard_ids = rpc.call("stock.return.picking", "create", [values], context=context)
    rpc.call("stock.return.picking", "action_create_returns", wizard_ids)
    rpc.call("stock.move", "write", [first_id], {"product_uom_qty": 0.5})
    domain.append(["id", "!=", first_id])
    [second_id] = rpc.call("stock.move", "search", domain)
    rpc.call("stock.move", "write", [second_id], {"product_uom_qty": 0.5})

    def demand(move_id):
        return lambda: server.rpc().call(
            "stock.move", "write", [move_id], {"product_uom_qty": 1.2}
        )

    results = run_at_once(
        server, "stock_move", move_id, [demand(first_id), demand(second_id)]
    )
    assert_one_refused(results, "left to return")
