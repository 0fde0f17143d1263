from contextlib import ExitStack
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRepairQueries(QueryComparison, RepairCommon, TransactionCase):
    def _create_by(self, user, **values):
        def create():
            self.env["repair.order"].with_user(user).create(
                {"partner_id": self.contact.id, "product_id": self.lamp.id, **values}
            )

        return create

    def test_create(self):
        """A ticket's repair costs at most six queries more than one of core's."""
        core = self.count_queries(self._create_by(self.mechanic))
        ours = self.count_queries(
            self._create_by(self.mechanic, ticket_id=self.ticket.id)
        )
        self.assertLessEqual(ours, core + 6)

    def test_create_by_an_agent(self):
        """For whom the ticket's order and return are looked up besides."""
        core = self.count_queries(self._create_by(self.mechanic))

        def create():
            self.env["repair.order"].with_user(self.plain_agent).create(
                {"ticket_id": self.ticket.id, "product_id": self.lamp.id}
            )

        self.assertLessEqual(self.count_queries(create), core + 7)

    def test_products_of_the_ticket(self):
        """What can be chosen for repair is found by one query."""
        self.ticket.sale_order_ids = self._create_order({self.lamp: 1})
        repair = self._create_repair(user=self.mechanic)
        self.env.flush_all()
        self.env.invalidate_all()
        repair.fetch(["ticket_id", "picking_id"])
        execute = self.env.cr.execute
        with (
            self.assertQueryCount(1),
            patch.object(self.env.cr, "execute", wraps=execute) as executed,
        ):
            products = repair._search_products_of_ticket()
        self.assertEqual(products, self.lamp)
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(SQL("EXPLAIN %s", executed.call_args_list[0].args[0]))
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        # They are not looked for among all products.
        self.assertNotIn("hashed SubPlan", plan)

    def _count_without_us(self, call):
        """Count as if this addon were not there."""
        repairs = self.env.registry["repair.order"]
        orders = self.env.registry["sale.order"]
        lines = self.env.registry["sale.order.line"]
        ours = "odoo.addons.helpdesk_repair"
        patches = []
        for model in (repairs, orders, lines):
            for base in model.__mro__:
                if base.__module__.startswith(ours):
                    patches += [
                        patch.object(model, name, getattr(super(base, model), name))
                        for name in (
                            "write",
                            "create",
                            "_action_confirm",
                            "_compute_qty_to_invoice",
                        )
                        if name in vars(base)
                    ]
        self.assertTrue(patches)
        with ExitStack() as stack:
            for patched in patches:
                stack.enter_context(patched)
            return self.count_queries(call)

    def test_confirm_without_a_ticket(self):
        """Repairs and orders without a ticket cost nothing more."""

        def repair():
            repair = self.env["repair.order"].create(
                {"partner_id": self.contact.id, "product_id": self.work.id}
            )
            self._add_part(repair)
            self._start(repair)

        def sell():
            self._create_order({self.lamp: 1, self.work: 2})

        for call in (repair, sell):
            with self.subTest(call=call.__name__):
                self.assertLessEqual(
                    self.count_queries(call), self._count_without_us(call)
                )
