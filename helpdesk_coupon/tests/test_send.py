import base64
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.helpdesk_after_sales.tests.customer_mails import CustomerMailsCommon
from odoo.addons.mail.tests.common import MailCase

from .common import CouponCommon


@tagged("post_install", "-at_install")
class TestCouponSend(MailCase, CustomerMailsCommon, CouponCommon):
    """The coupon goes out from the ticket's thread, by an agent of the helpdesk alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._init_mail_gateway()
        cls.ticket.message_unsubscribe(cls.ticket.message_partner_ids.ids)
        cls.follower = cls.env["res.partner"].create(
            {"name": "Follower", "email": "follower@example.com"}
        )
        cls.ticket.message_subscribe(cls.follower.ids)

    def _open_composer(self, coupon):
        action = coupon.with_user(self.agent).action_coupon_send()
        self.assertEqual(action["type"], "ir.actions.act_window")
        self.assertEqual(action["target"], "new")
        composers = self.env["mail.compose.message"].with_user(self.agent)
        return Form(composers.with_context(**action["context"]))

    def test_defaults_of_another_screen(self):
        """What a context has defaults for is not meant for the mail's attachments."""
        coupon = self._generate().with_user(self.agent)
        action = coupon.with_context(default_create_date="<b>").action_coupon_send()
        self.assertEqual(action["res_model"], "mail.compose.message")

    def test_composer(self):
        coupon = self._generate()
        form = self._open_composer(coupon)
        self.assertIn(coupon.code, form.body)
        self.assertIn("reward", form.subject)
        self.assertEqual(form.model, "helpdesk.ticket")
        self.assertEqual(form.partner_ids[:], self.contact | self.follower)
        other = self.env["res.partner"].create(
            {"name": "Other", "email": "other@example.com"}
        )
        form.partner_ids.add(other)
        with self.mock_mail_gateway():
            form.save().action_send_mail()
        message = self.ticket.message_ids[0]
        self.assertIn(coupon.code, message.body)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertEqual(message.author_id, self.agent.partner_id)
        sent_to = {address for mail in self._mails for address in mail["email_to"]}
        for partner in (self.contact, self.follower, other):
            self.assertIn(partner.email_formatted, sent_to)
        for mail in self._mails:
            self.assertIn(coupon.code, mail["body"])
        # The answer comes back to the ticket.
        answer = MAIL_TEMPLATE.format(
            return_path=self.contact.email,
            to=self._mails[0]["reply_to"],
            cc="",
            email_from=self.contact.email,
            subject="Re: Your coupon",
            msg_id="<answer@example.com>",
            extra=f"In-Reply-To: {message.message_id}",
        )
        self.env["mail.thread"].message_process("helpdesk.ticket", answer)
        answered = self.ticket.message_ids[0]
        self.assertIn("Thank you kindly", answered.body)
        self.assertEqual(answered.author_id, self.contact)

    def test_sender_without_rights(self):
        """Nothing of the program's mail needs rights of the agent's own."""
        coupon = self._generate()
        self.assertFalse(coupon.with_user(self.agent).program_id.has_access("write"))
        popup = self._open_popup()
        popup.action_generate()
        action = popup.action_send()
        self.assertIn(popup.code, action["context"]["default_body"])
        self.assertEqual(action["context"]["default_res_ids"], self.ticket.ids)

    def test_followers_without_address(self):
        silent = self.env["res.partner"].create({"name": "Silent Sam"})
        self.ticket.message_subscribe(silent.ids)
        coupon = self._generate()
        action = coupon.with_user(self.agent).action_coupon_send()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("Silent Sam", action["params"]["message"])
        self.assertNotIn("Follower", action["params"]["message"])
        composer = action["params"]["next"]
        self.assertEqual(
            composer["context"]["default_partner_ids"],
            (self.contact | self.follower).ids,
        )

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.program.communication_plan_ids.mail_template_id
        template.with_context(lang="de_DE").write(
            {
                "subject": "Ihr Gutschein",
                "body_html": "<p>Guten Tag <t t-out='object.code'/></p>",
            }
        )
        coupon = self._generate()
        form = self._open_composer(coupon)
        self.assertNotIn("Guten Tag", form.body)
        self.contact.lang = "de_DE"
        form = self._open_composer(coupon)
        self.assertIn("Guten Tag", form.body)
        self.assertIn(coupon.code, form.body)
        self.assertEqual(form.subject, "Ihr Gutschein")

    def test_attachments(self):
        """What the program's template attaches is attached and can be read."""
        template = self.program.communication_plan_ids.mail_template_id
        self.assertTrue(template.report_template_ids)
        leaflet = self.env["ir.attachment"].create(
            {
                "name": "leaflet.txt",
                "datas": base64.b64encode(b"Welcome"),
                "res_model": "mail.template",
                "res_id": template.id,
            }
        )
        template.attachment_ids = leaflet
        coupon = self._generate()
        form = self._open_composer(coupon)
        self.assertEqual(len(form.attachment_ids[:]), 2)
        printed = form.attachment_ids[:] - leaflet
        self.assertEqual(Path(printed.name).stem, f"Coupon {coupon.code}")
        content = base64.b64decode(printed.with_user(self.agent).datas).decode()
        self.assertIn(coupon.code, content)
        self.assertIn(f'alt="Barcode {coupon.code}"', content)
        self.assertIn("data:image/png;base64,", content)
        with self.mock_mail_gateway():
            form.save().action_send_mail()
        attached = self.ticket.message_ids[0].attachment_ids
        self.assertEqual(len(attached), 2)
        self.assertIn(leaflet, attached)
        printed = attached - leaflet
        self.assertEqual(printed.res_model, "helpdesk.ticket")
        self.assertEqual(printed.res_id, self.ticket.id)

    def test_ticket_with_another_customer(self):
        """The coupon goes to whom it is reserved for, in their language and thread."""
        self.env["res.lang"]._activate_lang("de_DE")
        coupon = self._generate()
        self.contact.lang = "de_DE"
        newcomer = self.stranger.copy({"name": "New", "email": "new@example.com"})
        self.ticket.partner_id = newcomer
        self.ticket.message_subscribe(newcomer.ids)
        form = self._open_composer(coupon)
        self.assertEqual(form.partner_ids[:], self.contact | self.follower)
        self.assertNotIn("New", form.body)
        with self.mock_mail_gateway():
            form.save().action_send_mail()
        message = self.ticket.message_ids[0]
        self.assertTrue(message.is_internal or message.subtype_id.internal)
        self.assertNotIn(newcomer, message.notified_partner_ids)
        self.assertIn(self.contact, message.notified_partner_ids)
        # Whoever it is: the new customer cannot use it, the old one can.
        for partner, is_refused in ((newcomer, True), (self.customer, False)):
            status = self._create_order(partner)._try_apply_code(coupon.code)
            self.assertEqual("error" in status, is_refused)

    def test_sent_once(self):
        """A team that mails coupons by itself does not mail what was sent by hand."""
        self.team.coupon_notify_customer = True
        coupon = self._generate()
        with self.mock_mail_gateway():
            self._open_composer(coupon).save().action_send_mail()
        self.assertFalse(self._tell_customers())
        other = self._generate()
        message = self._tell_customers()
        self.assertIn(other.code, message.body)
        self.assertNotIn(coupon.code, message.body)
        self.assertFalse(self._tell_customers())

    def test_used_meanwhile(self):
        self.team.coupon_notify_customer = True
        self._generate().points = 0
        self.assertFalse(self._tell_customers())

    def test_template_of_the_program(self):
        template = self.program.communication_plan_ids.mail_template_id.copy(
            {
                "name": "Ours",
                "subject": "Sorry {{ object.partner_id.name }}",
                "body_html": "<p>Sorry, take <t t-out='object.code'/></p>",
                "report_template_ids": False,
            }
        )
        self.program.communication_plan_ids.mail_template_id = template
        coupon = self._generate()
        form = self._open_composer(coupon)
        self.assertIn("Sorry, take", form.body)
        self.assertEqual(form.subject, "Sorry Nora Field")
        self.assertFalse(form.attachment_ids[:])

    def test_no_template(self):
        coupon = self._generate()
        self.program.communication_plan_ids.mail_template_id.unlink()
        with self.assertRaisesRegex(UserError, self.program.name):
            coupon.with_user(self.agent).action_coupon_send()

    def test_share_link(self):
        """The link is there where there is a web shop, for coupons one can read."""
        coupon = self._generate()
        link = coupon.with_user(self.agent)._get_share_link()
        if "coupon.share" in self.env:
            self.assertIn(f"/coupon/{coupon.code}", link)
            self.program.ecommerce_ok = False
            self.assertFalse(coupon._get_share_link())
        else:
            self.assertFalse(link)
        with self.assertRaises(AccessError):
            coupon.with_user(self.own_agent)._get_share_link()

    def test_coupons_made_elsewhere(self):
        """Core's composer opens on coupons without a ticket, or without its rights."""
        plain = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "points": 1}
        )
        coupon = self._generate()
        for card in (plain, coupon):
            action = card.with_user(self.salesman).action_coupon_send()
            self.assertEqual(action["context"]["default_model"], "loyalty.card")


MAIL_TEMPLATE = """Return-Path: {return_path}
To: {to}
cc: {cc}
From: {email_from}
Subject: {subject}
MIME-Version: 1.0
Content-Type: text/plain; charset="UTF-8"
Date: Fri, 13 Mar 2026 10:00:00 +0000
Message-ID: {msg_id}
{extra}

Thank you kindly
"""
