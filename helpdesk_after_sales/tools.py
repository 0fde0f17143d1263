from odoo.tools import SQL


def get_composer_action(record, **defaults) -> dict:
    """Open the mail composer on a record's thread, for a mail to a customer.

    :param record: the record whose thread the mail is written in
    :param defaults: values of the composer
    :return: an action on ``mail.compose.message``, in a dialog
    """
    values = {
        "model": record._name,
        "res_ids": record.ids,
        "composition_mode": "comment",
        "email_layout_xmlid": "helpdesk_after_sales.mail_layout_customer",
        **defaults,
    }
    return {
        "type": "ir.actions.act_window",
        "name": record.env._("Compose Email"),
        "res_model": "mail.compose.message",
        "views": [(False, "form")],
        "target": "new",
        "context": {f"default_{name}": value for name, value in values.items()},
    }


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


def browse_id(env, model: str, value):
    """Find the record that a value or a context names, as they come by RPC.

    :param env: the environment
    :param model: the record's model
    :param value: its id, or whatever a forger has put in its place
    :return: the record, which need not exist; empty for what is no id
    """
    is_id = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return env[model].browse(value if is_id else [])


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
