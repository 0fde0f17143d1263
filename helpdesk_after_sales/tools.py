from odoo.tools import SQL


def lock_and_touch(records) -> None:
    """Let nobody else do the same with these records before we have committed.

    For what must not be done twice, or not beyond a limit, also by two people at once.
    The rows are written and not only locked: who waits for us reads a snapshot that
    does not have what we have made, and so must fail to serialize and be run again.

    :param records: stored records, at least one
    """
    records.env.cr.execute(
        SQL(
            "UPDATE %s SET write_date = write_date WHERE id IN %s",
            SQL.identifier(records._table),
            records._ids,
        )
    )
