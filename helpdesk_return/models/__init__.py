from . import (
    helpdesk_return_reason,
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
    res_company,
    res_config_settings,
    stock_lot,
    stock_move,
    stock_move_line,
    stock_picking,
)
