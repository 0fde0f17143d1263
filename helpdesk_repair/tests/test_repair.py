from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRepair(RepairCommon, TransactionCase):
    """From the ticket to the repair."""

    def test_nothing_is_stored_until_saved(self):
        before = self.env["repair.order"].search_count([])
        self._open_repair()
        self.assertEqual(self.env["repair.order"].search_count([]), before)
        self.assertFalse(self.ticket.repair_count)

    def test_ticket_says_nothing(self):
        ticket = self._create_ticket(partner_id=False)
        for user in (self.plain_agent, self.mechanic):
            form = self._open_repair(ticket, user)
            for name in ("partner_id", "product_id", "lot_id", "picking_id"):
                self.assertFalse(form[name], name)
            self.assertFalse(form.origin_sale_order_id)
            repair = form.save()
            self.assertEqual(repair.ticket_id, ticket)
            self.assertFalse(repair.product_id)

    def test_ticket_fills_the_repair(self):
        """Contact, product, lot, the only order and the only return; for both users."""
        grinder = self._create_goods("Grinder", tracking="serial")
        lots = self._create_lot("G1", grinder) | self._create_lot("G2", grinder)
        delivery = self._deliver({grinder: 2})
        order = delivery.sale_id
        self.ticket.write(
            {
                "product_id": grinder.id,
                "lot_id": lots[1].id,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        transfer = self._return(1)
        for user in (self.plain_agent, self.mechanic):
            repair = self._create_repair(user=user).with_env(self.env)
            self.assertEqual(repair.ticket_id, self.ticket)
            self.assertEqual(repair.partner_id, self.contact)
            self.assertEqual(repair.product_id, grinder)
            self.assertEqual(repair.lot_id, lots[1])
            self.assertEqual(repair.product_qty, 1)
            self.assertEqual(repair.origin_sale_order_id, order)
            self.assertFalse(repair.sale_order_id)
            self.assertEqual(repair.picking_id, transfer)
            self.assertEqual(repair.invoice_method, "after")
            self.assertEqual(repair.company_id, self.ticket.company_id)
            self.assertEqual(repair.create_uid, user)
        self.assertEqual(self.ticket.repair_count, 2)

    def test_several_orders_and_returns_leave_the_choice(self):
        deliveries = self._deliver() | self._deliver({self.desk: 1})
        self.ticket.sale_order_ids = deliveries.sale_id
        for delivery in deliveries:
            self._return(1, delivery=delivery)
        form = self._open_repair(user=self.mechanic)
        self.assertFalse(form.picking_id)
        self.assertFalse(form.origin_sale_order_id)
        self.assertFalse(form.product_id)

    def test_service_product_is_not_repaired(self):
        self.ticket.product_id = self.work
        self.assertFalse(self._open_repair().product_id)
        repair = self._create_repair()
        with self.assertRaisesRegex(ValidationError, repair.name):
            repair.product_id = self.work

    def test_choosing_a_return_fills_the_rest(self):
        deliveries = self._deliver({self.lamp: 3}) | self._deliver({self.desk: 1})
        transfers = [
            self._return(quantity, delivery=delivery)
            for delivery, quantity in zip(deliveries, (2, 1), strict=True)
        ]
        form = self._open_repair(user=self.mechanic)
        form.picking_id = transfers[0]
        self.assertEqual(form.product_id, self.lamp)
        self.assertEqual(form.origin_sale_order_id, deliveries[0].sale_id)
        repair = form.save()
        self.assertEqual(repair.product_qty, 2)
        self.assertEqual(repair.partner_id, self.contact)

    def test_customer_stays_when_the_return_changes(self):
        """Core would take the return's customer, or none."""
        _delivery, transfer = self._receive_lamp()
        for changed in (False, transfer):
            repair = self._create_repair(user=self.mechanic)
            repair.picking_id = changed
            self.assertEqual(repair.partner_id, self.contact)
        form = self._open_repair(user=self.mechanic)
        form.picking_id = self.env["stock.picking"]
        self.assertEqual(form.partner_id, self.contact)

    def test_returns_of_the_ticket_come_first(self):
        delivery = self._deliver()
        other_ticket = self._create_ticket(name="Another")
        others = self._return(1, ticket=other_ticket, delivery=delivery)
        mine = self._return(1, delivery=delivery)
        found = (
            self.env["stock.picking"]
            .with_user(self.mechanic)
            .with_context(transfers_of_ticket_id=self.ticket.id)
            .name_search("", [("id", "in", (mine | others).ids)], limit=2)
        )
        self.assertEqual(
            [transfer_id for transfer_id, _name in found], [mine.id, others.id]
        )
        found = (
            self.env["stock.picking"]
            .with_context(transfers_of_ticket_id=self.ticket.id)
            .name_search("", [("id", "in", (mine | others).ids)], limit=1)
        )
        self.assertEqual([transfer_id for transfer_id, _name in found], mine.ids)

    def test_products_are_those_of_orders_and_returns(self):
        order = self._create_order({self.lamp: 1, self.work: 1})
        delivery = self._deliver({self.desk: 1})
        self._return(1, delivery=delivery)
        self.ticket.sale_order_ids = order
        repair = self._create_repair(user=self.mechanic)
        self.assertEqual(repair.available_product_ids, self.desk)
        repair.picking_id = False
        self.assertEqual(repair.available_product_ids, self.lamp | self.desk)

    def test_new_products_can_be_chosen_when_widened(self):
        self.ticket.sale_order_ids = self._create_order()
        form = self._open_repair()
        form.show_all_products = True
        form.product_id = self.switch
        self.assertEqual(form.save().product_id, self.switch)

    def test_company_is_the_tickets(self):
        """Whatever company the user is in; with its operation, method and warehouse."""
        company = self.env["res.company"].create(
            {"name": "Second", "repair_invoice_method": "before"}
        )
        users = self.plain_agent | self.mechanic
        users.company_ids |= company
        team = self.team.copy({"company_id": company.id, "use_repair": True})
        ticket = self._create_ticket(team_id=team.id, company_id=company.id)
        companies = self.env.company | company
        for user in users:
            repair = self._create_repair(
                ticket.with_context(allowed_company_ids=companies.ids), user
            ).sudo()
            self.assertEqual(repair.company_id, company)
            self.assertEqual(repair.picking_type_id.company_id, company)
            self.assertEqual(repair.location_id.company_id, company)
            self.assertEqual(repair.invoice_method, "before")

    def test_company_without_warehouse(self):
        company = self.env["res.company"].create({"name": "Office"})
        operations = self.env["stock.picking.type"].search(
            [("company_id", "=", company.id), ("code", "=", "repair_operation")]
        )
        operations.warehouse_id.active = False
        team = self.team.copy({"company_id": company.id})
        ticket = self._create_ticket(team_id=team.id)
        with self.assertRaisesRegex(UserError, "Office"):
            ticket._prepare_repair_basics()

    def test_context_links_nothing_else(self):
        """Neither a copy nor what else is created from the form becomes the ticket's."""
        context = {
            "default_repair_ticket_id": self.ticket.id,
            "default_ticket_id": self.ticket.id,
        }
        repair = self._create_repair(user=self.mechanic)
        copy = repair.with_context(**context).copy()
        self.assertFalse(copy.ticket_id)
        plain = self.env["repair.order"].with_context(**context).create({})
        self.assertFalse(plain.ticket_id)
        self.assertFalse(plain.invoice_method)

    def test_forged_contexts(self):
        """What is no id names no ticket."""
        plain = self.env["stock.picking"].name_search()
        for forged in ("x", True, -1, [1], {}):
            with self.subTest(forged):
                context = {"default_repair_ticket_id": forged}
                repairs = self.env["repair.order"].with_context(**context)
                self.assertFalse(repairs.default_get(["ticket_id"]).get("ticket_id"))
                with self.assertRaisesRegex(AccessError, "without a ticket"):
                    repairs.with_user(self.plain_agent).create({"ticket_id": forged})
                transfers = self.env["stock.picking"]
                transfers = transfers.with_context(transfers_of_ticket_id=forged)
                self.assertEqual(transfers.name_search(), plain)

    def test_defaults_are_refused_without_the_ticket(self):
        stranger = self._create_user("own", "helpdesk_mgmt.group_helpdesk_user_own")
        repairs = self.env["repair.order"].with_user(stranger)
        with self.assertRaises(AccessError):
            repairs.with_context(default_repair_ticket_id=self.ticket.id).default_get(
                ["partner_id"]
            )

    def test_team_without_the_service(self):
        self.team.use_repair = False
        with self.assertRaisesRegex(UserError, "Repairs"):
            self.ticket.with_user(self.plain_agent).action_repair()
        for user in (self.plain_agent, self.mechanic):
            with self.assertRaisesRegex(UserError, "Repairs"):
                self.env["repair.order"].with_user(user).create(
                    {"ticket_id": self.ticket.id}
                )

    def test_only_repairs_of_the_tickets_customer(self):
        repair = self._create_repair(user=self.mechanic)
        repair.partner_id = self.customer
        with self.assertRaisesRegex(ValidationError, "Lakeside"):
            repair.partner_id = self.stranger
        foreign = self.env["repair.order"].create({"partner_id": self.stranger.id})
        with self.assertRaisesRegex(ValidationError, foreign.name):
            foreign.write({"ticket_id": self.ticket.id, "invoice_method": "after"})

    def test_only_returns_of_the_tickets_customer(self):
        theirs = self._deliver(partner=self.stranger)
        wizard = self._open_core_wizard(theirs)
        wizard.product_return_moves.quantity = 1
        returned = theirs.browse(wizard.action_create_returns()["res_id"])
        repair = self._create_repair(user=self.mechanic)
        with self.assertRaisesRegex(ValidationError, returned.name):
            repair.picking_id = returned

    def test_quantity(self):
        repair = self._create_repair(user=self.mechanic)
        for quantity in (0, -1):
            with self.assertRaisesRegex(ValidationError, repair.name):
                repair.product_qty = quantity

    def test_invoice_method_of_the_company(self):
        self.env.company.repair_invoice_method = "none"
        self.assertEqual(self._create_repair().invoice_method, "none")
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.repair_invoice_method, "none")

    def test_invoice_method_is_required(self):
        repair = self._create_repair(user=self.mechanic)
        with self.assertRaisesRegex(ValidationError, repair.name):
            repair.invoice_method = False

    def test_repair_without_ticket_is_as_in_core(self):
        repair = self.env["repair.order"].create({"partner_id": self.customer.id})
        self.assertFalse(repair.invoice_method)
        self.assertFalse(repair.can_be_sent_back)
        repair.picking_id = self._return_by_core(self._deliver(), 1)
        self.assertEqual(repair.partner_id, repair.picking_id.partner_id)

    def test_chatter_tells_the_story(self):
        """Created, quotation confirmed, done, sent back: in this order."""
        self._receive_lamp()
        self.ticket.message_ids.unlink()
        repair = self._create_repair(user=self.mechanic)
        self._add_service(repair)
        repair.action_create_sale_order()
        repair.sale_order_id.action_confirm()
        self._finish(repair)
        repair.action_send_back()
        self._validate(repair.send_back_id)
        bodies = self.ticket.message_ids.sorted("id").mapped("body")
        told = [
            word
            for body in bodies
            for word in ("created", "confirmed", "done", "sent back")
            if word in body and repair.name in body
        ]
        self.assertEqual(told, ["created", "confirmed", "done", "sent back"])
        self.assertTrue(any(repair.sale_order_id.name in body for body in bodies))

    def test_line_of_the_repair(self):
        repair = self._create_repair(user=self.mechanic)
        line = self.ticket.document_ids
        self.assertEqual((line.state, line.document_state), ("new", "New"))
        repair.product_id = self.lamp
        self._add_service(repair, product_uom_qty=2)
        repair.action_create_sale_order()
        repair.sale_order_id.order_line.tax_ids = False
        line.invalidate_recordset()
        self.assertEqual(line.amount, 120)
        self.assertEqual(line.product_id, self.lamp)
        self._start(repair)
        repair.sale_order_id._action_cancel()
        line.invalidate_recordset()
        self.assertEqual(line.state, "in_progress")
        self.assertFalse(line.amount)
        repair.action_repair_cancel()
        line.invalidate_recordset()
        self.assertEqual(line.state, "cancelled")
