import logging
from functools import partial

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.modules.registry import Registry

from ..tools import get_reason, is_importing

_logger = logging.getLogger(__name__)

SERVICES = ("refund", "coupon", "return", "repair", "fieldservice")
"""The services whose toggles are on the team before their addons are installed."""

ACTIVATIONS = [
    ("ready", "Installed"),
    ("install", "Installed on Saving"),
    ("request", "Installed by an Administrator"),
    ("missing", "Not Available"),
]
"""What switching a service on takes, for the current user."""

NOT_INSTALLED = ("uninstalled", "to install")
"""The states of addons that are not there; the latter stays when installing broke off."""


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    use_refund = fields.Boolean(string="Refunds")
    use_coupon = fields.Boolean(string="Coupons")
    use_return = fields.Boolean(string="Returns")
    use_repair = fields.Boolean(string="Repairs")
    use_fieldservice = fields.Boolean(string="Field Service")

    refund_activation = fields.Selection(
        ACTIVATIONS, string="Refunds Activation", compute="_compute_activations"
    )
    coupon_activation = fields.Selection(
        ACTIVATIONS, string="Coupons Activation", compute="_compute_activations"
    )
    return_activation = fields.Selection(
        ACTIVATIONS, string="Returns Activation", compute="_compute_activations"
    )
    repair_activation = fields.Selection(
        ACTIVATIONS, string="Repairs Activation", compute="_compute_activations"
    )
    fieldservice_activation = fields.Selection(
        ACTIVATIONS, string="Field Service Activation", compute="_compute_activations"
    )
    apps_to_install = fields.Char(
        string="Applications to Install", compute="_compute_modules_to_install"
    )
    modules_to_install = fields.Char(
        string="Modules to Install", compute="_compute_modules_to_install"
    )

    @api.depends_context("uid")
    def _compute_activations(self):
        modules = self._get_service_modules(SERVICES)
        may_install = self._may_install()
        for service in SERVICES:
            module = modules.get(service)
            if not module or module.state == "uninstallable":
                activation = "missing"
            elif module.state not in NOT_INSTALLED:
                activation = "ready"
            else:
                activation = "install" if may_install else "request"
            self[f"{service}_activation"] = activation

    @api.depends(lambda self: [f"use_{service}" for service in SERVICES])
    def _compute_modules_to_install(self):
        for team in self:
            modules = team._get_modules_to_activate()._get_modules_to_install()
            apps = modules.filtered("application")
            team.apps_to_install = ", ".join(apps.mapped("shortdesc"))
            team.modules_to_install = ", ".join((modules - apps).mapped("shortdesc"))

    # --------------------------------------------------------------------------
    # Installing what a service needs
    # --------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create teams and install the services that are switched on in them.

        Installing commits the transaction, see ``_install_services``.
        """
        teams = super().create(vals_list)
        teams._install_services()
        return teams

    def write(self, vals):
        """Change teams and install the services that are switched on in them.

        Installing commits the transaction, see ``_install_services``.
        """
        result = super().write(vals)
        if any(vals.get(f"use_{service}") for service in SERVICES):
            self._install_services()
        return result

    def _may_install(self) -> bool:
        """Tell whether the user may install modules: an administrator's act."""
        return self.env.su or self.env.user.has_group("base.group_system")

    @api.model
    def _get_service_modules(self, services) -> dict:
        """Find the addons of services.

        :param services: codes of services
        :return: the ``ir.module.module`` of each service whose addon is known here
        """
        # Sudo: helpdesk managers need not have rights on modules.
        modules = (
            self.env["ir.module.module"]
            .sudo()
            .search([("name", "in", [f"helpdesk_{service}" for service in services])])
        )
        return {module.name.removeprefix("helpdesk_"): module for module in modules}

    def _get_services_in_use(self) -> list[str]:
        """List the services that are on in any of these teams."""
        return [
            service
            for service in SERVICES
            if any(team[f"use_{service}"] for team in self)
        ]

    def _get_modules_to_activate(self):
        """Find the addons that the teams' services still lack.

        :return: ``ir.module.module`` records that are not installed
        """
        modules = self._get_service_modules(self._get_services_in_use())
        # An addon that is being installed may switch its service on, in its own data.
        missing = NOT_INSTALLED if self.env.registry.ready else ("uninstalled",)
        return (
            self.env["ir.module.module"]
            .sudo()
            .union(*modules.values())
            .filtered(lambda module: module.state in missing)
        )

    def _ensure_services_available(self) -> None:
        """Refuse services whose addon does not exist here.

        :raise UserError: the addon of a service is not known to this database
        """
        services = self._get_services_in_use()
        modules = self._get_service_modules(services)
        for service in services:
            if service not in modules or modules[service].state == "uninstallable":
                raise UserError(
                    self.env._(
                        "%(service)s cannot be switched on, because the addon "
                        "%(addon)s is not on the addons path (or the list of apps was "
                        "not updated since it is there).",
                        service=self._get_service_label(service),
                        addon=f"helpdesk_{service}",
                    )
                )

    def _get_service_label(self, service: str) -> str:
        """Call a service as its toggle is called, in the user's language."""
        return self.fields_get([f"use_{service}"], ["string"])[f"use_{service}"][
            "string"
        ]

    def _ensure_can_install(self, modules) -> None:
        """Refuse to install where it is not the user's right, or not the moment.

        An import, a data file and the test of an import run inside savepoints, which
        the commits of an installation would break.

        :param modules: the ``ir.module.module`` records to install
        :raise AccessError: the user is no administrator
        :raise UserError: installing is not possible at this moment
        """
        names = ", ".join(modules.mapped("shortdesc"))
        if not self._may_install():
            raise AccessError(
                self.env._(
                    "Only an administrator can switch on a service that is not "
                    "installed yet (%(modules)s); request its activation on the "
                    "team's page After-Sales.",
                    modules=names,
                )
            )
        if is_importing(self.env):
            raise UserError(
                self.env._(
                    "Team %(team)s needs %(modules)s, which an import does not "
                    "install; install it first and import again.",
                    team=self[0].display_name,
                    modules=names,
                )
            )

    def _install_services(self) -> None:
        """Install the addons that the teams' services need and that are not there yet.

        Called as the very last statement of ``create`` and ``write``, because it ends
        the transaction: the installation commits what was written and builds a new
        registry, after which records of the old one are of no use. When the
        installation fails after its own commit, the services are switched off again
        in the teams, which are kept.

        :raise AccessError: something is to be installed and the user may not
        :raise UserError: an addon does not exist, or nothing can be installed now
        :raise RedirectWarning: the installation failed; the message says which module
            and why, the action leads back to the team
        """
        self._ensure_services_available()
        modules = self._get_modules_to_activate()
        if not modules:
            return
        self._ensure_can_install(modules)
        services = [name.removeprefix("helpdesk_") for name in modules.mapped("name")]
        planned = modules._get_modules_to_install().mapped("name")
        committed = []
        self.env.cr.postcommit.add(partial(committed.append, True))
        try:
            modules.with_env(self.env).button_immediate_install()
        except Exception as error:
            if not committed:
                raise
            _logger.exception("Installing %s failed", ", ".join(modules.mapped("name")))
            self._raise_failed_installation(services, planned, error)

    def _raise_failed_installation(self, services, planned, error) -> None:
        """Switch services off again whose installation failed after its commit.

        The failed installation took the registry with it, so this happens in a
        transaction of its own, of the registry without the services.

        :param services: the codes of the services that were being installed
        :param planned: the names of the modules that were to be installed
        :param error: the exception that ended the installation
        :raise RedirectWarning: always
        """
        with Registry(self.env.cr.dbname).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, self.env.context)
            teams = env["helpdesk.ticket.team"].browse(self.ids).exists()
            teams.write({f"use_{service}": False for service in services})
            missing = env["ir.module.module"].search(
                [("name", "in", planned), ("state", "!=", "installed")]
            )
            # What failed is what could have been next: all it depends on is there.
            failed = missing.filtered(
                lambda module: not module.dependencies_id.depend_id & missing
            )
            message = env._(
                "Module %(module)s could not be installed, so %(services)s stays "
                "switched off: %(reason)s",
                module=", ".join((failed or missing).mapped("name")),
                services=", ".join(map(teams._get_service_label, services)),
                reason=get_reason(error),
            )
            action = teams._get_records_action(target="main")
            button = env._("Back to the Team")
        raise RedirectWarning(message, action, button) from error

    def _switch_service_off(self, service: str) -> None:
        """Switch a service off in every team, archived ones too.

        To be called by the ``uninstall_hook`` of the service's addon.

        :param service: the service's code
        """
        toggle = f"use_{service}"
        self.with_context(active_test=False).search([(toggle, "=", True)]).write(
            {toggle: False}
        )

    @api.readonly
    def action_view_customer_mails(self):
        """Open the mails that tell customers of a service's documents, to be edited.

        The service's code comes in the context, as ``after_sales_service``.

        :return: an action on the ``mail.template`` records
        :raise AccessError: the user may not read the team
        :raise UserError: there is no such service here
        """
        self.ensure_one()
        self.check_access("read")
        service = str(self.env.context.get("after_sales_service"))
        tickets = self.env["helpdesk.ticket"]
        documents = tickets._get_after_sales_services().get(service)
        if not documents:
            raise UserError(self.env._("There is no such after-sales service."))
        mails = self.env[tickets._fields[documents].comodel_name]._customer_mails
        templates = self.env["mail.template"].union(
            *(
                self.env.ref(mail, raise_if_not_found=False) or ()
                for mail in mails.values()
            )
        )
        return templates._get_records_action(
            name=self.env._("Emails to Customers"), context={"create": False}
        )

    def action_request_activation(self):
        """Ask the administrators to install a service: Odoo's own request.

        The service's code comes in the context, as ``after_sales_service``.

        :return: an action of the request, in a dialog
        :raise UserError: there is no such service here
        """
        self.ensure_one()
        service = str(self.env.context.get("after_sales_service"))
        if service not in SERVICES:
            raise UserError(self.env._("There is no such after-sales service."))
        module = self._get_service_modules([service]).get(service)
        if not module or module.state != "uninstalled":
            raise UserError(
                self.env._(
                    "There is nothing to install for %(service)s.",
                    service=self._get_service_label(service),
                )
            )
        return module.sudo(False).action_open_install_request()
