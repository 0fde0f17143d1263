from . import helpdesk_document_mixin
from . import helpdesk_ticket
from . import helpdesk_ticket_document
from . import helpdesk_ticket_team
from . import ir_module_module
