from odoo import models
from odoo.fields import Domain


class RepairTags(models.Model):
    _name = "repair.tags"
    _inherit = ["helpdesk.document.access.mixin", "repair.tags"]

    def _get_helpdesk_domain(self):
        return Domain.TRUE
