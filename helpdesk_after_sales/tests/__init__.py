from . import test_helpdesk_ticket
from . import test_helpdesk_ticket_document
from . import test_helpdesk_ticket_team
