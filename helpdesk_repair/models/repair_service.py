from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .repair_order import HELPDESK_FIELDS

SALE_FIELDS = {
    "product_id": "product_id",
    "display_name": "name",
    "product_uom": "product_uom_id",
    "product_uom_qty": "product_uom_qty",
}
"""An operation's fields, and what they are on its line of the quotation."""


class RepairService(models.Model):
    _name = "repair.service"
    _inherit = ["helpdesk.document.access.mixin", "repair.service"]
    _helpdesk_operations = ("read", "write", "create", "unlink")

    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Quotation Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The line of the repair's quotation that bills this operation.",
    )

    @api.constrains("product_id", "product_uom", "product_uom_qty", "repair_id")
    def _check_can_be_quoted(self):
        """Hold operations to services, in units and quantities that can be billed."""
        for service in self.filtered(
            lambda service: service.repair_id._has_own_invoicing()
        ):
            product = service.product_id
            names = {"product": product.display_name, "repair": service.repair_id.name}
            if product.type != "service":
                message = self.env._(
                    "%(product)s is no service and so no operation of repair "
                    "%(repair)s; add it to the parts.",
                    **names,
                )
            elif service.product_uom_qty < 0:
                message = self.env._(
                    "The quantity of operation %(product)s of repair %(repair)s cannot "
                    "be negative; enter what is to be done, or remove the operation.",
                    **names,
                )
            elif not service.product_uom._has_common_reference(product.uom_id):
                message = self.env._(
                    "Operation %(product)s of repair %(repair)s cannot be measured in "
                    "%(unit)s; choose a unit like %(other)s.",
                    unit=service.product_uom.name,
                    other=product.uom_id.name,
                    **names,
                )
            else:
                continue
            raise ValidationError(message)

    # --------------------------------------------------------------------------
    # Access
    # --------------------------------------------------------------------------

    def _get_helpdesk_domain(self):
        repairs = self.env["repair.order"]._search([])
        return Domain("repair_id", "in", repairs)

    def _filter_helpdesk_access(self, operation):
        services = super()._filter_helpdesk_access(operation)
        if operation == "read":
            return services
        repairs = services.repair_id._filtered_access("write").filtered(
            lambda repair: repair.state in HELPDESK_FIELDS["repair_service_ids"]
        )
        return services.filtered(lambda service: service.repair_id in repairs)

    @api.model
    def _ensure_helpdesk_fields(self, names) -> None:
        """Refuse what helpdesk users without rights on repairs do not fill.

        :param names: the names of the fields to be written
        :raise AccessError: one of them is not theirs to fill
        """
        if foreign := set(names) - SALE_FIELDS.keys():
            raise AccessError(
                self.env._(
                    "Writing %(fields)s of a repair's operation takes the rights of "
                    "Inventory; leave it out or ask a colleague who has them.",
                    fields=self._get_labels(foreign),
                )
            )

    # --------------------------------------------------------------------------
    # In step with the quotation
    # --------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_for_helpdesk("create"):
            for vals in vals_list:
                self._ensure_helpdesk_fields(vals.keys() - {"repair_id"})
        services = super().create(vals_list)
        in_step = services._filter_in_step()
        in_step._ensure_quotation_is_open()
        in_step._create_repair_sale_order_line()
        return services

    def write(self, vals):
        if self._is_for_helpdesk("write"):
            self._ensure_helpdesk_fields(vals)
        names = SALE_FIELDS.keys() & vals.keys()
        in_step = self._filter_in_step() if names else self.browse()
        in_step._ensure_quotation_is_open()
        result = super().write(vals)
        for service in in_step:
            # Sudo: who repairs need not be able to write orders.
            service.sudo().sale_line_id.write(service._prepare_quotation_changes(names))
        return result

    def unlink(self):
        self.check_access("unlink")
        in_step = self._filter_in_step()
        in_step._ensure_quotation_is_open()
        # Sudo: who repairs need not be able to delete lines of orders.
        in_step.sudo().sale_line_id.unlink()
        return super().unlink()

    def _filter_in_step(self):
        """Keep the operations whose quotation was made from their repair.

        One that was cancelled goes along, as it does with core's parts: it may be taken
        up again.

        Those of repairs that are neither of a ticket nor have an invoice method are
        put on the quotation once, and left alone from then on.
        """
        return self.filtered(
            lambda service: (
                service.repair_id._has_own_invoicing()
                # Sudo: who repairs need not be able to read orders.
                and service.repair_id.sudo()._get_quotation()
            )
        )

    def _ensure_quotation_is_open(self) -> None:
        """Refuse to change what the customer has agreed to.

        :raise UserError: the quotation was confirmed
        """
        for repair in self.repair_id:
            # Sudo: who repairs need not be able to read orders.
            order_sudo = repair.sudo()._get_quotation()
            if order_sudo.state == "sale":
                raise UserError(
                    self.env._(
                        "The operations of repair %(repair)s cannot change any more, "
                        "because its quotation %(order)s was confirmed; change the "
                        "order itself.",
                        repair=repair.name,
                        order=order_sudo.name,
                    )
                )

    def _prepare_sale_order_line_vals(self, product_qty):
        """Let the quotation's pricelist and language decide on price and description.

        :param product_qty: in the operation's unit
        """
        vals = super()._prepare_sale_order_line_vals(product_qty)
        if self.repair_id._has_own_invoicing():
            if not self.repair_id.under_warranty:
                vals.pop("price_unit", None)
            if self.display_name == self.product_id.name:
                del vals["name"]
        return vals

    def _prepare_quotation_changes(self, names) -> dict:
        """Prepare what a change of this operation changes in the quotation.

        :param names: those of ``SALE_FIELDS`` that were written
        :return: values of a ``sale.order.line``, without those that follow from others
        """
        self.ensure_one()
        vals = self._prepare_sale_order_line_vals(self.product_uom_qty)
        if "product_id" in names:
            names = SALE_FIELDS.keys()
        changed = {SALE_FIELDS[name] for name in names}
        if self.repair_id.under_warranty:
            changed.add("price_unit")
        return {name: vals[name] for name in changed & vals.keys()}

    def _create_repair_sale_order_line(self):
        """Put operations on the quotation, and remember where."""
        # Sudo: who repairs need not be able to make lines of orders.
        services_sudo = self.sudo().filtered(
            lambda service: service.repair_id.sale_order_id and not service.sale_line_id
        )
        lines_sudo = services_sudo.env["sale.order.line"].create(
            [
                service._prepare_sale_order_line_vals(service.product_uom_qty)
                for service in services_sudo
            ]
        )
        for service_sudo, line_sudo in zip(services_sudo, lines_sudo, strict=True):
            service_sudo.sale_line_id = line_sudo

    def _update_sale_order_line_price(self) -> None:
        """Bill operations under warranty with nothing, and others with their price."""
        for service in self._filter_in_step():
            # Sudo: who repairs need not be able to write orders.
            line_sudo = service.sudo().sale_line_id
            if service.repair_id.under_warranty:
                line_sudo.write({"price_unit": 0.0, "technical_price_unit": 0.0})
            else:
                line_sudo._compute_price_unit()
