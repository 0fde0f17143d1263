"""Several users at the same moment, each on a connection of their own."""

import threading

from tools.rpc import RpcError


def run_at_once(server, table, record_id, calls):
    """Run calls so that none can see what another has done when it looks.

    The record is locked by a connection of our own until all wait for it.

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
            f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE", [record_id]
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
    raise AssertionError("The calls do not wait for the record")


def assert_one_refused(results, *messages):
    errors = [result for result in results if isinstance(result, RpcError)]
    assert len(errors) == 1, results
    assert errors[0].name == "odoo.exceptions.UserError"
    assert any(message in errors[0].message for message in messages), errors[0].message
