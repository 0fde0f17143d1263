from . import helpdesk_fieldservice_create
