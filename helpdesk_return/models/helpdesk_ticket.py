from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    return_ids = fields.One2many(
        "stock.picking",
        "ticket_id",
        string="Returns",
        help="All transfers that came of this ticket, replacements included.",
    )
    return_count = fields.Integer(
        string="Returns Count", compute="_compute_return_count"
    )
    can_be_returned = fields.Boolean(compute="_compute_can_be_returned")
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot/Serial Number",
        index="btree_not_null",
        check_company=True,
        help="The lot or the one piece of the product that this ticket is about.",
    )

    def _get_after_sales_services(self):
        return {**super()._get_after_sales_services(), "return": "return_ids"}

    def _get_documents_domain(self, documents):
        domain = super()._get_documents_domain(documents)
        if documents == "return_ids":
            domain &= Domain("location_id.usage", "=", "customer")
        return domain

    @api.depends("return_ids")
    def _compute_return_count(self):
        self._compute_document_count("return_ids", "return_count")

    @api.depends("active", "team_id.use_return", "commercial_partner_id", "company_id")
    def _compute_can_be_returned(self):
        self.can_be_returned = False
        served = self.filtered(
            lambda ticket: (
                ticket._has_service("return") and ticket.commercial_partner_id
            )
        )
        delivered = served._get_delivered_customers()
        for ticket in served:
            customer = ticket.commercial_partner_id._origin.id
            ticket.can_be_returned = (customer, ticket.company_id.id) in delivered

    def _get_delivered_customers(self) -> set[tuple[int, int]]:
        """Find out which of these tickets' customers have had a delivery.

        :return: the ids of commercial entities, each with the company that delivered,
            found in one query that looks at one delivery a customer
        """
        if not self:
            return set()
        moves = self.env["stock.move"]
        moves.flush_model(["company_id", "location_dest_id", "partner_id", "state"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.id, company.id
                  FROM unnest(%(customers)s) AS customer(id)
                 CROSS JOIN unnest(%(companies)s) AS company(id)
                 WHERE EXISTS (
                    SELECT 1
                      FROM res_partner AS partner
                      JOIN stock_move AS move ON move.partner_id = partner.id
                      JOIN stock_location AS location
                        ON location.id = move.location_dest_id
                     WHERE partner.commercial_partner_id = customer.id
                       AND move.company_id = company.id
                       AND move.state = 'done'
                       AND move.picking_id IS NOT NULL
                       AND location.usage = 'customer'
                )
                """,
                customers=self.commercial_partner_id._origin.ids,
                companies=self.company_id.ids,
            )
        )
        return set(rows)

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.product_id and self.lot_id.product_id != self.product_id:
            self.lot_id = False

    @api.onchange("lot_id")
    def _onchange_lot_id(self):
        if self.lot_id:
            self.product_id = self.lot_id.product_id

    @api.constrains("company_id", "lot_id", "product_id")
    def _check_lot(self):
        for ticket in self.filtered("lot_id"):
            # Sudo: who writes a ticket need not be able to read lots of all companies.
            lot_sudo = ticket.sudo().lot_id
            names = {"ticket": ticket.display_name, "lot": lot_sudo.name}
            if ticket.product_id and ticket.product_id != lot_sudo.product_id:
                raise ValidationError(
                    self.env._(
                        "Lot/serial number %(lot)s is of %(product)s, not of the product "
                        "%(other)s of ticket %(ticket)s; change one of the two.",
                        product=lot_sudo.product_id.display_name,
                        other=ticket.product_id.display_name,
                        **names,
                    )
                )
            if lot_sudo.company_id and lot_sudo.company_id != ticket.company_id:
                raise ValidationError(
                    self.env._(
                        "Lot/serial number %(lot)s belongs to another company than "
                        "ticket %(ticket)s; choose one of %(company)s.",
                        company=ticket.company_id.display_name,
                        **names,
                    )
                )

    # --------------------------------------------------------------------------
    # Deliveries to return
    # --------------------------------------------------------------------------

    def _get_return_conditions(self) -> dict[str, Domain]:
        """Tell what a delivery must have brought for this ticket to take it back.

        To be extended, with a sentence in ``_get_no_delivery_reasons``, by addons that
        narrow the choice further.

        :return: conditions on ``stock.move`` by name, from the widest on
        """
        self.ensure_one()
        deliveries = self.env["stock.move"]._get_deliveries_domain(
            self.commercial_partner_id.ids
        )
        conditions = {
            "customer": deliveries & Domain("company_id", "=", self.company_id.id)
        }
        # Sudo: who moves goods need not be able to read the sales orders.
        if orders_sudo := self.sudo().sale_order_ids:
            conditions["orders"] = Domain(
                "sale_line_id", "any!", Domain("order_id", "in", orders_sudo.ids)
            )
        if self.product_id:
            # A kit is delivered as its components.
            conditions["product"] = Domain(
                "product_id", "=", self.product_id.id
            ) | Domain(
                "sale_line_id", "any!", Domain("product_id", "=", self.product_id.id)
            )
        if self.lot_id:
            conditions["lot"] = Domain("move_line_ids.lot_id", "=", self.lot_id.id)
        return conditions

    def _get_no_delivery_reasons(self) -> dict[str, str]:
        """Say for each condition on deliveries what it means when none fulfils it.

        :return: a sentence for each name of ``_get_return_conditions``
        """
        self.ensure_one()
        names = {
            "ticket": self.display_name,
            "customer": self.commercial_partner_id.display_name,
        }
        return {
            "customer": self.env._(
                "%(customer)s has no done delivery of %(company)s to return.",
                company=self.company_id.display_name,
                **names,
            ),
            "orders": self.env._(
                "No done delivery to %(customer)s is of the sales orders of ticket "
                "%(ticket)s (%(orders)s).",
                # Sudo: who moves goods need not be able to read the sales orders.
                orders=", ".join(self.sudo().sale_order_ids.mapped("name")),
                **names,
            ),
            "product": self.env._(
                "No done delivery to %(customer)s that ticket %(ticket)s can take back "
                "has its product %(product)s.",
                product=self.product_id.display_name,
                **names,
            ),
            "lot": self.env._(
                "No done delivery to %(customer)s that ticket %(ticket)s can take back "
                "has its lot/serial number %(lot)s.",
                lot=self.lot_id.display_name,
                **names,
            ),
        }

    def _search_moves_to_return(self, deliveries=None):
        """Find the moves of deliveries that this ticket can take back.

        :param deliveries: only those of these transfers
        :return: ``stock.move`` records, those first that were delivered last
        """
        domain = Domain.AND(self._get_return_conditions().values())
        if deliveries is not None:
            domain &= Domain("picking_id", "in", deliveries.ids)
        return self.env["stock.move"].search(domain, order="date desc, id desc")

    def _get_moves_to_return(self, deliveries=None) -> dict:
        """Find what this ticket can still take back.

        :param deliveries: only of these transfers
        :return: by ``stock.move`` of a delivery the quantity that is left to return (of
            the ticket's lot, where it has one), in the move's unit; those first that
            were delivered last
        """
        moves = self._search_moves_to_return(deliveries)
        left = moves._get_left_to_return()
        quantities = {}
        for move in moves:
            quantity = left[move]
            if self.lot_id:
                of_lot = move.product_id.uom_id._compute_quantity(
                    left.get((move, self.lot_id), 0.0), move.product_uom, round=False
                )
                quantity = min(quantity, of_lot)
            if move.product_uom.compare(quantity, 0) > 0:
                quantities[move] = quantity
        return quantities

    def _get_deliveries_to_return(self):
        """Find the deliveries that this ticket can still take back, in part or in full.

        :return: ``stock.picking`` records, those first that were delivered last
        """
        moves = self.env["stock.move"].concat(*self._get_moves_to_return())
        return moves.picking_id

    def _get_no_delivery_reason(self) -> str:
        """Say why this ticket has no delivery to return."""
        domain = Domain.TRUE
        for name, condition in self._get_return_conditions().items():
            domain &= condition
            if not self.env["stock.move"].search_count(domain, limit=1):
                return self._get_no_delivery_reasons()[name]
        return self.env._(
            "All deliveries to %(customer)s that ticket %(ticket)s can take back were "
            "returned in full, open returns included.",
            customer=self.commercial_partner_id.display_name,
            ticket=self.display_name,
        )

    def _ensure_can_be_returned(self) -> None:
        """Refuse returns that are not the user's, or not this ticket's, to make.

        :raise AccessError: the user may not write the ticket or move goods
        :raise UserError: the ticket's team takes nothing back, or there is no customer
            or no delivery
        """
        self._ensure_service("return")
        self._ensure_customer()
        if not self.env.user.has_group("stock.group_stock_user"):
            raise AccessError(
                self.env._(
                    "You cannot take goods back for ticket %(ticket)s, because that "
                    "takes the rights of Inventory; ask a colleague who has them.",
                    ticket=self.display_name,
                )
            )
        if not self.can_be_returned:
            raise UserError(
                self.env._(
                    "Ticket %(ticket)s has nothing to take back, because %(customer)s "
                    "has no done delivery of %(company)s.",
                    ticket=self.display_name,
                    customer=self.commercial_partner_id.display_name,
                    company=self.company_id.display_name,
                )
            )

    def action_return(self):
        """Open core's wizard to return deliveries to this ticket's customer.

        :return: an action on ``stock.return.picking``, in a dialog
        :raise AccessError: the user may not write the ticket or move goods
        :raise UserError: the ticket's team takes nothing back, or there is no customer
            or no delivery
        """
        self.ensure_one()
        self._ensure_can_be_returned()
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "stock.act_stock_return_picking"
            ),
            "name": self.env._("Reverse Transfer"),
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
            },
        }

    def action_view_returns(self):
        """Open the transfers that take goods back for this ticket.

        :return: an action on them, or on the ticket's After-Sales lines for a user who
            may not read them
        """
        return self._action_view_documents("return_ids")

    # --------------------------------------------------------------------------
    # What came back
    # --------------------------------------------------------------------------

    def _get_returned_quantities(self):
        """Add what these tickets' returns have brought and was not sent back again."""
        quantities = super()._get_returned_quantities()
        # Sudo: who bills what came back need not be able to read transfers.
        moves_sudo = self.env["stock.move"].sudo()
        returns_sudo = moves_sudo.search(
            Domain("picking_id.ticket_id", "in", self.ids)
            & Domain("state", "=", "done")
            & Domain("location_id.usage", "=", "customer")
            & Domain("origin_returned_move_id", "!=", False)
            & Domain("sale_line_id", "!=", False)
        )
        if not returns_sudo:
            return quantities
        sent_back_sudo = moves_sudo.search(
            Domain("origin_returned_move_id", "in", returns_sudo.ids)
            & Domain("state", "!=", "cancel")
            & Domain("location_dest_id.usage", "=", "customer")
        ).grouped("sale_line_id")
        for line_sudo, line_returns_sudo in returns_sudo.grouped(
            "sale_line_id"
        ).items():
            quantity = line_returns_sudo._get_quantity_of_sale_line()
            if line_sudo in sent_back_sudo:
                quantity -= sent_back_sudo[line_sudo]._get_quantity_of_sale_line()
            line = line_sudo.sudo(self.env.su)
            quantities[line] = quantities.get(line, 0.0) + max(quantity, 0.0)
        return quantities
