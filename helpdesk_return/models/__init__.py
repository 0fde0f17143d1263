from . import (
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
    stock_lot,
    stock_move,
    stock_move_line,
    stock_picking,
)
