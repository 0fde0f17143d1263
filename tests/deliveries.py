"""Find what the demonstration has delivered."""


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
