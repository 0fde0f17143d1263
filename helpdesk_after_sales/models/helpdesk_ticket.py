from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

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
        context = self.env.context
        if context.get("active_model") != self._name:
            return self.browse()
        ticket_id = context.get("active_id")
        return self.browse(
            ticket_id if isinstance(ticket_id, int) and ticket_id else []
        )

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

    def _action_send_document(self, document, template) -> dict:
        """Open the mail composer on this ticket with a document and its template.

        To be called by an action that mails a document. The user need not have rights
        on the document's app. The mail goes out from the ticket's thread, so that the
        answer comes back to it; it is written, and the template's reports are printed,
        in the language of the document's customer. Where the ticket has been given to
        another customer since, only the recipients get the mail, and the ticket keeps it
        as a note that its new customer does not read.

        :param document: the document; that the user may read it has been checked
        :param template: the document's ``mail.template``
        :return: an action of the composer; before it, a notification that names the
            recipients who have no address
        """
        self.ensure_one()
        self.check_access("read")
        recipients = self._get_mail_recipients(document)
        with_address = recipients.filtered("email")
        # Sudo: the template shows what it shows, whoever sends it.
        values = template.sudo()._generate_template(
            document.ids,
            ("subject", "body_html", "attachment_ids", "report_template_ids"),
        )[document.id]
        attachments = self.env["ir.attachment"].create(
            [
                # As the composer does, so that those not sent are cleaned away.
                {
                    "name": document._get_mailed_file_name(name),
                    "datas": content,
                    "res_model": "mail.compose.message",
                    "res_id": 0,
                }
                for name, content in values.get("attachments") or ()
            ]
        )
        composer = {
            "type": "ir.actions.act_window",
            "name": self.env._("Compose Email"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_subject": values["subject"],
                "default_body": values["body_html"],
                "default_partner_ids": with_address.ids,
                "default_attachment_ids": values["attachment_ids"] + attachments.ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }
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
    # Where services serve each other
    # --------------------------------------------------------------------------

    def _get_returned_quantities(self) -> dict:
        """Tell what customers have sent back for these tickets, as it was sold.

        To be extended by services that take goods back; read by those that make up for
        it. Neither needs the other to be installed.

        :return: by sales order line the quantity that has come back, in the line's unit
        """
        return {}
