def uninstall_hook(env):
    """Leave no team with a service that is no longer there.

    :param env: the environment in which the addon is being uninstalled
    """
    env["helpdesk.ticket.team"]._switch_service_off("coupon")
