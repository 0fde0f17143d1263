import uuid

from lxml import html
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from ..models.stock_move import CONFIRMED_REQUEST, REQUESTED_BY
from .common_portal import ReturnPortalCommon


@tagged("post_install", "-at_install")
class TestReturnRequest(ReturnPortalCommon, MailCase, HttpCase):
    """Customers ask for returns, over HTTP; agents answer."""

    def _ask(self, *args, **kwargs):
        """Ask, and give the returns that were made."""
        before = self.ticket.return_ids
        answer = self._post(*args, **kwargs)
        self.assertEqual(answer.status_code, 303, answer.text)
        return self.ticket.return_ids - before

    def _assert_refused(self, sentence, *args, **kwargs):
        """The form comes back with a sentence, and nothing was made."""
        returns = self.ticket.return_ids
        messages = self.ticket.message_ids
        attachments = self.ticket.attachment_ids
        answer = self._post(*args, **kwargs)
        self.assertEqual(answer.status_code, 422)
        self.assertIn(sentence, answer.text)
        self.assertIn('role="alert"', answer.text)
        self.assertEqual(self.ticket.return_ids, returns)
        self.assertEqual(self.ticket.message_ids, messages)
        self.assertEqual(self.ticket.attachment_ids, attachments)
        return answer.text

    @mute_logger("odoo.http")
    def _assert_forbidden(self, *args, **kwargs):
        pickings = self.env["stock.picking"].search_count([])
        answer = self._post(*args, **kwargs)
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.env["stock.picking"].search_count([]), pickings)

    # --------------------------------------------------------------------------
    # Asking
    # --------------------------------------------------------------------------

    def test_form(self):
        """It offers what is left of each delivery, the reasons and the wishes."""
        self._return_by_core(self.delivery, 1)
        self.env["helpdesk.return.reason"].create(
            [
                {"name": "Ours", "team_ids": self.team.ids},
                {"name": "Theirs", "team_ids": self.team.copy().ids},
                {"name": "Old", "active": False},
            ]
        )
        self.team.write({"use_refund": False, "use_repair": False, "use_coupon": False})
        self._log_in()
        page = self.url_open(f"/my/ticket/{self.ticket.id}").text
        self.assertIn(f'href="{self._form_url}"', page)
        page = self.url_open(self._form_url).text
        for text in ("Lamp", "Desk", self.delivery.name, "2 Units", "Ours"):
            self.assertIn(text, page)
        for text in ("Theirs", ">Old<", "3 Units", 'value="refund"'):
            self.assertNotIn(text, page)
        self.assertIn('value="exchange"', page)

    def test_request_is_a_draft(self):
        self._log_in()
        [transfer] = self._ask({self.lamps: "2", self.desks: ""})
        self.assertEqual(transfer.state, "draft")
        self.assertEqual(transfer.ticket_id, self.ticket)
        self.assertEqual(transfer.return_id, self.delivery)
        self.assertEqual(transfer.move_ids.origin_returned_move_id, self.lamps)
        self.assertEqual(transfer.move_ids.product_uom_qty, 2)
        self.assertEqual(transfer.request_state, "open")
        self.assertEqual(transfer.request_partner_id, self.contact)
        self.assertEqual(transfer.request_reason_id, self.reason)
        self.assertEqual(transfer.request_wish, "exchange")
        self.assertEqual(self.lamps._get_left_to_return()[self.lamps], 1)
        self.assertEqual(self.ticket.document_ids.state, "new")
        self.assertEqual(self.ticket.return_count, 1)
        self.assertEqual(self.ticket.return_request_count, 1)
        self.assertNotIn(self.contact, transfer.message_partner_ids)
        page = self.url_open(f"/my/ticket/{self.ticket.id}").text
        for text in (transfer.name, "2 Units Lamp", "Waiting for our answer"):
            self.assertIn(text, page)

    def test_request_is_told_in_the_conversation(self):
        """The agents who follow the ticket are told, and answers come to the ticket."""
        self.ticket.message_subscribe(self.agent.partner_id.ids)
        self._log_in()
        self._ask({self.lamps: "2"})
        message = self.ticket.message_ids.filtered(
            lambda message: (
                message.author_id == self.contact and message.message_type == "comment"
            )
        )
        self.assertEqual(len(message), 1)
        for text in ("2.00 Units", "Lamp", self.reason.name, "Exchange"):
            self.assertIn(text, message.body)
        self.assertIn(self.agent.partner_id, message.notified_partner_ids)

    def test_of_several_deliveries(self):
        other = self._deliver()
        self._log_in()
        transfers = self._ask({self.lamps: "1", other.move_ids: "1"})
        self.assertEqual(transfers.return_id, self.delivery | other)
        self.assertEqual(transfers.mapped("request_state"), ["open"] * 2)

    def test_part_of_a_unit(self):
        """As browsers send it, or with the decimal separator of the language."""
        self._log_in()
        for text in (" 0.5 ", ".5", "5e-1", "0.500"):
            [transfer] = self._ask({self.lamps: text})
            self.assertEqual(transfer.move_ids.product_uom_qty, 0.5)
        self._assert_refused("as a number", {self.lamps: "0,5"})
        self.env["res.lang"]._activate_lang("de_DE")
        [transfer] = self._ask({self.lamps: "0,5"}, url=f"/de{self._form_url}")
        self.assertEqual(transfer.move_ids.product_uom_qty, 0.5)

    def test_serials(self):
        """The piece that was chosen comes back, after the answer too."""
        phone = self._create_goods("Phone", tracking="serial")
        serials = [self._create_lot(f"SN{number}", phone) for number in range(3)]
        delivery = self._deliver({phone: 3})
        move = delivery.move_ids
        self._log_in()
        self.assertIn("SN1", self.url_open(self._form_url).text)
        [transfer] = self._ask({self._name(move, serials[1]): "1"})
        self.assertEqual(transfer.state, "draft")
        self.assertEqual(transfer.move_line_ids.lot_id, serials[1])
        # It is not offered again, the others are.
        page = self.url_open(self._form_url).text
        self.assertNotIn(self._name(move, serials[1]), page)
        self.assertIn(self._name(move, serials[2]), page)
        self._assert_refused(
            "Only 1 Units of Phone (SN2)", {self._name(move, serials[2]): "2"}
        )
        self._assert_refused(
            f"Phone (SN1) of delivery {delivery.name} cannot be returned any more",
            {self._name(move, serial): "1" for serial in serials[1:]},
        )
        transfer.with_user(self.agent).action_confirm_request()
        self.assertEqual(transfer.state, "assigned")
        self.assertEqual(transfer.move_line_ids.lot_id, serials[1])
        self._validate(transfer)
        self.assertEqual(transfer.state, "done")

    def test_ticket_with_a_product(self):
        """What the ticket is about narrows what can be sent back, as for the agent."""
        self.ticket.product_id = self.desk
        self._log_in()
        self.assertNotIn(self._name(self.lamps), self.url_open(self._form_url).text)
        self._assert_forbidden({self.lamps: "1"})

    def test_photographs(self):
        self._log_in()
        [transfer] = self._ask(
            photos=[
                ("front.jpg", self._make_photo()),
                ("back.html", self._make_photo("PNG")),
            ]
        )
        photos = transfer.request_photo_ids
        self.assertEqual(sorted(photos.mapped("mimetype")), ["image/jpeg", "image/png"])
        self.assertEqual(photos, self.ticket.attachment_ids)
        self.assertTrue(
            transfer.with_user(self.agent).request_photo_ids.mapped("datas")
        )
        # Who reads the ticket and has no rights on transfers sees them there.
        self.assertTrue(photos.with_user(self.plain_agent).mapped("datas"))
        # Who moves goods and does not read the ticket opens the return all the same.
        with Form(transfer.with_user(self.worker)) as form:
            self.assertEqual(form.request_state, "open")

    def test_no_photographs(self):
        self._log_in()
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
        for content in (svg, b"%PDF-1.4", b"", b"GIF89a", self._make_photo("GIF")):
            self._assert_refused(
                "photo.jpg is no photograph", photos=[("photo.jpg", content)]
            )
        self._assert_refused(
            "6 photographs", photos=[("a.jpg", self._make_photo())] * 6
        )
        self._assert_refused(
            "is no photograph", photos=[("\0.jpg", self._make_photo())]
        )
        large = self._make_photo() + b"0" * 10 * 1024 * 1024
        self._assert_refused("large.jpg is too large", photos=[("large.jpg", large)])

    # --------------------------------------------------------------------------
    # What is refused
    # --------------------------------------------------------------------------

    def test_more_than_is_left(self):
        """Delivered less returned less asked for, whoever asked for it."""
        self._log_in()
        only = f"Only 3 Units of Lamp from delivery {self.delivery.name} can go back"
        for quantity in ("3.01", "3.001", "1e15", "1e308", "1e999", "1" + "0" * 400):
            self._assert_refused(only, {self.lamps: quantity})
        # All that is to be mended is told at once, and marked.
        page = self._assert_refused(only, {self.lamps: "4"}, reason="", wish="")
        self.assertIn("Choose why", page)
        [field] = html.fromstring(page).xpath(f"//*[@id='{self._name(self.lamps)}']")
        self.assertIn("is-invalid", field.get("class"))
        [field] = html.fromstring(page).xpath(f"//*[@id='{self._name(self.desks)}']")
        self.assertNotIn("is-invalid", field.get("class"))
        self._ask({self.lamps: "2"})
        self._log_in(self.cole)
        page = self._assert_refused("Only 1 Units", {self.lamps: "2"})
        # What was entered is kept.
        self.assertIn('value="2"', page)
        self._ask({self.lamps: "1"})
        self._assert_refused("cannot be returned any more", {self.lamps: "1"})

    def test_no_quantities(self):
        self._log_in()
        for quantity in (
            "nan",
            "inf",
            "-inf",
            "a lamp",
            "1_0",
            "٣",
            "1,000",
            "1.0.0",
            ".",
            "1e",
            "+1",
            "1\0",
        ):
            self._assert_refused("as a number", {self.lamps: quantity})
        for quantity in ("-1", "-1e308", "-1e999"):
            self._assert_refused("cannot be negative", {self.lamps: quantity})
        for quantity in ("1.0000000001", "0.0001", "1e-300"):
            self._assert_refused("at most 2 decimals", {self.lamps: quantity})
        for quantity in ("", "0", "-0", "0.0"):
            self._assert_refused("Choose what is to go back", {self.lamps: quantity})

    def test_what_is_missing(self):
        self._log_in()
        page = self._assert_refused("Choose why", reason="", wish="")
        self.assertIn("Choose what you would like", page)
        self.assertIn('href="#reason"', page)
        theirs = self.env["helpdesk.return.reason"].create(
            {"name": "Theirs", "team_ids": self.team.copy().ids}
        )
        old = self.reason.copy({"active": False})
        for reason in (theirs.id, old.id, "x", 0):
            self._assert_refused("Choose why", reason=reason)
        self.team.use_refund = False
        for wish in ("refund", "gold"):
            self._assert_refused("Choose what you would like", wish=wish)

    def test_deliveries_of_others(self):
        elsewhere = self._deliver(partner=self.stranger)
        receipt = self.env["stock.move"].search([("state", "=", "draft")], limit=1)
        self._log_in()
        self._assert_forbidden({elsewhere.move_ids: "1"})
        self._assert_forbidden({self.lamps: "1", elsewhere.move_ids: "1"})
        self._assert_forbidden({f"quantity-{receipt.id or 10**9}-0": "1"})
        for name in ("quantity-x-0", "quantity-1", "quantity--1-0", "quantity-1-2-3"):
            self._assert_forbidden({name: "1"})
        phone = self._create_goods("Phone", tracking="serial")
        serial = self._create_lot("SN1", phone)
        self._assert_forbidden({self._name(self.lamps, serial): "1"})

    def test_company(self):
        """Goods of another company of ours are not for this ticket."""
        company = self.env["res.company"].create({"name": "Elsewhere Ltd"})
        self.delivery.move_ids.flush_recordset()
        self.env.cr.execute(
            "UPDATE stock_move SET company_id = %s WHERE id = %s",
            [company.id, self.desks.id],
        )
        self.env.invalidate_all()
        self._log_in()
        self._assert_forbidden({self.desks: "1"})

    @mute_logger("odoo.http")
    def test_tickets_of_others(self):
        self._log_in(self.other)
        self.assertEqual(self.url_open(self._form_url).status_code, 403)
        self._assert_forbidden()
        # Also where they may read the ticket, as a follower.
        self.ticket.message_subscribe(self.stranger.ids)
        self.assertEqual(self.url_open(self._form_url).status_code, 403)
        self._assert_forbidden()
        page = self.url_open(f"/my/ticket/{self.ticket.id}")
        self.assertIn(self.ticket.name, page.text)
        self.assertNotIn(self._form_url, page.text)
        self.assertEqual(self.url_open("/my/ticket/999999999/return").status_code, 403)
        self.assertEqual(self.url_open("/my/ticket/0/return").status_code, 404)

    def test_followers_of_others_see_no_requests(self):
        self._log_in()
        [transfer] = self._ask()
        self.ticket.message_subscribe(self.stranger.ids)
        self._log_in(self.other)
        page = self.url_open(f"/my/ticket/{self.ticket.id}").text
        self.assertNotIn(transfer.name, page)
        self._log_in(self.cole)
        page = self.url_open(f"/my/ticket/{self.ticket.id}").text
        self.assertIn(transfer.name, page)
        # The ticket's next customer sees nothing of it either.
        self.ticket.partner_id = self.stranger
        self._log_in(self.other)
        page = self.url_open(f"/my/ticket/{self.ticket.id}").text
        self.assertNotIn(transfer.name, page)

    def test_visitors(self):
        """Who is not signed in is sent there, also with the ticket's token."""
        token = self.ticket._portal_ensure_token()
        self.authenticate(None, None)
        page = self.url_open(f"/my/ticket/{self.ticket.id}/{token}").text
        self.assertIn(self.ticket.name, page)
        self.assertNotIn("/return", page)
        for url in (self._form_url, f"{self._form_url}?access_token={token}"):
            answer = self.url_open(url, allow_redirects=False)
            self.assertEqual(answer.status_code, 303)
            self.assertIn("/web/login", answer.headers["Location"])
            self._post(url=url)
        self.assertFalse(self.ticket.return_ids)

    def test_forged_without_the_form(self):
        self._log_in()
        answer = self.url_open(self._form_url, {self._name(self.lamps): 1})
        self.assertEqual(answer.status_code, 400)
        query = f"{self._name(self.lamps)}=1&reason={self.reason.id}&wish=exchange"
        for method in ("GET", "HEAD"):
            answer = self.url_open(f"{self._form_url}?{query}", method=method)
            self.assertEqual(answer.status_code, 200)
        self.assertFalse(self.ticket.return_ids)

    def test_forged_tokens(self):
        self._log_in()
        token = uuid.uuid4().hex
        for forged in (f"{token[:-1]}\0", f"{token}0", token.upper(), "\0", "x", ""):
            self._assert_forbidden(token=forged)
        self._assert_forbidden(photos=[("a.jpg", b"")], token=None)

    def test_possible_no_longer(self):
        """Who still sees the ticket reads why, and keeps what was entered."""
        self._log_in()
        for allowed, used, active in (
            (False, True, True),
            (True, False, True),
            (True, True, False),
        ):
            self.team.write({"allow_return_requests": allowed, "use_return": used})
            self.ticket.active = active
            page = self.url_open(f"/my/ticket/{self.ticket.id}").text
            self.assertNotIn(self._form_url, page)
            sentence = "please write to us instead"
            answer = self.url_open(self._form_url)
            self.assertEqual(answer.status_code, 404)
            self.assertIn(sentence, answer.text)
            self.assertNotIn('name="token"', answer.text)
            page = self._assert_refused(sentence, {self.lamps: "2"}, reason="")
            self.assertIn('value="2"', page)
            for text in ("Choose why", "choose them again"):
                self.assertNotIn(text, page)
        # Others read nothing of it, also who saw the ticket before.
        self.ticket.partner_id = self.stranger
        self.ticket.message_unsubscribe(self.ticket.message_partner_ids.ids)
        with mute_logger("odoo.http"):
            answer = self.url_open(self._form_url)
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn(sentence, answer.text)
        self._assert_forbidden()

    def test_window(self):
        """The day of the delivery is not counted; the last day is included."""
        company = self.env.company
        company.partner_id.tz = "Europe/Berlin"
        # 23:30 in Berlin, on the first of March.
        self.delivery.move_ids.date = "2026-03-01 22:30:00"
        self._log_in()

        def is_offered():
            return bool(self.ticket._get_goods_to_request())

        for days, now, expected in (
            (14, "2026-03-15 22:59:00", True),  # 23:59 in Berlin, the 14th day
            (14, "2026-03-15 23:01:00", False),
            (0, "2030-01-01 12:00:00", True),
            (2_000_000_000, "2030-01-01 12:00:00", True),
        ):
            company.return_window_days = days
            with freeze_time(now):
                self.assertEqual(is_offered(), expected)
        company.return_window_days = 14
        self.delivery.move_ids.date = "2020-01-01 12:00:00"
        page = self.url_open(self._form_url).text
        self.assertIn("There is nothing that you can send back", page)
        self.assertIn("within 14 days", page)
        self._assert_refused("cannot be returned any more", {self.lamps: "1"})
        # The agent may still do it.
        self._return(1, 0)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            company.return_window_days = -1
            company.flush_recordset()

    def test_nothing_left(self):
        self._return(3, 1)
        self._log_in()
        page = html.fromstring(self.url_open(self._form_url).text)
        [note] = page.xpath(
            "//*[@id='ask_for_return']//*[@class='alert alert-info']/p[1]"
        )
        self.assertEqual(
            note.text_content().strip(),
            "There is nothing that you can send back any more.",
        )

    def test_team_without_reasons(self):
        self.env["helpdesk.return.reason"].search([]).active = False
        self._log_in()
        self.assertNotIn('name="reason"', self.url_open(self._form_url).text)
        [transfer] = self._ask({self.lamps: "1"}, reason="")
        self.assertFalse(transfer.request_reason_id)
        self.assertNotIn("Reason", self.ticket.message_ids[0].body)

    def test_pressed_twice(self):
        self._log_in()
        token = self._get_token()
        transfers = self._ask({self.lamps: "2"}, token=token)
        messages = self.ticket.message_ids
        answer = self._post({self.lamps: "2"}, token=token)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.ticket.return_ids, transfers)
        self.assertEqual(self.ticket.message_ids, messages)
        self.assertNotEqual(self._get_token(), token)

    # --------------------------------------------------------------------------
    # Answering
    # --------------------------------------------------------------------------

    def _request(self, quantity=2, wish="exchange"):
        """A request, as the customer makes it."""
        transfers = (
            self.ticket.with_user(self.nora)
            .sudo()
            ._request_return(
                self.contact,
                {(self.lamps.id, 0): quantity},
                self.reason,
                wish,
                uuid.uuid4().hex,
            )
        )
        return transfers.with_env(self.env)

    def test_confirm(self):
        transfer = self._request()
        with self.mock_mail_gateway():
            transfer.with_user(self.agent).action_confirm_request()
        self.assertEqual(transfer.state, "assigned")
        self.assertEqual(transfer.request_state, "confirmed")
        mail = self._find_mail(self.contact)
        self.assertIn(transfer.name, mail["subject"])
        self.assertIn("2 Units Lamp", mail["body"])
        with self.assertRaisesRegex(UserError, "no request"):
            transfer.with_user(self.agent).action_confirm_request()
        self._log_in()
        page = self.url_open(f"/my/ticket/{self.ticket.id}").text
        self.assertNotIn("Waiting for our answer", page)

    def _find_mail(self, partner):
        """The one mail that went out to somebody."""
        mails = self._new_mails.filtered(lambda mail: partner in mail.recipient_ids)
        self.assertEqual(len(mails), 1)
        self.assertEqual(mails.mail_message_id.model, "helpdesk.ticket")
        self.assertEqual(mails.mail_message_id.res_id, self.ticket.id)
        return {"subject": mails.subject, "body": mails.body_html}

    def test_core_buttons_answer_too(self):
        """Odoo's own buttons leave no customer without an answer."""
        first, second = self._request(1), self._request(1)
        with self.mock_mail_gateway():
            first.with_user(self.worker).action_confirm()
            self.assertEqual(first.request_state, "confirmed")
            self.assertIn(first.name, self._find_mail(self.contact)["subject"])
        with self.mock_mail_gateway():
            second.with_user(self.worker).action_cancel()
            self.assertEqual(second.request_state, "declined")
            self.assertIn(second.name, self._find_mail(self.contact)["subject"])
        third = self._request(1)
        third.with_user(self.worker).button_validate()
        self.assertEqual(third.state, "done")
        self.assertEqual(third.request_state, "confirmed")
        fourth = self._request(1)
        with self.assertRaisesRegex(UserError, "decline it"):
            fourth.unlink()

    def test_decline(self):
        transfer = self._request()
        action = transfer.with_user(self.agent).action_decline_request()
        dialogs = self.env[action["res_model"]].with_user(self.agent)
        with Form(dialogs.with_context(**action["context"])) as form:
            form.answer = "It was used <outdoors>."
        with self.assertRaises(AccessError):
            form.record.with_user(self.worker).write({"answer": "Never."})
        with self.mock_mail_gateway():
            form.record.action_decline()
        self.assertEqual(transfer.state, "cancel")
        self.assertEqual(transfer.request_state, "declined")
        self.assertIn("used &lt;outdoors&gt;", self._find_mail(self.contact)["body"])
        self.assertEqual(self.lamps._get_left_to_return()[self.lamps], 3)
        for user in (self.nora, self.cole):
            self._log_in(user)
            page = self.url_open(f"/my/ticket/{self.ticket.id}").text
            for text in ("Declined", "used &lt;outdoors&gt;", "2 Units Lamp"):
                self.assertIn(text, page)
        with self.assertRaisesRegex(UserError, "no request"):
            form.record.action_decline()
        self.assertEqual(self.ticket.return_request_count, 0)

    def test_decline_with_a_sentence(self):
        transfer = self._request().with_user(self.agent)
        for answer in ("", " ", None, False):
            with self.assertRaisesRegex(UserError, "in a sentence"):
                transfer._decline_request(answer)
        self.assertEqual(transfer.request_state, "open")

    def test_confirm_for_exchange(self):
        """The return that was asked for, and the delivery that replaces it."""
        self._put_in_stock(self.lamp)
        transfer = self._request()
        transfer.with_user(self.agent).action_confirm_request_exchange()
        self.assertEqual(transfer.request_state, "confirmed")
        self.assertEqual(transfer.state, "assigned")
        replacement = self._get_replacement(transfer)
        self.assertEqual(replacement.move_ids.product_uom_qty, 2)
        self.assertEqual(replacement.location_dest_id.usage, "customer")
        self.assertEqual(self.lamps._get_left_to_return()[self.lamps], 1)
        with self.assertRaisesRegex(UserError, "no request"):
            transfer.with_user(self.agent).action_confirm_request_exchange()

    def test_request_keeps_its_ticket(self):
        """Who asked gets an answer, on the ticket."""
        transfer = self._request()
        with (
            self.assertRaisesRegex(UserError, f"{transfer.name} of ticket"),
            self.env.cr.savepoint(),
        ):
            self.ticket.unlink()
        with self.assertRaisesRegex(UserError, "off the ticket"):
            transfer.ticket_id = False
        transfer.action_confirm_request()
        self.ticket.unlink()
        self.assertFalse(transfer.ticket_id)

    def test_request_that_has_lost_its_ticket(self):
        """It can be answered, but nothing is replaced."""
        first, second = self._request(1), self._request(1)
        for transfer in (first, second):
            self.env.cr.execute(
                "UPDATE stock_picking SET ticket_id = NULL WHERE id = %s",
                [transfer.id],
            )
        self.env.invalidate_all()
        for transfer in (first, second):
            with self.assertRaisesRegex(UserError, "ticket was deleted"):
                transfer.with_user(self.agent).action_confirm_request_exchange()
        first.with_user(self.agent).action_confirm_request()
        second.with_user(self.agent).action_cancel()
        self.assertEqual(first.request_state, "confirmed")
        self.assertEqual(second.request_state, "declined")

    def test_who_may_answer(self):
        transfer = self._request()
        for user in (self.plain_agent, self.nora):
            for call in (
                "action_confirm_request",
                "action_decline_request",
                "action_confirm_request_exchange",
            ):
                with self.assertRaises(AccessError):
                    getattr(transfer.with_user(user), call)()
            with self.assertRaises(AccessError):
                transfer.with_user(user)._decline_request("No")
        self.assertEqual(transfer.request_state, "open")

    def test_answer_in_the_language_of_who_asked(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(
            ["helpdesk_return"], ["de_DE"], overwrite=True
        )
        self.contact.lang = "de_DE"
        transfer = self._request()
        with self.mock_mail_gateway():
            transfer.with_user(self.agent).action_confirm_request()
        self.assertIn("Wir nehmen", self._find_mail(self.contact)["subject"])

    def test_ticket_of_another_customer_since(self):
        """Who asked gets the answer, and the new customer nothing of it."""
        transfer = self._request()
        self.ticket.partner_id = self.stranger
        self.ticket.message_subscribe(self.stranger.ids)
        with self.mock_mail_gateway():
            transfer.with_user(self.agent)._decline_request("No longer ours to take.")
        self._find_mail(self.contact)
        self.assertFalse(
            self._new_mails.filtered(lambda mail: self.stranger in mail.recipient_ids)
        )
        self.assertTrue(self.ticket.message_ids[:1].subtype_id.internal)

    def test_no_second_mail(self):
        """Where the team tells customers about returns, a request is answered only."""
        self.team.return_notify_customer = True
        news = self.env["helpdesk.customer.news"]
        transfer = self._request()
        transfer.with_user(self.agent).action_confirm_request()
        self.assertFalse(news.search([]).filtered("due"))
        self._validate(transfer)
        with self.mock_mail_gateway():
            news.search([])._send()
        self.assertIn("received", self._find_mail(self.contact)["subject"])

    def test_asker_without_an_address(self):
        transfer = self._request()
        self.contact.email = False
        with self.mock_mail_gateway():
            transfer.with_user(self.agent).action_confirm_request()
        self.assertFalse(
            self._new_mails.filtered(lambda mail: self.contact in mail.recipient_ids)
        )

    def test_forged_contexts(self):
        """What comes by RPC makes no requests, and passes no check."""
        delivery = self._deliver()
        wizards = self.env["stock.return.picking"].with_user(self.agent)
        wizard = wizards.with_context(
            active_model="helpdesk.ticket",
            active_id=self.ticket.id,
            **{REQUESTED_BY: self.contact.id, CONFIRMED_REQUEST: 1},
        ).create({"picking_id": delivery.id})
        action = wizard.action_create_returns()
        transfer = self.env["stock.picking"].browse(action["res_id"])
        self.assertFalse(transfer.request_state)
        self.assertEqual(transfer.state, "assigned")

    # --------------------------------------------------------------------------
    # What the agent sees
    # --------------------------------------------------------------------------

    def test_ticket_form(self):
        self._request()
        for user in (self.agent, self.plain_agent):
            with Form(self.ticket.with_user(user)) as form:
                self.assertEqual(form.return_request_count, 1)
        action = self.ticket.with_user(self.agent).action_view_return_requests()
        self.assertEqual(action["res_id"], self.ticket.return_ids.id)
        tickets = self.env["helpdesk.ticket"].with_user(self.agent)
        self.assertEqual(
            tickets.search([("return_ids.request_state", "=", "open")]), self.ticket
        )

    def test_reasons_are_the_managers(self):
        manager = new_test_user(
            self.env, "boss", groups="helpdesk_mgmt.group_helpdesk_manager"
        )
        reasons = self.env["helpdesk.return.reason"]
        reason = reasons.with_user(manager).create({"name": "Too loud"})
        with self.assertRaises(AccessError):
            reason.with_user(self.agent).name = "Mine"
        with self.assertRaises(AccessError):
            reasons.with_user(self.nora).search([])
        self.assertIn(reason, self.team.return_reason_ids)
        reason.team_ids = self.team.copy()
        self.team.invalidate_recordset()
        self.assertNotIn(reason, self.team.return_reason_ids)
        transfer = self._request()
        with self.assertRaisesRegex(UserError, transfer.name):
            self.reason.with_user(manager).unlink()
