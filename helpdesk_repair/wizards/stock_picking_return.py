from odoo import fields, models


class StockReturnPickingLine(models.TransientModel):
    _inherit = "stock.return.picking.line"

    def _process_line(self, new_picking):
        """Let a repair send back exactly what it has repaired: that lot, from there."""
        result = super()._process_line(new_picking)
        if repair := self.wizard_id.repair_id:
            new_picking.move_ids.move_orig_ids = repair.move_id
        return result


class StockReturnPicking(models.TransientModel):
    _inherit = "stock.return.picking"

    repair_id = fields.Many2one("repair.order", readonly=True)

    def _prepare_picking_default_values_based_on(self, picking):
        values = super()._prepare_picking_default_values_based_on(picking)
        if self.repair_id:
            source = self.repair_id.product_location_dest_id
            warehouse = source.warehouse_id or picking.picking_type_id.warehouse_id
            values |= {
                "picking_type_id": warehouse.out_type_id.id,
                "location_id": source.id,
                "location_dest_id": picking.location_id.id,
                "origin": self.repair_id.name,
            }
        return values
