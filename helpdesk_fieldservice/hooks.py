from .models.project_project import KEPT


def pre_init_hook(env):
    """Add the columns that Odoo would otherwise compute for every task there is.

    No task has been a visit yet, so that all of them are empty.

    :param env: the environment in which the addon is being installed
    """
    env.cr.execute(
        """
        ALTER TABLE project_task
          ADD COLUMN IF NOT EXISTS visit_hours double precision,
          ADD COLUMN IF NOT EXISTS visit_on_time double precision
        """
    )


def post_init_hook(env):
    """Give teams that were switched on before the addon was there their project.

    :param env: the environment in which the addon has been installed
    """
    teams = env["helpdesk.ticket.team"].with_context(active_test=False)
    teams.search([("use_fieldservice", "=", True)])._set_fieldservice_project()


def uninstall_hook(env):
    """Leave no team with a service that is no longer there, and all visits where they are.

    The project (with its alias) and the stages that came with the addon, and with them the
    visits, stay, because their external ids are no longer the addon's. By those they are
    found when it is installed again, see ``_take_up_field_service``.

    :param env: the environment in which the addon is being uninstalled
    """
    env["helpdesk.ticket.team"]._switch_service_off("fieldservice")
    env["ir.model.data"].search(
        [
            ("module", "=", "helpdesk_fieldservice"),
            ("model", "in", ["mail.alias", "project.project", "project.task.type"]),
        ]
    ).write({"module": KEPT})
