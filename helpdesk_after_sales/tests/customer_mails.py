"""What holds for the mails with which services tell customers of their documents.

``CustomerMailsCommon`` lets time go by until mails are due. ``CustomerMailsContract`` is
a part of the contract suite in ``common``.
"""

from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

ANSWER = """Return-Path: {sender}
To: {to}
From: {sender}
Subject: Re: {subject}
MIME-Version: 1.0
Content-Type: text/plain; charset="UTF-8"
Date: Fri, 13 Mar 2026 10:00:00 +0000
Message-ID: <answer-{id}@example.com>
In-Reply-To: {message_id}

Thank you kindly
"""


class CustomerMailsCommon:
    """Time goes by, and the scheduled action does its work."""

    def _get_news(self, document):
        """What the customer of a document is to be told, and was told."""
        return self.env["helpdesk.customer.news"].search(
            [("res_model", "=", document._name), ("res_id", "=", document.id)]
        )

    def _tell_customers(self, minutes=6):
        """Let time go by and run the scheduled action.

        :return: the ``mail.message`` records that it has posted
        """
        messages = self.env["mail.message"]
        known = messages.search([], order="id desc", limit=1).id
        moment = fields.Datetime.now() + timedelta(minutes=minutes)
        with freeze_time(moment), self.enter_registry_test_mode():
            cron = self.env.ref("helpdesk_after_sales.ir_cron_customer_news")
            self.assertIs(cron.sudo().method_direct_trigger(), True)
        return messages.search([("id", ">", known)], order="id")


class CustomerMailsContract(CustomerMailsCommon):
    """What holds for every service that mails its customers."""

    @property
    def _mails(self) -> dict:
        return self.env[
            self.ticket._fields[self.documents].comodel_name
        ]._customer_mails

    def _make_news(self, documents) -> None:
        """Do what else it takes that new documents are news for the customer."""

    def _create_news(self, tickets):
        """Make documents of which the customers are to be told, in a team that does."""
        self.team[f"{self.service}_notify_customer"] = True
        documents = self._create_documents(tickets)
        self._make_news(documents)
        return documents

    def test_contract_mail(self):
        """One mail, out of the ticket's thread, to whom the document is addressed."""
        if not self._mails:
            return
        document = self._create_news(self.ticket)
        self.assertFalse(self._tell_customers(2), "It may still be changed.")
        message = self._tell_customers()
        self.assertEqual(len(message), 1)
        self.assertEqual(
            (message.model, message.res_id), ("helpdesk.ticket", self.ticket.id)
        )
        self.assertEqual(message.partner_ids, document._get_addressee())
        self.assertEqual(message.message_type, "auto_comment")
        self.assertTrue(message.subtype_id.internal, "Others read the ticket, too.")
        self.assertIn(document._get_addressee().name, message.body)
        self.assertEqual(message.notified_partner_ids, document._get_addressee())
        self.assertEqual(len(message.mail_ids), 1)
        self.assertNotIn("Internal communication", message.mail_ids.body_html)
        self.assertNotIn("{{", message.subject)
        self.assertFalse(self._tell_customers(), "Nothing is told twice.")
        document._log_ticket_event("looked at")
        self.assertFalse(self._tell_customers(), "It is no news any more.")

    def test_contract_mail_answer(self):
        """The answer comes to the ticket, to be read by those who follow it."""
        if not self._mails:
            return
        self.ticket.message_subscribe(self.agent.partner_id.ids)
        self._create_news(self.ticket)
        message = self._tell_customers()
        answer = ANSWER.format(
            id=self.ticket.id,
            message_id=message.message_id,
            sender=message.partner_ids.email,
            subject=message.subject,
            to=message.reply_to,
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            thread = self.env["mail.thread"].message_process(False, answer)
        self.assertEqual(thread, self.ticket.id)
        answered = self.ticket.message_ids[0]
        self.assertIn("Thank you kindly", answered.body)
        self.assertEqual(answered.author_id, message.partner_ids)
        self.assertFalse(answered.subtype_id.internal)
        self.assertIn(self.agent.partner_id, answered.notified_partner_ids)

    def test_contract_mail_language(self):
        if not self._mails:
            return
        self.env["res.lang"]._activate_lang("de_DE")
        for mail in self._mails.values():
            template = self.env.ref(mail).with_context(lang="de_DE")
            template.subject = "Neuigkeiten"
        document = self._create_news(self.ticket)
        document._get_addressee().lang = "de_DE"
        message = self._tell_customers()
        self.assertEqual(message.subject, "Neuigkeiten")
        self.assertIn('lang="de_DE"', message.mail_ids.body_html)

    def test_contract_mail_recipients(self):
        """Those who follow the ticket for the customer are told as well, once each."""
        if not self._mails:
            return
        partners = self.env["res.partner"].create(
            [
                {
                    "name": "Colleague",
                    "email": "c@example.com",
                    "parent_id": self.customer.id,
                },
                {"name": "Silent Sam", "parent_id": self.customer.id},
                {
                    "name": "Same",
                    "email": "C@example.com",
                    "parent_id": self.customer.id,
                },
                {"name": "Elsewhere", "email": "e@example.com"},
            ]
        )
        self.ticket.message_subscribe((partners | self.agent.partner_id).ids)
        document = self._create_news(self.ticket)
        message = self._tell_customers()
        addressee = document._get_addressee()
        self.assertEqual(len(message.partner_ids), 2)
        self.assertEqual(
            set(message.partner_ids.mapped("email_normalized")),
            {addressee.email_normalized, "c@example.com"},
        )
        self.assertIn(addressee, message.partner_ids)
        self.assertEqual(message.notified_partner_ids, message.partner_ids)

    def test_contract_mail_is_wished(self):
        """Teams decide, tickets in the archive and imported documents are silent."""
        if not self._mails:
            return
        self._create_news(self.ticket)
        self.team[f"{self.service}_notify_customer"] = False
        self.assertFalse(self._tell_customers())
        self.team[f"{self.service}_notify_customer"] = True
        self.assertFalse(self._tell_customers(), "It was not wished then.")
        self._create_news(self.ticket)
        self.ticket.action_archive()
        self.assertFalse(self._tell_customers())
        self.ticket.action_unarchive()
        self._create_news(self.ticket)
        self.team[f"use_{self.service}"] = False
        self.assertFalse(self._tell_customers())
        self.team[f"use_{self.service}"] = True
        for key in ("import_file", "install_mode"):
            self.env = self.env(context={**self.env.context, key: True})
            self._create_news(self.ticket)
            self.env = self.env(context={**self.env.context, key: False})
            self.assertFalse(self._tell_customers(), key)

    def test_contract_mail_without_address(self):
        if not self._mails:
            return
        document = self._create_news(self.ticket)
        document._get_addressee().email = False
        self.assertFalse(self._tell_customers())

    def test_contract_mail_of_deleted_document(self):
        if not self._mails:
            return
        document = self._create_news(self.ticket)
        news = self._get_news(document)
        self.assertTrue(news.due)
        self.env["helpdesk.customer.news"]._forget(document)
        self.assertFalse(news.exists())
        self.assertFalse(self._tell_customers())

    def test_contract_mail_without_scheduled_action(self):
        """Who works on documents need not care that an administrator deleted it."""
        if self._mails:
            self.env.ref("helpdesk_after_sales.ir_cron_customer_news").unlink()
            self.assertTrue(self._create_news(self.ticket))

    def test_contract_mail_that_fails(self):
        """A mail that cannot be written is told of, and does not hold up others."""
        if not self._mails:
            return
        self._create_news(self.tickets[:2])
        templates = self.env["mail.template"].union(
            *map(self.env.ref, self._mails.values())
        )
        templates.body_html = "<p t-out='1 / (object.ticket_id.name != \"Broken\")'/>"
        self.ticket.name = "Broken"
        with mute_logger(
            "odoo.addons.helpdesk_after_sales.models.helpdesk_customer_news"
        ):
            note, mail = self._tell_customers()
        self.assertEqual(note.res_id, self.ticket.id)
        self.assertIn("could not be told", note.body)
        self.assertIn("division by zero", note.body)
        self.assertNotIn("Traceback", note.body)
        self.assertFalse(note.partner_ids)
        self.assertEqual(mail.res_id, self.tickets[1].id)
        self.assertTrue(mail.partner_ids)
        self.assertFalse(self._tell_customers())

    def test_contract_mail_queries(self):
        """Where the team does not wish mails, all they cost is to read that."""
        if not self._mails:
            return
        self.team[f"{self.service}_notify_customer"] = False

        def make():
            self._make_news(self._create_documents(self.ticket))

        off = self.count_queries(make)
        with patch.object(
            self.registry[self.ticket._fields[self.documents].comodel_name],
            "_customer_mails",
            {},
        ):
            self.assertLessEqual(off, self.count_queries(make) + 1)
        self.team[f"{self.service}_notify_customer"] = True
        # What is due, and when the scheduled action is to run.
        self.assertLessEqual(self.count_queries(make), off + 3)

    def test_contract_mail_settings(self):
        """The team's page has the switch, and leads to the mails."""
        if not self._mails:
            return
        arch = etree.fromstring(self.team.get_view(view_type="form")["arch"])
        box = arch.xpath(f"//setting[@id='use_{self.service}']")[0]
        self.assertTrue(box.xpath(f".//field[@name='{self.service}_notify_customer']"))
        button = box.xpath(".//button[@name='action_view_customer_mails']")[0]
        self.assertIn(f"'{self.service}'", button.get("context"))
        team = self.team.with_user(self.manager)
        team = team.with_context(after_sales_service=self.service)
        action = team.action_view_customer_mails()
        self.assertEqual(action["res_model"], "mail.template")
        templates = self.env["mail.template"].union(
            *map(self.env.ref, self._mails.values())
        )
        if len(templates) == 1:
            self.assertEqual(action["res_id"], templates.id)
        else:
            found = self.env["mail.template"].with_user(self.manager)
            self.assertEqual(found.search(action["domain"]), templates)
        self.team.show_in_portal = False
        with self.assertRaises(AccessError):
            team.with_user(self.portal_user).action_view_customer_mails()
