from . import helpdesk_coupon_access_mixin
from . import helpdesk_ticket
from . import helpdesk_ticket_document
from . import loyalty_card
from . import loyalty_program
from . import sale_order
