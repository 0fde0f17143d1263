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


def is_importing(env) -> bool:
    """Tell whether records come of a file or of a module's data, and not of work.

    :param env: the environment in which they are created or written
    """
    context = env.context
    return bool(
        not env.registry.ready
        or context.get("install_mode")
        or context.get("import_file")
        or "_import_current_module" in context
    )


def get_reason(error: Exception) -> str:
    """Say in one line what is at the bottom of a chain of exceptions."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
