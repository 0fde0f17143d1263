"""Installing, upgrading and uninstalling, with documents there."""

import re

import pytest

TEAM = "helpdesk.ticket.team"
SERVICES = {
    "helpdesk_refund": ("use_refund", "account.move", "credit_note_ids"),
    "helpdesk_coupon": ("use_coupon", "loyalty.card", "coupon_ids"),
    "helpdesk_return": ("use_return", "stock.picking", "return_ids"),
    "helpdesk_repair": ("use_repair", "repair.order", "repair_ids"),
}
"""The addon of each service: its toggle, its documents' model, the ticket's field."""


@pytest.fixture(scope="module")
def server(shared_odoo_server):
    return shared_odoo_server(list(SERVICES), with_demo=True)


def module(rpc, name):
    return rpc.call("ir.module.module", "search", [["name", "=", name]])


def problems(server):
    """The warnings and errors that the server has logged."""
    lines = re.findall(
        r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*", server.log.read_text(), re.M
    )
    return [line for line in lines if "py.warnings" not in line]


@pytest.mark.parametrize("addon", SERVICES)
def test_upgrade_keeps_everything(server, addon):
    toggle, model, _field = SERVICES[addon]
    rpc = server.rpc()

    def everything():
        return (
            rpc.call(TEAM, "search", [[toggle, "=", True]]),
            rpc.call(model, "search", [["ticket_id", "!=", False]]),
            rpc.call("helpdesk.ticket.document", "search", []),
        )

    before = everything()
    assert all(before), "the demo data have documents"
    rpc.call(
        "ir.module.module",
        "button_immediate_upgrade",
        module(rpc, "helpdesk_after_sales"),
    )
    rpc = server.rpc()
    assert everything() == before
    assert not problems(server)


@pytest.mark.parametrize("addon", SERVICES)
def test_uninstall_keeps_documents_and_tickets(server, addon):
    toggle, model, field = SERVICES[addon]
    rpc = server.rpc()
    documents = rpc.call(model, "search", [["ticket_id", "!=", False]])
    tickets = rpc.call("helpdesk.ticket", "search", [])
    teams = rpc.call(TEAM, "search", [[toggle, "=", True]])
    own_lines = [["res_model", "=", model]]
    lines = rpc.call("helpdesk.ticket.document", "search", own_lines)
    assert documents and tickets and teams

    rpc.call("ir.module.module", "button_immediate_uninstall", module(rpc, addon))
    rpc = server.rpc()
    assert rpc.call(model, "search_count", [["id", "in", documents]]) == len(documents)
    assert rpc.call("helpdesk.ticket", "search", []) == tickets
    assert not rpc.call(TEAM, "search", [[toggle, "=", True]])
    assert "ticket_id" not in rpc.call(model, "fields_get", ["ticket_id"])
    assert field not in rpc.call("helpdesk.ticket", "fields_get", [field])
    # Nothing of the addon is left behind, and the screens work.
    assert not rpc.call("ir.model.data", "search", [["module", "=", addon]])
    for name in (TEAM, "helpdesk.ticket", "helpdesk.ticket.document"):
        for view_type in ("form", "list", "search"):
            rpc.call(name, "get_view", view_type=view_type)
    rpc.call("helpdesk.ticket.document", "search", [])
    assert not problems(server)

    # Switched on again, the service finds the team as a new one.
    rpc.call("ir.module.module", "button_immediate_install", module(rpc, addon))
    rpc = server.rpc()
    assert not rpc.call(
        model, "search", [["ticket_id", "!=", False], ["id", "in", documents]]
    )
    rpc.call(TEAM, "write", teams, {toggle: True})
    assert rpc.call(TEAM, "search", [[toggle, "=", True]]) == teams
    found = rpc.call("helpdesk.ticket.document", "search", own_lines)
    assert not set(found) & set(lines)
    assert not problems(server)


def test_base_uninstalls_with_its_services(odoo_server):
    server = odoo_server(list(SERVICES))
    rpc = server.rpc()
    rpc.call(
        "ir.module.module",
        "button_immediate_uninstall",
        module(rpc, "helpdesk_after_sales"),
    )
    rpc = server.rpc()
    assert not rpc.call(
        "ir.model",
        "search",
        [["model", "in", ["helpdesk.ticket.document", "helpdesk.document.mixin"]]],
    )
    assert not rpc.call(
        "ir.model.fields",
        "search",
        [["model", "=", TEAM], ["name", "in", ["use_refund", "use_coupon"]]],
    )
    for view_type in ("form", "list", "search"):
        rpc.call("helpdesk.ticket", "get_view", view_type=view_type)
    assert not problems(server)
