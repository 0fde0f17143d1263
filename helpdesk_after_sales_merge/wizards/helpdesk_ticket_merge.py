from collections import defaultdict

from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class HelpdeskTicketMerge(models.TransientModel):
    _inherit = "helpdesk.ticket.merge"

    def _merge_followers(self, merged_tickets):
        """Take the documents along before the followers.

        The wizard's one hook, called when the ticket that stays is known and nothing
        of the merged tickets has been moved or archived yet.
        """
        self._merge_documents(merged_tickets)
        return super()._merge_followers(merged_tickets)

    def _merge_documents(self, merged_tickets) -> None:
        """Give the ticket that stays all documents of the merged tickets.

        Of every installed service, whatever their state, archived ones too, and
        whatever rights the user has on the apps: merging takes the rights on the
        tickets. Each chatter concerned gets one note: that of the ticket that stays,
        of each merged ticket with documents, and of each document.

        :param merged_tickets: the tickets that are to be archived
        :raise AccessError: the user may not write one of the tickets
        :raise UserError: a document cannot belong to the ticket that stays
        """
        destination = self.dst_ticket_id
        (merged_tickets | destination).check_access("write")
        self._ensure_documents_fit(merged_tickets)
        notes = defaultdict(list)
        link = destination._get_html_link()
        gone = Markup(self.env._("has gone to ticket %(ticket)s")) % {"ticket": link}
        for field_name in merged_tickets._get_after_sales_services().values():
            # Sudo: whoever may merge the tickets need not have the apps' rights.
            documents_sudo = self.env[merged_tickets._fields[field_name].comodel_name]
            documents_sudo = documents_sudo.sudo()
            found = documents_sudo.with_context(active_test=False).search(
                Domain("ticket_id", "in", merged_tickets.ids), order="id"
            )
            documents_sudo = documents_sudo.browse(found.ids)
            if not documents_sudo:
                continue
            bodies = {}
            for ticket, linked_sudo in documents_sudo.grouped("ticket_id").items():
                names = {"ticket": ticket._get_html_link(), "destination": link}
                come = Markup(self.env._("has come from ticket %(ticket)s")) % names
                notes[ticket].append(linked_sudo._get_ticket_bodies(gone)[ticket.id])
                notes[destination].append(
                    linked_sudo._get_ticket_bodies(come)[ticket.id]
                )
                body = self.env._(
                    "Ticket %(ticket)s was merged into ticket %(destination)s"
                )
                bodies |= dict.fromkeys(linked_sudo.ids, Markup(body) % names)
            documents_sudo.ticket_id = destination
            documents_sudo._message_log_batch(bodies=bodies)
        (merged_tickets | destination).browse(
            ticket.id for ticket in notes
        )._message_log_batch(
            bodies={
                ticket.id: Markup("<br/>").join(bodies)
                for ticket, bodies in notes.items()
            }
        )

    def _ensure_documents_fit(self, merged_tickets) -> None:
        """Refuse to merge tickets with documents into one of another customer or company.

        :param merged_tickets: the tickets that are to be archived
        :raise UserError: a document is another customer's or company's; the message
            names it and says where it can go
        """
        destination = self.dst_ticket_id
        # Sudo: documents of another company may be out of the user's reach.
        for line_sudo in merged_tickets.sudo().document_ids:
            if line_sudo.company_id != destination.company_id:
                owner_sudo = line_sudo.company_id
            elif line_sudo.commercial_partner_id not in (
                destination.commercial_partner_id,
                line_sudo.commercial_partner_id.browse(),
            ):
                owner_sudo = line_sudo.commercial_partner_id
            else:
                continue
            raise UserError(
                self.env._(
                    "%(document)s of ticket %(ticket)s belongs to %(owner)s, and the "
                    "ticket it would go to does not; merge into a ticket of %(owner)s "
                    "instead.",
                    document=line_sudo.name,
                    ticket=line_sudo.ticket_id.display_name,
                    owner=owner_sudo.display_name,
                )
            )
