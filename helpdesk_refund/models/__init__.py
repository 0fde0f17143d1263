from . import (
    account_move,
    account_move_line,
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
)
