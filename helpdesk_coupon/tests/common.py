from odoo import Command
from odoo.tests import Form, TransactionCase

from odoo.addons.helpdesk_after_sales.tests.common import ServiceCommon

HELPDESK = "helpdesk_mgmt.group_helpdesk_"


class CouponCommon(ServiceCommon, TransactionCase):
    """A team that gives coupons, its agent, a customer with a ticket and a program."""

    service = "coupon"
    ticket_values = {
        "name": "Delivery two weeks late",
        "description": "Something for our trouble?",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Those of the demo data are not among the choices.
        cls.env["loyalty.program"].search([]).active = False
        cls.program = cls._create_program()
        cls.agent = cls._create_user("coupon_agent", f"{HELPDESK}user")
        cls.own_agent = cls._create_user("coupon_own_agent", f"{HELPDESK}user_own")
        cls.salesman = cls._create_user(
            "coupon_salesman", "sales_team.group_sale_salesman_all_leads"
        )

    @classmethod
    def _create_program(cls, **values):
        """A program with one reward: 10 % on the order for one point."""
        programs = cls.env["loyalty.program"].with_context(
            default_program_type="coupons"
        )
        return programs.create({"name": "Sorry for the trouble", **values})

    @classmethod
    def _create_coupon(cls, **values):
        return cls.env["loyalty.card"].create(
            {
                "program_id": cls.program.id,
                "partner_id": cls.contact.id,
                "points": 1,
                **values,
            }
        )

    @classmethod
    def _create_product(cls, price=100.0):
        return cls.env["product.product"].create(
            {"name": "Lamp", "list_price": price, "taxes_id": [Command.clear()]}
        )

    @classmethod
    def _create_order(cls, partner, **values):
        return cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "pricelist_id": False,
                "order_line": [
                    Command.create({"product_id": cls._create_product().id})
                ],
                **values,
            }
        )

    def _open_popup(self, ticket=None, user=None):
        """The pop-up as the button on the ticket opens it."""
        ticket = (ticket or self.ticket).with_user(user or self.agent)
        action = ticket.action_coupon()
        self.assertEqual(action["target"], "new")
        return ticket.env[action["res_model"]].browse(action["res_id"])

    def _generate(self, ticket=None, user=None, **values):
        """Generate a coupon as the user does, and return it."""
        popup = self._open_popup(ticket, user)
        with Form(popup) as form:
            for name, value in values.items():
                form[name] = value
        popup.action_generate()
        return popup.coupon_id.sudo(False).with_env(self.env)

    def _apply_code(self, order, code, user=None):
        """Enter a code in an order and take its reward, as the salesman does."""
        order = order.with_user(user or self.salesman)
        wizard = order.env["sale.loyalty.coupon.wizard"].create(
            {"order_id": order.id, "coupon_code": code}
        )
        rewards = wizard.action_apply()["context"]["default_reward_ids"]
        order.env["sale.loyalty.reward.wizard"].create(
            {"order_id": order.id, "selected_reward_id": rewards[0]}
        ).action_apply()
