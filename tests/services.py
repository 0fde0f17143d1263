"""What the tests across the addons know of the services: those that are there, and their names."""

from typing import NamedTuple

from tools import addons


class Service(NamedTuple):
    """A service's names, which others build on and which therefore never change."""

    code: str
    model: str
    field: str

    @property
    def addon(self) -> str:
        """The technical name of its addon."""
        return f"helpdesk_{self.code}"

    @property
    def toggle(self) -> str:
        """Its field on the team."""
        return f"use_{self.code}"

    @property
    def dependents(self) -> tuple["Service", ...]:
        """Those that are uninstalled with it."""
        return tuple(
            other for other in SERVICES if self.addon in DEPENDENCIES[other.addon]
        )


DEPENDENCIES = {addon.name: addon.manifest["depends"] for addon in addons.ours()}
SERVICES = tuple(
    service
    for service in (
        Service("refund", "account.move", "credit_note_ids"),
        Service("coupon", "loyalty.card", "coupon_ids"),
        Service("return", "stock.picking", "return_ids"),
        Service("repair", "repair.order", "repair_ids"),
        Service("fieldservice", "project.task", "fieldservice_task_ids"),
    )
    if service.addon in DEPENDENCIES
)
ADDONS = [service.addon for service in SERVICES]
MERGE = "helpdesk_after_sales_merge"
EVERYTHING = [*ADDONS, MERGE]
"""What most tests install: with one set of addons, one database is made to copy."""
