from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import AfterSalesContract


@tagged("post_install", "-at_install")
class TestRepairContract(AfterSalesContract, TransactionCase):
    allow_inherited_tests_method = True
    service = "repair"
    documents = "repair_ids"
    count = "repair_count"
    button = "action_repair"
    smart_button = "action_view_repairs"

    def _create_documents(self, tickets):
        return self.env["repair.order"].create(
            [{"ticket_id": ticket.id} for ticket in tickets]
        )
