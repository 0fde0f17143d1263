from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import AfterSalesContract


@tagged("post_install", "-at_install")
class TestFieldserviceContract(AfterSalesContract, TransactionCase):
    allow_inherited_tests_method = True
    service = "fieldservice"
    documents = "fieldservice_task_ids"
    count = "fieldservice_task_count"
    button = "action_create_task"
    smart_button = "action_view_fieldservice_tasks"

    def _make_news(self, documents):
        start = fields.Datetime.now() + timedelta(days=2)
        documents.write(
            {
                "planned_date_start": start,
                "planned_date_end": start + timedelta(hours=1),
            }
        )

    def _create_documents(self, tickets):
        return self.env["project.task"].create(
            [
                {
                    "name": f"Visit for {ticket.name}",
                    "project_id": self.team.fieldservice_project_id.id,
                    "partner_id": ticket.partner_id.id,
                    "ticket_id": ticket.id,
                }
                for ticket in tickets
            ]
        )
