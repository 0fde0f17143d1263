from . import helpdesk_fieldservice_create, helpdesk_ticket_team
