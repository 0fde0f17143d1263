import base64

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import clean_context

from ..tools import browse_id, get_composer_action

MAILED_NEWS = "helpdesk_after_sales_mailed_news"
"""Context: model and id of the document that a posted message mails, and what it tells."""


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    # Opening a ticket reads its duplicates, which helpdesk_mgmt seeks among all tickets.
    _duplicate_id_idx = models.Index("(duplicate_id) WHERE duplicate_id IS NOT NULL")

    document_ids = fields.One2many(
        "helpdesk.ticket.document", "ticket_id", string="Documents"
    )
    has_after_sales = fields.Boolean(
        string="After-Sales in Use", compute="_compute_has_after_sales"
    )

    def _get_after_sales_services(self) -> dict[str, str]:
        """Name the services that are installed and where their documents are.

        Each service's addon adds itself: its code (``use_<code>`` is its toggle on
        the team) and the ticket's one2many of its documents.

        :return: ``{"refund": "credit_note_ids"}``
        """
        return {}

    def onchange(self, values, field_names, fields_spec):
        """Compute what a ticket's form shows; documents are not entered there.

        A form computes by sudo of records that are named in it, and can be asked by RPC
        with any. Arguments and return as core has them.
        """
        documents = {"document_ids", *self._get_after_sales_services().values()}
        return super().onchange(
            {name: values[name] for name in values if name not in documents},
            [name for name in field_names if name not in documents],
            fields_spec,
        )

    @api.depends("team_id", "document_ids")
    def _compute_has_after_sales(self):
        services = self._get_after_sales_services()
        for ticket in self:
            team = ticket.team_id
            ticket.has_after_sales = bool(ticket.document_ids) or any(
                team[f"use_{service}"] for service in services
            )

    @api.constrains("company_id")
    def _check_company_of_documents(self):
        for ticket in self:
            # Sudo: documents of the company that is left may be out of reach by now.
            foreign = ticket.sudo().document_ids.filtered(
                lambda document: document.company_id != document.ticket_id.company_id
            )
            if foreign:
                raise ValidationError(
                    self.env._(
                        "Ticket %(ticket)s cannot move to %(company)s, because its "
                        "document %(document)s belongs to %(other)s; open a new ticket "
                        "in %(company)s instead.",
                        ticket=ticket.display_name,
                        company=ticket.company_id.display_name,
                        document=foreign[0].name,
                        other=foreign[0].company_id.display_name,
                    )
                )

    # --------------------------------------------------------------------------
    # Services
    # --------------------------------------------------------------------------

    def _has_service(self, service: str) -> bool:
        """Tell whether a service acts on this ticket: whether its button is there.

        A service acts on tickets of the teams that have it on, closed ones too, and
        on none that is archived.

        :param service: the service's code, as in ``use_<code>``
        """
        self.ensure_one()
        return self.active and self.team_id[f"use_{service}"]

    @api.model
    def _get_active_ticket(self):
        """Find the ticket on which a wizard is opened, for the wizard's defaults.

        Not by ``default_ticket_id``, which would also link all that is copied or
        created from the wizard on.

        :return: the ticket of the context, if there is one
        """
        if self.env.context.get("active_model") != self._name:
            return self.browse()
        return browse_id(self.env, self._name, self.env.context.get("active_id"))

    def _get_wizard_action(self, model: str, name: str) -> dict:
        """Open a wizard on this ticket, in a dialog.

        :param model: the wizard's, which has ``helpdesk.ticket.wizard.mixin``
        :param name: the dialog's title, translated
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
            },
        }

    def _find_reason(
        self, model: str, conditions: dict[str, Domain], reasons: dict[str, str]
    ) -> str | None:
        """Find out which condition leaves a wizard nothing to choose from.

        :param model: the model of what is chosen
        :param conditions: on its records, by name, from the widest on
        :param reasons: a sentence for each of the names
        :return: the sentence for the first condition that no record fulfils along with
            those before it; none where there are records that fulfil all
        """
        domain = Domain.TRUE
        for name, condition in conditions.items():
            domain &= condition
            if not self.env[model].search_count(domain, limit=1):
                return reasons[name]
        return None

    def _get_names(self) -> dict[str, str]:
        """Name what sentences about this ticket speak of.

        :return: the names of its ``ticket``, ``customer``, ``company`` and ``product``
        """
        self.ensure_one()
        return {
            "ticket": self.display_name,
            "customer": self.commercial_partner_id.display_name,
            "company": self.company_id.display_name,
            "product": self.product_id.display_name,
        }

    def _ensure_service(self, service: str) -> None:
        """Refuse what a service is asked to do on a ticket it does not act on.

        To be called first by the action behind a service's button, which anyone can
        also call by RPC.

        :param service: the service's code, as in ``use_<code>``
        :raise AccessError: the user may not write the ticket
        :raise UserError: the service does not act on the ticket; the message says why
        """
        self.ensure_one()
        self.check_access("write")
        if self._has_service(service):
            return
        names = {"ticket": self.display_name, "team": self.team_id.display_name}
        if not self.active:
            message = self.env._(
                "Ticket %(ticket)s is archived; restore it to go on.", **names
            )
        elif not self.team_id:
            message = self.env._(
                "Ticket %(ticket)s has no team; assign it to one that offers this "
                "service.",
                **names,
            )
        else:
            message = self.env._(
                "Team %(team)s of ticket %(ticket)s does not have the service "
                "%(service)s switched on.",
                service=self.team_id._get_service_label(service),
                **names,
            )
        raise UserError(message)

    def _ensure_customer(self) -> None:
        """Refuse to go on without a customer, for the services that need one.

        :raise UserError: the ticket has no customer
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(
                self.env._(
                    "Ticket %(ticket)s has no customer; choose its contact first.",
                    ticket=self.display_name,
                )
            )

    # --------------------------------------------------------------------------
    # Documents
    # --------------------------------------------------------------------------

    def _get_documents_domain(self, documents: str) -> Domain:
        """Tell which documents of a service the smart button counts and opens.

        :param documents: the ticket's one2many of the documents
        :return: a domain on the documents' model, for all tickets of ``self``
        """
        return Domain("ticket_id", "in", self.ids) & Domain(
            self._fields[documents].get_comodel_domain(self)
        )

    def _compute_document_count(self, documents: str, count: str) -> None:
        """Count a service's documents, in one query for all tickets of ``self``.

        To be called by the compute method of a service's counter.

        :param documents: the ticket's one2many of the documents
        :param count: the ticket's integer field to be computed
        """
        # Sudo: whoever reads the ticket sees how many documents came of it.
        documents_sudo = self.env[self._fields[documents].comodel_name].sudo()
        counts = dict(
            documents_sudo._read_group(
                self._get_documents_domain(documents), ["ticket_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket[count] = counts.get(ticket._origin, 0)

    def _action_view_documents(self, documents: str) -> dict:
        """Open a service's documents: the one there is, or the list of several.

        To be called by the action of a service's smart button.

        :param documents: the ticket's one2many of the documents
        :return: an action on the documents, or on the ticket's After-Sales lines for
            a user who may not read them
        """
        self.ensure_one()
        self.check_access("read")
        # Sudo: the rights on the documents are looked at right below.
        records = (
            self.env[self._fields[documents].comodel_name]
            .sudo()
            .search(self._get_documents_domain(documents))
            .sudo(False)
        )
        name = self._fields[documents]._description_string(self.env)
        if not self.env.user._is_internal():
            # Customers have no lines to be led to.
            records = records._filtered_access("read") or records
        if records.has_access("read"):
            return records._get_records_action(name=name, context={"create": False})
        service = next(
            service
            for service, field in self._get_after_sales_services().items()
            if field == documents
        )
        lines = self.document_ids.filtered(
            lambda line: line.service == service and line.res_id in records.ids
        )
        return lines._get_records_action(name=name, context={"create": False})

    # --------------------------------------------------------------------------
    # Mails
    # --------------------------------------------------------------------------

    def _is_customer_of(self, document) -> bool:
        """Tell whether a document is this ticket's customer's.

        It is not when the ticket was given to another customer afterwards.

        :param document: a document of this ticket
        """
        self.ensure_one()
        addressee = document._get_addressee()
        return addressee.commercial_partner_id == self.commercial_partner_id

    def _get_mail_recipients(self, document):
        """Find whom a document of this ticket is mailed to: customer and followers.

        The customer is the document's. Where the ticket has been given to another one,
        nobody of theirs is among the recipients.

        :param document: the document; that the user may read it has been checked
        :return: ``res.partner`` records, those without an address included
        """
        self.ensure_one()
        followers = self.message_partner_ids
        if not self._is_customer_of(document):
            followers = followers.filtered(
                lambda follower: (
                    follower.commercial_partner_id != self.commercial_partner_id
                )
            )
        return document._get_addressee() | followers

    def _action_send_document(self, document, template, news: str = "") -> dict:
        """Open the mail composer on this ticket with a document and its template.

        To be called by an action that mails a document. The user need not have rights
        on the document's app. The mail goes out from the ticket's thread, so that the
        answer comes back to it; it is written, and the template's reports are printed,
        in the language of the document's customer. Where the ticket has been given to
        another customer since, only the recipients get the mail, and the ticket keeps it
        as a note that its new customer does not read.

        :param document: the document; that the user may read it has been checked
        :param template: the document's ``mail.template``
        :param news: what the mail tells of the document's news, which is then not told
            once more of its own accord
        :return: an action of the composer; before it, a notification that names the
            recipients who have no address
        """
        self.ensure_one()
        self.check_access("read")
        recipients = self._get_mail_recipients(document)
        with_address = recipients.filtered("email")
        values = self._render_document_mail(document, template)
        # The context's defaults are of the screen that the user comes from.
        attachments = self.env["ir.attachment"].with_context(
            clean_context(self.env.context)
        )
        attachments = attachments.create(
            [
                # As the composer does, so that those not sent are cleaned away.
                {
                    "name": name,
                    "datas": content,
                    "res_model": "mail.compose.message",
                    "res_id": 0,
                }
                for name, content in values["attachments"]
            ]
        )
        composer = get_composer_action(
            self,
            subject=values["subject"],
            body=values["body_html"],
            partner_ids=with_address.ids,
            attachment_ids=values["attachment_ids"] + attachments.ids,
        )
        composer["context"][MAILED_NEWS] = [document._name, document.id, news]
        if not self._is_customer_of(document):
            composer["context"]["default_subtype_xmlid"] = "mail.mt_note"
        if recipients == with_address:
            return composer
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "Not among the recipients, having no email address: %(names)s",
                    names=", ".join((recipients - with_address).mapped("name")),
                ),
                "next": composer,
            },
        }

    # --------------------------------------------------------------------------
    # Telling the customer
    # --------------------------------------------------------------------------

    def _render_document_mail(self, document, template, fields=()) -> dict:
        """Write the mail of a document, with its reports, in its customer's language.

        :param document: a document of this ticket
        :param template: the document's ``mail.template``
        :param fields: names of the template's fields that are wanted beside the mail's
            content
        :return: the template's values by field; ``attachments`` are pairs of a file's
            name and its content, in base64
        """
        # Sudo: the template shows what it shows, whoever sends it.
        values = template.sudo()._generate_template(
            document.ids,
            (
                "subject",
                "body_html",
                "attachment_ids",
                "report_template_ids",
                *fields,
            ),
        )[document.id]
        values["attachments"] = [
            (document._get_mailed_file_name(name), content)
            for name, content in values.get("attachments") or ()
        ]
        return values

    def _get_news_recipients(self, document):
        """Find who is told by mail, of its own accord, of a document of this ticket.

        That is whom the document is addressed to and who follows the ticket for them:
        of the same commercial entity. Others who follow the ticket are not told, nor is
        anybody without an address, and an address is written to once.

        :param document: the document
        :return: ``res.partner`` records
        """
        self.ensure_one()
        addressee = document._get_addressee()
        followers = self.message_partner_ids.filtered(
            lambda follower: (
                follower.commercial_partner_id == addressee.commercial_partner_id
            )
        )
        by_address = {}
        for partner in addressee | followers:
            by_address.setdefault(partner.email_normalized, partner)
        by_address.pop(False, None)
        return addressee.browse().union(*by_address.values())

    def _get_news_author(self):
        """Find in whose name this ticket tells its customer of what has happened.

        :return: the ``res.partner`` of the assigned user, or else the company's, who
            have an email address, or else the current user's
        """
        self.ensure_one()
        candidates = self.user_id.partner_id | self.company_id.partner_id
        return candidates.filtered("email")[:1] or self.env.user.partner_id

    def _mail_customer_news(self, document, template) -> bool:
        """Mail a document's news to its customer, from this ticket's thread.

        Answers come to the ticket and are read by all who follow it. The mail itself is
        kept as a note, since others may read the ticket in the portal.

        :param document: a document of this ticket
        :param template: the ``mail.template`` that tells the news
        :return: whether there was anybody to tell
        """
        self.ensure_one()
        recipients = self._get_news_recipients(document)
        if not recipients:
            return False
        values = self._render_document_mail(
            document, template, ("email_from", "mail_server_id", "auto_delete")
        )
        author = self._get_news_author()
        lang = document._get_addressee().lang
        ticket = self.with_company(self.company_id).with_context(lang=lang)
        ticket.message_post(
            attachment_ids=values["attachment_ids"],
            attachments=[
                (name, base64.b64decode(content))
                for name, content in values["attachments"]
            ],
            author_id=author.id,
            body=values["body_html"],
            email_from=values["email_from"] or author.email_formatted,
            email_layout_xmlid="helpdesk_after_sales.mail_layout_customer",
            force_email_lang=lang,
            mail_auto_delete=values["auto_delete"],
            mail_server_id=values["mail_server_id"],
            message_type="auto_comment",
            partner_ids=recipients.ids,
            subject=values["subject"],
            subtype_xmlid="mail.mt_note",
        )
        return True

    def message_post(self, **kwargs):
        """Note which document was mailed by hand: its customer is not told once more."""
        message = super().message_post(**kwargs)
        match self.env.context.get(MAILED_NEWS):
            case [str(model), int(document_id), str(news)] if news:
                # Sudo: whoever mails a document need not have rights on its app.
                all_news_sudo = self.env["helpdesk.customer.news"].sudo()
                document_sudo = all_news_sudo._find_document(model, document_id)
                if (
                    document_sudo.ticket_id == self
                    and document_sudo._get_customer_news() == news
                ):
                    all_news_sudo._set(document_sudo, "told", news)
        return message

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _get_portal_documents(self, viewer) -> list[dict]:
        """Tell what a customer sees of this ticket's documents in the portal.

        Those of the viewer's own commercial entity, whoever the ticket's customer is and
        whoever follows it. The current user need not be able to read the ticket: who
        comes by the link of an email is not signed in. Their rights decide which of the
        documents' own pages are linked to.

        :param viewer: the ``res.partner`` who looks; empty when that is not known, which
            sees nothing
        :return: for each document, the newest first, what ``_prepare_portal_values`` of
            ``helpdesk.document.mixin`` gives, with addresses in the place of the records
            in ``pages``, and ``line`` (its ``helpdesk.ticket.document``) and ``record``
        """
        self.ensure_one()
        entity = viewer.commercial_partner_id
        if not entity:
            return []
        # Sudo: customers have no rights on lines and apps; what is theirs is chosen here.
        # They do not know products by the company's codes.
        ticket_sudo = self.sudo().with_context(display_default_code=False)
        lines_sudo = ticket_sudo.document_ids
        records = {}
        for model, of_model_sudo in lines_sudo.grouped("res_model").items():
            records_sudo = ticket_sudo.env[model].browse(of_model_sudo.mapped("res_id"))
            records.update(zip(of_model_sudo, records_sudo, strict=True))
        documents = []
        for line_sudo in lines_sudo:
            record_sudo = records[line_sudo]
            owner_sudo = record_sudo._get_addressee().commercial_partner_id
            if owner_sudo == entity and record_sudo._is_shown_in_portal():
                documents.append(
                    {
                        **record_sudo._prepare_portal_values(line_sudo),
                        "line": line_sudo,
                        "record": record_sudo,
                    }
                )
        self._link_portal_pages(documents)
        return documents

    def _link_portal_pages(self, documents) -> None:
        """Put addresses in the place of the records whose pages are linked to.

        :param documents: as ``_get_portal_documents`` has them; records that the current
            user may not read are left out
        """
        readable = {}
        for document in documents:
            for _label, record in document["pages"]:
                records = readable.get(record._name, record.browse())
                readable[record._name] = records | record
        readable = {
            model: records.with_env(self.env)._filtered_access("read")
            for model, records in readable.items()
        }
        for document in documents:
            document["pages"] = [
                (label, record.access_url)
                for label, record in document["pages"]
                if record.id in readable[record._name].ids
            ]

    # --------------------------------------------------------------------------
    # Where services serve each other
    # --------------------------------------------------------------------------

    def _get_returned_quantities(self) -> dict:
        """Tell what customers have sent back for these tickets, as it was sold.

        To be extended by services that take goods back; read by those that make up for
        it. Neither needs the other to be installed.

        :return: by sales order line the quantity that has come back, in the line's unit
        """
        return {}
