from odoo import models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def _get_modules_to_install(self):
        """Foresee what installing these modules brings.

        Follows the rules of ``button_install`` without changing any state: the
        modules themselves, what they depend on, and every module that installs
        itself once all it waits for is there (a country's modules where a company is
        in that country).

        :return: the modules that are not installed yet and would be
        """
        to_install = self.browse()
        added = self.filtered(lambda module: module.state == "uninstalled")
        if not added:
            return to_install
        countries = self.env["res.company"].search([("active", "=", True)]).country_id
        waiting = self.search(
            [("state", "=", "uninstalled"), ("auto_install", "=", True)]
        ).filtered(
            lambda module: not module.country_ids or module.country_ids & countries
        )
        installed = set(
            self.search(
                [("state", "in", ("installed", "to install", "to upgrade"))]
            ).mapped("name")
        )
        while added:
            to_install |= added | added.upstream_dependencies()
            names = set(to_install.mapped("name"))
            waiting -= to_install
            added = waiting.filtered(
                lambda module: module._is_auto_installed_by(names, installed)
            )
        return to_install

    def _is_auto_installed_by(self, added: set[str], installed: set[str]) -> bool:
        """Tell whether this module installs itself when ``added`` join ``installed``."""
        self.ensure_one()
        triggers = set(
            self.dependencies_id.filtered("auto_install_required").mapped("name")
        )
        return bool(triggers & added) and triggers <= added | installed
