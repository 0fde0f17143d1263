from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, freeze_time, tagged

from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison

from .common import ReturnCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestReturn(ReturnCommon, QueryComparison, TransactionCase):
    # ------------------------------------------------------------------
    # The button
    # ------------------------------------------------------------------

    def test_button_needs_a_delivery(self):
        self.assertFalse(self.ticket.can_be_returned)
        with self.assertRaisesRegex(
            UserError, "Lakeside Interiors has no done delivery"
        ):
            self.ticket.with_user(self.agent).action_return()
        self._put_in_stock(self.lamp)
        order = self._create_order()
        self.ticket.invalidate_recordset(["can_be_returned"])
        self.assertFalse(self.ticket.can_be_returned, "not done yet")
        self._validate(order.picking_ids)
        self.ticket.invalidate_recordset(["can_be_returned"])
        self.assertTrue(self.ticket.can_be_returned)

    def test_button_of_whole_commercial_entity(self):
        colleague = self.contact.copy({"name": "Colleague"})
        self._deliver(partner=colleague)
        self.assertTrue(self.ticket.can_be_returned)
        self.assertFalse(
            self._create_ticket(partner_id=self.stranger.id).can_be_returned
        )
        self.assertFalse(self._create_ticket(partner_id=False).can_be_returned)

    def test_button_of_company(self):
        self._deliver()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.team.copy({"company_id": company.id})
        self.assertFalse(self._create_ticket(team_id=team.id).can_be_returned)

    def test_button_of_a_new_ticket(self):
        self._deliver()
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = form.description = "New"
            form.team_id = self.team
            self.assertFalse(form.can_be_returned)
            form.partner_id = self.contact
            self.assertTrue(form.can_be_returned)

    def test_vendor_return_is_no_delivery(self):
        receipt = self.env["stock.picking"].create(
            {
                "partner_id": self.customer.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.env.ref("stock.stock_location_suppliers").id,
                "move_ids": [
                    Command.create({"product_id": self.lamp.id, "product_uom_qty": 1})
                ],
            }
        )
        self._put_in_stock(self.lamp)
        receipt.action_confirm()
        self._validate(receipt)
        self.assertEqual(receipt.state, "done")
        self.assertFalse(self.ticket.can_be_returned)

    def test_button_condition_is_one_indexed_query(self):
        self._deliver()
        tickets = self.ticket
        for number in range(8):
            partner = self.env["res.partner"].create({"name": f"Customer {number}"})
            self._deliver(partner=partner)
            tickets |= self._create_ticket(partner_id=partner.id)
        self.env.flush_all()
        self.env.invalidate_all()
        tickets.fetch(["active", "team_id", "commercial_partner_id", "company_id"])
        tickets.team_id.fetch(["use_return"])
        with self.assertQueryCount(1):
            self.assertEqual(set(tickets.mapped("can_be_returned")), {True})

    def test_without_inventory_rights(self):
        self._deliver()
        ticket = self.ticket.with_user(self.plain_agent)
        arch = ticket.get_view(view_type="form")["arch"]
        self.assertNotIn('"action_return"', arch)
        self.assertIn(
            '"action_return"',
            self.ticket.with_user(self.agent).get_view(view_type="form")["arch"],
        )
        with self.assertRaisesRegex(AccessError, "rights of Inventory"):
            ticket.action_return()

    def test_without_helpdesk_rights(self):
        self._deliver()
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.worker).action_return()

    # ------------------------------------------------------------------
    # The wizard
    # ------------------------------------------------------------------

    def test_opens_core_wizard(self):
        delivery = self._deliver()
        action = self.ticket.with_user(self.agent).action_return()
        self.assertEqual(action["res_model"], "stock.return.picking")
        self.assertEqual(action["target"], "new")
        self.assertEqual(action["name"], "Reverse Transfer")
        self.assertFalse([key for key in action["context"] if "default_" in key])
        form = self._open_wizard()
        self.assertEqual(form.picking_id, delivery)
        self.assertEqual(self._get_lines(form), [(self.lamp, 3, 0, 3, 3)])

    def test_label_in_german(self):
        """Core's translation of its own label does not stand on ours."""
        self.env["res.lang"]._activate_lang("de_DE")
        for module in ("stock", "helpdesk_return"):
            self.env["ir.module.module"]._load_module_terms([module], ["de_DE"])
        wizards = self.env["stock.return.picking"].with_context(lang="de_DE")
        arch = etree.fromstring(wizards.get_view(view_type="form")["arch"])
        [field] = arch.findall(".//field[@name='picking_id']")
        self.assertEqual(field.get("string"), "Zurückzunehmende Lieferung")

    def test_opened_from_a_delivery_is_core_s(self):
        delivery = self._deliver()
        wizard = self._open_core_wizard(delivery)
        self.assertFalse(wizard.ticket_id)
        self.assertFalse(wizard.available_picking_ids)
        self.assertEqual(wizard.product_return_moves.quantity, 0)
        self.assertEqual(wizard.product_return_moves.quantity_left, 0)
        wizard.product_return_moves.quantity = 99
        action = wizard.action_create_returns()
        transfer = self.env["stock.picking"].browse(action["res_id"])
        self.assertEqual(transfer.move_ids.product_uom_qty, 99)
        self.assertFalse(transfer.ticket_id)

    def test_form_opened_from_a_delivery_is_core_s(self):
        delivery = self._deliver()
        form = Form(
            self.env["stock.return.picking"]
            .with_user(self.worker)
            .with_context(
                active_model="stock.picking",
                active_id=delivery.id,
                active_ids=delivery.ids,
            )
        )
        with form.product_return_moves.edit(0) as line:
            self.assertFalse(line.kit_id)
            line.quantity = 1
        action = form.save().action_create_returns()
        transfer = self.env["stock.picking"].browse(action["res_id"])
        self.assertEqual(transfer.return_id, delivery)
        self.assertFalse(transfer.ticket_id)

    def test_several_deliveries_are_a_choice(self):
        first = self._deliver()
        second = self._deliver({self.desk: 1})
        form = self._open_wizard()
        self.assertFalse(form.picking_id)
        self.assertEqual(form.available_picking_ids[:], first | second)
        form.picking_id = second
        self.assertEqual(self._get_lines(form), [(self.desk, 1, 0, 1, 1)])
        form.picking_id = first
        self.assertEqual(self._get_lines(form), [(self.lamp, 3, 0, 3, 3)])

    def test_saving_does_not_look_for_deliveries_again(self):
        first, second = self._deliver(), self._deliver({self.desk: 1})
        form = self._open_wizard()
        form.picking_id = second
        with patch.object(
            type(self.ticket),
            "_get_deliveries_to_return",
            side_effect=AssertionError("It was opened with them."),
        ):
            wizard = form.save()
            self.assertEqual(wizard.available_picking_ids, first | second)

    def test_forged_available_deliveries(self):
        """What the form sends back as the choice makes nothing returnable."""
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        theirs = self._deliver(partner=stranger)
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.agent)
            .create(
                {
                    "ticket_id": self.ticket.id,
                    "picking_id": theirs.id,
                    "available_picking_ids": [Command.set(theirs.ids)],
                    "product_return_moves": [
                        Command.create(
                            {
                                "move_id": theirs.move_ids.id,
                                "product_id": self.lamp.id,
                                "quantity": 1,
                            }
                        )
                    ],
                }
            )
        )
        with self.assertRaisesRegex(UserError, "no done delivery"):
            wizard.action_create_returns()
        self._deliver()
        self.ticket.invalidate_recordset(["can_be_returned"])
        with self.assertRaisesRegex(UserError, "cannot be returned from ticket"):
            wizard.action_create_returns()

    def test_deliveries_show_what_is_left(self):
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        self._return(1, 1)
        name = delivery.with_context(
            show_left_to_return_for=self.ticket.id
        ).display_name
        self.assertIn(delivery.name, name)
        self.assertIn("2.00 Units Lamp left to return", name)
        self.assertNotIn("Desk", name)
        self.assertEqual(delivery.display_name, delivery.name)

    def test_forged_contexts(self):
        """What is no id names no ticket and no customer, and what is no lots has none."""
        delivery = self._deliver()
        for forged in ("x", True, -1):
            with self.subTest(forged):
                context = {
                    "show_left_to_return_for": forged,
                    "delivered_to_partner_id": forged,
                    "helpdesk_return_lots": forged,
                }
                self.assertEqual(
                    delivery.with_context(**context).display_name, delivery.name
                )
                lots = self.env["stock.lot"].with_context(**context)
                self.assertEqual(
                    lots.name_search(), self.env["stock.lot"].name_search()
                )
                moves = delivery.move_ids.with_context(**context)
                self.assertEqual(moves._get_available_move_lines(set(), set()), {})

    def test_deliveries_of_customer(self):
        delivery = self._deliver()
        colleague = self._deliver(partner=self.contact.copy({"name": "Colleague"}))
        self._deliver(partner=self.stranger)
        self._put_in_stock(self.lamp)
        self._create_order()
        returned = self._deliver({self.desk: 1})
        self._return_by_core(returned, 1)
        self.assertEqual(
            self._open_wizard().available_picking_ids[:], delivery | colleague
        )

    def test_deliveries_of_orders(self):
        delivery = self._deliver()
        self._deliver()
        self.ticket.sale_order_ids = delivery.sale_id
        self.assertEqual(self._open_wizard().available_picking_ids[:], delivery)

    def test_deliveries_of_product(self):
        self._deliver()
        delivery = self._deliver({self.desk: 2, self.lamp: 1})
        self.ticket.product_id = self.desk
        form = self._open_wizard()
        self.assertEqual(form.picking_id, delivery)
        self.assertEqual(self._get_lines(form), [(self.desk, 2, 0, 2, 2)])

    def test_backorders_are_deliveries(self):
        self._put_in_stock(self.lamp)
        order = self._create_order()
        first = order.picking_ids
        self._validate(first, {self.lamp: 1})
        second = order.picking_ids - first
        self.assertEqual(self._open_wizard().picking_id, first)
        self._validate(second)
        self.assertEqual(self._open_wizard().available_picking_ids[:], first | second)

    def test_only_what_reached_the_customer(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self._put_in_stock(self.lamp)
        order = self._create_order()
        while waiting := order.picking_ids.filtered(lambda t: t.state == "assigned"):
            self._validate(waiting)
        steps = order.picking_ids
        self.assertEqual(len(steps), 3)
        shipped = steps.filtered(lambda t: t.location_dest_id == self.customers)
        form = self._open_wizard()
        self.assertEqual(form.available_picking_ids[:], shipped)
        self.assertEqual(self._get_lines(form), [(self.lamp, 3, 0, 3, 3)])

    def test_dropshipped(self):
        """From the vendor to the customer: the delivery is the vendor's."""
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        delivery = self.env["stock.picking"].create(
            {
                "partner_id": vendor.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.customers.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.lamp.id,
                            "product_uom_qty": 3,
                            "partner_id": self.customer.id,
                        }
                    )
                ],
            }
        )
        delivery.action_confirm()
        self._validate(delivery)
        self.assertFalse(self._create_ticket(partner_id=vendor.id).can_be_returned)
        form = self._open_wizard()
        self.assertEqual(form.picking_id, delivery)
        transfer = self._return(2)
        self.assertEqual(self.ticket.return_count, 1)
        transfer.location_dest_id = delivery.location_id
        self.assertEqual(transfer._get_return_address(), vendor)

    def test_other_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._put_in_stock(self.lamp)
        order = self._create_order({self.lamp: 2})
        order.picking_ids.action_cancel()
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.lamp.id,
                            "product_uom_qty": 2,
                            "product_uom_id": dozen.id,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        delivery = self._validate(order.picking_ids)
        unit = delivery.move_ids.product_uom
        per_dozen = 1 if unit == dozen else 12
        form = self._open_wizard()
        self.assertEqual(
            self._get_lines(form)[0][1:],
            (2 * per_dozen, 0, 2 * per_dozen, 2 * per_dozen),
        )
        transfer = self._return(per_dozen)
        self.assertEqual(transfer.move_ids.product_qty, 12)
        self.assertEqual(self._get_lines(self._open_wizard())[0][2], per_dozen)
        self._validate(transfer)
        self.assertEqual(self.ticket._get_returned_quantities(), {order.order_line: 1})

    def test_returned_quantities_in_other_units(self):
        """Single pieces of a dozen add up to no more than they are."""
        dozen = self.env.ref("uom.product_uom_dozen")
        self._put_in_stock(self.lamp)
        delivery = self._deliver({self.lamp: 24})
        line = delivery.sale_id.order_line
        # As it is where pieces are delivered of what was sold by the dozen.
        line.product_uom_id = dozen
        line.product_uom_qty = 2
        delivery.move_ids.invalidate_recordset()
        for pieces, dozens in ((1, 0.08), (2, 0.17), (3, 0.25)):
            self._validate(self._return(1))
            self.assertEqual(
                self.ticket._get_returned_quantities(), {line: dozens}, f"{pieces}"
            )
        self._validate(self._return(9))
        self.assertEqual(self.ticket._get_returned_quantities(), {line: 1})

    def test_no_delivery_says_why(self):
        delivery = self._deliver()
        self.ticket.product_id = self.desk
        form = self._open_wizard()
        self.assertIn("has its product Desk", form.no_delivery_reason)
        self.ticket.product_id = False
        self.ticket.sale_order_ids = self._create_order({self.desk: 1})
        self.assertIn(
            "of the sales orders of ticket", self._open_wizard().no_delivery_reason
        )
        self.ticket.sale_order_ids = False
        self._return_by_core(delivery, 3)
        reason = self._open_wizard().no_delivery_reason
        self.assertIn("returned in full, open returns included", reason)
        self.assertIn("Lakeside Interiors", reason)

    # ------------------------------------------------------------------
    # Returning
    # ------------------------------------------------------------------

    def test_return(self):
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        transfer = self._return(2, 0)
        self.assertEqual(transfer.ticket_id, self.ticket)
        self.assertEqual(transfer.return_id, delivery)
        self.assertEqual(transfer.location_id, self.customers)
        self.assertEqual(transfer.state, "assigned")
        self.assertEqual(transfer.move_ids.product_id, self.lamp)
        self.assertEqual(transfer.move_ids.product_uom_qty, 2)
        self.assertEqual(self.ticket.return_count, 1)
        line = self.ticket.document_ids
        self.assertEqual(line.state, "in_progress")
        self.assertEqual((line.product_id, line.quantity), (self.lamp, 2))
        self._validate(transfer)
        self.env.invalidate_all()
        self.assertEqual(self.ticket.document_ids.state, "done")
        self.assertEqual(self.ticket.document_ids.document_state, "Done")

    def test_line_of_several_products(self):
        self._deliver({self.lamp: 3, self.desk: 1})
        transfer = self._return(2, 1)
        line = self.ticket.document_ids
        self.assertFalse(line.product_id)
        self.assertFalse(line.quantity)
        transfer.action_cancel()
        self.env.invalidate_all()
        self.assertEqual(self.ticket.document_ids.state, "cancelled")

    def test_chatters(self):
        self._deliver()
        transfer = self._return(2)
        self.assertIn("Return", self.ticket.message_ids[0].body)
        self.assertIn(transfer.name, self.ticket.message_ids[0].body)
        self.assertIn("created", self.ticket.message_ids[0].body)
        self._validate(transfer.with_user(self.worker))
        self.assertIn("validated", self.ticket.message_ids[0].body)
        self.assertEqual(self.ticket.message_ids[0].author_id, self.worker.partner_id)
        link = f'data-oe-model="helpdesk.ticket" data-oe-id="{self.ticket.id}"'
        bodies = [body for body in transfer.message_ids.mapped("body") if link in body]
        self.assertEqual(len(bodies), 2)

    def test_return_all_by_rpc(self):
        self._deliver({self.lamp: 3, self.desk: 1})
        self._return(1, 1)
        form = self._open_wizard()
        action = form.save().action_create_returns_all()
        transfer = self.env["stock.picking"].browse(action["res_id"])
        self.assertEqual(transfer.move_ids.product_id, self.lamp)
        self.assertEqual(transfer.move_ids.product_uom_qty, 2)

    def test_company_of_ticket(self):
        self._deliver()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.agent.company_ids |= other
        ticket = self.ticket.with_user(self.agent).with_context(
            allowed_company_ids=[other.id, self.env.company.id]
        )
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.agent)
            .with_context(
                **ticket.action_return()["context"],
                allowed_company_ids=[other.id, self.env.company.id],
            )
            .create({})
        )
        transfer = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        self.assertEqual(transfer.company_id, self.ticket.company_id)
        self.assertEqual(transfer.ticket_id, self.ticket)

    def test_wrong_input(self):
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        foreign = self._deliver(partner=self.stranger)
        wizards = self.env["stock.return.picking"].with_user(self.agent)

        def refuse(message, method="action_create_returns", lines=(), **values):
            wizard = wizards.create(
                {"ticket_id": self.ticket.id, "picking_id": delivery.id, **values}
            )
            for line, changes in zip(wizard.product_return_moves, lines, strict=False):
                line.write(changes)
            before = self.env["stock.picking"].search_count([])
            with self.assertRaisesRegex(UserError, message) as refused:
                getattr(wizard, method)()
            self.assertNotIn("\n", str(refused.exception))
            self.assertEqual(self.env["stock.picking"].search_count([]), before)

        zero = {"quantity": 0}
        for method in ("action_create_returns", "action_create_exchanges"):
            refuse("at least one product", method, [zero, zero])
            refuse("Lamp.*cannot be negative", method, [{"quantity": -1}])
            refuse("Choose the delivery", method, picking_id=False)
            refuse(f"{foreign.name} cannot be returned", method, picking_id=foreign.id)
            refuse(
                "4.00 Units of Lamp.*only 3.00 Units left", method, [{"quantity": 4}]
            )
            refuse("Lamp is not among", method, [{"move_id": foreign.move_ids.id}])
            refuse("Desk is not among", method, [{"product_id": self.desk.id}])
            refuse("Lamp is not among", method, [{"move_id": False}])
        self._return_by_core(delivery, 3)
        self.ticket.product_id = self.lamp
        refuse("was returned in full meanwhile", lines=[{"quantity": 1}])
        self.ticket.product_id = False
        self.team.use_return = False
        refuse("does not have the service Returns switched on")

    def test_customer_changed_meanwhile(self):
        self._deliver()
        wizard = self._open_wizard().save()
        self._deliver(partner=self.stranger)
        self.ticket.partner_id = self.stranger
        with self.assertRaisesRegex(UserError, "cannot be returned from ticket"):
            wizard.action_create_returns()

    # ------------------------------------------------------------------
    # The smart button
    # ------------------------------------------------------------------

    def test_view_returns_without_inventory_rights(self):
        self._deliver()
        self._return(1)
        ticket = self.ticket.with_user(self.plain_agent)
        self.assertEqual(ticket.return_count, 1)
        self.assertEqual(
            ticket.action_view_returns()["res_model"], "helpdesk.ticket.document"
        )

    # ------------------------------------------------------------------
    # What came back
    # ------------------------------------------------------------------

    def test_returned_quantities(self):
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        lamps, _desks = delivery.sale_id.order_line
        transfer = self._return(2, 0)
        self.assertEqual(self.ticket._get_returned_quantities(), {}, "not there yet")
        self._validate(transfer)
        ticket = self.ticket.with_user(self.plain_agent)
        self.assertEqual(ticket._get_returned_quantities(), {lamps: 2})
        self._validate(self._return(1, 0))
        self.assertEqual(ticket._get_returned_quantities(), {lamps: 3})
        self._return_by_core(delivery, 1)
        self.assertEqual(self._create_ticket()._get_returned_quantities(), {})

    def test_returned_quantities_less_what_was_sent_back(self):
        """Also by core's own wizard, which makes no document of the ticket."""
        delivery = self._deliver({self.lamp: 3})
        lamps = delivery.sale_id.order_line
        transfer = self._return(2)
        self._validate(transfer)
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 2})
        back = self._return_by_core(transfer, 1)
        self._validate(back)
        self.assertFalse(back.ticket_id)
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 1})
        self._return_by_core(transfer, 1)
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 0})

    def test_returned_quantities_less_what_was_replaced(self):
        """An exchange makes up for what came back, from the moment it was agreed on."""
        delivery = self._deliver({self.lamp: 3, self.desk: 1})
        lamps, desks = delivery.sale_id.order_line
        returned = self._return(1, 0, exchange=True)
        self._validate(returned)
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 0})
        replacement = self._get_replacement(returned)
        self._validate(replacement)
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 0})
        self._validate(self._return(1, 1, delivery=delivery))
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 1, desks: 1})
        self._validate(self._return(1, delivery=replacement))
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 2, desks: 1})

    def test_replacement_that_was_cancelled(self):
        lamps = self._deliver({self.lamp: 3}).sale_id.order_line
        returned = self._return(1, exchange=True)
        self._validate(returned)
        self._get_replacement(returned).action_cancel()
        self.assertEqual(self.ticket._get_returned_quantities(), {lamps: 1})

    # ------------------------------------------------------------------
    # Queries
    # ------------------------------------------------------------------

    def test_queries(self):
        products = {self._create_goods(f"Product {n}"): 5 for n in range(5)}
        delivery = self._deliver(products)

        def return_by_core():
            wizard = self._open_core_wizard(delivery)
            wizard.product_return_moves.quantity = 2
            wizard.action_create_returns()

        def return_by_ticket():
            wizard = (
                self.env["stock.return.picking"]
                .with_context(
                    active_model="helpdesk.ticket",
                    active_id=self.ticket.id,
                    active_ids=self.ticket.ids,
                )
                .create({})
            )
            wizard.product_return_moves.quantity = 2
            wizard.action_create_returns()

        core = self.count_queries(return_by_core)
        ours = self.count_queries(return_by_ticket)
        self.assertLessEqual(ours, core * 1.10, f"{ours} queries, core has {core}")
