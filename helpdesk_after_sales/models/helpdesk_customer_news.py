import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import get_reason

_logger = logging.getLogger(__name__)

DELAY = timedelta(minutes=5)
"""How long a document has to stay as it is before its customer is told of it."""


class HelpdeskCustomerNews(models.Model):
    """What a customer is to be told of a ticket's document, and was told last.

    A document has one record at most. Its milestones set ``due``; the scheduled action
    then mails what is news at that moment, so that a document that is changed once more,
    or taken back, makes one email, or none. What was told is remembered and not told
    again.
    """

    _name = "helpdesk.customer.news"
    _description = "News for a Ticket's Customer"
    _log_access = False
    _rec_name = "told"

    res_model = fields.Char(string="Document Model", required=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True
    )
    due = fields.Datetime(index="btree_not_null")
    told = fields.Char()

    _document_uniq = models.Constraint("UNIQUE (res_model, res_id)")

    @api.model
    def _set(self, documents, column: str, value) -> None:
        """Note something about documents, in one query for all.

        :param documents: records with ``helpdesk.document.mixin``, at least one
        :param column: the field to be set
        :param value: its value
        """
        name = SQL.identifier(column)
        rows = (
            SQL("(%s, %s, %s)", documents._name, document.id, value)
            for document in documents
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO helpdesk_customer_news (res_model, res_id, %s) VALUES %s"
                " ON CONFLICT (res_model, res_id) DO UPDATE SET %s = EXCLUDED.%s",
                name,
                SQL(", ").join(rows),
                name,
                name,
            )
        )
        self.invalidate_model([column])

    @api.model
    def _schedule(self, documents) -> None:
        """Have the customers of documents told, once these have stayed as they are.

        :param documents: records with ``helpdesk.document.mixin``, at least one
        """
        due = fields.Datetime.now() + DELAY
        self._set(documents, "due", due)
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_after_sales.ir_cron_customer_news"
        )
        # Without it, which an administrator may have deleted, nobody is told.
        if cron_id:
            # Sudo: those who work on documents have no rights on scheduled actions.
            self.env["ir.cron"].sudo().browse(cron_id)._trigger(at=due)

    @api.model
    def _forget(self, documents) -> None:
        """Delete what is known of documents that are about to be deleted."""
        # Sudo: nobody has rights on what customers were told.
        self.sudo().search(
            Domain("res_model", "=", documents._name)
            & Domain("res_id", "in", documents.ids)
        ).unlink()

    @api.model
    def _cron_send(self) -> None:
        """Write the mails that are due; called by the scheduled action.

        They are put in Odoo's queue of emails, which is told to send them at once.
        """
        due = self.search(Domain("due", "<=", fields.Datetime.now()), order="due, id")
        if not due:
            return
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        crons = self.env["ir.cron"]
        crons._commit_progress(remaining=len(due))
        for news in due:
            news._send()
            if not crons._commit_progress(1):
                break

    @api.model
    def _find_document(self, res_model: str, res_id: int):
        """Find a document of a ticket.

        :return: the record, empty where there is none, or none with a ticket
        """
        documents = self.env.get(res_model)
        mixin = self.env.registry["helpdesk.document.mixin"]
        if not isinstance(documents, mixin):
            return self.env["helpdesk.document.mixin"]
        return documents.browse(res_id).exists().filtered("ticket_id")

    def _send(self) -> None:
        """Tell the customer by mail what is news, if anything still is.

        A mail that cannot be written is told of in the ticket's chatter, and does not
        hold up others.
        """
        self.ensure_one()
        self.due = False
        document = self._find_document(self.res_model, self.res_id)
        if not document or not document._is_customer_notified():
            return
        mail = document._get_customer_mail(self.told or "")
        template = mail and self.env.ref(mail, raise_if_not_found=False)
        if not template:
            return
        ticket = document.ticket_id
        try:
            with self.env.cr.savepoint():
                if ticket._mail_customer_news(document, template):
                    self.told = document._get_customer_news()
        except OperationalError:
            # Somebody else is at the same records; the scheduled action tries again.
            raise
        except Exception as error:
            _logger.exception("Mailing %s of %s failed", template, document)
            ticket._message_log(
                body=self.env._(
                    "The customer could not be told of %(document)s by email: %(reason)s",
                    document=document.display_name,
                    reason=get_reason(error),
                )
            )
