def uninstall_hook(env):
    """Leave no team with a service that is no longer there, and no reason in use.

    Reasons go before the column of the transfers that holds them.

    :param env: the environment in which the addon is being uninstalled
    """
    env["helpdesk.ticket.team"]._switch_service_off("return")
    transfers = env["stock.picking"].with_context(active_test=False)
    transfers.search([("request_reason_id", "!=", False)]).request_reason_id = False
