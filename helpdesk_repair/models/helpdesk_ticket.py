from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    repair_ids = fields.One2many("repair.order", "ticket_id", string="Repairs")
    repair_count = fields.Integer(
        string="Repairs Count", compute="_compute_repair_count"
    )
    can_be_repaired = fields.Boolean(compute="_compute_can_be_repaired")

    def _get_after_sales_services(self):
        return {**super()._get_after_sales_services(), "repair": "repair_ids"}

    @api.depends("repair_ids")
    def _compute_repair_count(self):
        self._compute_document_count("repair_ids", "repair_count")

    @api.depends("active", "team_id.use_repair")
    def _compute_can_be_repaired(self):
        for ticket in self:
            ticket.can_be_repaired = ticket._has_service("repair")

    # --------------------------------------------------------------------------
    # Repairs
    # --------------------------------------------------------------------------

    def _get_returns_to_repair(self):
        """Find the transfers that bring in what this ticket may have repaired.

        :return: ``stock.picking`` records, by sudo: who answers a ticket need not be
            able to read them
        """
        self.ensure_one()
        returns_sudo = self.env["stock.picking"].sudo()
        return returns_sudo.search(
            self._get_documents_domain("return_ids") & Domain("state", "!=", "cancel")
        )

    def _prepare_repair_basics(self) -> dict:
        """Prepare what every repair of this ticket has, whatever is repaired.

        :return: values of a ``repair.order``
        :raise UserError: the ticket's company has no warehouse that repairs
        """
        self.ensure_one()
        company = self.company_id
        repairs = self.env["repair.order"].with_company(company)
        operation = repairs._default_picking_type_id()
        if not operation:
            raise UserError(
                self.env._(
                    "%(company)s of ticket %(ticket)s has no warehouse that repairs; "
                    "create one in Inventory first.",
                    company=company.display_name,
                    ticket=self.display_name,
                )
            )
        return {
            "ticket_id": self.id,
            "company_id": company.id,
            "partner_id": self.partner_id.id,
            # Sudo: who answers a ticket need not be able to read company settings.
            "invoice_method": company.sudo().repair_invoice_method,
            "picking_type_id": operation.id,
        }

    def _prepare_repair_vals(self, product=None) -> dict:
        """Prepare a repair of what this ticket is about.

        Called for the form of a new repair, and for the repair of a helpdesk user who
        has no rights on repairs. To be extended by addons whose tickets know more.

        :param product: what is repaired, where that is not the ticket's own product
        :return: values of a ``repair.order``, without what the ticket does not say
        :raise UserError: the ticket's company has no warehouse that repairs
        """
        self.ensure_one()
        vals = self._prepare_repair_basics()
        product = product or self.product_id.filtered(
            lambda product: product.type == "consu"
        )
        if product:
            vals["product_id"] = product.id
            if self.lot_id.product_id == product:
                vals["lot_id"] = self.lot_id.id
        # Sudo: who answers a ticket need not be able to read the sales orders.
        orders_sudo = self.sudo().sale_order_ids
        if len(orders_sudo) == 1:
            vals["origin_sale_order_id"] = orders_sudo.id
        returns_sudo = self._get_returns_to_repair()
        if len(returns_sudo) == 1:
            vals.update(returns_sudo._prepare_repair_vals(product, self.lot_id))
        return vals

    def action_repair(self):
        """Open the form of a new repair, which is stored when the user saves it.

        :return: an action on ``repair.order``
        :raise AccessError: the user may not write the ticket
        :raise UserError: the ticket's team repairs nothing
        """
        self.ensure_one()
        self._ensure_service("repair")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Repair"),
            "res_model": "repair.order",
            "views": [(False, "form")],
            # Not default_ticket_id, which would link all that is made from there on.
            "context": {"default_repair_ticket_id": self.id},
        }

    @api.readonly
    def action_view_repairs(self):
        """Open the repairs of this ticket.

        :return: an action on them, or on the ticket's After-Sales lines for a user who
            may not read them
        """
        return self._action_view_documents("repair_ids")
