from . import (
    helpdesk_ticket,
    helpdesk_ticket_document,
    loyalty_card,
    loyalty_program,
    sale_order,
    sale_order_line,
)
