from odoo import api, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model
    def _find_allowed_doc_ids(self, model_ids):
        """Let helpdesk users read the chatter of what they have for a ticket's sake.

        Core leaves out all of a model that the user has no access rights on.
        """
        allowed_ids = super()._find_allowed_doc_ids(model_ids)
        granted = self.env.registry["helpdesk.document.access.mixin"]
        for model, messages in model_ids.items():
            records = self.env[model]
            if isinstance(records, granted) and records._is_for_helpdesk():
                documents = self._filter_records_for_message_operation(
                    model, list(messages), "read"
                )
                allowed_ids.update(*(messages[id_] for id_ in documents._ids))
        return allowed_ids
