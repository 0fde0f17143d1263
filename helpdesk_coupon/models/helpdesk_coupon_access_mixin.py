from odoo import api, models
from odoo.fields import Domain


class HelpdeskCouponAccessMixin(models.AbstractModel):
    """Let helpdesk users read the part of an app's records that coupons need.

    Grafted on models that helpdesk users have no access rights on. It adds what
    ``_get_helpdesk_domain`` says to what they may read, and leaves users alone who
    read the records by rights of their own: an access right for the helpdesk's group
    would need a record rule, which would take records away from them.
    """

    _name = "helpdesk.coupon.access.mixin"
    _description = "Records that Helpdesk Users read"

    def _get_helpdesk_domain(self) -> Domain:
        """Tell which records helpdesk users read without rights on the app.

        Further to it, the model's record rules for everybody hold.

        :return: a domain on this model, for the current user
        """
        return Domain.FALSE

    @api.model
    def _is_read_for_helpdesk(self) -> bool:
        """Tell whether the user reads these records for the helpdesk's sake alone."""
        return (
            not self.env.su
            and self.env.user.has_group("helpdesk_mgmt.group_helpdesk_user_own")
            and not self.env["ir.model.access"].check(
                self._name, "read", raise_exception=False
            )
        )

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not bypass_access and self._is_read_for_helpdesk():
            domain = Domain(domain) & self._get_helpdesk_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not result or operation != "read" or not self._is_read_for_helpdesk():
            return result
        records = self.browse(self.ids)
        if not records:
            return None
        readable = records.with_context(active_test=False).search(
            Domain("id", "in", records.ids)
        )
        forbidden = records - readable
        return (forbidden, result[1]) if forbidden else None
