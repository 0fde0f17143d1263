"""Returns of dropshipped goods and of kits, with the apps of Odoo that bring both."""

import pytest
from deliveries import get_ticket

TITLE = "Delivery two weeks late, shop opening missed"


@pytest.fixture(scope="module")
def rpc(shared_odoo_server):
    addons = ["helpdesk_refund", "helpdesk_return", "stock_dropshipping", "sale_mrp"]
    return shared_odoo_server(addons, with_demo=True).rpc()


def create(rpc, model, **values):
    return rpc.call(model, "create", [values])[0]


def get_xmlid(rpc, module, name):
    domain = [["module", "=", module], ["name", "=", name]]
    [data] = rpc.call("ir.model.data", "search_read", domain, ["res_id"])
    return data["res_id"]


def sell(rpc, product_id, quantity):
    """Sell to the customer of the demonstration's ticket, and name the order there."""
    ticket_id = get_ticket(rpc, TITLE)
    [ticket] = rpc.call("helpdesk.ticket", "read", [ticket_id], ["partner_id"])
    line = {"product_id": product_id, "product_uom_qty": quantity}
    order_id = create(
        rpc,
        "sale.order",
        partner_id=ticket["partner_id"][0],
        order_line=[[0, 0, line]],
    )
    rpc.call("sale.order", "action_confirm", [order_id])
    rpc.call(
        "helpdesk.ticket",
        "write",
        [ticket_id],
        {"sale_order_ids": [[6, 0, [order_id]]]},
    )
    return order_id, ticket_id


def validate(rpc, domain):
    transfer_ids = rpc.call("stock.picking", "search", domain)
    domain = [["picking_id", "in", transfer_ids]]
    for move in rpc.call("stock.move", "search_read", domain, ["product_uom_qty"]):
        values = {"quantity": move["product_uom_qty"], "picked": True}
        rpc.call("stock.move", "write", [move["id"]], values)
    context = {"skip_sms": True}
    assert rpc.call("stock.picking", "button_validate", transfer_ids, context=context)


def open_return(rpc, ticket_id):
    """The wizard of the button, and its lines: by name of the product id and rest."""
    context = rpc.call("helpdesk.ticket", "action_return", [ticket_id])["context"]
    fields = ["ticket_id", "picking_id"]
    model = "stock.return.picking"
    defaults = rpc.call(model, "default_get", fields, context=context)
    [wizard_id] = rpc.call(model, "create", [defaults], context=context)
    domain = [["wizard_id", "=", wizard_id]]
    lines = rpc.call(
        "stock.return.picking.line", "search_read", domain, ["product_id", "quantity"]
    )
    return wizard_id, {
        line["product_id"][1]: (line["id"], line["quantity"]) for line in lines
    }


def test_dropshipped(rpc):
    """What the vendor delivered goes back there; its replacement is bought."""
    product_id = create(
        rpc,
        "product.product",
        name="Hammock",
        is_storable=True,
        route_ids=[[4, get_xmlid(rpc, "stock_dropshipping", "route_drop_shipping")]],
        seller_ids=[[0, 0, {"partner_id": create(rpc, "res.partner", name="Vendor")}]],
    )
    order_id, ticket_id = sell(rpc, product_id, 3)
    domain = [["order_line.product_id", "=", product_id], ["state", "=", "draft"]]
    purchase_ids = rpc.call("purchase.order", "search", domain)
    rpc.call("purchase.order", "button_confirm", purchase_ids)
    validate(rpc, [["sale_id", "=", order_id]])

    wizard_id, lines = open_return(rpc, ticket_id)
    line_id, left = lines["Hammock"]
    assert left == 3
    rpc.call("stock.return.picking.line", "write", [line_id], {"quantity": 1})
    action = rpc.call("stock.return.picking", "action_create_exchanges", [wizard_id])
    validate(rpc, [["id", "=", action["res_id"]]])
    domain = [["picking_id", "=", action["res_id"]]]
    [move] = rpc.call("stock.move", "search_read", domain, ["location_dest_usage"])
    assert move["location_dest_usage"] == "supplier"
    [line] = rpc.call(
        "sale.order.line",
        "search_read",
        [["order_id", "=", order_id]],
        ["qty_delivered"],
    )
    assert line["qty_delivered"] == 2
    domain = [["order_line.product_id", "=", product_id], ["state", "=", "draft"]]
    assert rpc.call("purchase.order", "search_count", domain) == 1
    domain = [
        ["model", "=", "helpdesk.ticket"],
        ["res_id", "=", ticket_id],
        ["body", "ilike", "replacement of Hammock has to be bought"],
    ]
    assert rpc.call("mail.message", "search_count", domain) == 1


def test_kit(rpc):
    """Kits come back by their components, and are refunded as kits once all are there."""
    components = {
        name: create(rpc, "product.product", name=name, is_storable=True)
        for name in ("Pole", "Canvas")
    }
    kit_id = create(
        rpc, "product.product", name="Tent", list_price=100, invoice_policy="order"
    )
    [kit] = rpc.call("product.product", "read", [kit_id], ["product_tmpl_id"])
    create(
        rpc,
        "mrp.bom",
        product_tmpl_id=kit["product_tmpl_id"][0],
        type="phantom",
        bom_line_ids=[
            [0, 0, {"product_id": components["Pole"], "product_qty": 2}],
            [0, 0, {"product_id": components["Canvas"], "product_qty": 1}],
        ],
    )
    order_id, ticket_id = sell(rpc, kit_id, 3)
    validate(rpc, [["sale_id", "=", order_id]])
    context = {"active_model": "sale.order", "active_ids": [order_id]}
    advance = {"advance_payment_method": "delivered"}
    wizard_ids = rpc.call(
        "sale.advance.payment.inv", "create", [advance], context=context
    )
    action = rpc.call("sale.advance.payment.inv", "create_invoices", wizard_ids)
    rpc.call("account.move", "action_post", [action["res_id"]])

    wizard_id, lines = open_return(rpc, ticket_id)
    assert {name: left for name, (_id, left) in lines.items()} == {
        "Pole": 6,
        "Canvas": 3,
    }
    for name, quantity in (("Pole", 3), ("Canvas", 1)):
        values = {"quantity": quantity}
        rpc.call("stock.return.picking.line", "write", [lines[name][0]], values)
    action = rpc.call("stock.return.picking", "action_create_returns", [wizard_id])
    validate(rpc, [["id", "=", action["res_id"]]])

    context = rpc.call("helpdesk.ticket", "action_refund", [ticket_id])["context"]
    fields = ["ticket_id", "move_ids", "company_id", "reason"]
    model = "account.move.reversal"
    defaults = rpc.call(model, "default_get", fields, context=context)
    wizard_ids = rpc.call(model, "create", [defaults], context=context)
    action = rpc.call(model, "refund_moves", wizard_ids)
    domain = [["move_id", "=", action["res_id"]], ["display_type", "=", "product"]]
    lines = rpc.call("account.move.line", "search_read", domain, ["name", "quantity"])
    assert [line["quantity"] for line in lines] == [1]
