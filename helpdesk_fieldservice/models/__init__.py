from . import (
    helpdesk_ticket,
    helpdesk_ticket_document,
    helpdesk_ticket_team,
    project_project,
    project_task,
)
