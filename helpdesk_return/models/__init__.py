from . import helpdesk_ticket
from . import helpdesk_ticket_document
from . import stock_lot
from . import stock_move
from . import stock_picking
