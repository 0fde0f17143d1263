from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.helpdesk_after_sales.models.helpdesk_document_mixin import (
    HelpdeskDocumentMixin,
)
from odoo.addons.helpdesk_after_sales.models.helpdesk_ticket_wizard_mixin import (
    HelpdeskTicketWizardMixin,
)
from odoo.addons.helpdesk_after_sales.tests.common import QueryComparison

from ..models.account_move import AccountMove
from ..wizards.account_move_reversal import AccountMoveReversal
from .common import RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestQueries(QueryComparison, RefundCommon):
    """What the service costs, compared with core in the same run."""

    overrides = {
        AccountMove: ("_check_balanced", "_compute_display_name", "unlink", "write"),
        AccountMoveReversal: (
            "_prepare_default_reversal",
            "default_get",
            "reverse_moves",
        ),
        HelpdeskDocumentMixin: ("create", "write"),
        HelpdeskTicketWizardMixin: ("default_get",),
    }

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
        """A refund from the ticket costs at most 1.05 times what it costs by core's wizard.

        Both ways as their users go them, from the button on: the action that opens the
        wizard, its defaults, saving it, and Reverse; for a full refund, core's user
        also confirms the credit note. Each of these requests starts with empty caches,
        as on a server. Where one chooses among several invoices is not counted, be it
        core's list of them or the wizard.
        """
        invoices = self.env["account.move"]
        for number in (1, 4):
            for _index in range(number):
                invoices += self._create_customer_invoice()
            for method in ("partial", "full", "modify"):
                with self.subTest(method=method, invoices=len(invoices)):
                    core_requests = self._get_core_requests(invoices, method)
                    with self._without_overrides():
                        core = self._count_requests(core_requests)
                    ours = self._count_requests(
                        self._get_ticket_requests(invoices, method)
                    )
                    self.assertLessEqual(ours, core * 1.05)

    def _count_requests(self, requests):
        """Count the queries of requests that each start with empty caches.

        :param requests: calls by name, each given what the one before has returned;
            the one named ``choose`` does not count
        """
        for _run in range(2):
            with self.env.cr.savepoint(flush=True) as savepoint:
                result, queries = None, 0
                for name, request in requests.items():
                    self.env.flush_all()
                    self.env.invalidate_all()
                    before = self.env.cr.sql_log_count
                    result = request(result)
                    self.env.flush_all()
                    if name != "choose":
                        queries += self.env.cr.sql_log_count - before
                savepoint.rollback()
            self.env.invalidate_all(flush=False)
        return queries

    def _call_from_browser(self, records):
        """Give records as the web client calls them, with all notes and tracking."""
        context = {"lang": "en_US", "tz": "UTC"}
        return records.with_env(self.env(user=self.agent, context=context))

    def _get_core_requests(self, invoices, method):
        invoices = self._call_from_browser(invoices)
        wizards = invoices.env["account.move.reversal"].with_context(
            active_model="account.move",
            active_id=invoices[0].id,
            active_ids=invoices.ids,
        )

        def refund(wizard):
            if method == "modify":
                wizard.modify_moves()
            else:
                wizard.refund_moves()
            return wizard.new_move_ids

        requests = {
            "button": lambda _none: invoices[0].action_reverse(),
            "open": lambda _action: Form(wizards),
            "save": lambda form: form.save(),
            "reverse": refund,
        }
        if method == "full":
            requests["confirm"] = lambda credit_notes: credit_notes.action_post()
        return requests

    def _get_ticket_requests(self, invoices, method):
        ticket = self._call_from_browser(self.ticket)

        def open_wizard(action):
            wizards = ticket.env[action["res_model"]]
            return Form(wizards.with_context(**action["context"]))

        def choose(form):
            if len(invoices) > 1:
                form.move_ids.set(invoices)
            form.credit_method = method
            return form

        return {
            "button": lambda _none: ticket.action_refund(),
            "open": open_wizard,
            "choose": choose,
            "save": lambda form: form.save(),
            "reverse": lambda wizard: wizard.refund_moves(),
        }
