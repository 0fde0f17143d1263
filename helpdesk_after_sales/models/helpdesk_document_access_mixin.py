from odoo import api, models
from odoo.fields import Domain


class HelpdeskDocumentAccessMixin(models.AbstractModel):
    """Give helpdesk users the part of an app's records that a service needs.

    Grafted on models that helpdesk users have no access rights on. It adds what
    ``_get_helpdesk_domain`` says to what they may read, and what
    ``_filter_helpdesk_access`` says to what they may do besides. It leaves users alone
    who have rights of their own: an access right for the helpdesk's group would need a
    record rule, which would take records away from them.
    """

    _name = "helpdesk.document.access.mixin"
    _description = "Records that Helpdesk Users have for their Tickets' sake"
    _helpdesk_operations = ("read",)
    """What helpdesk users may do: "read", "write", "create", "unlink"."""
    _helpdesk_views = {}
    """The external ids of their own views, without what they may not read, by type."""

    def _get_helpdesk_domain(self) -> Domain:
        """Tell which records helpdesk users read without rights on the app.

        Further to it, the model's record rules for everybody hold.

        :return: a domain on this model, for the current user
        """
        return Domain.FALSE

    def _filter_helpdesk_access(self, operation: str):
        """Tell which of these records helpdesk users have without rights on the app.

        To be extended by models that let them do more than read.

        :param operation: one of ``_helpdesk_operations``
        :return: a subset of these records
        """
        records = self.with_context(active_test=False)
        return self & records.search(Domain("id", "in", self.ids))

    @api.model
    def _is_for_helpdesk(self, operation: str = "read") -> bool:
        """Tell whether the user has these records for the helpdesk's sake alone.

        :param operation: what the user does with the records
        """
        return (
            operation in self._helpdesk_operations
            and not self.env.su
            and self.env.user.has_group("helpdesk_mgmt.group_helpdesk_user_own")
            and not self.env["ir.model.access"].check(
                self._name, operation, raise_exception=False
            )
        )

    @api.model
    def _get_labels(self, names) -> str:
        """List fields as the user knows them, for the messages that refuse them.

        :param names: the fields' names; what is no field is named as it is
        """
        labels = {
            self._fields[name]._description_string(self.env)
            if name in self._fields
            else str(name)
            for name in names
        }
        return ", ".join(sorted(labels))

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not bypass_access and self._is_for_helpdesk():
            domain = Domain(domain) & self._get_helpdesk_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not result or not self._is_for_helpdesk(operation):
            return result
        records = self.browse(self.ids)
        if not records:
            return None
        forbidden = records - records._filter_helpdesk_access(operation)
        return (forbidden, result[1]) if forbidden else None

    # --------------------------------------------------------------------------
    # Views
    # --------------------------------------------------------------------------

    @api.model
    def _is_seen_by_helpdesk(self) -> bool:
        """Tell whether the user gets the helpdesk users' views.

        To be extended by models whose own views take more than the right to read.
        """
        return self._is_for_helpdesk()

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._is_seen_by_helpdesk())

    @api.model
    def get_views(self, views, options=None):
        """Offer helpdesk users no reports and actions, which read what they may not.

        :param views: as core has them: ids and types
        :param options: as core has them
        :return: as core has it: the views, by type
        """
        # What is no mapping is for core to refuse.
        if self._is_for_helpdesk() and isinstance(options or {}, dict):
            options = {**(options or {}), "toolbar": False}
        return super().get_views(views, options)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Give helpdesk users views without what they may not read."""
        if (
            not view_id
            and view_type in self._helpdesk_views
            and self._is_seen_by_helpdesk()
        ):
            view_id = self.env["ir.model.data"]._xmlid_to_res_id(
                self._helpdesk_views[view_type]
            )
        return super()._get_view(view_id, view_type, **options)
