from . import models


def uninstall_hook(env):
    env["helpdesk.ticket.team"]._switch_service_off("replacement")
