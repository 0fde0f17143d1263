from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

from odoo.addons.helpdesk_after_sales.tools import browse_id, lock_and_touch

from .stock_move import (
    CHECKED_AFTERWARDS,
    CONFIRMED_REQUEST,
    REQUESTED_BY,
    TRANSFERS_OF_TICKET,
)

SHOWN_PRODUCTS = 3
"""How many products are named of a delivery where one is chosen."""


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "helpdesk.document.mixin"]
    _customer_mails = {
        "made": "helpdesk_return.mail_template_return_slip",
        "done": "helpdesk_return.mail_template_return_done",
        "request_confirmed": "helpdesk_return.mail_template_return_request_confirmed",
        "request_declined": "helpdesk_return.mail_template_return_request_declined",
    }

    _ticket_document_idx = models.UniqueIndex(
        "((id::bigint * 1000 + 3)) WHERE ticket_id IS NOT NULL"
    )

    is_ticket_return = fields.Boolean(compute="_compute_is_ticket_return")
    left_to_return = fields.Char(compute="_compute_left_to_return")
    replaced_return_id = fields.Many2one(
        "stock.picking",
        string="Replaces",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The return whose goods this transfer replaces.",
    )
    request_state = fields.Selection(
        [
            ("open", "Waiting for an Answer"),
            ("confirmed", "Confirmed"),
            ("declined", "Declined"),
        ],
        string="Return Request",
        copy=False,
        readonly=True,
        help="How the return stands that the customer asked for in the portal.",
    )
    request_partner_id = fields.Many2one(
        "res.partner", string="Requested By", copy=False, readonly=True
    )
    request_reason_id = fields.Many2one(
        "helpdesk.return.reason",
        string="Return Reason",
        copy=False,
        readonly=True,
        ondelete="restrict",
    )
    request_wish = fields.Selection(
        [
            ("refund", "Refund"),
            ("exchange", "Exchange"),
            ("repair", "Repair"),
            ("coupon", "Coupon"),
        ],
        string="Customer's Wish",
        copy=False,
        readonly=True,
    )
    request_photo_ids = fields.Many2many(
        "ir.attachment",
        "stock_picking_request_photo_rel",
        string="Photographs",
        copy=False,
        readonly=True,
    )
    request_answer = fields.Text(
        string="Answer to the Customer", copy=False, readonly=True
    )
    request_token = fields.Char(copy=False, readonly=True)

    @api.depends("ticket_id", "location_id")
    def _compute_is_ticket_return(self):
        for transfer in self:
            transfer.is_ticket_return = (
                transfer.ticket_id and transfer._takes_goods_back()
            )

    @api.depends_context("show_left_to_return_for")
    def _compute_left_to_return(self):
        """List what each delivery has left to return, where one chooses.

        That is where the context names the ticket, by ``show_left_to_return_for``.
        """
        self.left_to_return = False
        ticket = browse_id(
            self.env, "helpdesk.ticket", self.env.context.get("show_left_to_return_for")
        )
        if not ticket:
            return
        left = ticket._get_moves_to_return(self)
        for delivery in self:
            quantities = defaultdict(float)
            for move, quantity in left.items():
                if move.picking_id == delivery._origin:
                    quantities[move.product_id, move.product_uom] += quantity
            products = [
                f"{formatLang(self.env, quantity, dp='Product Unit')} {unit.name}"
                f" {product.display_name}"
                for (product, unit), quantity in quantities.items()
            ]
            names = ", ".join(products[:SHOWN_PRODUCTS])
            if more := len(products[SHOWN_PRODUCTS:]):
                names = self.env._(
                    "%(products)s and %(number)s more", products=names, number=more
                )
            delivery.left_to_return = names

    @api.depends_context("show_left_to_return_for")
    def _compute_display_name(self):
        """Show beside each delivery what it has left to return, where one chooses."""
        super()._compute_display_name()
        if not self.env.context.get("show_left_to_return_for"):
            return
        for delivery in self:
            if delivery.left_to_return:
                delivery.display_name = self.env._(
                    "%(delivery)s: %(products)s left to return",
                    delivery=delivery.name,
                    products=delivery.left_to_return,
                )

    @api.constrains("partner_id", "ticket_id")
    def _check_ticket_customer(self):
        """Hold what a ticket moves to goods of its customer and its company."""
        moves = self.env["stock.move"]
        # Our own code checks returns once they have their moves, and keeps backorders
        # and later steps on the ticket, whoever its customer is by now.
        if any(map(moves._holds_records, (CHECKED_AFTERWARDS, TRANSFERS_OF_TICKET))):
            return
        linked = self.filtered("ticket_id")
        for transfer in self - linked:
            if transfer.request_state == "open":
                raise UserError(
                    self.env._(
                        "%(customer)s asked for return %(transfer)s on a ticket and "
                        "waits for an answer; confirm or decline it before you take it "
                        "off the ticket.",
                        customer=transfer.request_partner_id.display_name,
                        transfer=transfer.name,
                    )
                )
        for transfer in linked:
            # Sudo: who writes a transfer need not be able to read its ticket.
            transfer_sudo = transfer.sudo()
            ticket_sudo = transfer_sudo.ticket_id
            if (
                transfer_sudo.company_id != ticket_sudo.company_id
                or not transfer_sudo._moves_goods_for(ticket_sudo)
            ):
                raise UserError(
                    self.env._(
                        "%(transfer)s cannot be a document of ticket %(ticket)s: only "
                        "transfers of %(company)s that take goods back from "
                        "%(customer)s, or bring them there, can.",
                        transfer=transfer.name,
                        ticket=ticket_sudo.display_name,
                        company=ticket_sudo.company_id.display_name,
                        customer=ticket_sudo.commercial_partner_id.display_name
                        or self.env._("its customer"),
                    )
                )
            transfer.move_ids._check_returned_delivery()
        linked.move_ids._check_left_to_return()

    def _moves_goods_for(self, ticket) -> bool:
        """Tell whether this transfer moves goods from or to a ticket's customer.

        A step within the warehouse does where it is chained to a transfer of the ticket.

        :param ticket: the ``helpdesk.ticket``
        """
        self.ensure_one()
        moves = self.move_ids
        ends = self.location_id | self.location_dest_id | moves.location_final_id
        if "customer" in ends.mapped("usage"):
            customer = ticket.commercial_partner_id
            return bool(customer) and (
                self._get_customers().commercial_partner_id == customer
            )
        chained = (moves.move_orig_ids | moves.move_dest_ids).picking_id
        return ticket in chained.ticket_id

    def _get_document_customer(self):
        """Find the customer: the partner of dropshipped goods' transfer is the vendor."""
        return self._get_customers()[:1]

    def _get_customers(self):
        """Find the customers whose goods this transfer moves.

        :return: the ``res.partner`` of the deliveries that come back, or those that this
            transfer is for
        """
        self.ensure_one()
        if delivered := self.move_ids.origin_returned_move_id:
            return delivered.partner_id
        partners = self.move_ids.partner_id
        if partners and self.location_id.usage == "supplier":
            return partners
        return partners | self.partner_id

    # --------------------------------------------------------------------------
    # The chatters
    # --------------------------------------------------------------------------

    def _takes_goods_back(self) -> bool:
        """Tell whether this transfer takes goods from a customer."""
        self.ensure_one()
        return self.location_id.usage == "customer"

    def _get_document_type_name(self) -> str:
        if self._takes_goods_back():
            return self.env._("Return")
        return super()._get_document_type_name()

    def _get_customer_news(self) -> str:
        """Returns are news when they are made, and when the goods have come in.

        What of a return is still to come is none: its slip has been sent. Nor is one that
        the customer has asked for, who gets an answer.
        """
        if not self._takes_goods_back() or self.state == "cancel":
            return ""
        if self.state == "done":
            return "done"
        return "" if self.backorder_id or self.request_state else "made"

    def _get_customer_mail(self, told):
        """Let nobody send what a draft says."""
        return "" if self.state == "draft" else super()._get_customer_mail(told)

    def _action_done(self):
        """Validate transfers; those of a ticket are told of in both chatters."""
        result = super()._action_done()
        validated = self.filtered(
            lambda transfer: transfer.ticket_id and transfer.state == "done"
        )
        if validated:
            validated.move_ids.filtered(
                "origin_returned_move_id"
            )._ensure_delivered_lots()
            validated._log_ticket_event(
                self.env._("validated"), self.env._("Validated for ticket")
            )
            validated.filtered("replaced_return_id")._ensure_replaced_comes_back()
        return result

    def _create_backorder_picking(self):
        """Keep what is still to come of a ticket's transfer on the ticket."""
        backorder = super()._create_backorder_picking()
        if self.ticket_id:
            # Sudo: who validates a transfer need not be able to read its ticket.
            ticket_sudo = self.sudo().ticket_id
            backorder_sudo = backorder.sudo().with_context(
                **{TRANSFERS_OF_TICKET: ticket_sudo}
            )
            backorder_sudo.write(
                {
                    "ticket_id": ticket_sudo.id,
                    "replaced_return_id": self.replaced_return_id.id,
                }
            )
            backorder_sudo._post_ticket_links()
        return backorder

    # --------------------------------------------------------------------------
    # Replacements
    # --------------------------------------------------------------------------

    def _ensure_replaced_comes_back(self) -> None:
        """Refuse that these replacements give the customer more than comes back.

        Of each product the ticket's replacements, and the goods it has sent back again,
        are held against all that its returns take back, open ones included.

        :raise UserError: there is too much; the message names the product
        """
        # Sudo: who sends goods need not be able to read the ticket.
        for ticket_sudo, transfers_sudo in self.sudo().grouped("ticket_id").items():
            moves_sudo = ticket_sudo.return_ids.move_ids.filtered(
                lambda move: move.state != "cancel"
            )
            returns_sudo = moves_sudo.filtered(
                lambda move: (
                    move.origin_returned_move_id
                    and move.location_id.usage == "customer"
                )
            )
            if returns_sudo:
                lock_and_touch(returns_sudo)
            sent_sudo = (moves_sudo - returns_sudo).filtered(
                lambda move: (
                    (move.picking_id.replaced_return_id or move.origin_returned_move_id)
                    and move._reaches_customer()
                )
            )
            for product_sudo in transfers_sudo.move_ids.product_id:
                returned = returns_sudo._get_quantity_of_product(product_sudo)
                sent = sent_sudo._get_quantity_of_product(product_sudo)
                if product_sudo.uom_id.compare(sent, returned) > 0:
                    raise UserError(
                        self.env._(
                            "%(sent)s %(unit)s of %(product)s cannot be sent in exchange "
                            "for ticket %(ticket)s, which takes back only %(returned)s; "
                            "lower the quantity, cancel other replacements that are "
                            "open, or use Return without exchange.",
                            ticket=ticket_sudo.display_name,
                            sent=formatLang(self.env, sent, dp="Product Unit"),
                            returned=formatLang(self.env, returned, dp="Product Unit"),
                            unit=product_sudo.uom_id.name,
                            product=product_sudo.display_name,
                        )
                    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_replaced(self):
        returns = self.filtered("is_ticket_return")
        if not returns:
            return
        # Sudo: a replacement counts also where the user may not see it.
        replacements_sudo = self.sudo().search(
            Domain("replaced_return_id", "in", returns.ids)
            & Domain("state", "!=", "cancel")
        )
        for replacement_sudo in replacements_sudo - self:
            raise UserError(
                self.env._(
                    "Return %(transfer)s cannot be deleted, because %(replacement)s "
                    "replaces its goods; cancel it instead.",
                    transfer=replacement_sudo.replaced_return_id.name,
                    replacement=replacement_sudo.name,
                )
            )

    def _cancel_replacements(self) -> None:
        """Cancel what was to replace the goods of these returns, which do not come.

        Where a part of them has come, what is to be sent is for people to say.
        """
        returns = self.filtered(
            lambda transfer: transfer.is_ticket_return and not transfer.backorder_id
        )
        if not returns:
            return
        replacements = self.search(
            Domain("replaced_return_id", "in", returns.ids)
            & Domain("state", "not in", ("done", "cancel"))
        )
        if replacements:
            replacements.action_cancel()
            replacements._log_ticket_event(
                self.env._("cancelled"), self.env._("Cancelled for ticket")
            )

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _is_shown_in_portal(self):
        """Show what the customer is to send, or has sent, and no transfer besides."""
        return (
            super()._is_shown_in_portal()
            and self._takes_goods_back()
            and self.state not in ("draft", "cancel")
        )

    def _prepare_portal_values(self, line):
        """Tell the customer what to send where, and whether it has arrived."""
        is_done = self.state == "done"
        moves = self.move_ids.filtered(lambda move: move.state != "cancel")
        return {
            **super()._prepare_portal_values(line),
            "state": self.env._("Your parcel has arrived.")
            if is_done
            else self.env._("We are waiting for your parcel."),
            "steps": self._prepare_portal_steps(
                (
                    self.create_date,
                    self.env._("You asked for the return.")
                    if self.request_state
                    else self.env._("We agreed on the return."),
                ),
                (is_done and self.date_done, self.env._("Your parcel arrived.")),
            ),
            "items": [
                f"{move._format_in_unit(quantity, trim=True)} {move.product_id.display_name}"
                for move in moves
                if (quantity := move._get_quantity_to_return())
            ],
            "details": []
            if is_done
            else [(self.env._("Send it to"), self._format_return_address())],
            "pdf": self.env._("Return slip as PDF"),
        }

    def _get_portal_report(self):
        return "helpdesk_return.action_report_return_slip"

    # --------------------------------------------------------------------------
    # Requests from the portal
    # --------------------------------------------------------------------------

    def _is_being_requested(self) -> bool:
        """Tell whether this return is being made as a request, and so stays a draft."""
        return self.env["stock.move"]._holds_records(REQUESTED_BY)

    def action_confirm(self):
        """Confirm transfers; customers are told that their requests are accepted."""
        if self._is_being_requested():
            return True
        requests = self.filtered(lambda transfer: transfer.request_state == "open")
        result = super().action_confirm()
        requests._answer_request("confirmed")
        return result

    def action_assign(self):
        if self._is_being_requested():
            return True
        return super().action_assign()

    def action_cancel(self):
        """Cancel transfers, and what was to replace the goods of returns.

        Customers are told that their requests are declined.
        """
        requests = self.filtered(lambda transfer: transfer.request_state == "open")
        result = super().action_cancel()
        requests._answer_request("declined")
        self._cancel_replacements()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open_request(self):
        for transfer in self:
            if transfer.request_state == "open":
                raise UserError(
                    self.env._(
                        "%(customer)s waits for an answer on return %(transfer)s; "
                        "decline it instead.",
                        customer=transfer.request_partner_id.display_name,
                        transfer=transfer.name,
                    )
                )

    def _ensure_can_answer_request(self) -> None:
        """Refuse answers to requests that are not there to be answered.

        Whoever comes second waits for the first, and is refused.

        :raise AccessError: the user may not change the return
        :raise UserError: there is no request, or it was answered already
        """
        self.ensure_one()
        self.check_access("write")
        lock_and_touch(self)
        self.invalidate_recordset(["request_state"])
        if self.request_state != "open":
            raise UserError(
                self.env._(
                    "Return %(transfer)s has no request that waits for an answer; "
                    "somebody else may have answered it.",
                    transfer=self.name,
                )
            )

    def action_confirm_request(self):
        """Accept the return that a customer asked for.

        :raise AccessError: the user may not change the return
        :raise UserError: there is no request that waits for an answer
        """
        self._ensure_can_answer_request()
        self.action_confirm()
        self.action_assign()

    def action_confirm_request_exchange(self):
        """Accept the return that a customer asked for, and replace what comes back.

        :return: an action on the return
        :raise AccessError: the user may not change the return, or take goods back for
            the ticket
        :raise UserError: there is no request that waits for an answer, or no ticket
        """
        self._ensure_can_answer_request()
        if not self.ticket_id:
            raise UserError(
                self.env._(
                    "Return %(transfer)s cannot be confirmed for exchange, because its "
                    "ticket was deleted; confirm it without, or decline it.",
                    transfer=self.name,
                )
            )
        wizard = (
            self.env["stock.return.picking"]
            .with_context(**{CONFIRMED_REQUEST: self})
            .create(
                {
                    "ticket_id": self.ticket_id.id,
                    "picking_id": self.return_id.id,
                    "product_return_moves": [
                        Command.create(
                            {
                                "move_id": move.origin_returned_move_id.id,
                                "product_id": move.product_id.id,
                                "quantity": move.product_uom_qty,
                            }
                        )
                        for move in self.move_ids
                    ],
                }
            )
        )
        return wizard.action_create_exchanges()

    def action_decline_request(self):
        """Ask why the return that a customer asked for is declined.

        :return: an action on ``helpdesk.return.decline``, in a dialog
        :raise AccessError: the user may not change the return
        :raise UserError: there is no request that waits for an answer
        """
        self._ensure_can_answer_request()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decline"),
            "res_model": "helpdesk.return.decline",
            "view_mode": "form",
            "target": "new",
            "context": {"default_picking_id": self.id},
        }

    def _decline_request(self, answer: str) -> None:
        """Decline the return that a customer asked for.

        :param answer: the sentence that tells the customer why
        :raise AccessError: the user may not change the return
        :raise UserError: there is no sentence, or no request that waits for an answer
        """
        self._ensure_can_answer_request()
        answer = (answer or "").strip()
        if not answer:
            raise UserError(
                self.env._(
                    "Tell %(customer)s in a sentence why return %(transfer)s is "
                    "declined.",
                    customer=self.request_partner_id.display_name,
                    transfer=self.name,
                )
            )
        self.request_answer = answer
        self.action_cancel()

    def _answer_request(self, state: str) -> None:
        """Note the answers to these requests, and tell the customers.

        :param state: a value of ``request_state``
        """
        if not self:
            return
        self.request_state = state
        template = self.env.ref(
            self._customer_mails[f"request_{state}"], raise_if_not_found=False
        )
        for transfer in self if template else self.browse():
            transfer._mail_request_answer(template)

    def _mail_request_answer(self, template) -> None:
        """Mail the answer to a request from its ticket's conversation.

        :param template: the ``mail.template`` of transfers
        """
        self.ensure_one()
        # Sudo: who moves goods need not be able to read the ticket.
        transfer_sudo = self.sudo()
        if ticket_sudo := transfer_sudo.ticket_id:
            ticket_sudo._mail_customer_news(transfer_sudo, template)

    def _get_addressee(self):
        """Address returns that a customer asked for to whoever asked."""
        return self.request_partner_id or super()._get_addressee()

    def _get_request_lines(self) -> list[str]:
        """List what a customer asked to send back, whatever became of it.

        :return: a quantity, its unit and the product, for each product
        """
        self.ensure_one()
        # Customers do not know products by the company's codes.
        moves = self.move_ids.with_context(display_default_code=False)
        return [
            f"{move._format_in_unit(move.product_uom_qty, trim=True)} "
            f"{move.product_id.display_name}"
            for move in moves
        ]

    # --------------------------------------------------------------------------
    # The return slip
    # --------------------------------------------------------------------------

    def _get_return_slip_lang(self) -> str:
        """Tell in which language a return's slip is printed: the customer's."""
        self.ensure_one()
        return self._get_addressee().lang or self._get_report_lang()

    def _get_return_slip_name(self) -> str:
        """Name the file of a return's slip, in the slip's language."""
        self.ensure_one()
        # Sudo: who prints the slip need not be able to read the ticket.
        ticket_sudo = self.ticket_id.sudo()
        translated = self.with_context(lang=self._get_return_slip_lang())
        name = translated.env._(
            "Return Slip %(transfer)s %(ticket)s",
            transfer=self.name,
            ticket=ticket_sudo.number,
        )
        return name.replace("/", "-")

    def _get_return_address(self):
        """Tell where the customer is to send the goods.

        To be extended where returns go to a place of their own.

        :return: the vendor of dropshipped goods, else the warehouse's address
        """
        self.ensure_one()
        if self.location_dest_id.usage == "supplier":
            deliveries = self.move_ids.origin_returned_move_id.picking_id
            return (deliveries or self).partner_id[:1]
        return (
            self.picking_type_id.warehouse_id.partner_id or self.company_id.partner_id
        )

    def _format_return_address(self) -> str:
        """Write in one line where the customer is to send the goods."""
        # Sudo: the address of returns is known to all who send or receive them.
        lines = self._get_return_address().sudo()._display_address().splitlines()
        return ", ".join(line.strip() for line in lines if line.strip())

    def _get_return_slip_lines(self) -> list[dict]:
        """List what a return's slip asks for.

        :return: for each product, or each of its lots, the ``product`` and the ``kit`` it
            was sold with, the number of the ``lot``, and the ``quantity`` with its unit
        """
        self.ensure_one()
        lines = []
        for move in self.move_ids.filtered(lambda move: move.state != "cancel"):
            values = {"product": move.product_id, "kit": move._get_kit(), "lot": ""}
            if not move.move_line_ids.lot_id:
                quantity = move._format_in_unit(move._get_quantity_to_return())
                lines.append({**values, "quantity": quantity})
            for line in move.move_line_ids.filtered("lot_id"):
                quantity = line.product_uom_id._compute_quantity(
                    line.quantity, move.product_uom, rounding_method="HALF-UP"
                )
                lines.append(
                    {
                        **values,
                        "lot": line.lot_id.name,
                        "quantity": move._format_in_unit(quantity),
                    }
                )
        return lines

    def action_send_return_slip(self):
        """Open the mail that sends this return's slip, in the ticket's conversation.

        :return: an action on ``mail.compose.message``, in a dialog
        :raise AccessError: the user may not read the ticket or the transfer
        :raise UserError: the transfer takes nothing back for a ticket
        """
        self.ensure_one()
        self.check_access("read")
        if not self.is_ticket_return:
            raise UserError(
                self.env._(
                    "%(transfer)s has no return slip, because it takes nothing back "
                    "for a ticket.",
                    transfer=self.name,
                )
            )
        template = self._get_ticket_mail_template(
            "helpdesk_return.mail_template_return_slip"
        )
        return self.ticket_id._action_send_document(self, template, news="made")
