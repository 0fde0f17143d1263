from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from odoo.addons.helpdesk_after_sales.models.helpdesk_ticket_team import SERVICES
from odoo.addons.helpdesk_after_sales.tools import get_reason

from .common import AfterSalesCommon


@tagged("post_install", "-at_install")
class TestHelpdeskTicketTeam(AfterSalesCommon, TransactionCase):
    """Which modules are installed, when, by whom.

    A test cannot install modules, so the modules are pretended, and what would be
    installed is looked at. Real installations are made in the tests over HTTP.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env,
            "after_sales_admin",
            groups="base.group_system,helpdesk_mgmt.group_helpdesk_manager",
        )
        Module = cls.env["ir.module.module"]
        Module.search(
            [("name", "in", [f"helpdesk_{name}" for name in SERVICES])]
        ).write({"state": "uninstalled", "auto_install": False})
        cls.modules = {
            service: Module.search([("name", "=", f"helpdesk_{service}")])
            or Module.create(
                {"name": f"helpdesk_{service}", "shortdesc": service.title()}
            )
            for service in ("refund", "coupon", "return")
        }
        cls.env["ir.module.module"].search(
            [("name", "in", ("helpdesk_repair", "helpdesk_fieldservice"))]
        ).write({"state": "uninstallable"})
        for module in cls.modules.values():
            module.state = "uninstalled"
            module.dependencies_id.unlink()
        cls.installed = []

    def setUp(self):
        super().setUp()
        self.installed = []
        installed = self.installed

        def button_immediate_install(modules):
            installed.extend(modules.mapped("name"))
            self.assertTrue(modules.env.user.has_group("base.group_system"))

        self.startPatcher(
            patch.object(
                self.registry["ir.module.module"],
                "button_immediate_install",
                button_immediate_install,
            )
        )

    def test_off_for_a_new_team(self):
        self.assertFalse(any(self.team[f"use_{service}"] for service in SERVICES))

    def test_activations(self):
        self.modules["refund"].state = "installed"
        expected = {
            self.admin: ["ready", "install", "install", "missing", "missing"],
            self.manager: ["ready", "request", "request", "missing", "missing"],
        }
        for user, activations in expected.items():
            team = self.team.with_user(user)
            self.assertEqual(
                [team[f"{service}_activation"] for service in SERVICES], activations
            )

    def test_page_names_what_saving_installs(self):
        """All modules and applications, those that install themselves included."""
        Module = self.env["ir.module.module"]
        needed, bridge, foreign, unrelated = Module.create(
            [
                {"name": "x_needed", "shortdesc": "Needed", "state": "uninstalled"},
                {"name": "x_bridge", "shortdesc": "Bridge", "state": "uninstalled"},
                {"name": "x_foreign", "shortdesc": "Foreign", "state": "uninstalled"},
                {
                    "name": "x_unrelated",
                    "shortdesc": "Unrelated",
                    "state": "uninstalled",
                },
            ]
        )
        needed.application = True
        (bridge + foreign + unrelated).auto_install = True
        foreign.country_ids = self.env.ref("base.aq")
        dependencies = [
            (needed, "base"),
            (self.modules["refund"], "x_needed"),
            (bridge, "x_needed"),
            (bridge, "helpdesk_mgmt"),
            (foreign, "x_needed"),
            (unrelated, "x_needed"),
            (unrelated, "x_nowhere"),
        ]
        self.env["ir.module.module.dependency"].create(
            [
                {"module_id": module.id, "name": name, "auto_install_required": True}
                for module, name in dependencies
            ]
        )
        with Form(self.team.with_user(self.admin)) as team_form:
            self.assertFalse(team_form.apps_to_install)
            team_form.use_refund = True
            self.assertEqual(team_form.apps_to_install, "Needed")
            self.assertEqual(
                set(team_form.modules_to_install.split(", ")),
                {self.modules["refund"].shortdesc, "Bridge"},
            )
            team_form.use_refund = False
            self.assertFalse(team_form.modules_to_install)

    def test_saving_installs(self):
        self.team.with_user(self.admin).write({"use_refund": True, "use_coupon": True})
        self.assertEqual(set(self.installed), {"helpdesk_refund", "helpdesk_coupon"})

    def test_creating_installs(self):
        team = (
            self.env["helpdesk.ticket.team"]
            .with_user(self.admin)
            .create({"name": "New", "use_return": True})
        )
        self.assertTrue(team.use_return)
        self.assertEqual(self.installed, ["helpdesk_return"])

    def test_installed_service_installs_nothing(self):
        self.modules["refund"].state = "installed"
        self.team.with_user(self.manager).use_refund = True
        self.assertTrue(self.team.use_refund)
        self.assertFalse(self.installed)

    def test_installation_that_broke_off(self):
        """Its addon is not taken for one that is there: Odoo says what it says."""
        self.modules["refund"].state = "to install"
        team = self.team.with_user(self.admin)
        self.assertEqual(team.refund_activation, "install")
        team.use_refund = True
        self.assertEqual(self.installed, ["helpdesk_refund"])

    def test_addon_switches_its_own_service_on(self):
        """While it is being installed, as its demonstration data do."""
        self.modules["refund"].state = "to install"
        with patch.object(self.registry, "ready", False):
            self.team.use_refund = True
        self.assertFalse(self.installed)

    def test_switching_off_uninstalls_nothing(self):
        self.modules["refund"].state = "installed"
        self.team.use_refund = True
        self.team.with_user(self.manager).use_refund = False
        self.assertEqual(self.modules["refund"].state, "installed")

    def test_other_changes_look_at_no_module(self):
        self.modules["refund"].state = "installed"
        self.team.use_refund = True
        self.modules["refund"].state = "uninstalled"
        self.team.with_user(self.manager).name = "Renamed"
        self.assertFalse(self.installed)

    def test_only_administrators_install(self):
        for change in (
            lambda team: team.write({"use_refund": True}),
            lambda team: team.create({"name": "New", "use_refund": True}),
            lambda team: team.with_context(default_use_refund=True).create(
                {"name": "New"}
            ),
        ):
            with self.assertRaises(AccessError) as refused:
                change(self.team.with_user(self.manager))
            self.assertIn("administrator", str(refused.exception))
        self.assertFalse(self.team.use_refund)
        self.assertFalse(self.installed)

    def test_missing_addon(self):
        with self.assertRaisesRegex(UserError, "helpdesk_repair is not on the addons"):
            self.team.with_user(self.admin).use_repair = True
        self.assertFalse(self.installed)

    def test_import_installs_nothing(self):
        result = (
            self.env["helpdesk.ticket.team"]
            .with_user(self.admin)
            .load(["name", "use_refund"], [["Imported", "1"]])
        )
        self.assertFalse(result["ids"])
        self.assertIn(
            "which an import does not install", result["messages"][0]["message"]
        )
        self.assertFalse(self.installed)

    def test_data_file_installs_nothing(self):
        Team = self.env["helpdesk.ticket.team"].with_context(install_mode=True)
        with self.assertRaisesRegex(UserError, "an import does not install"):
            Team._load_records(
                [
                    {
                        "xml_id": "helpdesk_after_sales.team_of_a_data_file",
                        "values": {"name": "From a file", "use_refund": True},
                    }
                ]
            )
        self.assertFalse(self.installed)

    def test_failure_before_the_commit_is_core_s(self):
        def button_immediate_install(modules):
            raise UserError(modules.env._("Something else is being installed."))

        self.startPatcher(
            patch.object(
                self.registry["ir.module.module"],
                "button_immediate_install",
                button_immediate_install,
            )
        )
        with self.assertRaisesRegex(UserError, "Something else"):
            self.team.with_user(self.admin).use_refund = True

    def test_reason_is_what_is_at_the_bottom(self):
        try:
            try:
                raise KeyError("colour")
            except KeyError as error:
                raise ValueError("while parsing file.xml:3\nsomewhere") from error
        except ValueError as error:
            self.assertEqual(get_reason(error), "'colour'")
        self.assertEqual(get_reason(ValueError("one\ntwo")), "one")
        self.assertEqual(get_reason(ValueError()), "ValueError")

    def test_request_activation(self):
        team = self.team.with_user(self.manager)
        action = team.with_context(
            after_sales_service="refund"
        ).action_request_activation()
        request = (
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(request.module_id, self.modules["refund"])
        self.assertIn(self.admin, request.user_ids)
        for service in ("repair", "nonsense", None, ["refund"]):
            with self.assertRaises(UserError):
                team.with_context(
                    after_sales_service=service
                ).action_request_activation()
