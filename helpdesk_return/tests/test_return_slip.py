import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import ReturnCommon

PDF = b"%PDF-1.4 a return slip"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestReturnSlip(ReturnCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"street": "14 Shore Road", "city": "Burlington"})
        cls.contact.write({"type": "other", "street": "2 Hill Street"})
        cls.warehouse.partner_id = cls.env["res.partner"].create(
            {"name": "Returns Hall", "street": "9 Dock Lane", "city": "Portland"}
        )
        cls._deliver({cls.lamp: 3, cls.desk: 1})

    def _render(self, transfer):
        report = self.env["ir.actions.report"].with_user(self.worker)
        html, _type = report._render_qweb_html(
            "helpdesk_return.action_report_return_slip", transfer.ids
        )
        return html.decode()

    def test_slip(self):
        transfer = self._return(2, 0)
        html = self._render(transfer)
        for text in (
            transfer.name,
            self.ticket.number,
            "2 Hill Street",
            "Please send the parcel to",
            "9 Dock Lane",
            "Lamp",
            "2.00 Units",
        ):
            self.assertIn(text, html)
        self.assertNotIn("Desk</span>", html)
        self.assertIn("data:image/png;base64", html)

    def test_serials(self):
        phone = self._create_goods("Phone", tracking="serial")
        self._create_lot("SN1", phone)
        self._create_lot("SN2", phone)
        delivery = self._deliver({phone: 2})
        self.assertIn("SN2", self._render(self._return(0, 1, delivery=delivery)))

    def test_lots_have_a_column_where_there_are_any(self):
        self.assertNotIn("Lot/Serial Number", self._render(self._return(1, 0)))

    def test_barcode_is_the_number_of_the_ticket(self):
        html = self._render(self._return(1, 0))
        self.assertIn(f'alt="Barcode {self.ticket.number}"', html)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(
            ["helpdesk_return"], ["de_DE"], overwrite=True
        )
        self.contact.lang = "de_DE"
        html = self._render(self._return(1, 0))
        self.assertIn("Bitte senden Sie das Paket an", html)
        self.assertNotIn("Please send the parcel to", html)

    def test_offered_for_returns_of_tickets(self):
        report = self.env.ref("helpdesk_return.action_report_return_slip")
        returned = self._return(1, 0, exchange=True)
        replacement = self._get_replacement(returned)
        transfers = returned | replacement
        found = transfers.search(
            [("id", "in", transfers.ids), *safe_eval(report.domain)]
        )
        self.assertEqual(found, returned)
        self.assertTrue(returned.is_ticket_return)
        self.assertFalse(replacement.is_ticket_return)
        with self.assertRaisesRegex(UserError, "has no return slip"):
            replacement.with_user(self.agent).action_send_return_slip()

    def _send(self, transfer):
        with patch.object(
            self.registry["ir.actions.report"],
            "_render_qweb_pdf",
            lambda *_args, **_kwargs: (PDF, "pdf"),
        ):
            return transfer.with_user(self.agent).action_send_return_slip()

    def test_mail(self):
        follower = self.stranger.copy({"name": "Follower", "email": "f@example.com"})
        silent = self.stranger.copy({"name": "Silent", "email": False})
        self.ticket.message_subscribe((follower | silent).ids)
        transfer = self._return(1, 0)
        notification = self._send(transfer)
        self.assertIn("Silent", notification["params"]["message"])
        action = notification["params"]["next"]
        composer = Form(
            self.env[action["res_model"]]
            .with_user(self.agent)
            .with_context(**action["context"])
        ).save()
        self.assertIn(transfer.name, composer.subject)
        self.assertIn(self.contact, composer.partner_ids)
        self.assertIn(follower, composer.partner_ids)
        self.assertNotIn(silent, composer.partner_ids)
        self.assertEqual(base64.b64decode(composer.attachment_ids.datas), PDF)
        composer.action_send_mail()
        message = self.ticket.message_ids[0]
        self.assertEqual(message.model, "helpdesk.ticket")
        self.assertIn(self.contact, message.partner_ids)
        self.assertIn(self.ticket.number, message.body)
        self.assertEqual(
            message.attachment_ids.mapped("name"),
            [f"Return Slip {transfer.name.replace('/', '-')} {self.ticket.number}.pdf"],
        )

    def test_mail_of_a_ticket_with_another_customer(self):
        """It goes to whom it concerns, and the new customer reads nothing of it."""
        newcomer = self.stranger.copy({"name": "Newcomer", "email": "x@example.com"})
        colleague = self.stranger.copy(
            {"name": "Colleague", "parent_id": newcomer.id, "email": "c@example.com"}
        )
        follower = self.stranger.copy({"name": "Follower", "email": "f@example.com"})
        transfer = self._return(1, 0)
        self.ticket.partner_id = newcomer
        self.ticket.message_subscribe((newcomer | colleague | follower).ids)
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        newcomer.lang = "en_US"
        self.assertEqual(transfer._get_return_slip_lang(), "de_DE")
        html = self._render(transfer)
        self.assertIn("14 Shore Road", html)
        self.assertNotIn("Newcomer", html)
        action = self._send(transfer)
        composer = Form(
            self.env[action["res_model"]]
            .with_user(self.agent)
            .with_context(**action["context"])
        ).save()
        self.assertEqual(
            composer.partner_ids,
            self.customer | follower | self.ticket.message_partner_ids
            - newcomer - colleague,
        )  # fmt: skip
        self.assertIn(self.customer.name, composer.body)
        self.assertNotIn("Newcomer", composer.body)
        composer.action_send_mail()
        message = self.ticket.message_ids[0]
        self.assertTrue(message.subtype_id.internal)
        self.assertFalse(message.notified_partner_ids & (newcomer | colleague))
        self.assertIn(self.customer, message.notified_partner_ids)

    def test_mail_without_its_template(self):
        transfer = self._return(1, 0)
        self.env.ref("helpdesk_return.mail_template_return_slip").unlink()
        with self.assertRaisesRegex(UserError, "upgrade the module helpdesk_return"):
            transfer.action_send_return_slip()

    def test_mail_needs_the_ticket(self):
        transfer = self._return(1, 0)
        with self.assertRaises(AccessError):
            transfer.with_user(self.worker).action_send_return_slip()
        self.assertFalse(transfer.with_user(self.worker).is_ticket_readable)
