from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk
from odoo.addons.portal.utils import validate_thread_with_hash_pid


class AfterSalesPortal(CustomerPortalHelpdesk):
    """Show customers what came of their tickets."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        """Take what can be no token for none: core fails when it compares it with one."""
        is_token = isinstance(access_token, str) and access_token.isascii()
        return super()._document_check_access(
            model_name, document_id, access_token if is_token else None
        )

    def _ticket_get_page_view_values(self, ticket, access_token, **kwargs):
        values = super()._ticket_get_page_view_values(ticket, access_token, **kwargs)
        viewer = self._get_ticket_viewer(ticket, **kwargs)
        documents = self._get_ticket_documents(ticket, viewer)
        values["after_sales_documents"] = documents
        if not documents and ticket.document_ids:
            # They are there, and this is not who sees them: say how to, where that helps.
            values["after_sales_sign_in"] = not viewer
            values["after_sales_preview"] = request.env.user._is_internal()
        # Who came by a link of an email opens the PDFs by it, too.
        link = {
            "access_token": access_token,
            "pid": kwargs.get("pid"),
            "hash": kwargs.get("hash"),
        }
        query = urlencode({name: value for name, value in link.items() if value})
        values["after_sales_query"] = query and f"?{query}"
        return values

    def _get_ticket_documents(self, ticket, viewer) -> list[dict]:
        """Give a ticket's documents as ``helpdesk.ticket._get_portal_documents`` has them.

        :param ticket: the ``helpdesk.ticket`` that the visitor may see
        :param viewer: see ``_get_ticket_viewer``
        """
        return ticket.with_env(request.env)._get_portal_documents(viewer)

    def _get_ticket_viewer(self, ticket, **kwargs):
        """Find out who looks at a ticket.

        :param ticket: the ``helpdesk.ticket``, by sudo
        :param kwargs: what the address says; in the link of an email ``pid`` is to whom
            it was sent, and ``hash`` core's signature of that
        :return: a ``res.partner`` by sudo; empty for a visitor who has no more than the
            ticket's access token, which does not say whose it is
        """
        # Sudo: visitors have no rights on contacts, not even their own.
        if not request.env.user._is_public():
            return request.env.user.partner_id.sudo()
        partners_sudo = request.env["res.partner"].sudo()
        pid = kwargs.get("pid")
        try:
            is_known = validate_thread_with_hash_pid(ticket, kwargs.get("hash"), pid)
        except (TypeError, ValueError):  # core does not expect forged ones
            is_known = False
        return partners_sudo.browse(int(pid)).exists() if is_known else partners_sudo

    @http.route(
        "/my/ticket/<int:ticket_id>/after-sales/<int:line_id>/pdf",
        type="http",
        auth="public",
        website=True,
    )
    def portal_ticket_document_pdf(
        self, ticket_id, line_id, access_token=None, **kwargs
    ):
        """Give the PDF of a document that the viewer sees on the ticket's page.

        :param ticket_id: the ticket
        :param line_id: the document's ``helpdesk.ticket.document``
        :param access_token: the ticket's, with ``pid`` and ``hash`` as on its page
        :return: the PDF
        :raise NotFound: it is not on the viewer's page
        """
        try:
            ticket_sudo = self._document_check_access(
                "helpdesk.ticket", ticket_id, access_token=access_token
            )
        except (AccessError, MissingError) as error:
            raise NotFound() from error
        viewer = self._get_ticket_viewer(ticket_sudo, **kwargs)
        for document in self._get_ticket_documents(ticket_sudo, viewer):
            if document["line"].id == line_id and document["pdf"]:
                name, content = document["record"]._render_portal_pdf()
                return request.make_response(
                    content,
                    headers=[
                        ("Content-Type", "application/pdf"),
                        ("Content-Length", len(content)),
                        (
                            "Content-Disposition",
                            content_disposition(name, disposition_type="inline"),
                        ),
                    ],
                )
        raise NotFound()
