from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import AfterSalesContract


@tagged("post_install", "-at_install")
class TestCouponContract(AfterSalesContract, TransactionCase):
    allow_inherited_tests_method = True
    service = "coupon"
    documents = "coupon_ids"
    count = "coupon_count"
    button = "action_coupon"
    smart_button = "action_view_coupons"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = (
            cls.env["loyalty.program"]
            .with_context(default_program_type="coupons")
            .create({"name": "Sorry for the trouble"})
        )

    def _create_documents(self, tickets):
        return (
            self.env["loyalty.card"]
            .with_context(loyalty_no_mail=True)
            .create(
                [
                    {
                        "program_id": self.program.id,
                        "partner_id": ticket.partner_id.id,
                        "points": 1,
                        "ticket_id": ticket.id,
                        "is_reserved": True,
                    }
                    for ticket in tickets
                ]
            )
        )
