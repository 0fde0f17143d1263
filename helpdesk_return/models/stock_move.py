from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_round, formatLang

from odoo.addons.helpdesk_after_sales.tools import lock_and_touch

TRANSFERS_OF_TICKET = "helpdesk_return_transfers_of_ticket"
"""Context: the ticket that new transfers of these moves are documents of.

The record and not its id: what comes by RPC cannot hold records.
"""

OWN_TRANSFER = "helpdesk_return_own_transfer"
"""Context: whether these moves get a transfer of their own, whatever else is open."""

RETURNED_LOTS = "helpdesk_return_lots"
"""Context: by id of a delivery's move the quantities of lots, by id, to come back."""

RETURNING = "helpdesk_return_returning"
"""Context: whether a return is being made, for which core unreserves others."""

REQUESTED_BY = "helpdesk_return_requested_by"
"""Context: the partner for whose request in the portal a return is made, as a draft.

The record and not its id: what comes by RPC cannot hold records.
"""

CONFIRMED_REQUEST = "helpdesk_return_confirmed_request"
"""Context: the request that is the return which the wizard would make otherwise."""

CHECKED_AFTERWARDS = "helpdesk_return_checked_afterwards"
"""Context: the records of which what is left to return is looked at after all changes.

Records, since what comes by RPC cannot hold any.
"""


class StockMove(models.Model):
    _inherit = "stock.move"

    @api.model
    def _get_deliveries_domain(self, partner_ids) -> Domain:
        """Tell which moves brought something to customers.

        What counts is what reached the customer: the last step of a delivery, from
        the warehouse or from the vendor.

        :param partner_ids: the ids of the customers' commercial entities
        :return: a domain on ``stock.move``
        """
        return (
            Domain("state", "=", "done")
            & Domain("location_dest_id.usage", "=", "customer")
            & Domain("picking_id", "!=", False)
            & Domain("partner_id.commercial_partner_id", "in", partner_ids)
        )

    def _format_in_unit(self, quantity: float, trim: bool = False) -> str:
        """Write a quantity as the user reads it, with this move's unit.

        :param quantity: in the move's unit
        :param trim: write a whole number without its zeros
        """
        self.ensure_one()
        is_trimmed = trim and quantity == int(quantity)
        precision = {"digits": 0} if is_trimmed else {"dp": "Product Unit"}
        amount = formatLang(self.env, quantity, **precision)
        return f"{amount} {self.product_uom.name}"

    def _get_name_of_goods(self, lot) -> str:
        """Name what this move brought, as its customer reads it.

        :param lot: the ``stock.lot`` that is meant, if there is one
        """
        self.ensure_one()
        name = self.product_id.display_name
        return f"{name} ({lot.name})" if lot else name

    # --------------------------------------------------------------------------
    # What is left to return
    # --------------------------------------------------------------------------

    def _get_quantity_to_return(self) -> float:
        """Tell what this move takes back, or sends back or replaces.

        :return: what was moved or, as long as the transfer is open, what is expected
            (what is entered where that is more); in the move's unit
        """
        self.ensure_one()
        if self.state == "cancel":
            return 0.0
        if self.state == "done":
            return self.quantity
        return max(self.product_uom_qty, self.quantity)

    def _get_quantity_of_product(self, product) -> float:
        """Add up what these moves bring of a product, open ones as expected.

        :param product: the ``product.product``
        :return: the quantity in the product's unit
        """
        return sum(
            move.product_uom._compute_quantity(
                move._get_quantity_to_return(), product.uom_id, round=False
            )
            for move in self
            if move.product_id == product
        )

    def _get_returned(self) -> dict:
        """Tell what of these deliveries' moves has come back or is to come back.

        All returns that are not cancelled count, open ones included, whether they are
        of a ticket or not.

        :return: by move the quantity in the move's unit; and by move and lot, the
            lot's quantity in the product's unit
        """
        # Sudo: a return counts also where the user may not see it.
        returns_sudo = self.sudo().search_fetch(
            Domain("origin_returned_move_id", "in", self.ids)
            & Domain("state", "!=", "cancel"),
            [
                "origin_returned_move_id",
                "product_uom",
                "product_uom_qty",
                "quantity",
                "state",
            ],
        )
        returned = defaultdict(float)
        for return_sudo in returns_sudo:
            move = return_sudo.origin_returned_move_id.sudo(self.env.su)
            returned[move] += return_sudo.product_uom._compute_quantity(
                return_sudo._get_quantity_to_return(), move.product_uom, round=False
            )
        for line_sudo in returns_sudo.move_line_ids:
            if line_sudo.lot_id:
                move = line_sudo.move_id.origin_returned_move_id.sudo(self.env.su)
                lot = line_sudo.lot_id.sudo(self.env.su)
                returned[move, lot] += line_sudo.quantity_product_uom
        return returned

    def _get_left_to_return(self) -> dict:
        """Tell what of these deliveries' moves can still be returned.

        :return: by move the quantity in the move's unit; and by move and lot, for the
            lots that were delivered or returned, the lot's in the product's unit;
            negative where more was returned than delivered
        """
        returned = self._get_returned()
        left = {move: move.quantity - returned[move] for move in self}
        lots = defaultdict(float)
        for line in self.move_line_ids:
            if line.lot_id:
                lots[line.move_id, line.lot_id] += line.quantity_product_uom
        for key, quantity in returned.items():
            if isinstance(key, tuple):
                lots[key] -= quantity
        return {**left, **lots}

    def _takes_goods_back(self) -> bool:
        """Tell whether this move takes goods from a customer."""
        self.ensure_one()
        return (
            self.location_id.usage == "customer" or self.picking_id._takes_goods_back()
        )

    def _reaches_customer(self) -> bool:
        """Tell whether this move brings goods to a customer.

        A first step does as long as the last one is not there.
        """
        self.ensure_one()
        return "customer" in (
            self.location_dest_id.usage,
            not self.move_dest_ids and self.location_final_id.usage,
        )

    @api.constrains(
        "location_id", "origin_returned_move_id", "picking_id", "product_id"
    )
    def _check_returned_delivery(self):
        """Hold tickets' returns to deliveries of the same product to their customer."""
        if not self._holds_records(CHECKED_AFTERWARDS):
            self.filtered(
                lambda move: move.picking_id.ticket_id and move._takes_goods_back()
            )._ensure_returns_deliveries()

    @api.constrains(
        "origin_returned_move_id",
        "picking_id",
        "product_uom",
        "product_uom_qty",
        "quantity",
        "state",
    )
    def _check_left_to_return(self):
        """Refuse that tickets' returns take more of a delivery than it has left."""
        if self._holds_records(CHECKED_AFTERWARDS):
            return
        returns = self.filtered(
            lambda move: (
                move.origin_returned_move_id
                and move.picking_id.ticket_id
                and move.state != "cancel"
            )
        )
        if returns:
            returns._ensure_left_to_return()

    def _ensure_returns_deliveries(self) -> None:
        """Refuse that tickets take back what was not delivered to their customer.

        Where the ticket was given to another customer since, its open returns go on:
        what counts is whose deliveries they return already.

        :raise UserError: a move returns no delivery, or one of another product or
            customer
        """
        # Sudo: who may change a return need not see the delivery and the ticket.
        for move_sudo in self.sudo():
            transfer_sudo = move_sudo.picking_id
            ticket_sudo = transfer_sudo.ticket_id
            delivered_sudo = move_sudo.origin_returned_move_id
            others_sudo = (transfer_sudo | transfer_sudo.backorder_id).move_ids
            others_sudo -= self.sudo()
            customers = (
                ticket_sudo.partner_id | others_sudo.origin_returned_move_id.partner_id
            ).commercial_partner_id
            if not (
                delivered_sudo.state == "done"
                and delivered_sudo.location_dest_id.usage == "customer"
                and delivered_sudo.product_id == move_sudo.product_id
                and delivered_sudo.company_id == transfer_sudo.company_id
                and delivered_sudo.partner_id.commercial_partner_id in customers
            ):
                raise UserError(
                    self.env._(
                        "%(transfer)s cannot take back %(product)s for ticket "
                        "%(ticket)s, because that is not linked to a delivery of it to "
                        "%(customer)s; use the button Return of the ticket.",
                        transfer=transfer_sudo.name,
                        product=move_sudo.product_id.display_name,
                        ticket=ticket_sudo.display_name,
                        customer=ticket_sudo.commercial_partner_id.display_name,
                    )
                )

    def _ensure_left_to_return(self) -> None:
        """Refuse these moves of returns if deliveries have less left than they take.

        :raise UserError: there is too much; the message says how much is left
        """
        # Sudo: who may change a return need not see the delivery.
        moves_sudo = self.sudo().origin_returned_move_id
        lock_and_touch(moves_sudo)
        left = moves_sudo._get_left_to_return()
        for return_sudo in self.sudo():
            move_sudo = return_sudo.origin_returned_move_id
            unit = move_sudo.product_uom
            if unit.compare(left[move_sudo], 0) >= 0:
                continue
            quantity = return_sudo.product_uom._compute_quantity(
                return_sudo._get_quantity_to_return(), unit, round=False
            )
            raise UserError(
                self.env._(
                    "%(transfer)s takes back %(quantity)s of %(product)s, but delivery "
                    "%(delivery)s has only %(left)s left to return (open returns "
                    "included); lower the quantity or cancel other returns.",
                    transfer=return_sudo.picking_id.name,
                    quantity=move_sudo._format_in_unit(quantity),
                    product=move_sudo.product_id.display_name,
                    delivery=move_sudo.picking_id.name,
                    left=move_sudo._format_in_unit(max(left[move_sudo] + quantity, 0)),
                )
            )

    def _ensure_delivered_lots(self) -> None:
        """Refuse that these moves of returns bring back lots that were not delivered.

        :raise UserError: a lot was not delivered, or has come back already
        """
        # Sudo: who receives a return need not see the delivery.
        moves_sudo = self.sudo().origin_returned_move_id
        tracked_sudo = moves_sudo.filtered("move_line_ids.lot_id")
        if not tracked_sudo:
            return
        for key, quantity in tracked_sudo._get_left_to_return().items():
            if not isinstance(key, tuple):
                continue
            move_sudo, lot_sudo = key
            if move_sudo.product_id.uom_id.compare(quantity, 0) < 0:
                raise UserError(
                    self.env._(
                        "%(product)s with lot/serial number %(lot)s cannot come back "
                        "from delivery %(delivery)s, which brought less of it or none; "
                        "choose a number that was delivered.",
                        product=move_sudo.product_id.display_name,
                        lot=lot_sudo.name,
                        delivery=move_sudo.picking_id.name,
                    )
                )

    def _merge_moves(self, merge_into=False):
        """Merge moves; what they return counts twice until they are merged."""
        if not any(move.origin_returned_move_id for move in self):
            return super()._merge_moves(merge_into=merge_into)
        merging = self.with_context(**{CHECKED_AFTERWARDS: self})
        moves = super(StockMove, merging)._merge_moves(merge_into=merge_into)
        moves = self.browse(moves.ids)
        moves._check_left_to_return()
        return moves

    def _get_available_move_lines(
        self, assigned_moves_ids, partially_available_moves_ids
    ):
        """Let a return take the lots that were chosen, where there was a choice."""
        available = super()._get_available_move_lines(
            assigned_moves_ids, partially_available_moves_ids
        )
        returned_lots = self.env.context.get(RETURNED_LOTS)
        # Of RPC it has no ids for keys, if it is a dictionary at all.
        chosen = isinstance(returned_lots, dict) and returned_lots.get(
            self.origin_returned_move_id.id
        )
        if not chosen:
            return available
        chosen = dict(chosen)
        taken = {}
        for key, quantity in available.items():
            _location, lot, _package, _owner = key
            quantity = min(quantity, chosen.get(lot.id, 0.0))
            if self.product_id.uom_id.compare(quantity, 0) > 0:
                taken[key] = quantity
                chosen[lot.id] -= quantity
        return taken

    def _get_kit(self):
        """Tell as part of which kit this move was sold.

        :return: the ``product.product``, empty when the product was sold as such
        """
        self.ensure_one()
        # Sudo: who moves goods need not be able to read the sales orders.
        sold = self.sudo().sale_line_id.product_id.sudo(self.env.su)
        return sold - self.product_id

    def _get_quantity_of_sale_line(self) -> float:
        """Add up what these moves are of the one sales order line they belong to.

        Open moves count with what is expected of them. A kit is there when all its
        components are, as often as each of them was asked for.

        :return: the quantity in the line's unit; whole kits where they are components
        """
        line = self.sale_line_id
        if self.product_id == line.product_id:
            unit = line.product_uom_id
            return unit.round(
                sum(
                    move.product_uom._compute_quantity(
                        move._get_quantity_to_return(), unit, round=False
                    )
                    for move in self
                )
            )
        asked = defaultdict(float)
        for move in line.move_ids:
            # A replacement was not asked for by the order.
            if (
                move.state != "cancel"
                and not move.origin_returned_move_id
                and not move.picking_id.ticket_id
            ):
                asked[move.product_id, move.location_id] += move.product_qty
        shares = []
        for product in {product for product, _location in asked}:
            # The first step of a delivery has all, the later ones what got there.
            demand = max(
                quantity
                for (other, _location), quantity in asked.items()
                if other == product
            )
            moves = self.filtered(lambda move: move.product_id == product)
            came = sum(
                move.product_uom._compute_quantity(
                    move._get_quantity_to_return(), product.uom_id, round=False
                )
                for move in moves
            )
            if demand:
                shares.append(came / demand)
        kits = line.product_uom_qty * min(shares, default=0.0)
        return float_round(kits, precision_digits=0, rounding_method="DOWN")

    def _do_unreserve(self):
        """Let a ticket's open returns keep their lots when there is one return more."""
        if self.env.context.get(RETURNING):
            self = self.filtered(
                lambda move: (
                    not (move.origin_returned_move_id and move.picking_id.ticket_id)
                )
            )
        return super()._do_unreserve()

    # --------------------------------------------------------------------------
    # Transfers of a ticket
    # --------------------------------------------------------------------------

    def _push_apply(self):
        """Keep the later steps of a ticket's transfer on the ticket."""
        linked = self.filtered(lambda move: move.picking_id.ticket_id)
        if not linked:
            return super()._push_apply()
        others = self - linked
        new_moves = super(StockMove, others)._push_apply() if others else others
        for ticket, moves in linked.grouped(
            lambda move: move.picking_id.ticket_id
        ).items():
            moves = moves.with_context(**{TRANSFERS_OF_TICKET: ticket})
            new_moves |= super(StockMove, moves)._push_apply()
        return self.browse(new_moves.ids)

    @api.model
    def _holds_records(self, key: str) -> bool:
        """Tell whether the context holds records, as our own code puts them there.

        :param key: of the context
        """
        return isinstance(self.env.context.get(key), models.BaseModel)

    @api.model
    def _get_ticket_of_transfers(self):
        """Find the ticket that new transfers of moves are documents of, if any."""
        if self._holds_records(TRANSFERS_OF_TICKET):
            return self.env.context[TRANSFERS_OF_TICKET]
        return self.env["helpdesk.ticket"]

    def _search_picking_for_assignation_domain(self):
        """Keep a ticket's transfers and others apart."""
        return [
            *super()._search_picking_for_assignation_domain(),
            ("ticket_id", "=", self._get_ticket_of_transfers().id),
        ]

    def _search_picking_for_assignation(self):
        if self.env.context.get(OWN_TRANSFER):
            return self.env["stock.picking"]
        return super()._search_picking_for_assignation()

    def _get_new_picking_values(self):
        values = super()._get_new_picking_values()
        if ticket := self._get_ticket_of_transfers():
            values["ticket_id"] = ticket.id
            replaced = self.move_orig_ids.picking_id.replaced_return_id
            values["replaced_return_id"] = replaced[:1].id
        return values
