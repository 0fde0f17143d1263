"""Several users at the same moment, each in a session of their own."""

import http.client
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tools.rpc import RpcError
from tools.serving import OdooServer

DONE, TOLD, ELSE, SILENT = "done", "told", "anything else", "no answer"
SENTENCES = ("odoo.exceptions.UserError", "odoo.exceptions.ValidationError")
"""The exceptions that say to a user, in a sentence, why something was not done."""

NO_SENTENCE = re.compile(r"Traceback|psycopg|could not serialize|deadlock|Server Error")

Press = Callable[[], Any]
"""What a user does: gives what the server answered, or raises what it said instead."""


class Refused(Exception):
    """What a page says in place of doing what it was asked for."""


@dataclass(frozen=True)
class Answer:
    """What came of pressing a button: one of the kinds above, and what was said."""

    kind: str
    text: str = ""


def answer_of(press: Press) -> Answer:
    """Press, and tell what came of it."""
    try:
        return Answer(DONE, str(press()))
    except Refused as refused:
        return _told(str(refused))
    except RpcError as error:
        if error.name in SENTENCES:
            return _told(error.message)
        return Answer(ELSE, f"{error.name}: {error.message}")
    except (OSError, http.client.HTTPException) as error:
        return Answer(SILENT, f"{type(error).__name__}: {error}")


def _told(sentence: str) -> Answer:
    is_sentence = sentence.strip() and not NO_SENTENCE.search(sentence)
    return Answer(TOLD if is_sentence else ELSE, sentence)


def press_at_once(presses: Sequence[Press]) -> list[Answer]:
    """Press all at the same moment, and see who comes first."""
    start = threading.Barrier(len(presses))
    with _pressed(presses, start.wait) as (_threads, answers):
        pass
    return answers


def press_while_held(
    server: OdooServer, table: str, record_id: int, presses: Sequence[Press]
) -> tuple[list[Answer], bool]:
    """Press so that none can see what another has done when it looks.

    The record is locked by a connection of our own until all wait for it.

    :return: what came of each, and whether they waited
    """
    with server.connection() as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            f"SELECT pg_backend_pid() FROM {table} WHERE id = %s FOR NO KEY UPDATE",
            [record_id],
        )
        [pid] = cursor.fetchone()
        with _pressed(presses) as (threads, answers):
            try:
                waited = _wait_for_waiting(server, pid, threads)
            finally:
                cursor.execute("COMMIT")
    return answers, waited


@contextmanager
def _pressed(
    presses: Sequence[Press], before: Callable[[], Any] = lambda: None
) -> Iterator[tuple[list[threading.Thread], list[Answer]]]:
    """Press each in a thread of its own; all have their answer at the end."""
    answers = [Answer(SILENT)] * len(presses)

    def run(index: int) -> None:
        before()
        answers[index] = answer_of(presses[index])

    threads = [
        threading.Thread(target=run, args=(index,)) for index in range(len(presses))
    ]
    for thread in threads:
        thread.start()
    try:
        yield threads, answers
    finally:
        for thread in threads:
            thread.join()


def _wait_for_waiting(
    server: OdooServer, holder: int, threads: Sequence[threading.Thread]
) -> bool:
    """Return once so many connections wait for what one holds, or in line after such.

    :return: whether they do; not so where one of the threads has ended
    """
    with server.connection() as watcher, watcher.cursor() as cursor:
        while all(thread.is_alive() for thread in threads):
            cursor.execute(
                """
                WITH RECURSIVE waiting AS (
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = %(db)s AND %(holder)s = ANY(pg_blocking_pids(pid))
                    UNION
                    SELECT activity.pid FROM pg_stat_activity AS activity
                    JOIN waiting ON waiting.pid = ANY(pg_blocking_pids(activity.pid))
                    WHERE datname = %(db)s
                )
                SELECT count(*), pg_sleep(0.05) FROM waiting
                """,
                {"db": server.db, "holder": holder},
            )
            if cursor.fetchone()[0] >= len(threads):
                return True
    return False
