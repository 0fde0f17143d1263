import re

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.base.models.ir_qweb import keep_query
from odoo.addons.project.controllers.portal import ProjectCustomerPortal

NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
"""Characters that JSON can have and databases cannot keep."""


class FieldServicePortal(ProjectCustomerPortal):
    """What customers do with their visits."""

    @http.route(
        "/my/tasks/<int:task_id>/visit_report",
        type="http",
        auth="public",
        website=True,
    )
    def portal_visit_report(self, task_id, access_token=None, download=False, **kw):
        """Give the report of a visit that is done, as a PDF.

        :param task_id: the visit
        :param access_token: the visit's own, for who is not signed in
        :param download: whether the browser is to store it
        """
        try:
            task_sudo = self._document_check_access(
                "project.task", task_id, access_token
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        if not task_sudo._has_report_for_customer():
            # Not its portal's URL, which gives a task a token that has none yet.
            query = keep_query("access_token")
            return request.redirect(f"{task_sudo.access_url}?{query}")
        return self._show_report(
            model=task_sudo,
            report_type="pdf",
            report_ref="helpdesk_fieldservice.action_report_visit",
            download=download,
        )

    @http.route(
        "/my/tasks/<int:task_id>/visit_sign",
        type="jsonrpc",
        auth="public",
        website=True,
    )
    def portal_visit_sign(self, task_id, access_token=None, name=None, signature=None):
        """Sign the report of a visit; called by core's signature form.

        :param task_id: the visit
        :param access_token: the visit's own, for who is not signed in
        :param name: who signs
        :param signature: the picture of the signature, in base64
        :return: where to go on, or an error for the form to show
        """
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            task_sudo = self._document_check_access(
                "project.task", task_id, access_token
            )
        except (AccessError, MissingError):
            return {"error": request.env._("This visit cannot be found.")}
        if not task_sudo._has_to_be_signed():
            return {
                "error": request.env._(
                    "The report of visit %(visit)s is not there to be signed; load the "
                    "page anew.",
                    visit=task_sudo.name,
                )
            }
        name = str(name or "").strip()
        if not signature or not name or NO_TEXT.search(name):
            return {"error": request.env._("Enter your name and sign.")}
        try:
            with request.env.cr.savepoint():
                task_sudo._sign_visit(name, signature)
        except UserError as error:
            return {"error": str(error)}
        return {"force_refresh": True, "redirect_url": task_sudo.get_portal_url()}
