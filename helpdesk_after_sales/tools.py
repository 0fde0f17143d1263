from odoo.tools import SQL


def get_composer_action(record, **defaults) -> dict:
    """Open the mail composer on a record's thread, as a light notification.

    :param record: the record whose thread the mail is written in
    :param defaults: values of the composer
    :return: an action on ``mail.compose.message``, in a dialog
    """
    values = {
        "model": record._name,
        "res_ids": record.ids,
        "composition_mode": "comment",
        "email_layout_xmlid": "mail.mail_notification_light",
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
