from . import (
    helpdesk_replacement,
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
)
