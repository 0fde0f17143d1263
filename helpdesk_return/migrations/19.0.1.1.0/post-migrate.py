def migrate(cr, version):
    """Let the return slip's mail address the document's customer.

    The template is the users' own after installation, so it is not loaded anew; only
    the greeting is changed, where it is still ours.
    """
    cr.execute(
        """
        UPDATE mail_template AS template
           SET body_html = replace(
                   template.body_html::text,
                   'object.ticket_id.partner_id.name',
                   'object._get_addressee().name'
               )::jsonb
          FROM ir_model_data AS data
         WHERE data.module = 'helpdesk_return'
           AND data.name = 'mail_template_return_slip'
           AND template.id = data.res_id
        """
    )
