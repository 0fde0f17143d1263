from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Hand what customers know of their visits to the mails of all services.

    The scheduled action that sent the visits' own is no longer there to be called.
    """
    cr.execute(
        """
        INSERT INTO helpdesk_customer_news (res_model, res_id, due, told)
        SELECT 'project.task',
               id,
               visit_news_due,
               CASE WHEN visit_told_done THEN 'done'
                    ELSE to_char(visit_told_start, 'YYYY-MM-DD HH24:MI:SS') END
          FROM project_task
         WHERE visit_news_due IS NOT NULL
            OR visit_told_done
            OR visit_told_start IS NOT NULL
        ON CONFLICT DO NOTHING
        """
    )
    env = api.Environment(cr, SUPERUSER_ID, {})
    cron = env.ref("helpdesk_fieldservice.ir_cron_visit_news", raise_if_not_found=False)
    if cron:
        action = cron.ir_actions_server_id
        cron.unlink()
        action.unlink()
