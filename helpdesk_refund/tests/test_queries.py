from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.helpdesk_after_sales.models.helpdesk_document_mixin import (
    HelpdeskDocumentMixin,
)
from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison

from ..models.account_move import AccountMove
from ..wizards.account_move_reversal import AccountMoveReversal
from .common import RefundCommon

OVERRIDES = {
    AccountMove: ("_check_balanced", "_compute_display_name", "unlink", "write"),
    AccountMoveReversal: ("_prepare_default_reversal", "default_get", "reverse_moves"),
    HelpdeskDocumentMixin: ("create", "write"),
}


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestQueries(QueryComparison, RefundCommon):
    """What the service costs, compared with core in the same run."""

    @contextmanager
    def _without_overrides(self):
        """As if entries and the wizard were core's alone."""
        with ExitStack() as stack:
            for owner, names in OVERRIDES.items():
                for name in names:
                    self._bypass(stack, owner, name)
            yield

    def _bypass(self, stack, owner, name):
        def call_super(records, *args, **kwargs):
            return getattr(super(owner, records), name)(*args, **kwargs)

        vars(call_super).update(vars(getattr(owner, name)))
        return stack.enter_context(patch.object(owner, name, call_super))

    def _assert_costs_nothing(self, call):
        with self._without_overrides():
            core = self.count_queries(call)
        self.assertEqual(self.count_queries(call), core)

    def test_entries_without_ticket(self):
        draft = self._create_customer_invoice(post=False).with_user(self.clerk)
        posted = self._create_customer_invoice().with_user(self.clerk)
        line = draft.invoice_line_ids
        vals = self._prepare_refund_vals(posted, 10, ticket_id=False)
        calls = {
            "create": lambda: draft.create(
                {**vals, "invoice_line_ids": [Command.create(line.copy_data()[0])]}
            ),
            "write": lambda: draft.write({"ref": "X", "narration": "Y"}),
            "write lines": lambda: line.write({"price_unit": 5}),
            "delete lines": line.unlink,
            "post": draft.action_post,
            "reset": posted.button_draft,
            "cancel": posted.button_cancel,
            "delete": draft.unlink,
            "names": lambda: posted.display_name,
        }
        for name, call in calls.items():
            with self.subTest(name):
                self._assert_costs_nothing(call)

    def _reverse_by_core(self, invoice, method, user):
        wizard = (
            self.env["account.move.reversal"]
            .with_user(user)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice[0].journal_id.id, "date": "2026-03-10"})
        )
        if method == "modify":
            wizard.modify_moves()
        else:
            wizard.refund_moves()
        if method == "full":
            wizard.new_move_ids._post(soft=False)

    def _reverse_from_ticket(self, invoice, method, user):
        self.env["account.move.reversal"].with_user(user).with_context(
            active_model="helpdesk.ticket", active_id=self.ticket.id
        ).create(
            {
                "journal_id": invoice[0].journal_id.id,
                "date": "2026-03-10",
                "move_ids": [Command.set(invoice.ids)],
                "credit_method": method,
            }
        ).refund_moves()

    def test_refund_by_core_wizard(self):
        invoice = self._create_customer_invoice()
        for method in ("partial", "full", "modify"):
            with self.subTest(method=method):
                self._assert_costs_nothing(
                    lambda method=method: self._reverse_by_core(
                        invoice, method, self.clerk
                    )
                )

    def test_refund_from_ticket(self):
        """What a ticket adds to core's wizard does not grow with what core does.

        The ticket with its team and sales orders is read, what is left is looked up
        before and locked and looked up after, and the chatters are written. A partial
        refund also asks what has come back, where the ticket can take goods back.
        """
        invoice = self._create_customer_invoice()
        invoices = invoice | self._create_customer_invoice()
        returns = "return" in self.ticket._get_after_sales_services()
        for method, extra in (("partial", 9 + returns), ("full", 9), ("modify", 9)):
            with self.subTest(method=method):
                one = self._count_extra(invoice, method)
                self.assertLessEqual(one, extra)
                per_credit_note = self._count_extra(invoices, method) - one
                self.assertLessEqual(per_credit_note, 3)

    def _count_extra(self, invoices, method):
        """Count the queries of a refund from the ticket above those by core's wizard."""
        with self._without_overrides():
            core = self.count_queries(
                lambda: self._reverse_by_core(invoices, method, self.agent)
            )
        return (
            self.count_queries(
                lambda: self._reverse_from_ticket(invoices, method, self.agent)
            )
            - core
        )
