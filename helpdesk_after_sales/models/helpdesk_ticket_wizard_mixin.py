from psycopg2.errors import ForeignKeyViolation

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError


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

    # What is left of the wizard without its ticket would act on no ticket at all.
    ticket_id = fields.Many2one(
        "helpdesk.ticket", string="Helpdesk Ticket", ondelete="cascade"
    )

    def _without_ticket_default(self):
        """Let no ticket be the default of what is copied or created from here on.

        Another screen may have left one in the context.
        """
        return self.with_context(default_ticket_id=False)

    @api.model
    def default_get(self, fields):
        """Prepare the wizard for a ticket, when it is opened on one.

        :raise UserError: the ticket was deleted meanwhile
        """
        defaults = super(
            HelpdeskTicketWizardMixin, self._without_ticket_default()
        ).default_get(fields)
        ticket = self.env["helpdesk.ticket"]._get_active_ticket()
        if ticket:
            try:
                defaults.update(self._prepare_ticket_defaults(ticket, fields))
            except MissingError as error:
                if ticket.exists():
                    raise
                raise UserError(self._get_deleted_message()) from error
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

    @api.model
    def _get_deleted_message(self) -> str:
        """Say that the ticket was deleted while the wizard was open."""
        return self.env._("The ticket was deleted meanwhile; close this window.")

    @api.model
    def _sql_error_to_message(self, exc):
        """Say in a sentence that the ticket is not there, where PostgreSQL finds out."""
        is_of_ticket = exc.diag.constraint_name == f"{self._table}_ticket_id_fkey"
        if is_of_ticket and isinstance(exc, ForeignKeyViolation):
            return self._get_deleted_message()
        return super()._sql_error_to_message(exc)
