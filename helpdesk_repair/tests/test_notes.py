from odoo.tests import HttpCase, new_test_user, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestNotes(RepairCommon, HttpCase):
    """What the customer reads of a repair, and what not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"]._load_module_terms(["helpdesk_repair"], ["de_DE"])
        cls.repair = cls.env["repair.order"].create(
            {
                "ticket_id": cls.ticket.id,
                "internal_notes": "<p>Customer is grumpy</p>",
                "quotation_notes": "<p>We change the <b>switch</b>"
                "<script>alert(1)</script></p>",
            }
        )
        cls.env["repair.service"].create(
            {"repair_id": cls.repair.id, "product_id": cls.work.id}
        )
        cls.repair.action_create_sale_order()
        cls.order = cls.repair.sale_order_id
        cls.portal_user = new_test_user(
            cls.env, "repair_portal", groups="base.group_portal"
        )
        cls.portal_user.partner_id.parent_id = cls.customer

    def _print(self, record, report, user=None):
        reports = self.env["ir.actions.report"].with_user(user or self.env.user)
        content, _type = reports._render_qweb_html(report, record.ids)
        return content.decode()

    def test_on_the_quotation(self):
        html = self._print(self.order, "sale.report_saleorder")
        self.assertIn("<b>switch</b>", html)
        self.assertNotIn("alert(1)", html)
        self.assertNotIn("grumpy", html)
        salesman = self._create_user(
            "salesman", "sales_team.group_sale_salesman_all_leads"
        )
        self.assertIn(
            "<b>switch</b>", self._print(self.order, "sale.report_saleorder", salesman)
        )

    def test_on_no_other_order(self):
        self.repair.origin_sale_order_id = self._create_order(partner=self.contact)
        for order in (self.repair.origin_sale_order_id, self._create_order()):
            self.assertFalse(order._get_repair_quotation_notes())
            html = self._print(order, "sale.report_saleorder")
            self.assertNotIn("switch</b>", html)
            self.assertNotIn("Notes on the Repair", html)

    def test_empty_notes_leave_no_heading(self):
        self.repair.quotation_notes = "<p><br></p>"
        html = self._print(self.order, "sale.report_saleorder")
        self.assertNotIn("Notes on the Repair", html)

    def test_in_the_customers_language(self):
        self.contact.lang = "de_DE"
        html = self._print(self.order, "sale.report_saleorder")
        self.assertIn("Hinweise zur Reparatur", html)

    def test_in_the_portal(self):
        self.order.partner_id = self.portal_user.partner_id
        self.order.action_quotation_sent()
        self.authenticate("repair_portal", "repair_portal")
        page = self.url_open(f"/my/orders/{self.order.id}").text
        self.assertIn("<b>switch</b>", page)
        self.assertNotIn("grumpy", page)
        other = self._create_order(partner=self.portal_user.partner_id)
        page = self.url_open(f"/my/orders/{other.id}").text
        self.assertIn(other.name, page)
        self.assertNotIn("<b>switch</b>", page)

    def test_repair_paper_has_no_internal_notes(self):
        html = self._print(self.repair, "repair.report_repairorder2")
        self.assertIn(self.repair.name, html)
        self.assertNotIn("grumpy", html)
        plain = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "internal_notes": "<p>As in core</p>"}
        )
        self.assertIn("As in core", self._print(plain, "repair.report_repairorder2"))
