from . import (
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
    loyalty_card,
    loyalty_program,
    sale_order,
    sale_order_line,
)
