"""Two agents credit the same invoice at the same moment."""

import pytest
from concurrency import assert_one_refused, run_at_once


@pytest.fixture
def demo(server):
    """Find demonstration records: ``demo("helpdesk_refund", "invoice_x_demo")``."""
    rpc = server.rpc()

    def find(module, name):
        domain = [["module", "=", module], ["name", "=", name]]
        return rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]

    return find


@pytest.fixture
def copy_invoice(server, demo):
    """Post a copy of a demonstration invoice, of which nothing is credited."""
    rpc = server.rpc()

    def copy(name):
        [invoice_id] = rpc.call("account.move", "copy", [demo("helpdesk_refund", name)])
        rpc.call("account.move", "action_post", [invoice_id])
        return invoice_id

    return copy


def get_credit_notes(rpc, invoice_id):
    return rpc.call(
        "account.move",
        "search_read",
        [["reversed_entry_id", "=", invoice_id]],
        ["amount_total", "state"],
    )


@pytest.mark.parametrize(
    "method, invoice, ticket",
    [
        ("full", "invoice_screen_cracked_demo", "ticket_screen_cracked_demo"),
        ("partial", "invoice_lamp_flickers_demo", "ticket_lamp_flickers_demo"),
    ],
)
def test_two_refunds_at_once(server, demo, copy_invoice, method, invoice, ticket):
    """One refund is made; who comes second is told, and leaves nothing behind."""
    invoice_id = copy_invoice(invoice)
    ticket_id = demo("helpdesk_after_sales", ticket)

    def refund():
        rpc = server.rpc()
        context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
        values = {"credit_method": method, "move_ids": [[6, 0, [invoice_id]]]}
        wizard_ids = rpc.call(
            "account.move.reversal", "create", [values], context=context
        )
        return rpc.call("account.move.reversal", "refund_moves", wizard_ids)

    results = run_at_once(server, "account_move", invoice_id, [refund, refund])
    assert_one_refused(results, "credited in full already", "left to credit")
    assert len(get_credit_notes(server.rpc(), invoice_id)) == 1


def test_two_drafts_at_once(server, demo, copy_invoice):
    """Two drafts that each fit and together do not: one is made."""
    invoice_id = copy_invoice("invoice_late_delivery_demo")
    ticket_id = demo("helpdesk_after_sales", "ticket_late_delivery_demo")
    [invoice] = server.rpc().call(
        "account.move", "read", [invoice_id], ["partner_id", "amount_total"]
    )

    def create():
        return server.rpc().call(
            "account.move",
            "create",
            [
                {
                    "move_type": "out_refund",
                    "partner_id": invoice["partner_id"][0],
                    "ticket_id": ticket_id,
                    "reversed_entry_id": invoice_id,
                    "invoice_line_ids": [
                        [
                            0,
                            0,
                            {
                                "name": "Sorry",
                                "price_unit": 0.6 * invoice["amount_total"],
                                "tax_ids": [],
                            },
                        ]
                    ],
                }
            ],
        )

    results = run_at_once(server, "account_move", invoice_id, [create, create])
    assert_one_refused(results, "left to credit")
    assert len(get_credit_notes(server.rpc(), invoice_id)) == 1
