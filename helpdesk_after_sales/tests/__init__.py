from . import (
    test_helpdesk_ticket,
    test_helpdesk_ticket_document,
    test_helpdesk_ticket_team,
    test_overrides,
)
