"""Two agents credit the same invoice at the same moment."""

import threading

import pytest
from conftest import RpcError


@pytest.fixture(scope="module")
def server(shared_odoo_server):
    return shared_odoo_server(["helpdesk_refund"], with_demo=True)


@pytest.fixture
def demo(server):
    """Find demonstration records: ``demo("helpdesk_refund", "invoice_x_demo")``."""
    rpc = server.rpc()

    def find(module, name):
        domain = [["module", "=", module], ["name", "=", name]]
        return rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]

    return find


def run_at_once(server, invoice_id, calls):
    """Run calls so that none can see what another has done when it looks.

    The invoice is locked by a connection of our own until all wait for it.

    :return: what each call returned or raised
    """
    results = [None] * len(calls)

    def run(index):
        try:
            results[index] = calls[index]()
        except RpcError as error:
            results[index] = error

    threads = [
        threading.Thread(target=run, args=(index,)) for index in range(len(calls))
    ]
    with server.connection() as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "SELECT 1 FROM account_move WHERE id = %s FOR NO KEY UPDATE", [invoice_id]
        )
        for thread in threads:
            thread.start()
        wait_for_waiting(server, len(calls))
        cursor.execute("COMMIT")
    for thread in threads:
        thread.join()
    return results


def wait_for_waiting(server, number):
    """Return once so many connections wait for a lock in the server's database."""
    with server.connection() as watcher, watcher.cursor() as cursor:
        for _attempt in range(300):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.1) FROM pg_stat_activity"
                " WHERE datname = %s AND wait_event_type = 'Lock'",
                [server.db],
            )
            if cursor.fetchone()[0] >= number:
                return
    raise AssertionError("The calls do not wait for the invoice")


def get_credit_notes(rpc, invoice_id):
    return rpc.call(
        "account.move",
        "search_read",
        [["reversed_entry_id", "=", invoice_id]],
        ["amount_total", "state"],
    )


def assert_one_refused(results, *messages):
    errors = [result for result in results if isinstance(result, RpcError)]
    assert len(errors) == 1, results
    assert errors[0].name == "odoo.exceptions.UserError"
    assert any(message in errors[0].message for message in messages), errors[0].message


@pytest.mark.parametrize(
    "method, invoice, ticket",
    [
        ("full", "invoice_screen_cracked_demo", "ticket_screen_cracked_demo"),
        ("partial", "invoice_lamp_flickers_demo", "ticket_lamp_flickers_demo"),
    ],
)
def test_two_refunds_at_once(server, demo, method, invoice, ticket):
    """One refund is made; who comes second is told, and leaves nothing behind."""
    invoice_id = demo("helpdesk_refund", invoice)
    ticket_id = demo("helpdesk_after_sales", ticket)

    def refund():
        rpc = server.rpc()
        context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
        values = {"credit_method": method, "move_ids": [[6, 0, [invoice_id]]]}
        wizard_ids = rpc.call(
            "account.move.reversal", "create", [values], context=context
        )
        return rpc.call("account.move.reversal", "refund_moves", wizard_ids)

    results = run_at_once(server, invoice_id, [refund, refund])
    assert_one_refused(results, "credited in full already", "left to credit")
    assert len(get_credit_notes(server.rpc(), invoice_id)) == 1


def test_two_drafts_at_once(server, demo):
    """Two drafts that each fit and together do not: one is made."""
    invoice_id = demo("helpdesk_refund", "invoice_late_delivery_demo")
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

    results = run_at_once(server, invoice_id, [create, create])
    assert_one_refused(results, "left to credit")
    assert len(get_credit_notes(server.rpc(), invoice_id)) == 1
