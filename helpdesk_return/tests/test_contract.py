from odoo import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.helpdesk_after_sales.tests.common import AfterSalesContract


@tagged("post_install", "-at_install")
class TestReturnContract(AfterSalesContract, TransactionCase):
    allow_inherited_tests_method = True
    service = "return"
    documents = "return_ids"
    count = "return_count"
    button = "action_return"
    smart_button = "action_view_returns"
    # One for the count, one for the condition of the button.
    opening_queries = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receipts = cls.env.ref("stock.picking_type_in")
        cls.deliveries = cls.env.ref("stock.picking_type_out")
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.product = cls.env["product.product"].create(
            {"name": "Lamp", "type": "consu", "is_storable": True}
        )
        delivery = cls.env["stock.picking"].create(
            cls._prepare_transfer_vals(
                cls.deliveries,
                cls.deliveries.default_location_src_id,
                cls.customers,
                {"product_uom_qty": 1000},
            )
        )
        delivery.action_confirm()
        delivery.move_ids.write({"quantity": 1000, "picked": True})
        delivery.button_validate()
        cls.delivered = delivery.move_ids

    @classmethod
    def _prepare_transfer_vals(
        cls, transfer_type, location, destination, move_vals, **values
    ):
        return {
            "partner_id": cls.customer.id,
            "picking_type_id": transfer_type.id,
            "location_id": location.id,
            "location_dest_id": destination.id,
            "move_ids": [
                Command.create(
                    {
                        "product_id": cls.product.id,
                        "product_uom_qty": 1,
                        "location_id": location.id,
                        "location_dest_id": destination.id,
                        **move_vals,
                    }
                )
            ],
            **values,
        }

    def _make_news(self, documents):
        documents.action_confirm()

    def _create_documents(self, tickets):
        return self.env["stock.picking"].create(
            [
                self._prepare_transfer_vals(
                    self.receipts,
                    self.customers,
                    self.receipts.default_location_dest_id,
                    {"origin_returned_move_id": self.delivered.id},
                    ticket_id=ticket.id,
                )
                for ticket in tickets
            ]
        )

    def _create_shown_documents(self, tickets):
        """The customer sees returns that the agent has confirmed."""
        returns = self._create_documents(tickets)
        returns.action_confirm()
        return returns

    def test_draft_is_no_news(self):
        self.team.return_notify_customer = True
        self._create_documents(self.ticket)
        self.assertFalse(self._tell_customers())
