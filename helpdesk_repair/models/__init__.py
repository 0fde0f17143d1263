from . import (
    account_move_line,
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
    repair_order,
    repair_service,
    repair_tags,
    res_company,
    res_config_settings,
    sale_order,
    sale_order_line,
    stock_picking,
)
