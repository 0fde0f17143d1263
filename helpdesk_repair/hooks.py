def uninstall_hook(env):
    """Leave no team with a service, and no order held back, that nobody would free.

    :param env: the environment in which the addon is being uninstalled
    """
    env["helpdesk.ticket.team"]._switch_service_off("repair")
    orders = env["sale.order"].search([("has_repair_invoicing", "=", True)])
    orders.has_repair_invoicing = False
    orders.order_line._recompute_qty_to_invoice()
