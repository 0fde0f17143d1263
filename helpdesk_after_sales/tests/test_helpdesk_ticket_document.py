from odoo.exceptions import MissingError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .common import AfterSalesCommon


@tagged("post_install", "-at_install")
class TestHelpdeskTicketDocument(AfterSalesCommon, TransactionCase):
    def test_no_service_no_lines(self):
        """Without any service the view is empty, and its screens work."""
        documents = self.env["helpdesk.ticket.document"]
        self.assertFalse(documents.search([("service", "=", False)]))
        self.assertFalse(documents._read_group([("service", "=", "")], ["date:month"]))

    def test_unknown_column(self):
        documents = self.env["helpdesk.ticket.document"]
        with self.assertRaisesRegex(ValueError, "colour"):
            documents._prepare_document_query(
                service="paint",
                slot=1,
                model="res.partner",
                columns={"colour": SQL("1")},
            )

    def test_no_such_line(self):
        with self.assertRaisesRegex(MissingError, "no such document"):
            self.env["helpdesk.ticket.document"].browse([0]).action_open_document()

    def test_analysis_is_for_managers(self):
        menu = self.env.ref(
            "helpdesk_after_sales.helpdesk_ticket_document_analysis_menu"
        )
        visible = self.env["ir.ui.menu"].with_user(self.manager)._visible_menu_ids()
        self.assertIn(menu.id, visible)
        visible = self.env["ir.ui.menu"].with_user(self.employee)._visible_menu_ids()
        self.assertNotIn(menu.parent_id.id, visible)

    def test_analysis_views(self):
        action = self.env.ref(
            "helpdesk_after_sales.helpdesk_ticket_document_analysis_action"
        )
        self.assertEqual(action.view_mode, "graph,pivot,list")
        for view_type in ("graph", "pivot", "list", "kanban", "form", "search"):
            self.env["helpdesk.ticket.document"].with_user(self.manager).get_view(
                view_type=view_type
            )
