"""Merged tickets take their documents along: with the demo data, over RPC and in a browser."""

import pytest
from services import SERVICES

TICKET, DOCUMENT, MERGE = (
    "helpdesk.ticket",
    "helpdesk.ticket.document",
    "helpdesk.ticket.merge",
)


def find_tickets(rpc, service):
    """A ticket with documents of the service, and a new one of the same customer."""
    [line] = rpc.call(
        DOCUMENT,
        "search_read",
        [["service", "=", service.code]],
        ["ticket_id", "name"],
        limit=1,
    )
    fields = ["partner_id", "team_id", "company_id"]
    [ticket] = rpc.call(TICKET, "read", [line["ticket_id"][0]], fields, load="")
    values = {field: ticket[field] for field in fields}
    values |= {"name": "The same again", "description": "As I said"}
    [other] = rpc.call(TICKET, "create", [values])
    return line, ticket["id"], other


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_documents_come_along(server, service):
    rpc = server.rpc()
    _line, ticket, other = find_tickets(rpc, service)
    lines = rpc.call(DOCUMENT, "search", [["ticket_id", "=", ticket]])
    documents = rpc.call(service.model, "search", [["ticket_id", "=", ticket]])
    context = {"active_model": TICKET, "active_ids": [ticket, other]}
    [wizard] = rpc.call(MERGE, "create", [{"dst_ticket_id": other}], context=context)
    action = rpc.call(MERGE, "merge_tickets", [wizard])
    assert action["res_id"] == other
    assert rpc.call(DOCUMENT, "search", [["ticket_id", "=", other]]) == lines
    found = rpc.call(service.model, "search", [["ticket_id", "=", other]])
    assert found == documents
    counter = service.field.replace("_ids", "_count")
    [counted] = rpc.call(TICKET, "read", [ticket, other], [counter])[:1]
    assert counted[counter] == 0


def test_in_the_browser(server, browser):
    """Select two tickets, merge them, and find the documents on the page After-Sales."""
    rpc = server.rpc()
    line, ticket, other = find_tickets(rpc, SERVICES[0])
    page = browser()
    server.log_in(page)
    page.goto(f"{server.url}/odoo/helpdesk-tickets?view_type=list")
    for record in (other, ticket):
        [number] = rpc.call(TICKET, "read", [record], ["number"])
        row = page.locator("tr.o_data_row", has_text=number["number"])
        row.locator("input[type=checkbox]").click()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Merge Helpdesk Tickets").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Merge Tickets").click()
    page.get_by_role("tab", name="After-Sales").click()
    page.locator("div[name=document_ids]").get_by_text(line["name"]).wait_for()
