from odoo import Command
from odoo.tests import Form

from odoo.addons.helpdesk_return.tests.common import ReturnCommon


class RepairCommon(ReturnCommon):
    """A team that takes goods back and repairs them, its agent and its mechanic."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.use_repair = True
        cls.mechanic = cls._create_user(
            "mechanic",
            "helpdesk_mgmt.group_helpdesk_user,stock.group_stock_user,"
            "stock.group_production_lot,sales_team.group_sale_salesman_all_leads,"
            "account.group_account_invoice",
        )
        cls.work = cls.env["product.product"].create(
            {"name": "Repair Work", "type": "service", "list_price": 60.0}
        )
        cls.switch = cls._create_goods("Switch", list_price=5.0)
        cls._put_in_stock(cls.switch)

    def _open_repair(self, ticket=None, user=None):
        """The form of a new repair as the button on the ticket opens it."""
        ticket = (ticket or self.ticket).with_user(user or self.plain_agent)
        action = ticket.action_repair()
        self.assertNotIn("res_id", action)
        self.env.invalidate_all()
        return Form(ticket.env[action["res_model"]].with_context(**action["context"]))

    def _create_repair(self, ticket=None, user=None, **values):
        """A repair as the user makes it from the ticket, and sees to it afterwards."""
        form = self._open_repair(ticket, user)
        for name, value in values.items():
            form[name] = value
        return form.save().with_context(default_repair_ticket_id=False).sudo(False)

    def _add_service(self, repair, product=None, **values):
        return repair.env["repair.service"].create(
            {"repair_id": repair.id, "product_id": (product or self.work).id, **values}
        )

    def _add_part(self, repair, product=None, quantity=1):
        repair.write(
            {
                "move_ids": [
                    Command.create(
                        {
                            "product_id": (product or self.switch).id,
                            "product_uom_qty": quantity,
                            "repair_line_type": "add",
                        }
                    )
                ]
            }
        )
        return repair.move_ids

    def _start(self, repair):
        repair.action_validate()
        repair.action_repair_start()

    def _finish(self, repair):
        if repair.state != "under_repair":
            self._start(repair)
        for move in repair.move_ids:
            move.quantity = move.product_uom_qty
        repair.action_repair_end()
        self.assertEqual(repair.state, "done")

    def _receive_lamp(self, quantity=1, **delivered):
        """A lamp that was delivered and has come back for the ticket."""
        delivery = self._deliver(**delivered)
        self._validate(self._return(quantity, delivery=delivery))
        return delivery, self.ticket.return_ids
