from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import RepairCommon

HELPDESK = "helpdesk_mgmt.group_helpdesk_"
STOCK = (
    "stock.move",
    "stock.picking",
    "stock.return.picking",
    "sale.order",
    "sale.order.line",
)


@tagged("post_install", "-at_install")
class TestRepairAccess(RepairCommon, TransactionCase):
    """What helpdesk users do with repairs, without any right on the apps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_agent = cls._create_user("own_agent", f"{HELPDESK}user_own")
        cls.team.user_ids = cls.own_agent
        cls.own_ticket = cls._create_ticket(user_id=cls.own_agent.id)
        repairs = cls.env["repair.order"]
        cls.repair = repairs.create({"ticket_id": cls.ticket.id})
        cls.own_repair = repairs.create({"ticket_id": cls.own_ticket.id})
        cls.plain = repairs.create({"partner_id": cls.customer.id})
        cls.ticket.team_id = cls.env["helpdesk.ticket.team"].create(
            {"name": "Elsewhere", "use_repair": True}
        )

    def _assert_reads(self, user, repairs, others):
        """Search, group, name search and read give ``repairs`` and no others."""
        Repair = self.env["repair.order"].with_user(user)
        self.env.invalidate_all()
        domain = [("id", "in", (repairs | others).ids)]
        self.assertEqual(Repair.search(domain), repairs)
        self.assertEqual(Repair.search_count(domain), len(repairs))
        self.assertEqual(Repair._read_group(domain, [], ["__count"]), [(len(repairs),)])
        names = {repair_id for repair_id, _name in Repair.name_search("", domain)}
        self.assertEqual(names, set(repairs.ids))
        visible = repairs.with_user(user)
        self.assertEqual(visible.mapped("name"), repairs.mapped("name"))
        self.assertEqual(
            (repairs | others).with_user(user)._filtered_access("read"), repairs
        )
        for other in others.with_user(user):
            for spec in ({"name": {}}, {"internal_notes": {}}):
                with self.assertRaises(AccessError), mute_logger("odoo.models"):
                    other.web_read(spec)

    def test_agents_read_the_repairs_of_their_tickets(self):
        self._assert_reads(self.plain_agent, self.repair | self.own_repair, self.plain)
        self._assert_reads(self.own_agent, self.own_repair, self.repair | self.plain)

    def test_ticket_takes_the_repair_with_it(self):
        self.own_ticket.write({"user_id": False, "team_id": self.ticket.team_id.id})
        self.own_ticket.message_unsubscribe(self.own_agent.partner_id.ids)
        self._assert_reads(
            self.own_agent, self.repair.browse(), self.repair | self.own_repair
        )
        self.own_ticket.unlink()
        self._assert_reads(self.plain_agent, self.repair, self.own_repair)

    def test_archived_ticket(self):
        self.own_ticket.active = False
        self._assert_reads(self.own_agent, self.own_repair, self.repair)

    def test_export(self):
        self.plain_agent.group_ids |= self.env.ref("base.group_allow_export")
        repairs = (self.repair | self.plain).with_user(self.plain_agent)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            repairs.export_data(["name"])
        exported = self.repair.with_user(self.plain_agent).export_data(["name"])
        self.assertEqual(exported["datas"], [[self.repair.name]])

    def test_others_read_none(self):
        employee = self._create_user("employee", "base.group_user")
        self.ticket.message_subscribe(employee.partner_id.ids)
        self.assertFalse(self.repair.with_user(employee).has_access("read"))
        with self.assertRaises(AccessError):
            self.env["repair.order"].with_user(employee).search([])

    def test_follower_reads_and_does_not_write(self):
        """Who reads a ticket only, as its follower, changes nothing."""
        self.ticket.message_subscribe(self.own_agent.partner_id.ids)
        self.env.invalidate_all()
        repair = self.repair.with_user(self.own_agent)
        self.assertTrue(repair.has_access("read"))
        if not self.ticket.with_user(self.own_agent).has_access("write"):
            self.assertFalse(repair.has_access("write"))
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                repair.repair_description = "Mine"

    # ------------------------------------------------------------------
    # The form
    # ------------------------------------------------------------------

    def test_form(self):
        """The form has what agents fill, read-only what the ticket says, no parts."""
        arch = etree.fromstring(
            self.repair.with_user(self.own_agent).get_view(view_type="form")["arch"]
        )
        names = {node.get("name") for node in arch.iter("field")}
        self.assertFalse(names & {"move_ids", "sale_order_id", "location_id"})
        buttons = {node.get("name") for node in arch.iter("button")}
        self.assertEqual(buttons, {"action_view_ticket"})
        with Form(self.own_repair.with_user(self.own_agent)) as form:
            form.repair_description = "Wobbles"
            form.product_id = self.lamp
            form.invoice_method = "before"
            form.internal_notes = "<p>Loose foot</p>"
            form.quotation_notes = "<p>We tighten it</p>"
            with form.repair_service_ids.new() as line:
                line.product_id = self.work
                line.product_uom_qty = 2
            for name in ("lot_id", "origin_sale_order_id", "picking_id", "partner_id"):
                with self.assertRaises(AssertionError):
                    form[name] = False
        self.assertEqual(self.own_repair.repair_description, "Wobbles")
        self.assertEqual(self.own_repair.product_id, self.lamp)
        self.assertEqual(self.own_repair.invoice_method, "before")
        self.assertEqual(self.own_repair.repair_service_ids.product_uom_qty, 2)

    def test_print_menu_is_for_those_who_may_print(self):
        """Core's reports read parts and moves."""
        views = [(False, "form"), (False, "list")]
        for user, expected in ((self.own_agent, 0), (self.worker, 2)):
            repairs = self.env["repair.order"].with_user(user)
            loaded = repairs.get_views(views, {"toolbar": True})["views"].values()
            printed = [view for view in loaded if view.get("toolbar", {}).get("print")]
            self.assertEqual(len(printed), expected)
        repairs = self.env["repair.order"].with_user(self.own_agent)
        # Options that are no mapping are core's to refuse.
        with self.assertRaisesRegex(TypeError, "get_view"):
            repairs.get_views(views, [[6, 0, [1]]])

    def test_smart_button_page_and_link_open_the_form(self):
        ticket = self.own_ticket.with_user(self.own_agent)
        action = ticket.action_view_repairs()
        self.assertEqual(action["res_model"], "repair.order")
        self.assertEqual(action["res_id"], self.own_repair.id)
        opened = ticket.document_ids.action_open_document()
        self.assertEqual(opened["res_id"], self.own_repair.id)
        repair = self.own_repair.with_user(self.own_agent)
        self.assertFalse(repair.get_formview_id())
        self.assertEqual(repair.get_formview_action()["res_id"], self.own_repair.id)
        for view_type in ("form", "list", "search", "kanban"):
            self.assertTrue(repair.get_view(view_type=view_type)["arch"])

    def test_mechanic_gets_the_whole_form(self):
        for user in (self.mechanic, self.worker):
            arch = self.repair.with_user(user).get_view(view_type="form")["arch"]
            self.assertIn('name="move_ids"', arch)

    def test_chatter(self):
        """Agents read and write the chatter of their repairs, and of no other."""
        repair = self.own_repair.with_user(self.own_agent)
        repair.message_post(body="Will it take long?")
        message = self.own_repair.message_ids[0]
        self.assertEqual(message.author_id, self.own_agent.partner_id)
        self.env.invalidate_all()
        self.assertEqual(repair.message_ids, self.own_repair.message_ids)
        self.assertGreater(len(repair.message_ids), 1)
        others = (self.repair | self.plain).message_ids
        self.assertTrue(others)
        found = message.with_user(self.own_agent).search([("id", "in", others.ids)])
        self.assertFalse(found)

    # ------------------------------------------------------------------
    # By RPC
    # ------------------------------------------------------------------

    def test_foreign_fields_are_refused(self):
        repair = self.own_repair.with_user(self.own_agent)
        lot = self.env["stock.lot"].create({"name": "L", "product_id": self.lamp.id})
        order = self._create_order()
        location = self.stock.id
        for vals in (
            {"lot_id": lot.id},
            {"partner_id": self.customer.id},
            {"origin_sale_order_id": order.id},
            {"sale_order_id": order.id},
            {"picking_id": False},
            {"state": "confirmed"},
            {"state": "done"},
            {"location_id": location},
            {"product_location_src_id": location},
            {"ticket_id": False},
            {"company_id": self.env.company.id},
            {"under_warranty": True},
            {"product_qty": 7},
            {"send_back_id": False},
            {"move_ids": [Command.create({"product_id": self.switch.id})]},
            {"repair_description": "Fine", "user_id": False},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaises(AccessError),
                mute_logger("odoo.models"),
            ):
                repair.write(vals)
            if "ticket_id" in vals:
                continue
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                repair.create({"ticket_id": self.own_ticket.id, **vals})

    def test_forged_defaults_are_not_taken(self):
        """A context fills nothing that the ticket does not say."""
        repairs = (
            self.env["repair.order"]
            .with_user(self.own_agent)
            .with_context(
                default_partner_id=self.stranger.id,
                default_user_id=self.mechanic.id,
                default_under_warranty=True,
                default_state="done",
                default_priority="1",
                default_location_id=self.customers.id,
            )
        )
        repair = repairs.create({"ticket_id": self.own_ticket.id}).sudo()
        self.assertEqual(repair.partner_id, self.contact)
        self.assertEqual(repair.user_id, self.own_agent)
        self.assertFalse(repair.under_warranty)
        self.assertEqual(repair.state, "draft")
        self.assertEqual(repair.priority, "0")
        self.assertEqual(
            repair.location_id, repair.picking_type_id.default_location_src_id
        )

    def test_repairs_of_others_are_out_of_reach(self):
        for repair in (self.repair, self.plain):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                repair.with_user(self.own_agent).repair_description = "Mine"
        repairs = self.env["repair.order"].with_user(self.own_agent)
        for vals in ({}, {"ticket_id": self.ticket.id}):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                repairs.create(vals)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.own_repair.with_user(self.own_agent).unlink()
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.own_repair.with_user(self.own_agent).copy()

    def test_workshop_is_out_of_reach(self):
        repair = self.own_repair.with_user(self.own_agent)
        for method in (
            "action_validate",
            "action_repair_start",
            "action_repair_end",
            "action_repair_done",
            "action_repair_cancel",
            "action_create_sale_order",
            "action_create_invoice",
            "action_send_back",
        ):
            for state in ("draft", "under_repair"):
                if (method, state) == ("action_validate", "under_repair"):
                    continue  # That confirms nothing more, whoever does it.
                self.own_repair.state = state
                with (
                    self.subTest(method=method, state=state),
                    mute_logger("odoo.models", "odoo.addons.base.models.ir_model"),
                ):
                    with self.assertRaises(UserError):
                        getattr(repair, method)()
                    self.assertEqual(self.own_repair.state, state)

    def test_states_close_fields(self):
        repair = self.own_repair.with_user(self.own_agent)
        self.own_repair.state = "confirmed"
        for vals, label in (
            ({"product_id": self.lamp.id}, "Product to Repair"),
            ({"invoice_method": "none"}, "Invoice Method"),
        ):
            with self.assertRaisesRegex(AccessError, f"Writing {label} of a repair"):
                repair.write(vals)
        repair.repair_description = "Still open"
        self.own_repair.state = "done"
        with self.assertRaises(AccessError):
            repair.repair_description = "Closed"
        repair.internal_notes = "<p>Customer called</p>"

    def test_operations_are_those_of_their_repairs(self):
        services = self._add_service(self.repair) | self._add_service(self.plain)
        own = self._add_service(self.own_repair)
        Service = self.env["repair.service"].with_user(self.own_agent)
        domain = [("id", "in", (services | own).ids)]
        self.assertEqual(Service.search(domain), own)
        mine = self._add_service(self.own_repair.with_user(self.own_agent))
        mine.product_uom_qty = 3
        line = self._create_order().order_line
        for vals in ({"sale_line_id": line.id}, {"repair_id": self.repair.id}):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                mine.write(vals)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            Service.create(
                {
                    "repair_id": self.own_repair.id,
                    "product_id": self.work.id,
                    "sale_line_id": line.id,
                }
            )
        for repair in (self.repair, self.plain):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                self._add_service(repair.with_user(self.own_agent))
        repair = self.own_repair.with_user(self.own_agent)
        for service in services.with_user(self.own_agent):
            for command in (
                Command.link(service.id),
                Command.update(service.id, {"product_uom_qty": 9}),
                Command.delete(service.id),
            ):
                with (
                    self.assertRaises(AccessError),
                    mute_logger("odoo.models", "odoo.addons.base.models.ir_rule"),
                ):
                    repair.write({"repair_service_ids": [command]})
        self.assertEqual(services.mapped("product_uom_qty"), [1, 1])
        mine.unlink()

    def test_operations_of_closed_repairs(self):
        """What was repaired or cancelled has the operations it has."""
        service = self._add_service(self.own_repair)
        mine = self.own_repair.with_user(self.own_agent)
        for close in (self._finish, lambda repair: repair.action_repair_cancel()):
            self.own_repair.state = "draft"
            close(self.own_repair)
            with (
                self.subTest(self.own_repair.state),
                mute_logger("odoo.models", "odoo.addons.base.models.ir_rule"),
            ):
                with self.assertRaises(AccessError):
                    self._add_service(mine)
                with self.assertRaises(AccessError):
                    service.with_user(self.own_agent).product_uom_qty = 9
                with self.assertRaises(AccessError):
                    service.with_user(self.own_agent).unlink()
        self.assertEqual(service.with_user(self.own_agent).product_uom_qty, 1)

    def test_form_tells_of_the_ticket_s_returns_alone(self):
        """No form of a repair tells of transfers and orders, whatever it names."""
        self.ticket.team_id = self.team
        _delivery, returned = self._receive_lamp()
        order = self._create_order()
        foreign = self._deliver()
        forms = self.env["repair.order"].with_user(self.plain_agent)
        spec = {"product_id": {}, "partner_id": {}, "product_qty": {}, "lot_id": {}}

        def choose(repair, **values):
            return repair.onchange(values, list(values), spec)

        for ticket in (False, self.ticket.id):
            for values in (
                {"picking_id": foreign.id},
                {"sale_order_id": order.id},
                {"sale_order_line_id": order.order_line.id},
            ):
                with self.subTest(ticket=ticket, values=values):
                    with self.assertRaisesRegex(AccessError, "rights of Inventory"):
                        choose(forms, ticket_id=ticket, **values)
                    name = next(iter(values))
                    context = {f"default_{name}": values[name]}
                    with self.assertRaisesRegex(AccessError, "rights of Inventory"):
                        forms.with_context(**context).onchange({}, [], spec)
                    with self.assertRaisesRegex(AccessError, "rights of Inventory"):
                        choose(self.repair.with_user(self.plain_agent), **values)
        answer = choose(forms, ticket_id=self.ticket.id, picking_id=returned.id)
        self.assertEqual(answer["value"]["product_id"], self.lamp.id)
        answer = choose(
            self.env["repair.order"].with_user(self.mechanic),
            ticket_id=self.ticket.id,
            picking_id=foreign.id,
        )
        self.assertEqual(answer["value"]["product_id"], self.lamp.id)

    def test_form_of_a_ticket_makes_no_repairs(self):
        """Nor does it tell what one would be that is sent along."""
        foreign = self._deliver()
        tickets = self.env["helpdesk.ticket"].with_user(self.plain_agent)
        values = {"repair_ids": [Command.create({"picking_id": foreign.id})]}
        shown = {"picking_product_id": {"fields": {"display_name": {}}}}
        spec = {"repair_ids": {"fields": shown}}
        for names in ([], ["repair_ids"]):
            answer = tickets.onchange(values, names, spec)["value"]
            self.assertFalse(answer.get("repair_ids"))

    def test_stock_stays_closed(self):
        for model in STOCK:
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(
                    self.env[model].with_user(self.own_agent).has_access(operation),
                    f"{operation} {model}",
                )
        tags = self.env["repair.tags"].with_user(self.own_agent)
        self.assertTrue(tags.has_access("read"))
        self.assertFalse(tags.has_access("write"))

    # ------------------------------------------------------------------
    # Nobody loses a right they had
    # ------------------------------------------------------------------

    def test_stock_users_keep_their_rights(self):
        everything = self.repair | self.own_repair | self.plain
        both = self._create_user("both", f"{HELPDESK}user_own,stock.group_stock_user")
        for user in (both, self.worker, self.mechanic):
            self._assert_reads(user, everything.sorted(), everything.browse())
            for operation in ("read", "write", "create", "unlink"):
                self.assertTrue(everything.with_user(user).has_access(operation))
        self.plain.with_user(both).write({"under_warranty": True, "priority": "1"})

    def test_another_app_keeps_rights(self):
        """The same for an app that nobody thought of."""
        group = self.env["res.groups"].create(
            {
                "name": "Workshop",
                "implied_ids": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        self.env["ir.model.access"].create(
            {
                "name": "Workshop",
                "model_id": self.env["ir.model"]._get_id("repair.order"),
                "group_id": group.id,
                "perm_read": True,
            }
        )
        both = self._create_user("workshop", f"{HELPDESK}user_own")
        both.group_ids |= group
        everything = self.repair | self.own_repair | self.plain
        self._assert_reads(both, everything.sorted(), everything.browse())
