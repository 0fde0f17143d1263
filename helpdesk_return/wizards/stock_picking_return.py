from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

from odoo.addons.helpdesk_after_sales.tools import lock_and_touch

from ..models.stock_move import (
    CHECKED_AFTERWARDS,
    CONFIRMED_REQUEST,
    OWN_TRANSFER,
    REQUESTED_BY,
    RETURNED_LOTS,
    RETURNING,
    TRANSFERS_OF_TICKET,
)


class StockReturnPickingLine(models.TransientModel):
    _inherit = "stock.return.picking.line"

    lot_id = fields.Many2one("stock.lot", string="Lot/Serial Number")
    kit_id = fields.Many2one("product.product", compute="_compute_kit_id")
    quantity_delivered = fields.Float(
        string="Delivered", digits="Product Unit", compute="_compute_left_to_return"
    )
    quantity_returned = fields.Float(
        string="Returned",
        digits="Product Unit",
        compute="_compute_left_to_return",
        help="What came back already or is to come back by returns that are still open.",
    )
    quantity_left = fields.Float(
        string="Left", digits="Product Unit", compute="_compute_left_to_return"
    )
    summary = fields.Text(
        string="Goods",
        compute="_compute_summary",
        help="What the line is about, where there is no room for a column each.",
    )

    @api.depends("move_id")
    def _compute_kit_id(self):
        for line in self:
            is_of_ticket = line.wizard_id.ticket_id and line.move_id
            line.kit_id = line.move_id._get_kit() if is_of_ticket else False

    @api.depends("move_id", "lot_id", "wizard_id.ticket_id")
    def _compute_left_to_return(self):
        of_tickets = self.filtered(
            lambda line: line.wizard_id.ticket_id and line.move_id
        )
        others = self - of_tickets
        others.quantity_delivered = others.quantity_returned = others.quantity_left = (
            0.0
        )
        left = of_tickets.move_id._get_left_to_return()
        for line in of_tickets:
            move = line.move_id
            delivered, rest = move.quantity, left[move]
            if line.lot_id:
                lot = line.lot_id
                of_lot = move.move_line_ids.filtered(
                    lambda detail: detail.lot_id == lot
                )
                delivered = line._in_unit_of_move(
                    sum(of_lot.mapped("quantity_product_uom"))
                )
                rest = min(rest, line._in_unit_of_move(left.get((move, lot), 0.0)))
            line.quantity_delivered = delivered
            line.quantity_left = max(rest, 0.0)
            line.quantity_returned = delivered - line.quantity_left

    @api.depends("move_id", "product_id", "lot_id", "wizard_id.ticket_id")
    def _compute_summary(self):
        for line in self:
            if not line.wizard_id.ticket_id:
                line.summary = False
                continue
            line.summary = "\n".join(
                filter(
                    None,
                    (
                        line.product_id.display_name,
                        line.kit_id.display_name,
                        line.lot_id.name,
                        self.env._(
                            "Delivered: %(delivered)s, returned: %(returned)s",
                            delivered=formatLang(
                                self.env, line.quantity_delivered, dp="Product Unit"
                            ),
                            returned=formatLang(
                                self.env, line.quantity_returned, dp="Product Unit"
                            ),
                        ),
                    ),
                )
            )

    def _in_unit_of_move(self, quantity: float) -> float:
        """Convert a quantity from the product's unit to that of the delivery's move."""
        self.ensure_one()
        return self.move_id.product_id.uom_id._compute_quantity(
            quantity, self.move_id.product_uom, round=False
        )

    def _get_quantity_of_lot(self) -> float:
        """Tell how much of its lot this line returns.

        Seven bottles are 0.58 dozen, of which no seven bottles can be made again: a lot
        that is returned as it was delivered is returned whole.

        :return: the quantity in the product's unit
        """
        self.ensure_one()
        move = self.move_id
        of_lot = move.move_line_ids.filtered(lambda line: line.lot_id == self.lot_id)
        delivered = sum(of_lot.mapped("quantity_product_uom"))
        whole = self._in_unit_of_move(delivered)
        if move.product_uom.compare(self.quantity, whole) == 0:
            return delivered
        return move.product_uom._compute_quantity(
            self.quantity, move.product_id.uom_id, round=False
        )

    def _is_of_moves(self, moves) -> bool:
        """Tell whether this line returns one of the moves, as it was delivered.

        :param moves: what the ticket can take back
        """
        self.ensure_one()
        ticket_lot = self.wizard_id.ticket_id.lot_id
        return (
            self.move_id in moves
            and self.product_id == self.move_id.product_id
            and (not ticket_lot or self.lot_id == ticket_lot)
        )

    def _get_lines_of_move(self):
        """Find the lines of the wizard that return the same move, lot by lot."""
        self.ensure_one()
        return self.wizard_id.product_return_moves.filtered(
            lambda line: line.move_id == self.move_id
        )

    def _prepare_move_default_values(self, new_picking):
        values = super()._prepare_move_default_values(new_picking)
        if self.wizard_id.ticket_id:
            values["product_uom_qty"] = sum(
                self._get_lines_of_move().mapped("quantity")
            )
        return values

    def _process_line(self, new_picking):
        """Return a move at once, whatever the number of its lots."""
        if self.wizard_id.ticket_id:
            with_quantity = self._get_lines_of_move().filtered("quantity")
            if self != with_quantity[:1]:
                return False
        return super()._process_line(new_picking)


class StockReturnPicking(models.TransientModel):
    _name = "stock.return.picking"
    _inherit = ["helpdesk.ticket.wizard.mixin", "stock.return.picking"]

    # Found when the wizard opens, and stored: saving the form does not look again.
    available_picking_ids = fields.Many2many(
        "stock.picking", string="Available Deliveries"
    )
    no_delivery_reason = fields.Char(compute="_compute_no_delivery_reason")
    has_lots = fields.Boolean(compute="_compute_columns")
    has_kits = fields.Boolean(compute="_compute_columns")

    @api.depends("available_picking_ids", "picking_id", "ticket_id")
    def _compute_no_delivery_reason(self):
        for wizard in self:
            has_choice = wizard.available_picking_ids or wizard.picking_id
            wizard.no_delivery_reason = (
                wizard._get_ticket()._get_no_delivery_reason()
                if wizard.ticket_id and not has_choice
                else False
            )

    @api.depends("product_return_moves.lot_id", "product_return_moves.kit_id")
    def _compute_columns(self):
        for wizard in self:
            lines = wizard.ticket_id and wizard.product_return_moves
            wizard.has_lots = bool(lines and lines.lot_id)
            wizard.has_kits = bool(lines and lines.kit_id)

    @api.depends("ticket_id")
    def _compute_moves_locations(self):
        of_tickets = self.filtered("ticket_id")
        lines = self.env["stock.return.picking.line"]
        defaults = lines.default_get(list(lines._fields)) if of_tickets else {}
        for wizard in of_tickets:
            wizard.product_return_moves = [
                Command.clear(),
                *(
                    Command.create({**defaults, **values})
                    for values in wizard._prepare_lines_of_ticket()
                ),
            ]
        return super(StockReturnPicking, self - of_tickets)._compute_moves_locations()

    # --------------------------------------------------------------------------
    # Opening
    # --------------------------------------------------------------------------

    @api.model
    def _prepare_ticket_defaults(self, ticket, fields):
        values = super()._prepare_ticket_defaults(ticket, fields)
        if "picking_id" in fields:
            ticket = ticket.with_company(ticket.company_id)
            deliveries = ticket._get_deliveries_to_return()
            values["available_picking_ids"] = [Command.set(deliveries.ids)]
            if len(deliveries) == 1 or ticket.lot_id:
                values["picking_id"] = deliveries[:1].id
        return values

    def _get_ticket(self):
        """Find the ticket of this return, in its company, whatever the user is in."""
        self.ensure_one()
        return self.ticket_id.with_company(self.ticket_id.company_id)

    def _prepare_lines_of_ticket(self) -> list[dict]:
        """Prepare the lines of what a ticket can take back of the delivery chosen.

        :return: values of ``stock.return.picking.line``: a line for each move, or for
            each of its lots; each starts at what is left
        """
        self.ensure_one()
        ticket = self._get_ticket()
        if not self.picking_id:
            return []
        moves = ticket._search_moves_to_return(self.picking_id).sorted()
        return [
            {
                **self._prepare_stock_return_picking_line_vals_from_move(move),
                "lot_id": lot.id,
                "quantity": quantity,
            }
            for move, lot, quantity in ticket._split_left_to_return(moves)
        ]

    # --------------------------------------------------------------------------
    # Returning
    # --------------------------------------------------------------------------

    def _ensure_can_return_for_ticket(self) -> None:
        """Check everything that the form does not let happen and RPC does.

        :raise AccessError: the user may not write the ticket or move goods
        :raise UserError: the return is not possible as chosen; the message says why
        """
        self.ensure_one()
        ticket = self._get_ticket()
        if self._is_requested():
            ticket._ensure_can_request_return(self.env.context[REQUESTED_BY])
        else:
            ticket._ensure_may_take_back()
        names = {
            "ticket": ticket.display_name,
            "delivery": self.picking_id.name,
        }
        if not self.picking_id:
            ticket._ensure_delivered()
            raise UserError(
                self.env._(
                    "Choose the delivery that ticket %(ticket)s is to take back.",
                    **names,
                )
            )
        moves = ticket._search_moves_to_return(self.picking_id)
        if not moves:
            ticket._ensure_delivered()
            raise UserError(
                self.env._(
                    "Delivery %(delivery)s cannot be returned from ticket %(ticket)s; "
                    "choose among the done deliveries of its customer, sales orders, "
                    "product and lot/serial number.",
                    **names,
                )
            )
        lock_and_touch(moves)
        left = moves._get_left_to_return()
        if all(move.product_uom.compare(left[move], 0) <= 0 for move in moves):
            raise UserError(
                self.env._(
                    "Delivery %(delivery)s was returned in full meanwhile (open returns "
                    "included); choose another one or cancel a return of it.",
                    **names,
                )
            )
        lines = self.product_return_moves
        for line in lines:
            if line.uom_id.compare(line.quantity, 0) < 0:
                raise UserError(
                    self.env._(
                        "The quantity of %(product)s to return from %(delivery)s cannot "
                        "be negative; enter what comes back.",
                        product=line.product_id.display_name,
                        **names,
                    )
                )
            if line.quantity and not line._is_of_moves(moves):
                raise UserError(
                    self.env._(
                        "%(product)s is not among what ticket %(ticket)s can take back "
                        "of delivery %(delivery)s; remove its line.",
                        product=line.product_id.display_name,
                        **names,
                    )
                )
        lines = lines.filtered(lambda line: not line.uom_id.is_zero(line.quantity))
        if not lines:
            raise UserError(
                self.env._(
                    "Nothing of delivery %(delivery)s is to be returned; enter the "
                    "quantity of at least one product.",
                    **names,
                )
            )
        self._ensure_lines_left(lines, left)

    def _ensure_lines_left(self, lines, left) -> None:
        """Refuse lines that return more than deliveries have left.

        :param lines: the lines that return something
        :param left: what is left, by move and by move and lot
        :raise UserError: there is too much; the message names product and quantity
        """
        wanted = defaultdict(float)
        for line in lines:
            move = line.move_id
            wanted[move] += line.quantity
            rest = left[move]
            if line.lot_id:
                wanted[move, line.lot_id] += line.quantity
                of_lot = line._in_unit_of_move(left.get((move, line.lot_id), 0.0))
                if move.product_uom.compare(wanted[move, line.lot_id], of_lot) > 0:
                    raise UserError(
                        self.env._(
                            "You cannot return %(quantity)s of %(product)s with "
                            "lot/serial number %(lot)s from delivery %(delivery)s: only "
                            "%(left)s left to return (open returns included).",
                            quantity=move._format_in_unit(wanted[move, line.lot_id]),
                            product=move.product_id.display_name,
                            lot=line.lot_id.name,
                            delivery=self.picking_id.name,
                            left=move._format_in_unit(max(of_lot, 0.0)),
                        )
                    )
            if move.product_uom.compare(wanted[move], rest) > 0:
                raise UserError(
                    self.env._(
                        "You cannot return %(quantity)s of %(product)s from delivery "
                        "%(delivery)s: only %(left)s left to return (open returns "
                        "included).",
                        quantity=move._format_in_unit(wanted[move]),
                        product=move.product_id.display_name,
                        delivery=self.picking_id.name,
                        left=move._format_in_unit(max(rest, 0.0)),
                    )
                )

    def _get_lots_to_return(self) -> dict:
        """Tell which lots the lines of this return want.

        :return: by id of the delivery's move the quantities by id of the lot, in the
            product's unit
        """
        lots = defaultdict(lambda: defaultdict(float))
        for line in self.product_return_moves.filtered("lot_id"):
            lots[line.move_id.id][line.lot_id.id] += line._get_quantity_of_lot()
        return {move_id: dict(quantities) for move_id, quantities in lots.items()}

    def _prepare_picking_default_values_based_on(self, picking):
        values = super()._prepare_picking_default_values_based_on(picking)
        if self.ticket_id:
            values["ticket_id"] = self.ticket_id.id
        if self._is_requested():
            values["request_state"] = "open"
            values["request_partner_id"] = self.env.context[REQUESTED_BY].id
        return values

    def _is_requested(self) -> bool:
        """Tell whether a customer asks for this return, which so stays a draft."""
        return self.env["stock.move"]._holds_records(REQUESTED_BY)

    def _set_requested_lots(self, transfer) -> None:
        """Let a draft return say which lots it wants, as reserving does for others."""
        for line in self.product_return_moves.filtered("lot_id"):
            move = transfer.move_ids.filtered(
                lambda move, line=line: move.origin_returned_move_id == line.move_id
            )
            values = move._prepare_move_line_vals(quantity=line._get_quantity_of_lot())
            self.env["stock.move.line"].create({**values, "lot_id": line.lot_id.id})

    def _create_return(self):
        """Make the return; of a ticket, with exactly the lots that were chosen."""
        returning = self._without_ticket_default().with_context(**{RETURNING: True})
        if self.ticket_id:
            lots = self._get_lots_to_return()
            returning = returning.with_context(
                **{RETURNED_LOTS: lots, CHECKED_AFTERWARDS: self}
            )
        transfer = super(StockReturnPicking, returning)._create_return()
        # What is reserved is computed now: within the check, it would be checked twice.
        transfer.move_ids.mapped("quantity")
        transfer = self.env["stock.picking"].browse(transfer.id)
        if self._is_requested():
            self._set_requested_lots(transfer)
        transfer.filtered("ticket_id").move_ids._check_left_to_return()
        return transfer

    def action_create_returns(self):
        """Make the transfer that takes the products back.

        :return: an action on the transfer
        :raise AccessError: the user may not take goods back for the ticket
        :raise UserError: the return is not possible as chosen; the message says why
        """
        self.ensure_one()
        if not self.ticket_id:
            return super().action_create_returns()
        self = self.with_company(self.ticket_id.company_id)
        if self.env["stock.move"]._holds_records(CONFIRMED_REQUEST):
            self.ticket_id._ensure_can_be_returned()
            request = self.env.context[CONFIRMED_REQUEST]
            request.action_confirm_request()
            return request._get_records_action()
        self._ensure_can_return_for_ticket()
        return {**super().action_create_returns(), "context": {}}

    def action_create_returns_all(self):
        """Take back all that is left of the delivery.

        :return: an action on the transfer
        :raise AccessError: the user may not take goods back for the ticket
        :raise UserError: the return is not possible as chosen; the message says why
        """
        self.ensure_one()
        if not self.ticket_id:
            return super().action_create_returns_all()
        for line in self.product_return_moves:
            line.quantity = line.quantity_left
        return self.action_create_returns()

    def action_create_exchanges(self):
        """Take the products back and make the delivery that replaces them.

        :return: an action on the transfer that takes the products back
        :raise AccessError: the user may not take goods back for the ticket
        :raise UserError: the return is not possible as chosen; the message says why
        """
        self.ensure_one()
        if not self.ticket_id:
            return super(
                StockReturnPicking, self._without_ticket_default()
            ).action_create_exchanges()
        self = self.with_company(self.ticket_id.company_id).with_context(
            **{TRANSFERS_OF_TICKET: self.ticket_id, OWN_TRANSFER: True}
        )
        transfers = self.env["stock.picking"]
        of_ticket = Domain("ticket_id", "=", self.ticket_id.id)
        before = transfers.search(of_ticket)
        action = super().action_create_exchanges()
        returned = transfers.browse(action["res_id"])
        replacements = transfers.search(of_ticket) - before - returned
        replacements.replaced_return_id = returned
        replacements._ensure_replaced_comes_back()
        self._log_replacements_to_come(replacements)
        return action

    def _get_proc_values(self, line):
        """Plan what replaces a ticket's goods for now, not for when they were delivered."""
        values = super()._get_proc_values(line)
        if self.ticket_id:
            values["date_planned"] = fields.Datetime.now()
        return values

    def _log_replacements_to_come(self, replacements) -> None:
        """Tell the ticket of replacements that have no transfer yet.

        That is so with dropshipped goods, which are bought first: their transfer comes
        of the purchase order, which does not know of the ticket.

        :param replacements: the ``stock.picking`` records that replace what comes back
        """
        lines = self.product_return_moves.filtered("quantity")
        if missing := lines.product_id - replacements.move_ids.product_id:
            self.ticket_id._message_log(
                body=self.env._(
                    "The replacement of %(products)s has to be bought first; its "
                    "delivery comes of the purchase order and will not be among the "
                    "documents of this ticket.",
                    products=", ".join(missing.mapped("display_name")),
                )
            )
