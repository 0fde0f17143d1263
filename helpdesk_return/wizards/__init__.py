from . import helpdesk_return_decline, stock_picking_return
