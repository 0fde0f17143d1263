from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.safe_eval import safe_eval, time

from ..tools import is_importing


class HelpdeskDocumentMixin(models.AbstractModel):
    """Link a business document to the ticket it answers.

    A service grafts it on its document, which has to be a ``mail.thread`` with a
    company::

        class AccountMove(models.Model):
            _name = "account.move"
            _inherit = ["account.move", "helpdesk.document.mixin"]

    The document then knows its ticket, both chatters link to each other, and
    ``action_view_ticket`` leads back to the ticket. Documents without a ticket cost
    nothing.
    """

    _name = "helpdesk.document.mixin"
    _description = "Document of a Helpdesk Ticket"
    _document_state_field = "state"
    """The selection field that holds the document's own state."""
    _customer_mails = {}
    """By what its customer can be told of a document the external id of the mail template.

    Where there are any, the team has a field ``<service>_notify_customer``.
    """

    ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Helpdesk Ticket",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The ticket this document came of.",
    )
    is_ticket_readable = fields.Boolean(compute="_compute_is_ticket_readable")

    @api.depends("ticket_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_is_ticket_readable(self):
        self.is_ticket_readable = False
        linked = self.filtered("ticket_id")
        readable = linked.ticket_id._filtered_access("read")
        for document in linked:
            document.is_ticket_readable = document.ticket_id in readable

    def onchange(self, values, field_names, fields_spec):
        """Compute what a form shows; of tickets nothing to those who may not read them.

        Forms show particulars of their ticket by sudo, and can be asked by RPC with the
        id of any. Arguments and return as core has them.

        :raise AccessError: the user may not read a ticket that is not saved here
        """
        self._get_entered("ticket_id", values).check_access("read")
        return super().onchange(values, field_names, fields_spec)

    def _get_entered(self, name: str, values: dict):
        """Give the record that a form names and its document has not been saved with.

        :param name: of a many2one field
        :param values: of the form, as ``onchange`` has them; a new one without a value
            gets the default that the context names, also where they are no mapping, for
            core to refuse
        :return: a record of the field's model, mostly none
        """
        values = values if isinstance(values, dict) else {}
        value = values.get(name)
        if not self and name not in values:
            value = self.env.context.get(f"default_{name}")
        if not value:
            return self.env[self._fields[name].comodel_name]
        return self.new({name: value})[name]._origin - self[name]

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        if linked := documents._filter_linked():
            linked._check_ticket_access()
            linked.ticket_id.invalidate_recordset(["document_ids"], flush=False)
            linked._post_ticket_links()
        return documents

    def write(self, vals):
        if "ticket_id" not in vals:
            return super().write(vals)
        tickets = self.ticket_id
        result = super().write(vals)
        self._check_ticket_access()
        (tickets | self.ticket_id).invalidate_recordset(["document_ids"], flush=False)
        return result

    def unlink(self):
        linked = self._filter_linked()
        if not linked:
            return super().unlink()
        # Sudo: who deletes a document need not be able to read its ticket.
        tickets_sudo = linked.ticket_id.sudo()
        bodies = linked._get_ticket_bodies(self.env._("deleted"), is_linked=False)
        self.env["helpdesk.customer.news"]._forget(linked)
        result = super().unlink()
        tickets_sudo._message_log_batch(bodies=bodies)
        return result

    def _filter_linked(self):
        """Give those of these documents that have a ticket."""
        if self._has_field_access(self._fields["ticket_id"], "read"):
            return self.filtered("ticket_id")
        # Sudo: who may write a document need not be able to read this field of it, as
        # customers with whom a project is shared. Other fields are left to the user's
        # own rights.
        documents_sudo = self.sudo().with_context(prefetch_fields=False)
        return documents_sudo.filtered("ticket_id").with_env(self.env)

    def _check_ticket_access(self):
        """Refuse to link documents to tickets that the user cannot read.

        Called whenever ``ticket_id`` is written, since who writes a document need
        not be a helpdesk user.

        :raise AccessError: the user may not read one of the tickets
        """
        self.ticket_id.check_access("read")

    def _get_document_type_name(self) -> str:
        """Name this kind of document as the user knows it, in the user's language.

        For the chatters; to be extended where one model holds several kinds of
        documents, as journal entries do.
        """
        return self.env["ir.model"]._get(self._name).name

    def _get_document_customer(self):
        """Find the customer whose document this is.

        To be extended where that is not the document's ``partner_id``.

        :return: a ``res.partner``, empty when the document does not say
        """
        self.ensure_one()
        if "partner_id" in self._fields:
            return self["partner_id"]
        return self.env["res.partner"]

    def _get_ticket_mail_template(self, name: str):
        """Give the template of a mail about this document.

        :param name: its external id
        :return: a ``mail.template``
        :raise UserError: it was deleted
        """
        template = self.env.ref(name, raise_if_not_found=False)
        if not template:
            raise UserError(
                self.env._(
                    "%(document)s cannot be sent, because its email template was "
                    "deleted; ask an administrator to upgrade the module %(module)s, "
                    "which brings it back.",
                    document=self.display_name,
                    module=name.partition(".")[0],
                )
            )
        return template

    def _get_addressee(self):
        """Find whom this document is addressed and sent to.

        The ticket's contact as long as the document is of their commercial entity: the
        ticket may have been given to another customer since the document was made.

        :return: a ``res.partner``
        """
        self.ensure_one()
        # Sudo: who prints a document need not be able to read its ticket.
        contact = self.ticket_id.sudo().partner_id.sudo(self.env.su)
        customer = self._get_document_customer()
        if (
            not customer
            or customer.commercial_partner_id == contact.commercial_partner_id
        ):
            return contact
        return customer

    def _get_mailed_file_name(self, name: str) -> str:
        """Name the file of a report that is attached to the mail of this document.

        To be extended where the report gives its files no name that says what they are.

        :param name: as the report has it, with its extension
        """
        self.ensure_one()
        return name.replace("/", "-")

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _is_shown_in_portal(self) -> bool:
        """Tell whether the customer whose document this is sees it in the portal.

        Called by sudo, as all that follows here. To be extended where some documents,
        or some of their states, are the company's own business: drafts, mostly.
        """
        self.ensure_one()
        return True

    def _prepare_portal_values(self, line) -> dict:
        """Write down what the customer sees of this document on the ticket's page.

        To be extended by each service, in words that a customer understands; the
        default says no more than the document's name and how far it has come. Called
        for one document after the other of a common prefetch, so that fields cost no
        query each.

        :param line: the document's ``helpdesk.ticket.document``
        :return: ``title``; ``state``, a sentence on how things are now; ``steps``, what
            has happened so far, as pairs of a date and a sentence, the first first;
            ``items``, a list of what it is about; ``details``, pairs of a label and a
            value; ``pages``, pairs of a label and the record whose own portal page is
            linked to, for those who may open it; ``pdf``, the label of the link to what
            ``_render_portal_pdf`` gives, empty where there is none; ``template``, the
            external id of one that shows more of it, as ``document``
        """
        self.ensure_one()
        states = {
            "new": self.env._("We have taken this up."),
            "in_progress": self.env._("We are working on this."),
            "done": self.env._("This is done."),
            "cancelled": self.env._("This was called off."),
        }
        return {
            "title": " ".join(filter(None, [self._get_portal_type_name(), line.name])),
            "state": states[line.state or "new"],
            "steps": [],
            "items": line.product_id.mapped("display_name"),
            "details": [],
            "pages": [],
            "pdf": "",
            "template": "",
        }

    def _prepare_portal_steps(self, *steps) -> list:
        """Keep of the steps of a document's story those that have been taken.

        :param steps: pairs of a date, or a datetime in UTC, and a sentence; those
            without a date are left out
        :return: pairs of a date, of the viewer's time zone, and a sentence
        """
        return [
            (
                fields.Datetime.context_timestamp(self, moment).date()
                if isinstance(moment, datetime)
                else moment,
                sentence,
            )
            for moment, sentence in steps
            if moment
        ]

    def _get_portal_type_name(self) -> str:
        """Name this kind of document as the customer knows it.

        To be extended where that differs from what the chatters call it.
        """
        return self._get_document_type_name()

    def _get_portal_report(self) -> str:
        """Tell which report the customer gets of this document, as a PDF.

        To be extended by services that name a ``pdf`` in their portal values.

        :return: the external id of an ``ir.actions.report``
        """
        raise NotImplementedError

    def _render_portal_pdf(self) -> tuple[str, bytes]:
        """Print what the customer gets of this document, as a PDF.

        Called by sudo, for documents of which the customer sees the link to it.

        :return: the file's name, and its content
        """
        self.ensure_one()
        report = self.env.ref(self._get_portal_report())
        content, _type = report.with_company(self.company_id)._render_qweb_pdf(
            report.report_name, self.ids
        )
        name = safe_eval(
            report.print_report_name or "object.display_name",
            {"object": self, "time": time},
        )
        return f"{name}.pdf", content

    # --------------------------------------------------------------------------
    # The chatters
    # --------------------------------------------------------------------------

    def _post_ticket_links(self) -> None:
        """Log the creation of documents in both chatters, each linking to the other.

        Called once for the documents with a ticket of each ``create``.
        """
        self._log_ticket_event(self.env._("created"), self.env._("Created from ticket"))

    def _log_ticket_event(self, event: str, document_event: str = "") -> None:
        """Tell in the chatters what has happened to these documents.

        To be called by a service when documents reach a milestone (posted, validated,
        done). Costs one query a chatter, however many documents there are; those
        without a ticket are passed over. Within ``_log_ticket_events_together`` it is
        told at the end. What is news for the customers is mailed to them, where the
        tickets' teams wish it.

        :param event: translated, as it ends the sentence in the ticket's chatter that
            begins with the document: "posted"
        :param document_event: translated, as it begins the sentence in the document's
            chatter that ends with the ticket: "Posted for ticket"; none: only the
            ticket's chatter is written
        """
        linked = self.filtered("ticket_id")
        if not linked:
            return
        with linked._log_ticket_events_together():
            self.env.cr.cache[linked._get_events_key()].append(
                (linked, event, document_event)
            )
        linked.filtered(
            lambda document: document._get_customer_news()
        )._schedule_customer_news()

    def _get_events_key(self) -> str:
        """Give the key in the cursor's cache of the events that are not logged yet."""
        return f"helpdesk_after_sales.events.{self._name}"

    @contextmanager
    def _log_ticket_events_together(self):
        """Log what happens to documents of this model meanwhile in one note a chatter.

        To be entered around what creates several documents one by one, or takes new
        ones further at once. Nothing is logged when that fails.
        """
        cache = self.env.cr.cache
        key = self._get_events_key()
        if key in cache:
            yield
            return
        events = cache[key] = []
        try:
            yield
        finally:
            del cache[key]
        if events:
            self._post_ticket_events(events)

    def _post_ticket_events(self, events: list[tuple]) -> None:
        """Write what has happened to documents into the chatters.

        :param events: documents, event and document event of ``_log_ticket_event``
        """
        ticket_notes, document_notes = defaultdict(list), defaultdict(list)
        for documents, event, document_event in events:
            for ticket_id, body in documents._get_ticket_bodies(event).items():
                ticket_notes[ticket_id].append(body)
            for document in documents if document_event else ():
                # Sudo: who validates a document need not be able to read its ticket.
                link = document.ticket_id.sudo()._get_html_link()
                document_notes[document.id].append(
                    Markup("%s %s") % (document_event, link)
                )
        # Sudo: as above.
        tickets_sudo = self.env["helpdesk.ticket"].sudo()
        for records, notes in ((tickets_sudo, ticket_notes), (self, document_notes)):
            if notes:
                records.browse(notes)._message_log_batch(
                    bodies={
                        record_id: Markup("<br/>").join(bodies)
                        for record_id, bodies in notes.items()
                    }
                )

    def _get_ticket_bodies(self, event: str, is_linked: bool = True) -> dict:
        """Write for each ticket of these documents what has happened to them.

        :param event: as it ends the sentence
        :param is_linked: whether the documents are still there to be linked to
        :return: the message's body by the ticket's id
        """
        return {
            ticket.id: Markup("<br/>").join(
                Markup("%s %s %s")
                % (
                    document._get_document_type_name(),
                    document._get_html_link() if is_linked else document.display_name,
                    event,
                )
                for document in documents
            )
            for ticket, documents in self.grouped("ticket_id").items()
        }

    @api.readonly
    def action_view_ticket(self):
        """Open the ticket of this document.

        What has none goes the way that others have under this name, as tasks in the OCA
        addon *helpdesk_mgmt_project*, which opens the tickets that are linked to them.

        :return: an action of the ticket's form
        :raise AccessError: the user may not read the ticket
        """
        self.ensure_one()
        if not self.ticket_id and hasattr(super(), "action_view_ticket"):
            return super().action_view_ticket()
        self.ticket_id.check_access("read")
        return self.ticket_id._get_records_action()

    # --------------------------------------------------------------------------
    # Telling the customer
    # --------------------------------------------------------------------------

    def _get_customer_news(self) -> str:
        """Tell what the customer is to know of this document, as it is now.

        To be extended by services that mail their customers. Called at every milestone
        and again when the mail is due, so it has to cost nothing.

        :return: mostly a key of ``_customer_mails``; nothing when there is nothing that
            a customer should hear
        """
        self.ensure_one()
        return ""

    def _get_customer_mail(self, told: str) -> str:
        """Choose the mail that tells the customer the news of this document.

        :param told: what ``_get_customer_news`` was when the customer was told last
        :return: the external id of a ``mail.template``; nothing where there is no news
        """
        news = self._get_customer_news()
        return self._customer_mails.get(news, "") if news != told else ""

    def _is_customer_notified(self) -> bool:
        """Tell whether the customer is mailed the news of this document: by the team."""
        self.ensure_one()
        # Sudo: who changes a document need not be able to read its ticket.
        ticket_sudo = self.ticket_id.sudo()
        service = next(
            service
            for service, documents in ticket_sudo._get_after_sales_services().items()
            if ticket_sudo._fields[documents].comodel_name == self._name
        )
        return (
            ticket_sudo._has_service(service)
            and ticket_sudo.team_id[f"{service}_notify_customer"]
        )

    def _schedule_customer_news(self) -> None:
        """Have the customers told of these documents, soon and not at once.

        Called at each milestone, and by services where something else is news. Nothing
        happens where the ticket's team does not wish it, nor when records are imported.
        """
        if not self._customer_mails or is_importing(self.env):
            return
        told = self.filtered(
            lambda document: document.ticket_id and document._is_customer_notified()
        )
        if told:
            self.env["helpdesk.customer.news"]._schedule(told)
