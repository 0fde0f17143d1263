import re
from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.helpdesk_after_sales.tools import lock_and_touch

from .stock_move import REQUESTED_BY

NAMED_ORDERS = 50
"""How many of a customer's latest orders are listed for a new ticket."""


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
    return_request_count = fields.Integer(
        string="Return Requests Count",
        compute="_compute_return_count",
        help="Returns that the customer asked for and nobody has answered.",
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
        # Sudo: whoever reads the ticket sees how many documents came of it.
        transfers_sudo = self.env["stock.picking"].sudo()
        counts = defaultdict(lambda: [0, 0])
        for ticket, state, count in transfers_sudo._read_group(
            self._get_documents_domain("return_ids"),
            ["ticket_id", "request_state"],
            ["__count"],
        ):
            counts[ticket.id][0] += count
            counts[ticket.id][1] += count if state == "open" else 0
        for ticket in self:
            ticket.return_count, ticket.return_request_count = counts[ticket._origin.id]

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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open_return_request(self):
        # Sudo: who deletes tickets need not be able to read transfers.
        for transfer_sudo in self.sudo().return_ids:
            if transfer_sudo.request_state == "open":
                raise UserError(
                    self.env._(
                        "%(customer)s waits for an answer on return %(transfer)s of "
                        "ticket %(ticket)s; confirm or decline it before you delete the "
                        "ticket.",
                        customer=transfer_sudo.request_partner_id.display_name,
                        transfer=transfer_sudo.name,
                        ticket=transfer_sudo.ticket_id.display_name,
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
        names = self._get_names()
        return {
            "customer": self.env._(
                "%(customer)s has no done delivery of %(company)s to return.", **names
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

    def _split_left_to_return(self, moves) -> list[tuple]:
        """Tell lot by lot what moves of deliveries have left for this ticket.

        :param moves: ``stock.move`` records that this ticket can take back
        :return: for each move, or each of its lots (the ticket's alone, where it has
            one), the move, the ``stock.lot``, and the quantity in the move's unit
        """
        left = moves._get_left_to_return()
        parts = []
        for move in moves:
            rest = max(left[move], 0.0)
            lots = move.move_line_ids.lot_id
            for lot in self.lot_id or lots:
                of_lot = move.product_id.uom_id._compute_quantity(
                    left.get((move, lot), 0.0), move.product_uom, round=False
                )
                quantity = max(min(rest, of_lot), 0.0)
                rest -= quantity
                parts.append((move, lot, quantity))
            if not lots:
                parts.append((move, lots, rest))
        return parts

    def _get_deliveries_to_return(self):
        """Find the deliveries that this ticket can still take back, in part or in full.

        :return: ``stock.picking`` records, those first that were delivered last
        """
        moves = self.env["stock.move"].concat(*self._get_moves_to_return())
        return moves.picking_id

    def _get_no_delivery_reason(self) -> str:
        """Say why this ticket has no delivery to return."""
        return self._find_reason(
            "stock.move",
            self._get_return_conditions(),
            self._get_no_delivery_reasons(),
        ) or self.env._(
            "All deliveries to %(customer)s that ticket %(ticket)s can take back were "
            "returned in full, open returns included.",
            **self._get_names(),
        )

    def _ensure_may_take_back(self) -> None:
        """Refuse returns that are not the user's, or not this ticket's team's, to make.

        :raise AccessError: the user may not write the ticket or move goods
        :raise UserError: the ticket's team takes nothing back, or there is no customer
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

    def _ensure_can_be_returned(self) -> None:
        """Refuse returns that nobody could make, or not the user.

        :raise AccessError: the user may not write the ticket or move goods
        :raise UserError: the ticket's team takes nothing back, or there is no customer
            or no delivery
        """
        self._ensure_may_take_back()
        self._ensure_delivered()

    def _ensure_delivered(self) -> None:
        """Refuse returns where nothing was delivered.

        :raise UserError: the ticket's customer has no done delivery of its company
        """
        self.ensure_one()
        if not self.can_be_returned:
            raise UserError(
                self.env._(
                    "Ticket %(ticket)s has nothing to take back, because %(customer)s "
                    "has no done delivery of %(company)s.",
                    **self._get_names(),
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
        return self._get_wizard_action(
            "stock.return.picking", self.env._("Reverse Transfer")
        )

    @api.readonly
    def action_view_returns(self):
        """Open the transfers that take goods back for this ticket.

        :return: an action on them, or on the ticket's After-Sales lines for a user who
            may not read them
        """
        return self._action_view_documents("return_ids")

    @api.readonly
    def action_view_return_requests(self):
        """Open the returns that the customer asked for and nobody has answered.

        :return: an action on them
        :raise AccessError: the user may not read the ticket or transfers
        """
        self.ensure_one()
        self.check_access("read")
        self.env["stock.picking"].check_access("read")
        requests = self.return_ids.filtered(lambda t: t.request_state == "open")
        return requests._get_records_action(name=self.env._("Return Requests"))

    # --------------------------------------------------------------------------
    # Returns that customers ask for
    # --------------------------------------------------------------------------

    def _is_of_customer(self, partner) -> bool:
        """Tell whether somebody belongs to this ticket's customer.

        :param partner: who looks at the ticket in the portal; followers may be of
            another company
        """
        self.ensure_one()
        customer = self.commercial_partner_id
        return bool(customer) and partner.commercial_partner_id == customer

    def _can_request_return(self, partner) -> bool:
        """Tell whether somebody can ask for a return on this ticket.

        To be called by sudo, for who looks at the ticket in the portal.

        :param partner: the ``res.partner`` who looks
        """
        self.ensure_one()
        return (
            self._has_service("return")
            and self.team_id.allow_return_requests
            and self._is_of_customer(partner)
            and self.can_be_returned
        )

    def _ensure_can_request_return(self, partner) -> None:
        """Refuse returns that are not somebody's to ask for, or not on this ticket.

        :param partner: the ``res.partner`` who asks
        :raise AccessError: the ticket is another customer's
        :raise UserError: the ticket's team does not take requests, or there is no
            delivery
        """
        self.ensure_one()
        if not self._is_of_customer(partner):
            raise AccessError(
                self.env._(
                    "Ticket %(ticket)s is another customer's.",
                    ticket=self.display_name,
                )
            )
        if not (self._has_service("return") and self.team_id.allow_return_requests):
            raise UserError(
                self.env._(
                    "Returns cannot be asked for on ticket %(ticket)s; please write to "
                    "us instead.",
                    ticket=self.display_name,
                )
            )
        self._ensure_delivered()

    def _get_return_window_start(self) -> datetime | None:
        """Tell since when goods must have been delivered to be sent back on request.

        The days are those of the company's time zone; the day of the delivery is not
        counted, and the last day is included.

        :return: in UTC; none where the company sets no window
        """
        self.ensure_one()
        company = self.company_id
        if not company.return_window_days:
            return None
        zone = pytz.timezone(company.partner_id.tz or "UTC")
        today = pytz.utc.localize(fields.Datetime.now()).astimezone(zone).date()
        # Not before the calendar begins, however many days there are.
        days = min(company.return_window_days, today.toordinal() - 2)
        first_day = today - timedelta(days=days)
        start = zone.localize(datetime.combine(first_day, time.min))
        return start.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_goods_to_request(self) -> list[tuple]:
        """List what the customer can ask to send back on this ticket.

        That is what the wizard of **Return** would take back, as far as it was
        delivered within the company's return window.

        :return: as ``_split_left_to_return``, those first that were delivered last
        """
        moves = self._search_moves_to_return()
        if start := self._get_return_window_start():
            moves = moves.filtered(lambda move: move.date >= start)
        return [
            (move, lot, quantity)
            for move, lot, quantity in self._split_left_to_return(moves)
            if move.product_uom.compare(quantity, 0) > 0
        ]

    def _get_return_reasons(self):
        """Find the reasons that this ticket's customer can choose from.

        :return: ``helpdesk.return.reason`` records
        """
        self.ensure_one()
        return self.env["helpdesk.return.reason"].search(
            Domain("team_ids", "=", False) | Domain("team_ids", "in", self.team_id.ids)
        )

    def _get_return_wishes(self) -> dict[str, str]:
        """Tell what this ticket's customer can wish for in return for the goods.

        An exchange is part of returns; the others are named as the services that the
        team has to have on.

        :return: labels of ``request_wish``, in the user's language
        """
        self.ensure_one()
        wishes = self.env["stock.picking"]._fields["request_wish"]
        return {
            wish: label
            for wish, label in wishes._description_selection(self.env)
            if wish == "exchange" or self.team_id[f"use_{wish}"]
        }

    def _ensure_delivered_to_customer(self, goods) -> None:
        """Refuse goods that this ticket's customer was never delivered.

        :param goods: ids of ``stock.move`` and of ``stock.lot`` (none: zero), in pairs
        :raise AccessError: a move is not among the deliveries that this ticket can take
            back, or did not bring the lot
        """
        delivered = {
            (move.id, lot.id or 0)
            for move in self._search_moves_to_return()
            for lot in move.move_line_ids.lot_id
            or self.env["stock.lot"].browse([False])
        }
        if not delivered.issuperset(goods):
            raise AccessError(
                self.env._(
                    "What is to be returned was not delivered for ticket %(ticket)s.",
                    ticket=self.display_name,
                )
            )

    def _get_returns_of_request(self, token: str):
        """Find what was made of a request, in case that it is sent again.

        :param token: tells the request from others
        :return: ``stock.picking`` records
        """
        return self.return_ids.filtered(
            lambda transfer: transfer.request_token == token
        )

    def _request_return(self, partner, goods, reason, wish, token, photos=()):
        """Make draft returns of what the customer asks to send back.

        To be called by sudo: the customer has no rights on transfers. Nobody else can
        ask on the ticket meanwhile, and what is left to return is looked at as the
        wizard of **Return** does. A return is made for each delivery; the customer's
        request is told of in the ticket's conversation.

        :param partner: the ``res.partner`` who asks
        :param goods: quantities, in the unit of the delivery's move, by pair of the
            ids of the ``stock.move`` and the ``stock.lot`` (none: zero)
        :param reason: a ``helpdesk.return.reason``; empty where there is none to choose
        :param wish: a value of ``request_wish``
        :param token: tells this request from others; with the same one again, nothing
            more is made
        :param photos: file name, content and MIME type of each, checked to be pictures
        :return: the ``stock.picking`` records
        :raise AccessError: the goods or the ticket are another customer's
        :raise UserError: the request is not possible; the message says why
        """
        self.ensure_one()
        lock_and_touch(self)
        if made := self._get_returns_of_request(token):
            return made
        self._ensure_can_request_return(partner)
        self._ensure_delivered_to_customer(goods)
        reasons = self._get_return_reasons()
        if (reasons or reason) and reason not in reasons:
            raise UserError(self.env._("Choose why the goods are to go back."))
        if wish not in self._get_return_wishes():
            raise UserError(self.env._("Choose what you would like in return."))
        offered = {
            (move.id, lot.id or 0) for move, lot, _left in self._get_goods_to_request()
        }
        moves = self.env["stock.move"].browse({move_id for move_id, _lot_id in goods})
        if gone := goods.keys() - offered:
            move_id, lot_id = min(gone)
            move = moves.browse(move_id)
            raise UserError(
                self.env._(
                    "%(product)s of delivery %(delivery)s cannot be returned any more; "
                    "please write to us.",
                    product=move._get_name_of_goods(
                        self.env["stock.lot"].browse(lot_id or [])
                    ),
                    delivery=move.picking_id.name,
                )
            )
        transfers = self.env["stock.picking"]
        wizards = self.env["stock.return.picking"].with_context(
            **{REQUESTED_BY: partner}, mail_create_nosubscribe=True
        )
        for delivery, of_delivery in moves.sorted("id").grouped("picking_id").items():
            wizard = wizards.create(
                {
                    "ticket_id": self.id,
                    "picking_id": delivery.id,
                    "product_return_moves": [
                        Command.create(
                            {
                                "move_id": move.id,
                                "product_id": move.product_id.id,
                                "lot_id": lot_id or False,
                                "quantity": quantity,
                            }
                        )
                        for move in of_delivery
                        for (move_id, lot_id), quantity in goods.items()
                        if move_id == move.id
                    ],
                }
            )
            action = wizard.action_create_returns()
            transfers |= transfers.browse(action["res_id"])
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for name, content, mimetype in photos
            ]
        )
        transfers.write(
            {
                "request_reason_id": reason.id,
                "request_wish": wish,
                "request_token": token,
                "request_photo_ids": [Command.set(attachments.ids)],
            }
        )
        self.message_post(
            author_id=partner.id,
            body=self.env["ir.qweb"]._render(
                "helpdesk_return.return_request_message",
                {
                    "transfers": transfers,
                    "reason": reason.name,
                    "wish": self._get_return_wishes()[wish],
                },
            ),
            attachment_ids=attachments.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        return transfers

    # --------------------------------------------------------------------------
    # New tickets from the portal
    # --------------------------------------------------------------------------

    @api.model
    def _get_orders_domain(self, customer, company) -> Domain:
        """Tell which sales orders a customer's new ticket can name.

        :param customer: the ``res.partner``, a commercial entity
        :param company: the ``res.company`` that the ticket is for
        """
        return (
            Domain("partner_id.commercial_partner_id", "=", customer.id)
            & Domain("company_id", "=", company.id)
            & Domain("state", "=", "sale")
        )

    @api.model
    def _get_delivered_goods_domain(self, customer, company) -> Domain:
        """Tell which moves brought what a customer's new ticket can name.

        :param customer: the ``res.partner``, a commercial entity
        :param company: the ``res.company`` that the ticket is for
        """
        return self.env["stock.move"]._get_deliveries_domain(customer.ids) & Domain(
            "company_id", "=", company.id
        )

    @api.model
    def _get_goods_of_customer(self, partner, company) -> list[tuple]:
        """List what a customer's new ticket can be about.

        To be called by sudo: the customer has no rights on deliveries.

        :param partner: the ``res.partner`` who writes the ticket
        :param company: the ``res.company`` that the ticket is for
        :return: the latest ``sale.order`` records (empty: what was delivered without
            one), each with pairs of ``product.product`` and ``stock.lot`` (or none)
        """
        customer = partner.commercial_partner_id
        orders = self.env["sale.order"].search(
            self._get_orders_domain(customer, company),
            order="date_order desc, id desc",
            limit=NAMED_ORDERS,
        )
        moves = self.env["stock.move"].search(
            self._get_delivered_goods_domain(customer, company)
            & (
                Domain("sale_line_id", "=", False)
                | Domain("sale_line_id.order_id", "in", orders.ids)
            ),
            order="date desc, id desc",
        )
        goods = {order: {} for order in orders}
        for move in moves:
            product = move._get_kit() or move.product_id
            if not product.ticket_active:
                continue
            # A kit has no number; its components are not what was sold.
            lots = move.move_line_ids.lot_id if product == move.product_id else []
            of_order = goods.setdefault(move.sale_line_id.order_id, {})
            for lot in lots or [self.env["stock.lot"]]:
                of_order[product, lot] = True
        return [(order, list(of_order)) for order, of_order in goods.items()]

    @api.model
    def _prepare_named_goods_vals(self, partner, company, key: str) -> dict:
        """Prepare a customer's new ticket that is about an order or delivered goods.

        To be called by sudo: the customer has no rights on deliveries.

        :param partner: the ``res.partner`` who writes the ticket
        :param company: the ``res.company`` that the ticket is for
        :param key: the ids of the order, the product and the lot (none: zero), with
            hyphens
        :return: values of the ticket
        :raise AccessError: they are not this customer's, or not of one delivery
        """
        customer = partner.commercial_partner_id
        refused = AccessError(
            self.env._("What the ticket is to be about was not delivered to you.")
        )
        if not re.fullmatch("[0-9]{1,9}-[0-9]{1,9}-[0-9]{1,9}", key):
            raise refused
        order_id, product_id, lot_id = map(int, key.split("-"))
        if order_id and not self.env["sale.order"].search_count(
            self._get_orders_domain(customer, company) & Domain("id", "=", order_id),
            limit=1,
        ):
            raise refused
        if product_id or lot_id or not order_id:
            domain = (
                self._get_delivered_goods_domain(customer, company)
                & Domain("sale_line_id.order_id", "=", order_id or False)
                & (
                    Domain("product_id", "=", product_id)
                    | Domain("sale_line_id.product_id", "=", product_id)
                )
            )
            if lot_id:
                domain &= Domain("move_line_ids.lot_id", "=", lot_id)
            if not self.env["stock.move"].search_count(domain, limit=1):
                raise refused
        return {
            "sale_order_ids": [Command.set([order_id] if order_id else [])],
            "product_id": product_id or False,
            "lot_id": lot_id or False,
        }

    # --------------------------------------------------------------------------
    # What came back
    # --------------------------------------------------------------------------

    def _get_returned_quantities(self):
        """Add what these tickets' returns have brought and nothing was sent back for.

        The goods themselves were sent back, or others in exchange.
        """
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
        replaces = Domain("origin_returned_move_id", "=", False) & Domain(
            "picking_id.ticket_id", "in", self.ids
        )
        sent_back_sudo = moves_sudo.search(
            (Domain("origin_returned_move_id", "in", returns_sudo.ids) | replaces)
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
