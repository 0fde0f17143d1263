"""What customers get in their mailboxes: real messages, and the answers to them."""

import email
import email.policy
import email.utils

import pytest
from deliveries import get_delivered_move
from services import SERVICES

from tools import mail

TICKET = "helpdesk.ticket"
ANSWER = """From: {sender}
To: {to}
Subject: Re: {subject}
Message-ID: <answer-{number}@lakeside.example.com>
In-Reply-To: {message_id}
Content-Type: text/plain; charset="UTF-8"

Vielen Dank!
"""
TEXTS = {
    "refund": ("Ihre Gutschrift", "120,00"),
    "coupon": ("Ihr Gutschein von", "Gutschein für Ihre nächste Bestellung"),
    "return": ("Ihre Retoure", "Schein aus"),
    "repair": ("Ihre Reparatur", "angenommen"),
    "fieldservice": ("Ihr Besuch", "besuchen Sie am"),
}
"""What the German mails are to say: in the subject, and in the text."""


def make_credit_note(rpc, ticket):
    [note] = rpc.call(
        "account.move",
        "create",
        [
            {
                "move_type": "out_refund",
                "partner_id": ticket["partner_id"],
                "ticket_id": ticket["id"],
                "invoice_line_ids": [
                    [0, 0, {"name": "Screen", "price_unit": 120, "tax_ids": []}]
                ],
            }
        ],
    )
    rpc.call("account.move", "action_post", [note])


def make_coupon(rpc, ticket):
    popup = rpc.call(TICKET, "action_coupon", [ticket["id"]])
    model, popup_id = popup["res_model"], popup["res_id"]
    fields = ["available_program_ids"]
    [values] = rpc.call(model, "read", [popup_id], fields)
    program = values["available_program_ids"][0]
    rpc.call(model, "write", [popup_id], {"program_id": program})
    rpc.call(model, "action_generate", [popup_id])


def make_return(rpc, ticket):
    _move, delivery = get_delivered_move(rpc, ticket["id"])
    context = {"active_model": TICKET, "active_id": ticket["id"]}
    values = {"picking_id": delivery}
    wizard = rpc.call("stock.return.picking", "create", [values], context=context)
    rpc.call("stock.return.picking", "action_create_returns", wizard)


def make_repair(rpc, ticket):
    values = {"ticket_id": ticket["id"], "repair_description": "Neues Display"}
    rpc.call("repair.order", "create", [values])


def make_visit(rpc, ticket):
    context = {"active_model": TICKET, "active_id": ticket["id"]}
    values = {
        "planned_date_start": "2031-03-12 09:00:00",
        "planned_date_end": "2031-03-12 10:00:00",
    }
    popup = rpc.call(
        "helpdesk.fieldservice.create", "create", [values], context=context
    )
    rpc.call("helpdesk.fieldservice.create", "action_create", popup)


MAKERS = {
    "refund": make_credit_note,
    "coupon": make_coupon,
    "return": make_return,
    "repair": make_repair,
    "fieldservice": make_visit,
}


def run_schedule(server):
    """Let some minutes go by, and the scheduled action do its work."""
    rpc = server.rpc()
    with server.connection() as link, link.cursor() as cursor:
        cursor.execute(
            "UPDATE helpdesk_customer_news SET due = due - INTERVAL '1 hour'"
        )
    for model in ("helpdesk.customer.news", "mail.mail"):
        domain = [["model_id.model", "=", model]]
        crons = rpc.call("ir.cron", "search", domain)
        assert rpc.call("ir.cron", "method_direct_trigger", crons) is True


def read_mails(folder):
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted(folder.iterdir())
    ]


def prepare(server, port):
    """Set up mail, German, the team and its ticket, as an administrator would."""
    rpc = server.rpc()
    # What the demo data would have written to others.
    rpc.call("mail.mail", "unlink", rpc.call("mail.mail", "search", []))
    rpc.call(
        "ir.mail_server",
        "create",
        [{"name": "Kept", "smtp_host": "127.0.0.1", "smtp_port": port}],
    )
    rpc.call("mail.alias.domain", "create", [{"name": "desk.example.com"}])
    domain = [["code", "=", "de_DE"]]
    context = {"active_test": False}
    german = rpc.call("res.lang", "search", domain, context=context)
    wizard = rpc.call(
        "base.language.install", "create", [{"lang_ids": [[6, 0, german]]}]
    )
    rpc.call("base.language.install", "lang_install", wizard)
    domain = [["name", "=", "Monitor arrived with a cracked screen"]]
    fields = ["number", "partner_id", "team_id"]
    [ticket] = rpc.call(TICKET, "search_read", domain, fields, load="")
    rpc.call("res.partner", "write", [ticket["partner_id"]], {"lang": "de_DE"})
    flags = {f"{service.code}_notify_customer": True for service in SERVICES}
    rpc.call("helpdesk.ticket.team", "write", [ticket["team_id"]], flags)
    fields = ["name", "email"]
    [ticket["customer"]] = rpc.call(
        "res.partner", "read", [ticket["partner_id"]], fields
    )
    return ticket


@pytest.fixture(scope="module")
def mailed(server, tmp_path_factory):
    """A document of each service, and what its ticket's customer got in German."""
    folder = tmp_path_factory.mktemp("mail")
    with mail.kept_in(folder) as port:
        ticket = prepare(server, port)
        rpc = server.rpc()
        for service in SERVICES:
            MAKERS[service.code](rpc, ticket)
        assert not read_mails(folder), "Nothing leaves before its time."
        run_schedule(server)
        run_schedule(server)
        yield ticket, read_mails(folder)


def find_mail(mailed, service):
    _ticket, mails = mailed
    [found] = [each for each in mails if TEXTS[service.code][0] in each["Subject"]]
    return found


def test_no_mail_twice(mailed):
    _ticket, mails = mailed
    assert len(mails) == len(SERVICES)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_message(mailed, service):
    """The customer gets it, in German, readable as plain text; the answer goes back."""
    ticket, _mails = mailed
    message = find_mail(mailed, service)
    customer = ticket["customer"]
    assert email.utils.parseaddr(message["To"]) == (customer["name"], customer["email"])
    assert email.utils.parseaddr(message["Reply-To"])[1].endswith("@desk.example.com")
    assert "@" in email.utils.parseaddr(message["From"])[1]
    assert f"{ticket['id']}-helpdesk.ticket@" in message["Message-Id"]
    plain = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    for text in (plain, html):
        assert f"Guten Tag {customer['name']}" in text
        assert TEXTS[service.code][1] in text
        assert "Dear" not in text
    assert plain.index("Guten Tag") < 300, "Nothing stands before it but the ticket."
    if service.code != "fieldservice":
        assert ticket["number"] in message["Subject"]
    files = {
        part.get_filename(): part.get_content() for part in message.iter_attachments()
    }
    if service.code in ("refund", "return"):
        [(name, content)] = files.items()
        assert name.endswith(".pdf")
        assert "/" not in name
        assert content.startswith(b"%PDF-")
    else:
        assert not files


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_answer(server, mailed, service):
    """What the customer answers is a comment on the ticket."""
    ticket, _mails = mailed
    message = find_mail(mailed, service)
    rpc = server.rpc()
    answer = ANSWER.format(
        number=service.code,
        sender=ticket["customer"]["email"],
        to=message["Reply-To"],
        subject=message["Subject"],
        message_id=message["Message-Id"],
    )
    thread = rpc.call("mail.thread", "message_process", False, answer)
    assert thread == ticket["id"]
    domain = [["model", "=", TICKET], ["res_id", "=", ticket["id"]]]
    fields = ["author_id", "body", "is_internal", "message_type", "subtype_id"]
    [newest] = rpc.call("mail.message", "search_read", domain, fields, limit=1, load="")
    assert newest["message_type"] == "email"
    assert "Vielen Dank!" in newest["body"]
    assert newest["author_id"] == ticket["partner_id"]
    assert not newest["is_internal"]


@pytest.mark.parametrize("width", [1366, 375])
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_width(mailed, browser, service, width):
    """The mail fits the screen of a desktop and of a phone."""
    html = find_mail(mailed, service).get_body(("html",)).get_content()
    page = browser(viewport=(width, 800))
    page.set_content(html)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text("Guten Tag").last.is_visible()
