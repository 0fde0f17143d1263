from . import (
    helpdesk_coupon_access_mixin,
    helpdesk_ticket,
    helpdesk_ticket_document,
    loyalty_card,
    loyalty_program,
    sale_order,
    sale_order_line,
)
