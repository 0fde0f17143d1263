from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.helpdesk_after_sales.tools import browse_id, lock_and_touch

from .res_company import INVOICE_METHODS

STARTED = ("under_repair", "done")
"""The states of repairs that the workshop has begun with."""

OPEN = ("draft", "confirmed", "under_repair")
"""The states of repairs that are neither done nor cancelled."""

HELPDESK_FIELDS = {
    "product_id": ("draft",),
    "invoice_method": ("draft",),
    "repair_description": OPEN,
    "repair_service_ids": OPEN,
    "internal_notes": (*OPEN, "done", "cancel"),
    "quotation_notes": (*OPEN, "done", "cancel"),
}
"""What helpdesk users without rights on repairs fill, and in which states."""
SOURCES = ("picking_id", "sale_order_id", "sale_order_line_id")
"""The transfers and orders of which a repair's form tells, by sudo."""


class RepairOrder(models.Model):
    _name = "repair.order"
    _inherit = [
        "helpdesk.document.mixin",
        "helpdesk.document.access.mixin",
        "repair.order",
    ]
    _customer_mails = {
        "made": "helpdesk_repair.mail_template_repair_made",
        "done": "helpdesk_repair.mail_template_repair_done",
    }
    _helpdesk_operations = ("read", "write", "create")
    _helpdesk_views = {
        "form": "helpdesk_repair.repair_order_view_form_helpdesk",
        "list": "helpdesk_repair.repair_order_view_list_helpdesk",
        "search": "helpdesk_repair.repair_order_view_search_helpdesk",
    }

    repair_description = fields.Char()
    origin_sale_order_id = fields.Many2one(
        "sale.order",
        string="Sales Order",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The order with which the customer bought the product.",
    )
    invoice_method = fields.Selection(
        INVOICE_METHODS,
        tracking=True,
        help="No Invoice: no quotation or invoice can be made of the repair.\n"
        "Before Repair: the repair cannot start before its invoice is posted.\n"
        "After Repair: nothing can be invoiced before the repair is done.",
    )
    quotation_notes = fields.Html(
        help="What the customer reads on the quotation of this repair.",
    )
    send_back_id = fields.Many2one(
        "stock.picking",
        string="Sent Back With",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The delivery that brings the repaired product back to the customer.",
    )
    available_product_ids = fields.Many2many(
        "product.product",
        string="Products of the Ticket",
        compute="_compute_available_product_ids",
    )
    show_all_products = fields.Boolean(
        string="All Products",
        store=False,
        help="Choose among all products, not only those of the ticket's orders and "
        "returns.",
    )
    can_be_invoiced = fields.Boolean(compute="_compute_can_be_invoiced")
    can_be_sent_back = fields.Boolean(compute="_compute_can_be_sent_back")

    _ticket_document_idx = models.UniqueIndex(
        "((id::bigint * 1000 + 4)) WHERE ticket_id IS NOT NULL"
    )

    def _compute_is_ticket_readable(self):
        """Lead back to the ticket from stored repairs: leaving the form stores it."""
        result = super()._compute_is_ticket_readable()
        self.filtered(lambda repair: not repair._origin).is_ticket_readable = False
        return result

    @api.depends("picking_id", "ticket_id")
    def _compute_available_product_ids(self):
        for repair in self:
            repair.available_product_ids = repair._search_products_of_ticket().ids

    def _search_products_of_ticket(self):
        """Find the goods of the ticket's orders and returns, or of the return chosen.

        :return: ``product.product`` records, by sudo: helpdesk users need not be able to
            read orders and transfers
        """
        self.ensure_one()
        products_sudo = self.env["product.product"].sudo()
        moves_sudo = self.env["stock.move"].sudo()
        lines_sudo = self.env["sale.order.line"].sudo()
        ticket, transfer = self.ticket_id._origin, self.picking_id._origin
        if transfer:
            sources = {moves_sudo: Domain("picking_id", "=", transfer.id)}
        elif ticket:
            sources = {
                moves_sudo: Domain("picking_id.ticket_id", "=", ticket.id),
                lines_sudo: Domain("order_id.ticket_ids", "=", ticket.id),
            }
        else:
            return products_sudo
        selects = []
        for records, domain in sources.items():
            query = records._search(domain)
            product = records._field_to_sql(records._table, "product_id", query)
            selects.append(query.subselect(product))
        # One list of ids: of two, PostgreSQL would look for them among all products.
        goods = Domain("type", "=", "consu") & Domain(
            "id", "in", SQL(" UNION ").join(selects)
        )
        return products_sudo.with_context(active_test=False).search(goods)

    @api.depends(
        "invoice_method", "sale_order_id.invoice_status", "sale_order_id.state", "state"
    )
    def _compute_can_be_invoiced(self):
        for repair in self:
            # Sudo: who repairs need not be able to read orders.
            order_sudo = repair.sudo().sale_order_id
            repair.can_be_invoiced = (
                repair.invoice_method in ("before", "after")
                and order_sudo.invoice_status == "to invoice"
            )

    @api.depends("picking_id", "send_back_id.state", "state", "ticket_id")
    def _compute_can_be_sent_back(self):
        for repair in self:
            # Sudo: who repairs need not be able to read all transfers.
            repair_sudo = repair.sudo()
            repair.can_be_sent_back = bool(
                repair.ticket_id
                and repair.state == "done"
                and repair_sudo.picking_id
                and repair_sudo.send_back_id.state in (False, "cancel")
            )

    @api.depends("picking_id")
    def _compute_partner_id(self):
        """Keep the customer of a ticket's repair whatever return is chosen."""
        of_tickets = self.filtered("ticket_id")
        for repair in of_tickets:
            repair.partner_id = repair.partner_id or repair.ticket_id.partner_id
        return super(RepairOrder, self - of_tickets)._compute_partner_id()

    @api.onchange("picking_id")
    def _onchange_picking_id(self):
        if self.ticket_id and self.picking_id:
            # Sudo: who repairs need not be able to read orders.
            return_sudo = self.picking_id._origin.sudo()
            self.update(return_sudo._prepare_repair_vals(self.product_id, self.lot_id))

    @api.onchange("location_id", "picking_id")
    def _onchange_location_picking(self):
        """Warn of another warehouse, where the user can see and change it."""
        if not self._is_for_helpdesk("write"):
            return super()._onchange_location_picking()
        return None

    # --------------------------------------------------------------------------
    # Constraints
    # --------------------------------------------------------------------------

    @api.constrains("partner_id", "ticket_id")
    def _check_ticket_customer(self):
        """Hold a ticket's repairs to its customer."""
        for repair in self.filtered(lambda repair: repair.ticket_id.sudo().partner_id):
            # Sudo: who repairs need not be able to read the ticket.
            ticket_sudo = repair.ticket_id.sudo()
            customer = ticket_sudo.commercial_partner_id
            if repair.partner_id.commercial_partner_id not in (
                customer,
                customer.browse(),
            ):
                raise ValidationError(
                    self.env._(
                        "Repair %(repair)s is for %(partner)s and cannot be a document "
                        "of ticket %(ticket)s of %(customer)s; choose one of their "
                        "contacts.",
                        repair=repair.name,
                        partner=repair.partner_id.display_name,
                        ticket=ticket_sudo.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.constrains("picking_id", "ticket_id")
    def _check_ticket_return(self):
        """Hold a ticket's repairs to what its customer has sent."""
        for repair in self.filtered("ticket_id"):
            # Sudo: who repairs need not be able to read the ticket and the return.
            repair_sudo = repair.sudo()
            return_sudo = repair_sudo.picking_id
            if not return_sudo or return_sudo.ticket_id == repair_sudo.ticket_id:
                continue
            customer = repair_sudo.ticket_id.commercial_partner_id
            if return_sudo._get_customers().commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "Repair %(repair)s for ticket %(ticket)s cannot be of "
                        "%(transfer)s, which is not a return of %(customer)s; choose "
                        "one that is, or none.",
                        repair=repair.name,
                        ticket=repair_sudo.ticket_id.display_name,
                        transfer=return_sudo.name,
                        customer=customer.display_name or self.env._("its customer"),
                    )
                )

    @api.constrains("product_qty", "ticket_id")
    def _check_quantity(self):
        for repair in self.filtered("ticket_id"):
            if repair.product_qty <= 0:
                raise ValidationError(
                    self.env._(
                        "The quantity of repair %(repair)s has to be more than zero; "
                        "enter how much is repaired.",
                        repair=repair.name,
                    )
                )

    @api.constrains("invoice_method", "sale_order_id", "ticket_id")
    def _check_invoice_method(self):
        for repair in self:
            # Sudo: who repairs need not be able to read orders.
            order_sudo = repair.sudo().sale_order_id
            if repair.ticket_id and not repair.invoice_method:
                raise ValidationError(
                    self.env._(
                        "Choose the Invoice Method of repair %(repair)s, which came of "
                        "a ticket.",
                        repair=repair.name,
                    )
                )
            if repair.invoice_method == "none" and order_sudo.state in (
                "draft",
                "sent",
                "sale",
            ):
                raise ValidationError(
                    self.env._(
                        "Repair %(repair)s cannot be one without invoice, because it "
                        "has %(order)s; cancel that first.",
                        repair=repair.name,
                        order=order_sudo.name,
                    )
                )
            if not order_sudo or not repair._holds_back_invoice():
                continue
            invoices_sudo = repair.sudo()._get_quotation_lines().invoice_lines.move_id
            draft_sudo = invoices_sudo.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "draft"
            )
            if draft_sudo:
                raise ValidationError(
                    self.env._(
                        "Repair %(repair)s cannot be invoiced after the repair, because "
                        "it has %(invoice)s already; delete that first.",
                        repair=repair.name,
                        invoice=draft_sudo[0].display_name,
                    )
                )

    @api.constrains("product_id", "ticket_id")
    def _check_product_is_repaired(self):
        for repair in self.filtered("ticket_id"):
            product = repair.product_id
            if product and product.type != "consu":
                raise ValidationError(
                    self.env._(
                        "%(product)s cannot be repaired with %(repair)s, because it is "
                        "no goods; choose another product, or none.",
                        product=product.display_name,
                        repair=repair.name,
                    )
                )

    # --------------------------------------------------------------------------
    # Access
    # --------------------------------------------------------------------------

    def _get_helpdesk_domain(self):
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        return Domain("ticket_id", "in", tickets._search([]))

    def _filter_helpdesk_access(self, operation):
        repairs = super()._filter_helpdesk_access(operation)
        if operation == "read":
            return repairs
        writable = repairs.ticket_id._filtered_access("write")
        return repairs.filtered(lambda repair: repair.ticket_id in writable)

    @api.model
    def _ensure_helpdesk_fields(self, names, state: str = "draft") -> None:
        """Refuse what helpdesk users without rights on repairs do not fill.

        :param names: the names of the fields to be written
        :param state: the repair's state
        :raise AccessError: one of them is not theirs to fill, or not in this state
        """
        foreign = [name for name in names if state not in HELPDESK_FIELDS.get(name, ())]
        if foreign:
            raise AccessError(
                self.env._(
                    "Writing %(fields)s of a repair takes the rights of Inventory, at "
                    "least from its present state on; ask a colleague who has them.",
                    fields=self._get_labels(foreign),
                )
            )

    # --------------------------------------------------------------------------
    # Creating and writing
    # --------------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Prepare the repair of a ticket, when its form is opened from there.

        The context names the ticket, as ``default_repair_ticket_id``; such keys end
        with the form.
        """
        ticket = browse_id(
            self.env,
            "helpdesk.ticket",
            self.env.context.get("default_repair_ticket_id"),
        )
        if not ticket:
            return super().default_get(fields)
        ticket._ensure_service("repair")
        defaults = super(RepairOrder, self.with_company(ticket.company_id)).default_get(
            fields
        )
        vals = ticket._prepare_repair_vals()
        return {**defaults, **{name: vals[name] for name in vals if name in fields}}

    def onchange(self, values, field_names, fields_spec):
        """Compute what a form shows; to helpdesk users only of their tickets' returns.

        :raise AccessError: it names a transfer or an order that is not theirs to choose
        """
        if self._is_for_helpdesk("write" if self else "create"):
            names = [name for name in SOURCES if self._get_entered(name, values)]
            ticket = self._get_entered("ticket_id", values) or self.ticket_id
            transfer = self._get_entered("picking_id", values)
            if transfer and ticket and transfer in ticket._get_returns_to_repair():
                names.remove("picking_id")
            self._ensure_helpdesk_fields(names)
        return super().onchange(values, field_names, fields_spec)

    @api.model_create_multi
    def create(self, vals_list):
        """Create repairs; no ticket is the default of those that name none.

        Helpdesk users without rights on repairs create them of their tickets, which
        say all that such users do not fill.
        """
        without_defaults = self.with_context(
            default_repair_ticket_id=False, default_ticket_id=False
        )
        if not self._is_for_helpdesk("create"):
            repairs = super(RepairOrder, without_defaults).create(
                [self._add_ticket_vals(vals) for vals in vals_list]
            )
            repairs.filtered("invoice_method").sale_order_id._update_repair_invoicing()
            return self.browse(repairs.ids)
        # Sudo: what is written has been checked or comes from the ticket.
        repairs_sudo = super(RepairOrder, without_defaults.sudo()).create(
            [self._prepare_helpdesk_vals(vals) for vals in vals_list]
        )
        repairs = self.browse(repairs_sudo.ids)
        for repair, vals in zip(repairs, vals_list, strict=True):
            if vals.get("repair_service_ids"):
                repair.write({"repair_service_ids": vals["repair_service_ids"]})
        return repairs

    @api.model
    def _add_ticket_vals(self, vals: dict) -> dict:
        """Add to the values of a new repair what has to be as its ticket says.

        :param vals: values as given; those without a ticket are returned as they are
        :raise AccessError: the user may not write the ticket
        :raise UserError: the ticket's team repairs nothing
        """
        ticket = browse_id(self.env, "helpdesk.ticket", vals.get("ticket_id"))
        if not ticket:
            return vals
        ticket._ensure_service("repair")
        return {**ticket._prepare_repair_basics(), **vals}

    @api.model
    def _prepare_helpdesk_vals(self, vals: dict) -> dict:
        """Prepare the repair of a helpdesk user who has no rights on repairs.

        :param vals: values as given
        :return: the values that are theirs to fill, operations left out, and all others
            as the ticket has them
        :raise AccessError: values are not theirs to fill, or there is no ticket that
            they may write
        :raise UserError: the ticket's team repairs nothing
        """
        ticket = browse_id(self.env, "helpdesk.ticket", vals.get("ticket_id"))
        if not ticket:
            raise AccessError(
                self.env._(
                    "Creating a repair without a ticket takes the rights of Inventory; "
                    "press Repair on the ticket."
                )
            )
        ticket._ensure_service("repair")
        own = {
            name: value
            for name, value in vals.items()
            if name not in ("ticket_id", "show_all_products")
        }
        self._ensure_helpdesk_fields(own)
        own.pop("repair_service_ids", None)
        product = browse_id(self.env, "product.product", own.get("product_id"))
        return {**ticket._prepare_repair_vals(product), **own}

    def write(self, vals):
        if self._is_for_helpdesk("write"):
            return super().write(self._write_for_helpdesk(vals))
        if not vals.keys() & {"invoice_method", "sale_order_id", "state"}:
            return super().write(vals)
        if vals.get("state") in STARTED:
            self._ensure_can_start()
        finished = self.filtered(
            lambda repair: (
                repair.ticket_id and vals.get("state") == "done" != repair.state
            )
        )
        orders = self.filtered("invoice_method").sale_order_id
        result = super().write(vals)
        orders |= self.filtered("invoice_method").sale_order_id
        orders._update_repair_invoicing()
        finished._log_ticket_event(self.env._("done"), self.env._("Done for ticket"))
        return result

    def _write_for_helpdesk(self, vals: dict) -> dict:
        """Write what helpdesk users without rights on repairs fill.

        :return: the values that are left for them to write themselves: operations
        :raise AccessError: the repairs are not theirs to write, or the values not
            theirs to fill
        """
        self.check_access("write")
        own = {name: vals[name] for name in vals if name != "show_all_products"}
        for repair in self:
            self._ensure_helpdesk_fields(own, repair.state)
        operations = {
            name: own.pop(name) for name in {"repair_service_ids"} & own.keys()
        }
        # Sudo: what follows from the fields is not the user's to write.
        self.sudo().write(own)
        return operations

    def unlink(self):
        orders = self.filtered("invoice_method").sale_order_id
        lines_sudo = self.repair_service_ids._filter_in_step().sudo().sale_line_id
        result = super().unlink()
        # Sudo: who repairs need not be able to delete lines of orders.
        lines_sudo.filtered(lambda line: line.state in ("draft", "sent")).unlink()
        orders._update_repair_invoicing()
        return result

    # --------------------------------------------------------------------------
    # The chatters
    # --------------------------------------------------------------------------

    def _get_document_type_name(self) -> str:
        """Name repairs as the ticket's button does."""
        return self.env._("Repair")

    def _get_customer_news(self) -> str:
        """Repairs are news from the start, and once they are done."""
        if self.state == "cancel":
            return ""
        return "done" if self.state == "done" else "made"

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _prepare_portal_values(self, line):
        """Tell the customer how far the repair is, and which quotation to look at."""
        # Shown once it was sent: drafts are not for the customer yet.
        quotation = self._get_quotation().filtered(
            lambda order: (
                order.state in ("sent", "sale")
                and order.partner_id.commercial_partner_id
                == self.partner_id.commercial_partner_id
            )
        )
        done_on = self.state == "done" and self.move_id.date
        sent_back_on = self.send_back_id.state == "done" and self.send_back_id.date_done
        details = []
        if self.lot_id:
            details.append((self.env._("Serial Number"), self.lot_id.name))
        if quotation:
            amount = quotation.currency_id.format(quotation.amount_total)
            details.append((self.env._("Quotation"), amount))
        return {
            **super()._prepare_portal_values(line),
            "state": self._get_portal_state(quotation),
            "steps": self._prepare_portal_steps(
                (self.create_date, self.env._("We took on your repair.")),
                (quotation.signed_on, self.env._("You signed the quotation.")),
                (done_on, self.env._("The repair was done.")),
                (sent_back_on, self.env._("We sent it back to you.")),
            ),
            "details": details,
            "pages": [(self._get_portal_quotation_label(quotation), quotation)]
            if quotation
            else [],
        }

    def _get_portal_state(self, quotation) -> str:
        """Say how things are with this repair, for its customer.

        :param quotation: the ``sale.order`` that the customer knows, if there is one
        """
        self.ensure_one()
        product = self.product_id.display_name or self.env._("product")
        if self.state == "cancel":
            return self.env._("This repair was called off.")
        if self.state == "done":
            if self.send_back_id.state == "done":
                return self.env._(
                    "Your %(product)s was repaired and sent back.", product=product
                )
            return self.env._("Your %(product)s is repaired.", product=product)
        if self.state == "under_repair":
            return self.env._("Your %(product)s is being repaired.", product=product)
        if quotation.state == "sent":
            return self.env._("We are waiting for your answer to our quotation.")
        return self.env._(
            "Your %(product)s is waiting to be repaired.", product=product
        )

    def _get_portal_quotation_label(self, quotation) -> str:
        """Call the link to a quotation by what the customer does with it.

        :param quotation: the ``sale.order``
        """
        if quotation._has_to_be_signed():
            return self.env._("Read and sign the quotation")
        return self.env._("Read the quotation")

    # --------------------------------------------------------------------------
    # Quotation and invoice
    # --------------------------------------------------------------------------

    def _has_own_invoicing(self) -> bool:
        """Tell whether this repair is invoiced otherwise than in core's way."""
        self.ensure_one()
        return bool(self.ticket_id or self.invoice_method)

    def _get_quotation(self):
        """Find the quotation that was made from this repair.

        :return: a ``sale.order``; none where an order's line sells the repair
        """
        self.ensure_one()
        order = self.sale_order_id
        return order.browse() if self.sale_order_line_id else order

    def _get_quotation_lines(self):
        """Find the order lines that bill this repair.

        :return: ``sale.order.line`` records: all of a quotation that was made from this
            repair, else those that have come of it
        """
        self.ensure_one()
        if quotation := self._get_quotation():
            return quotation.order_line
        return (
            self.sale_order_line_id
            | self.move_ids.sale_line_id
            | self.repair_service_ids.sale_line_id
        )

    def _holds_back_invoice(self) -> bool:
        """Tell whether the invoice method forbids to invoice this repair now."""
        self.ensure_one()
        return self.invoice_method == "none" or (
            self.invoice_method == "after" and self.state != "done"
        )

    def _ensure_can_start(self) -> None:
        """Refuse to start repairs that are to be invoiced before, and are not.

        :raise UserError: a repair's invoice is not posted
        """
        waiting = self.filtered(
            lambda repair: (
                repair.invoice_method == "before" and repair.state not in STARTED
            )
        )
        for repair in waiting:
            # Sudo: who repairs need not be able to read orders and invoices.
            repair_sudo = repair.sudo()
            order_sudo = repair_sudo.sale_order_id
            lines_sudo = repair_sudo._get_quotation_lines()
            invoices_sudo = lines_sudo.invoice_lines.move_id.filtered(
                lambda move: move.move_type == "out_invoice" and move.state != "cancel"
            )
            names = {"repair": repair.name, "order": order_sudo.name}
            if not order_sudo:
                message = self.env._(
                    "Repair %(repair)s cannot start before its invoice is posted; "
                    "create its quotation, or change its Invoice Method.",
                    **names,
                )
            elif not invoices_sudo or any(
                line.qty_to_invoice and not line.is_downpayment for line in lines_sudo
            ):
                message = self.env._(
                    "Repair %(repair)s cannot start before its invoice is posted; "
                    "confirm and invoice %(order)s, or change the repair's Invoice "
                    "Method.",
                    **names,
                )
            elif draft_sudo := invoices_sudo.filtered(lambda m: m.state == "draft"):
                message = self.env._(
                    "Repair %(repair)s cannot start before invoice %(invoice)s is "
                    "posted; post it, or change the repair's Invoice Method.",
                    invoice=draft_sudo[0].display_name,
                    **names,
                )
            else:
                continue
            raise UserError(message)

    def action_create_sale_order(self):
        """Make the quotations of repairs, those excepted that are not to be invoiced.

        :return: an action on the quotation
        :raise UserError: a repair is not to be invoiced
        """
        for repair in self:
            if repair.invoice_method == "none":
                raise UserError(
                    self.env._(
                        "Repair %(repair)s is not to be invoiced, so it has no "
                        "quotation; change its Invoice Method if it is.",
                        repair=repair.name,
                    )
                )
        return super().action_create_sale_order()

    def action_create_invoice(self):
        """Invoice all that there is to invoice of this repair's quotation.

        :return: an action on the invoice, or a notification for a user who may not
            read it
        :raise UserError: there is no confirmed quotation, or nothing to invoice yet
        """
        self.ensure_one()
        self.check_access("write")
        order = self.sale_order_id
        if order.state != "sale":
            raise UserError(
                self.env._(
                    "Repair %(repair)s has no confirmed quotation to invoice; create "
                    "the quotation and confirm it first.",
                    repair=self.name,
                )
            )
        invoices = order._create_invoices(final=True).sudo(self.env.su)
        if invoices.has_access("read"):
            return order.action_view_invoice(invoices)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The draft invoice of %(order)s is there; whoever has the rights "
                    "of Invoicing posts it.",
                    order=order.name,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _update_sale_order_line_price(self):
        result = super()._update_sale_order_line_price()
        self.repair_service_ids._update_sale_order_line_price()
        return result

    def action_repair_cancel(self):
        """Cancel repairs; the quotation no longer asks for their operations."""
        result = super().action_repair_cancel()
        # Sudo: who repairs need not be able to write orders.
        lines_sudo = self.repair_service_ids._filter_in_step().sudo().sale_line_id
        lines_sudo.write({"product_uom_qty": 0.0})
        return result

    def action_repair_cancel_draft(self):
        """Take up cancelled repairs again; the quotation has their operations again."""
        result = super().action_repair_cancel_draft()
        for service in self.repair_service_ids._filter_in_step():
            # Sudo: who repairs need not be able to write orders.
            service.sudo().sale_line_id.product_uom_qty = service.product_uom_qty
        return result

    # --------------------------------------------------------------------------
    # Back to the customer
    # --------------------------------------------------------------------------

    def _get_quantities_to_send_back(self) -> dict:
        """Tell what of the return goes back to the customer with this repair.

        :return: by ``stock.move`` of the return the quantity, in the move's unit
        :raise UserError: less has come in, or is left, than was repaired
        """
        self.ensure_one()
        moves = self.picking_id.move_ids.filtered(
            lambda move: (
                move.product_id == self.product_id
                and move.state == "done"
                and (not self.lot_id or self.lot_id in move.move_line_ids.lot_id)
            )
        )
        left = moves._get_left_to_return()
        unit = self.product_id.uom_id
        wanted = rest = self.product_uom._compute_quantity(
            self.product_qty, unit, round=False
        )
        quantities = {}
        for move in moves:
            quantity = move.product_uom._compute_quantity(left[move], unit, round=False)
            if self.lot_id:
                quantity = min(quantity, left.get((move, self.lot_id), 0.0))
            quantity = min(quantity, rest)
            if unit.compare(quantity, 0) > 0:
                rest -= quantity
                quantities[move] = unit._compute_quantity(
                    quantity, move.product_uom, round=False
                )
        if not quantities or unit.compare(rest, 0) > 0:
            raise UserError(
                self.env._(
                    "Repair %(repair)s cannot send back %(quantity)g %(unit)s of "
                    "%(product)s: return %(return)s has brought only %(left)g that did "
                    "not go back yet.",
                    repair=self.name,
                    quantity=wanted,
                    unit=unit.name,
                    product=self.product_id.display_name,
                    left=wanted - rest,
                    **{"return": self.picking_id.name},
                )
            )
        return quantities

    def _ensure_can_be_sent_back(self) -> None:
        """Refuse to send back what is not repaired, not returned, or gone already.

        :raise AccessError: the user may not write the repair or move goods
        :raise UserError: there is nothing to send back; the message says why
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("stock.group_stock_user"):
            raise AccessError(
                self.env._(
                    "You cannot send back repair %(repair)s, because that takes the "
                    "rights of Inventory; ask a colleague who has them.",
                    repair=self.name,
                )
            )
        names = {"repair": self.name, "return": self.picking_id.name}
        if self.state != "done":
            message = self.env._(
                "Repair %(repair)s cannot be sent back before it is done; end the "
                "repair first.",
                **names,
            )
        elif not self.ticket_id or not self.picking_id:
            message = self.env._(
                "Repair %(repair)s has nothing to send back, because its product did "
                "not come in with the return of a ticket; choose the Return.",
                **names,
            )
        elif not (
            self.picking_id.state == "done" and self.picking_id._takes_goods_back()
        ):
            message = self.env._(
                "Repair %(repair)s cannot be sent back, because return %(return)s has "
                "not come in from a customer; validate the return first.",
                **names,
            )
        elif self.send_back_id.state not in (False, "cancel"):
            message = self.env._(
                "Repair %(repair)s goes back with %(delivery)s already; cancel that to "
                "make another.",
                delivery=self.send_back_id.name,
                **names,
            )
        else:
            return
        raise UserError(message)

    def action_send_back(self):
        """Make the delivery that brings the repaired product back to the customer.

        It is core's return of the return: what the order counted as returned is
        delivered again.

        :return: an action on the delivery
        :raise AccessError: the user may not write the repair or move goods
        :raise UserError: there is nothing to send back; the message says why
        """
        self.ensure_one()
        self._ensure_can_be_sent_back()
        lock_and_touch(self)
        lock_and_touch(self.picking_id.move_ids)
        quantities = self._get_quantities_to_send_back()
        wizard = (
            self.env["stock.return.picking"]
            .with_company(self.company_id)
            .with_context(active_model=False, active_id=False, default_ticket_id=False)
            .create({"picking_id": self.picking_id.id, "repair_id": self.id})
        )
        for line in wizard.product_return_moves:
            line.quantity = quantities.get(line.move_id, 0.0)
            line.to_refund = line.move_id.to_refund
        delivery = self.env["stock.picking"].browse(wizard._create_return().id)
        self.send_back_id = delivery
        # Sudo: who sends goods need not be able to read the ticket.
        delivery.sudo().ticket_id = self.sudo().ticket_id
        delivery._post_ticket_links()
        return delivery._get_records_action()

    @api.readonly
    def action_view_send_back(self):
        """Open the delivery that brings the repaired product back.

        :return: an action on it
        """
        self.ensure_one()
        return self.send_back_id._get_records_action()
