from . import (
    helpdesk_customer_news,
    helpdesk_document_access_mixin,
    helpdesk_document_mixin,
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
    helpdesk_ticket_wizard_mixin,
    ir_module_module,
    mail_message,
)
