from odoo import api, fields, models


class HelpdeskTicketWizardMixin(models.AbstractModel):
    """Let a wizard, core's or an addon's own, act on the ticket it is opened on.

    It comes first among the models that a wizard inherits::

        class AccountMoveReversal(models.TransientModel):
            _name = "account.move.reversal"
            _inherit = ["helpdesk.ticket.wizard.mixin", "account.move.reversal"]

    The ticket's button opens it by ``helpdesk.ticket._get_wizard_action``.
    """

    _name = "helpdesk.ticket.wizard.mixin"
    _description = "Wizard of a Helpdesk Ticket"

    ticket_id = fields.Many2one("helpdesk.ticket", string="Helpdesk Ticket")

    def _without_ticket_default(self):
        """Let no ticket be the default of what is copied or created from here on.

        Another screen may have left one in the context.
        """
        return self.with_context(default_ticket_id=False)

    @api.model
    def default_get(self, fields):
        """Prepare the wizard for a ticket, when it is opened on one."""
        defaults = super(
            HelpdeskTicketWizardMixin, self._without_ticket_default()
        ).default_get(fields)
        ticket = self.env["helpdesk.ticket"]._get_active_ticket()
        if ticket:
            defaults.update(self._prepare_ticket_defaults(ticket, fields))
        return {name: defaults[name] for name in defaults if name in fields}

    @api.model
    def _prepare_ticket_defaults(self, ticket, fields) -> dict:
        """Prepare what the wizard starts with on a ticket.

        To be extended by wizards that take more of the ticket.

        :param ticket: the ticket on which the wizard is opened
        :param fields: the names of the fields whose defaults are asked for
        :return: values of the wizard, for other fields too where that costs nothing
        """
        return {"ticket_id": ticket.id}
