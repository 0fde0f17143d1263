from collections.abc import Mapping
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Domain
from odoo.tools import SQL

SLOTS = 1000
"""How many services the ids of the documents' lines have room for."""


class DocumentQuery(NamedTuple):
    """One service's share of the ticket's documents.

    ``slot`` is the service's own number, for ever: it is part of the lines' ids.
    Those below 100 are for the addons of this project.
    """

    service: str
    slot: int
    query: SQL


class HelpdeskTicketDocument(models.Model):
    """Everything that came of a ticket, whatever the service: one line a document.

    A database view to which each service adds its own ``SELECT``, see
    ``_get_document_queries``.

    Who reads the ticket reads its lines, whatever apps they have rights on; the
    records behind the lines keep their own access rights.
    """

    _name = "helpdesk.ticket.document"
    _description = "Document of a Ticket"
    _auto = False
    _order = "create_date desc, id desc"
    _depends = {
        "helpdesk.ticket": [
            "commercial_partner_id",
            "company_id",
            "partner_id",
            "team_id",
        ],
        "res.partner": ["commercial_partner_id"],
    }

    name = fields.Char(string="Reference", readonly=True)
    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True)
    service = fields.Selection("_selection_service", readonly=True)
    state = fields.Selection(
        [
            ("new", "New"),
            ("in_progress", "In Progress"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        readonly=True,
    )
    document_state_value = fields.Char(string="Technical State", readonly=True)
    document_state = fields.Char(compute="_compute_document_state")
    create_date = fields.Datetime(string="Created on", readonly=True)
    date = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_amount = fields.Monetary(
        string="Amount in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    product_uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    commercial_partner_id = fields.Many2one(
        "res.partner", string="Commercial Entity", readonly=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(" UNION ALL ").join(
            [
                self._prepare_document_query(
                    model="helpdesk.ticket",
                    service="",
                    slot=0,
                    columns={
                        "document_state_value": SQL("NULL"),
                        "ticket_id": SQL("document.id"),
                    },
                    condition=SQL("FALSE"),
                ).query,
                *(document.query for document in self._get_document_queries()),
            ]
        )

    def _get_document_queries(self) -> list[DocumentQuery]:
        """List the installed services' queries.

        To be extended by each service with one more, made by
        ``_prepare_document_query``; the service also names in ``_depends`` the
        fields it reads, and the addon's model has an index for the lines' ids (see
        there).
        """
        return []

    def _prepare_document_query(
        self,
        *,
        service: str,
        slot: int,
        model: str,
        columns: Mapping[str, SQL],
        customer: SQL | None = None,
        joins: SQL = SQL(),
        condition: SQL = SQL("TRUE"),
    ) -> DocumentQuery:
        """Write a service's ``SELECT``: one line for each document with a ticket.

        The lines' ids are ``document.id * 1000 + slot``. They stay the same whatever
        else is installed. So that single lines are found without reading all, and
        PostgreSQL knows that there is one of an id, the documents' model declares the
        index::

            _ticket_document_idx = models.UniqueIndex(
                "((id::bigint * 1000 + <slot>)) WHERE ticket_id IS NOT NULL"
            )

        Each field is cast to its column's type: where all services' types agree, PostgreSQL
        plans each service by itself and reads for it only what is asked for.

        :param service: the service's code
        :param slot: the service's own number, unique among all services
        :param model: the documents' model, ``document`` in the SQL; their tickets are
            ``ticket``
        :param columns: SQL of the fields, by name; of what is left out, the reference
            and the document's own state are its ``name`` and ``state``, customer and team
            are the ticket's, the company is the document's, and the rest is empty
        :param customer: SQL of the document's own customer, where there is one
        :param joins: further ``JOIN`` clauses; PostgreSQL leaves out a ``LEFT JOIN`` whose
            columns are not asked for where it is sure to find one row at most, as by a
            primary key or of an aggregate
        :param condition: which of the documents with a ticket have a line
        """
        defaults = {
            "name": SQL("document.name"),
            "ticket_id": SQL("document.ticket_id"),
            "service": SQL("%s", service),
            "state": SQL("NULL"),
            "document_state_value": SQL("document.state"),
            "create_date": SQL("document.create_date"),
            "date": SQL("document.create_date::date"),
            "amount": SQL("NULL"),
            "currency_id": SQL("NULL"),
            "company_amount": SQL("NULL"),
            "company_currency_id": SQL("company.currency_id"),
            "product_id": SQL("NULL"),
            "quantity": SQL("NULL"),
            "product_uom_id": SQL("NULL"),
            "team_id": SQL("ticket.team_id"),
            "partner_id": SQL("ticket.partner_id"),
            "commercial_partner_id": SQL("ticket.commercial_partner_id"),
            "company_id": SQL("COALESCE(document.company_id, ticket.company_id)"),
            "res_model": SQL("%s", model),
            "res_id": SQL("document.id"),
        }
        if customer:
            joins = SQL(
                "%s LEFT JOIN res_partner AS customer ON customer.id = %s",
                joins,
                customer,
            )
            defaults |= {
                "partner_id": SQL("COALESCE(customer.id, ticket.partner_id)"),
                "commercial_partner_id": SQL(
                    "COALESCE(customer.commercial_partner_id,"
                    " ticket.commercial_partner_id)"
                ),
            }
        if unknown := set(columns) - set(defaults):
            raise ValueError(f"Unknown columns {sorted(unknown)} of service {service}")
        expressions = {**defaults, **columns}
        return DocumentQuery(
            service,
            slot,
            SQL(
                """
                SELECT document.id::bigint * %(slots)s + %(slot)s AS id, %(columns)s
                  FROM %(table)s AS document
                  JOIN helpdesk_ticket AS ticket ON ticket.id = %(ticket)s
                  JOIN res_company AS company ON company.id = ticket.company_id
                  %(joins)s
                 WHERE %(ticket)s IS NOT NULL AND %(condition)s
                """,
                slots=SQL(str(SLOTS)),
                slot=SQL(str(slot)),
                columns=SQL(", ").join(
                    SQL(
                        "(%s)::%s AS %s",
                        expression,
                        SQL(self._fields[name].column_type[1]),
                        SQL.identifier(name),
                    )
                    for name, expression in expressions.items()
                ),
                table=SQL.identifier(self.env[model]._table),
                ticket=expressions["ticket_id"],
                joins=joins,
                condition=condition,
            ),
        )

    @api.model
    def _selection_service(self) -> list[tuple[str, str]]:
        """The installed services, called as their toggles on the team are."""
        label = self.env["helpdesk.ticket.team"]._get_service_label
        services = self.env["helpdesk.ticket"]._get_after_sales_services()
        return [(service, label(service)) for service in services]

    # --------------------------------------------------------------------------
    # Access
    # --------------------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (bypass_access or self.env.su):
            tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
            domain = Domain(domain) & Domain("ticket_id", "in", tickets._search([]))
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def search_fetch(self, domain, field_names=None, *args, **kwargs):
        """Fetch lines with all that they say: another query costs more than its columns.

        PostgreSQL plans all services' parts anew for each query.
        """
        if field_names:
            stored = [field.name for field in self._determine_fields_to_fetch()]
            field_names = [*field_names, *stored]
        return super().search_fetch(domain, field_names, *args, **kwargs)

    def _check_access(self, operation):
        if result := super()._check_access(operation):
            return result
        # Sudo: to find the lines' tickets, whose access decides.
        tickets = self.sudo().ticket_id.sudo(False)
        readable = tickets._filtered_access("read")
        if self.env.su or tickets == readable:
            return None
        forbidden = self.filtered(
            lambda document: document.sudo().ticket_id.id not in readable.ids
        )
        return forbidden, lambda: (tickets - readable)._check_access("read")[1]()

    # --------------------------------------------------------------------------
    # The records behind the lines
    # --------------------------------------------------------------------------

    @api.depends_context("lang")
    @api.depends("document_state_value", "res_model")
    def _compute_document_state(self):
        labels = {}
        for model in set(self.mapped("res_model")):
            # Sudo: the names of states are no secret of the app.
            documents_sudo = self.env[model].sudo()
            state = documents_sudo._fields.get(documents_sudo._document_state_field)
            if state:
                labels[model] = dict(state._description_selection(self.env))
        for document in self:
            document.document_state = labels.get(document.res_model, {}).get(
                document.document_state_value, document.document_state_value
            )

    @api.readonly
    def action_open_document(self):
        """Open the record behind the line.

        :return: an action on the record, or on the line itself, in a dialog, for a
            user who may not read the record
        :raise MissingError: there is no such line
        """
        self.ensure_one()
        if not self.res_model:  # record 0, as RPC can name it
            raise MissingError(
                self.env._("There is no such document; load the page anew.")
            )
        document = self.env[self.res_model].browse(self.res_id)
        if document.has_access("read"):
            return document._get_records_action()
        return self._get_records_action(name=self.name, target="new")
