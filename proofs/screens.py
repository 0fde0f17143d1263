"""Open lists and forms by RPC, with the fields that their views show, as the web client does."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from tools.rpc import Rpc

SCREENS: dict[str, tuple[str, list]] = {
    "Tickets": ("helpdesk.ticket", []),
    "Sales orders": ("sale.order", []),
    "Transfers": ("stock.picking", []),
    "Invoices": ("account.move", [("move_type", "=", "out_invoice")]),
    "Credit notes": ("account.move", [("move_type", "=", "out_refund")]),
    "Coupons": ("loyalty.card", []),
    "Repairs": ("repair.order", []),
    "Tasks": ("project.task", []),
    "Customers": ("res.partner", []),
}
"""By what users call them the model, and which of its records."""


def describe(rpc: Rpc, model: str) -> dict[str, dict]:
    """Give what the web client reads for a model's list and form."""
    answer = rpc.call(model, "get_views", [[False, "list"], [False, "form"]])
    return {
        kind: _specify(etree.fromstring(view["arch"]), answer["models"], model)
        for kind, view in answer["views"].items()
    }


def _specify(node: Any, models: Mapping[str, dict], model: str) -> dict:
    found: dict[str, dict] = {}
    for child in node:
        name = child.get("name")
        field = models[model]["fields"].get(name) if child.tag == "field" else None
        if field is None:
            found.update(_specify(child, models, model))
        elif field["type"] in ("one2many", "many2many"):
            lines = child.find("list")
            lines = child.find("kanban") if lines is None else lines
            fields = {} if lines is None else _specify(lines, models, field["relation"])
            found[name] = {"fields": fields}
        elif field["type"] == "many2one":
            found[name] = {"fields": {"display_name": {}}}
        else:
            found[name] = {}
    return found


def open_list(rpc: Rpc, model: str, domain: list, fields: dict) -> list[int]:
    """Show the first 80 records, and give their ids."""
    answer = rpc.call(model, "web_search_read", domain, fields, limit=80)
    return [record["id"] for record in answer["records"]]


def open_form(rpc: Rpc, model: str, record: int, fields: dict) -> dict:
    """Show a record."""
    [values] = rpc.call(model, "web_read", [record], fields)
    return values
