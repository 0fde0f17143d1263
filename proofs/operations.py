"""What users do that must happen once, or up to a limit: for races and for faults.

Each operation makes subjects to do it with (an invoice to refund, a delivery to return),
opens what a user has before them, and finds in the database what must not be there.
"""

import base64
import io
import itertools
import math
import re
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, ClassVar

import requests
from PIL import Image

from proofs.at_once import Press, Refused
from tools.rpc import Rpc
from tools.serving import OdooServer

CONNECTIONS = 4
"""How many users there are at most."""

SERVICES = {
    "refund": "account.move",
    "coupon": "loyalty.card",
    "return": "stock.picking",
    "repair": "repair.order",
    "fieldservice": "project.task",
}
"""The services, and the models of their documents."""

PASSWORD = "operations-password"
CONTACTS = ("first-contact", "second-contact")
Subject = dict[str, Any]


def furnish(server: OdooServer) -> None:
    """Let two contacts of the demonstration's customer sign in to the portal."""
    desk = Desk(server)
    company_id = desk.ref("helpdesk_after_sales.partner_lakeside_demo")
    for login in CONTACTS:
        values = {
            "name": login.title(),
            "login": login,
            "password": PASSWORD,
            "email": f"{login}@example.com",
            "group_ids": [[6, 0, [desk.ref("base.group_portal")]]],
        }
        context = {"no_reset_password": True}
        [user_id] = desk.call("res.users", "create", [values], context=context)
        [user] = desk.call("res.users", "read", [user_id], ["partner_id"])
        partner_ids = [user["partner_id"][0]]
        desk.call("res.partner", "write", partner_ids, {"parent_id": company_id})
        # Odoo makes a user's settings at the first sign-in, and refuses two such at once.
        server.rpc(login, PASSWORD)


class Desk:
    """Where the subjects of operations are made, and looked at afterwards."""

    def __init__(self, server: OdooServer) -> None:
        self.server = server
        self._rpc = server.rpc()
        self._refs: dict[str, int] = {}
        self.team_id = self.ref("helpdesk_after_sales.team_after_sales_demo")
        self.customer_id = self.ref("helpdesk_after_sales.partner_lakeside_nora_demo")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method as the administrator."""
        return self._rpc.call(model, method, *args, **kwargs)

    def ref(self, xmlid: str) -> int:
        """Find a record by its external id."""
        if xmlid not in self._refs:
            module, name = xmlid.split(".")
            domain = [["module", "=", module], ["name", "=", name]]
            [found] = self.call("ir.model.data", "search_read", domain, ["res_id"])
            self._refs[xmlid] = found["res_id"]
        return self._refs[xmlid]

    def select(self, query: str, *values: Any) -> list[tuple]:
        """Ask the database itself."""
        with self.server.connection() as link, link.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def goods(self, number: int) -> list[int]:
        """Make products, so that each subject has its own and no other is in its way."""
        values = {
            "name": "Side Table",
            "type": "consu",
            "list_price": 100.0,
            "taxes_id": [],
        }
        return self.call("product.product", "create", [values] * number)

    def tickets(self, products: Sequence[int], **values: Any) -> list[int]:
        """Open a ticket on each product."""
        shared = {
            "name": "The table has a scratch",
            "description": "<p>It was like that in the box.</p>",
            "team_id": self.team_id,
            "partner_id": self.customer_id,
            **values,
        }
        rows = [{**shared, "product_id": product_id} for product_id in products]
        return self.call("helpdesk.ticket", "create", rows)

    def invoices(self, products: Sequence[int], quantity: float) -> list[int]:
        """Bill a quantity of each product."""
        shared = {"move_type": "out_invoice", "partner_id": self.customer_id}
        rows = [
            {
                **shared,
                "invoice_date": "2026-01-15",
                "invoice_line_ids": [
                    [0, 0, {"product_id": product_id, "quantity": quantity}]
                ],
            }
            for product_id in products
        ]
        invoices = self.call("account.move", "create", rows)
        self.call("account.move", "action_post", invoices)
        return invoices

    def deliveries(
        self, products: Sequence[int], quantity: float
    ) -> list[tuple[int, int]]:
        """Deliver a quantity of each product; give the deliveries and their moves."""
        places = {
            "location_id": self.ref("stock.stock_location_stock"),
            "location_dest_id": self.ref("stock.stock_location_customers"),
        }
        shared = {
            **places,
            "picking_type_id": self.ref("stock.picking_type_out"),
            "partner_id": self.customer_id,
        }
        rows = []
        for product_id in products:
            move = {
                **places,
                "product_id": product_id,
                "product_uom_qty": quantity,
                "quantity": quantity,
                "picked": True,
            }
            rows.append({**shared, "move_ids": [[0, 0, move]]})
        deliveries = self.call("stock.picking", "create", rows)
        self.validate(deliveries)
        moves = self.call(
            "stock.move",
            "search_read",
            [["picking_id", "in", deliveries]],
            ["picking_id"],
        )
        move_of = {move["picking_id"][0]: move["id"] for move in moves}
        return [(delivery, move_of[delivery]) for delivery in deliveries]

    def validate(self, transfers: Sequence[int]) -> None:
        """Carry out transfers."""
        context = {"skip_sms": True, "skip_backorder": True}
        self.call("stock.picking", "button_validate", transfers, context=context)

    def take_back(self, ticket_id: int, delivery_id: int) -> int:
        """Return all of a delivery, from a ticket; give the return, still open."""
        action = open_return(self.call, ticket_id, delivery_id)()
        return action["res_id"]


class Contact:
    """A contact of the customer who is signed in to the portal."""

    def __init__(self, server: OdooServer, login: str) -> None:
        rpc = server.rpc(login, PASSWORD)
        self._url = server.url
        self._session = requests.Session()
        self._session.cookies.set("session_id", rpc.session_id)
        self._csrf_token = ""

    def open_form(self, ticket_id: int) -> None:
        """Open the form to ask for a return; what it hides is good for others too."""
        if not self._csrf_token:
            page = self._session.get(f"{self._url}/my/ticket/{ticket_id}/return")
            page.raise_for_status()
            [self._csrf_token] = re.findall(
                r'name="csrf_token" value="(\w+)"', page.text
            )

    def ask(self, ticket_id: int, fields: dict[str, Any]) -> str:
        """Send the form with two photographs, and give where it leads.

        :raises Refused: with the sentences of the form that is shown again
        """
        answer = self._session.post(
            f"{self._url}/my/ticket/{ticket_id}/return",
            data={"csrf_token": self._csrf_token, **fields},
            files=[
                ("photos", (f"{colour}.png", picture(colour)))
                for colour in ("red", "blue")
            ],
            allow_redirects=False,
            timeout=300,
        )
        if answer.status_code == 422:
            said = re.search(r'role="alert"[^>]*>(.*?)</div>', answer.text, re.S)
            raise Refused(re.sub(r"<[^>]+>|\s+", " ", said[1]) if said else "")
        if answer.status_code != 303:
            raise requests.HTTPError(f"{answer.status_code} {answer.text[:500]}")
        return answer.headers["Location"]


def picture(colour: str) -> bytes:
    """Draw a small picture."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(content, "PNG")
    return content.getvalue()


def open_return(
    call: Callable[..., Any],
    ticket_id: int,
    delivery_id: int,
    quantity: float | None = None,
    button: str = "action_create_returns",
) -> Press:
    """Open *Reverse Transfer* on a ticket; all that is left, unless a quantity is given."""
    context = {"active_model": "helpdesk.ticket", "active_id": ticket_id}
    wizard_ids = call(
        "stock.return.picking",
        "create",
        [{"picking_id": delivery_id}],
        context=context,
    )
    if quantity is not None:
        domain = [["wizard_id", "in", wizard_ids]]
        lines = call("stock.return.picking.line", "search", domain)
        call("stock.return.picking.line", "write", lines, {"quantity": quantity})
    return partial(call, "stock.return.picking", button, wizard_ids)


class Operation(ABC):
    """Something that users do; each instance has sessions of its own."""

    service: ClassVar[str]
    title: ClassVar[str]
    table: ClassVar[str]
    held: ClassVar[str]
    """What of the subject all have to wait for, and its table."""
    fits: ClassVar[int] = 1
    """How many can do it, before there is nothing left."""
    is_sent_again: ClassVar[bool] = False
    """Whether all send the same, so that all are told it is done, and it is done once."""
    is_made_before: ClassVar[bool] = False
    """Whether each has one before them already, which they change."""
    sentences: ClassVar[tuple[str, ...]] = ()
    """What who comes too late is told: one of these is in it."""
    is_once: ClassVar[bool] = True
    """Whether pressing again makes no second one."""
    ways: ClassVar[int] = 1
    """In how many ways it is done; the subjects take them in turn."""

    def __init__(self, server: OdooServer) -> None:
        self.server = server
        self.desk = Desk(server)
        self._agents: dict[int, Rpc] = {}

    def agent(self, index: int) -> Rpc:
        """Give the session of one of the users; signed in when first needed."""
        if index not in self._agents:
            self._agents[index] = self.server.rpc()
        return self._agents[index]

    @abstractmethod
    def prepare(self, sizes: Sequence[int]) -> list[Subject]:
        """Make a subject for each number of users."""

    @abstractmethod
    def open(self, subject: Subject, index: int) -> Press:
        """Open what a user has before them, and give what happens when it is pressed."""

    def done(self, connections: int) -> int:
        """Tell how many of so many users the server says to that it is done."""
        return connections if self.is_sent_again else min(connections, self.fits)

    def made(self, connections: int) -> int:
        """Tell how many of what is made there are to be."""
        return connections if self.is_made_before else min(connections, self.fits)

    @abstractmethod
    def find_faults(self, subject: Subject, made: int) -> list[str]:
        """Look for what must not be there, when so many were to be made."""


# ------------------------------------------------------------------------------
# Refund
# ------------------------------------------------------------------------------


class Refund(Operation):
    """Agents press Reverse in *Reverse Journal Entry*, each with another method."""

    service = "refund"
    title = "Refund the same invoice: full, partial, with a new draft"
    table = "account_move"
    held = "invoice"
    sentences = ("credited in full already", "left to credit")
    methods: ClassVar = ("full", "partial", "modify")
    ways = len(methods)

    def prepare(self, sizes):
        products = self.desk.goods(len(sizes))
        return [
            {"number": number, "ticket": ticket_id, "invoice": invoice_id}
            for number, (ticket_id, invoice_id) in enumerate(
                zip(
                    self.desk.tickets(products),
                    self.desk.invoices(products, 10),
                    strict=True,
                )
            )
        ]

    def open(self, subject, index):
        method = self.methods[(subject["number"] + index) % len(self.methods)]
        call = self.agent(index).call
        context = {"active_model": "helpdesk.ticket", "active_id": subject["ticket"]}
        values = {"credit_method": method, "move_ids": [[6, 0, [subject["invoice"]]]]}
        wizard_ids = call("account.move.reversal", "create", [values], context=context)
        return partial(call, "account.move.reversal", "refund_moves", wizard_ids)

    def find_faults(self, subject, made):
        [(total, number, credited, mended)] = self.desk.select(
            """
            SELECT invoice.amount_total, count(note), coalesce(sum(note.amount_total), 0),
                   bool_and(note.ticket_id = %s AND note.id IN (
                       SELECT move_id FROM account_move_line GROUP BY move_id
                       HAVING sum(balance) = 0))
            FROM account_move AS invoice
            LEFT JOIN account_move AS note ON note.reversed_entry_id = invoice.id
                AND note.move_type = 'out_refund' AND note.state != 'cancel'
            WHERE invoice.id = %s GROUP BY invoice.id
            """,
            subject["ticket"],
            subject["invoice"],
        )
        faults = []
        if credited > total:
            faults.append(f"credited {credited} of {total}")
        if number != made:
            faults.append(f"{number} credit notes, not {made}")
        if not mended and number:
            faults.append("a credit note without its ticket, or out of balance")
        return faults


class CreateDrafts(Refund):
    """Agents create drafts that fit each, and two of them together."""

    title = "Create drafts of the same invoice, two of which fit"
    sentences = ("left to credit",)
    is_once = False
    ways = 1
    fits = 2

    def open(self, subject, index):
        line = {"name": "Scratch", "price_unit": 400.0, "tax_ids": []}
        values = {
            "move_type": "out_refund",
            "partner_id": self.desk.customer_id,
            "ticket_id": subject["ticket"],
            "reversed_entry_id": subject["invoice"],
            "invoice_line_ids": [[0, 0, line]],
        }
        return partial(self.agent(index).call, "account.move", "create", [values])


class RaiseDrafts(CreateDrafts):
    """Agents raise a draft each; there is room for one of them."""

    title = "Raise drafts of the same invoice, one of which fits"
    fits = 1
    is_made_before = True

    def prepare(self, sizes):
        subjects = super().prepare(sizes)
        for subject, size in zip(subjects, sizes, strict=True):
            drafts = [super().open(subject, 0)()[0]]
            self.desk.call(
                "account.move",
                "write",
                drafts,
                {"invoice_line_ids": self._price(drafts[0], 800 / size)},
            )
            for _ in range(size - 1):
                drafts += self.desk.call("account.move", "copy", drafts[:1])
            subject["drafts"] = drafts
            self.desk.call(
                "account.move",
                "write",
                drafts,
                {
                    "ticket_id": subject["ticket"],
                    "reversed_entry_id": subject["invoice"],
                },
            )
            subject["raised"] = 800 / size + 150
        return subjects

    def _price(self, draft_id: int, price: float) -> list:
        domain = [["move_id", "=", draft_id], ["display_type", "=", "product"]]
        [line_id] = self.desk.call("account.move.line", "search", domain)
        return [[1, line_id, {"price_unit": price}]]

    def open(self, subject, index):
        draft_id = subject["drafts"][index]
        values = {"invoice_line_ids": self._price(draft_id, subject["raised"])}
        return partial(
            self.agent(index).call, "account.move", "write", [draft_id], values
        )


# ------------------------------------------------------------------------------
# Return
# ------------------------------------------------------------------------------


class Return(Operation):
    """Agents press Return, or Return for Exchange, in *Reverse Transfer*."""

    service = "return"
    title = "Return the same delivery, also for exchange"
    table = "stock_move"
    held = "move"
    sentences = ("left to return", "returned in full")
    delivered = 3.0
    quantity: ClassVar[float | None] = None
    buttons: ClassVar = ("action_create_returns", "action_create_exchanges")
    ways = len(buttons)

    def prepare(self, sizes):
        products = self.desk.goods(len(sizes))
        return [
            {
                "number": number,
                "ticket": ticket_id,
                "delivery": delivery_id,
                "move": move_id,
            }
            for number, (ticket_id, (delivery_id, move_id)) in enumerate(
                zip(
                    self.desk.tickets(products),
                    self.desk.deliveries(products, self.delivered),
                    strict=True,
                )
            )
        ]

    def open(self, subject, index):
        button = self.buttons[(subject["number"] + index) % len(self.buttons)]
        call = self.agent(index).call
        ticket_id, delivery_id = subject["ticket"], subject["delivery"]
        return open_return(call, ticket_id, delivery_id, self.quantity, button)

    def find_faults(self, subject, made):
        [(delivered, number, returned, linked)] = self.desk.select(
            """
            SELECT delivered.quantity, count(back),
                   coalesce(sum(greatest(back.product_uom_qty, back.quantity)), 0),
                   bool_and(transfer.ticket_id = %s)
            FROM stock_move AS delivered
            LEFT JOIN stock_move AS back ON back.origin_returned_move_id = delivered.id
                AND back.state != 'cancel'
            LEFT JOIN stock_picking AS transfer ON transfer.id = back.picking_id
            WHERE delivered.id = %s GROUP BY delivered.id
            """,
            subject["ticket"],
            subject["move"],
        )
        [(strays,)] = self.desk.select(
            """
            SELECT count(*) FROM stock_picking WHERE ticket_id = %s AND
            (state = 'draft' AND request_state IS NULL
             OR id NOT IN (SELECT picking_id FROM stock_move WHERE picking_id IS NOT NULL))
            """,
            subject["ticket"],
        )
        faults = []
        if returned > delivered:
            faults.append(f"returned {returned} of {delivered}")
        if number != made:
            faults.append(f"{number} returns, not {made}")
        if not linked and number:
            faults.append("a return without its ticket")
        if strays:
            faults.append(f"{strays} transfers of the ticket empty or never confirmed")
        return faults


class ReturnParts(Return):
    """Agents return a part each, two of which fit."""

    title = "Return parts of the same delivery, two of which fit"
    delivered = 5.0
    quantity = 2.0
    fits = 2
    buttons = ("action_create_returns",)
    ways = 1


class RaiseReturns(Return):
    """Agents raise an open return each; there is room for one of them."""

    title = "Raise open returns of the same delivery, one of which fits"
    delivered = 5.0
    is_made_before = True
    ways = 1

    def prepare(self, sizes):
        subjects = super().prepare(sizes)
        for subject, size in zip(subjects, sizes, strict=True):
            for _ in range(size):
                open_return(
                    self.desk.call, subject["ticket"], subject["delivery"], 1.0
                )()
            domain = [["origin_returned_move_id", "=", subject["move"]]]
            subject["returns"] = self.desk.call("stock.move", "search", domain)
            subject["raised"] = 1.0 + 5.0 - size
        return subjects

    def open(self, subject, index):
        values = {"product_uom_qty": subject["raised"]}
        return_ids = [subject["returns"][index]]
        return partial(
            self.agent(index).call, "stock.move", "write", return_ids, values
        )


# ------------------------------------------------------------------------------
# Returns that customers ask for
# ------------------------------------------------------------------------------


class Ask(Return):
    """The customer presses Send more than once, in the portal."""

    title = "Press Send twice on one form for a return"
    table = "helpdesk_ticket"
    held = "ticket"
    is_sent_again = True
    ways = 1

    def __init__(self, server):
        super().__init__(server)
        self._contacts: dict[int, Contact] = {}
        self.reason_id = self.desk.ref("helpdesk_return.return_reason_damaged")

    def contact(self, index: int) -> Contact:
        """Give the session of one of the contacts, in turn; signed in when first needed."""
        if index not in self._contacts:
            login = CONTACTS[index % len(CONTACTS)]
            self._contacts[index] = Contact(self.server, login)
        return self._contacts[index]

    def prepare(self, sizes):
        subjects = super().prepare(sizes)
        for subject in subjects:
            subject["tickets"] = [subject["ticket"]]
            subject["tokens"] = [uuid.uuid4().hex] * CONNECTIONS
        return subjects

    def open(self, subject, index):
        contact = self.contact(index)
        ticket_id = subject["tickets"][index % len(subject["tickets"])]
        contact.open_form(ticket_id)
        fields = {
            "token": subject["tokens"][index],
            f"quantity-{subject['move']}-0": f"{self.delivered:g}",
            "reason": self.reason_id,
            "wish": "exchange",
        }
        return partial(contact.ask, ticket_id, fields)

    def find_faults(self, subject, made):
        faults = super().find_faults(subject, made)
        requests_ = self.desk.select(
            """
            SELECT transfer.request_state, count(photo), bool_and(photo.file_size > 0)
            FROM stock_picking AS transfer
            LEFT JOIN stock_picking_request_photo_rel AS rel
                ON rel.stock_picking_id = transfer.id
            LEFT JOIN ir_attachment AS photo ON photo.id = rel.ir_attachment_id
            WHERE transfer.ticket_id = ANY(%s) AND transfer.request_token IS NOT NULL
            GROUP BY transfer.id
            """,
            subject["tickets"],
        )
        if requests_ != [("open", 2, True)] * made:
            faults.append(f"requests and photographs {requests_}, not {made}")
        return faults


class AskOnTwoTickets(Ask):
    """Two contacts of the customer ask for the same goods, on a ticket each."""

    title = "Ask for the same goods on two tickets"
    table = "stock_move"
    held = "move"
    is_sent_again = False
    sentences = ("left to return", "cannot be returned any more")

    def prepare(self, sizes):
        subjects = super().prepare(sizes)
        domain = [["id", "in", [subject["ticket"] for subject in subjects]]]
        tickets = self.desk.call(
            "helpdesk.ticket", "search_read", domain, ["product_id"], order="id"
        )
        products = [ticket["product_id"][0] for ticket in tickets]
        for subject, other_id in zip(
            subjects, self.desk.tickets(products), strict=True
        ):
            subject["tickets"] = [subject["ticket"], other_id]
            subject["tokens"] = [uuid.uuid4().hex for _ in range(CONNECTIONS)]
        return subjects

    def find_faults(self, subject, made):
        [(ticket_id,)] = self.desk.select(
            "SELECT coalesce(min(ticket_id), %s) FROM stock_picking WHERE ticket_id = ANY(%s)",
            subject["ticket"],
            subject["tickets"],
        )
        return super().find_faults({**subject, "ticket": ticket_id}, made)


class AnswerRequest(Ask):
    """Agents confirm, decline and confirm for exchange what a customer asked for."""

    title = "Confirm and decline the same request"
    table = "stock_picking"
    held = "request"
    is_sent_again = False
    ways = 3
    sentences = ("no request that waits",)

    def prepare(self, sizes):
        subjects = super().prepare(sizes)
        for subject in subjects:
            super().open(subject, 0)()
            domain = [["ticket_id", "=", subject["ticket"]]]
            [subject["request"]] = self.desk.call("stock.picking", "search", domain)
        return subjects

    def open(self, subject, index):
        call = self.agent(index).call
        request_ids = [subject["request"]]
        match (subject["number"] + index) % self.ways:
            case 0:
                return partial(
                    call, "stock.picking", "action_confirm_request", request_ids
                )
            case 1:
                values = {"picking_id": subject["request"], "answer": "Not this time."}
                dialog_ids = call("helpdesk.return.decline", "create", [values])
                return partial(
                    call, "helpdesk.return.decline", "action_decline", dialog_ids
                )
            case _:
                return partial(
                    call,
                    "stock.picking",
                    "action_confirm_request_exchange",
                    request_ids,
                )

    def find_faults(self, subject, made):
        [(state, answer, replacements)] = self.desk.select(
            """
            SELECT asked.state, asked.request_state,
                   (SELECT count(*) FROM stock_picking AS other
                    WHERE other.ticket_id = asked.ticket_id AND other.id != asked.id
                    AND other.state != 'cancel')
            FROM stock_picking AS asked WHERE asked.id = %s
            """,
            subject["request"],
        )
        answered = {
            ("assigned", "confirmed", 0),
            ("assigned", "confirmed", 1),
            ("cancel", "declined", 0),
        }
        allowed = answered if made else {("draft", "open", 0)}
        if (state, answer, replacements) in allowed:
            return []
        return [f"the request is {state}, {answer}, with {replacements} replacements"]


# ------------------------------------------------------------------------------
# Coupon
# ------------------------------------------------------------------------------


class Generate(Operation):
    """An agent presses Generate more than once in one window."""

    service = "coupon"
    title = "Press Generate twice in one window"
    table = "helpdesk_ticket"
    held = "ticket"
    is_sent_again = True
    sentences = ("was made for ticket",)

    def prepare(self, sizes):
        tickets = self.desk.tickets(self.desk.goods(len(sizes)))
        return [
            {"ticket": ticket_id, "windows": self._open_windows(ticket_id, size)}
            for ticket_id, size in zip(tickets, sizes, strict=True)
        ]

    def _open_windows(self, ticket_id: int, size: int) -> list[int]:
        return [self._open_window(ticket_id)] * size

    def _open_window(self, ticket_id: int) -> int:
        """Press the ticket's button, and choose the program."""
        program_id = self.desk.ref("loyalty.10_percent_coupon")
        action = self.desk.call("helpdesk.ticket", "action_coupon", [ticket_id])
        window = action["res_id"]
        self.desk.call(
            "helpdesk.coupon.generate", "write", [window], {"program_id": program_id}
        )
        return window

    def open(self, subject, index):
        windows = [subject["windows"][index]]
        call = self.agent(index).call
        return partial(call, "helpdesk.coupon.generate", "action_generate", windows)

    def find_faults(self, subject, made):
        [(number, complete, shown)] = self.desk.select(
            """
            SELECT count(*), bool_and(card.is_reserved AND card.partner_id = %s AND
                       1 = (SELECT count(*) FROM loyalty_history WHERE card_id = card.id)),
                   (SELECT count(DISTINCT coupon_id) FROM helpdesk_coupon_generate
                    WHERE id = ANY(%s))
            FROM loyalty_card AS card WHERE card.ticket_id = %s
            """,
            self.desk.customer_id,
            subject["windows"],
            subject["ticket"],
        )
        faults = []
        if number != made:
            faults.append(f"{number} coupons, not {made}")
        if number and not complete:
            faults.append("a coupon that is not reserved, or without its history")
        if shown != made:
            faults.append(f"{shown} coupons shown in the windows, not {made}")
        return faults


class GenerateInWindows(Generate):
    """Agents press Generate in a window each, all opened before."""

    title = "Press Generate in several windows"
    is_sent_again = False

    def _open_windows(self, ticket_id, size):
        return [self._open_window(ticket_id) for _ in range(size)]


class UseCoupon(Generate):
    """Salesmen confirm orders that hold the same coupon."""

    title = "Confirm orders that hold the same coupon"
    table = "loyalty_card"
    held = "card"
    is_sent_again = False
    sentences = ("coupon", "reward", "points")

    def prepare(self, sizes):
        products = self.desk.goods(1)
        subjects = super().prepare(sizes)
        for subject, size in zip(subjects, sizes, strict=True):
            Generate.open(self, subject, 0)()
            domain = [["ticket_id", "=", subject["ticket"]]]
            [card] = self.desk.call("loyalty.card", "search_read", domain, ["code"])
            subject["card"] = card["id"]
            subject["orders"] = [
                self._order_with_coupon(products[0], card["code"]) for _ in range(size)
            ]
        return subjects

    def _order_with_coupon(self, product_id: int, code: str) -> int:
        call = self.desk.call
        values = {
            "partner_id": self.desk.customer_id,
            "order_line": [[0, 0, {"product_id": product_id}]],
        }
        [order_id] = call("sale.order", "create", [values])
        entered = {"order_id": order_id, "coupon_code": code}
        wizard_ids = call("sale.loyalty.coupon.wizard", "create", [entered])
        rewards = call("sale.loyalty.coupon.wizard", "action_apply", wizard_ids)
        chosen = {
            "order_id": order_id,
            "selected_reward_id": rewards["context"]["default_reward_ids"][0],
        }
        wizard_ids = call("sale.loyalty.reward.wizard", "create", [chosen])
        call("sale.loyalty.reward.wizard", "action_apply", wizard_ids)
        return order_id

    def open(self, subject, index):
        order_ids = [subject["orders"][index]]
        return partial(
            self.agent(index).call, "sale.order", "action_confirm", order_ids
        )

    def find_faults(self, subject, made):
        [(points, confirmed, used)] = self.desk.select(
            """
            SELECT points,
                   (SELECT count(*) FROM sale_order WHERE id = ANY(%s) AND state = 'sale'),
                   (SELECT count(*) FROM loyalty_history
                    WHERE card_id = card.id AND used > 0 AND order_id IS NOT NULL)
            FROM loyalty_card AS card WHERE id = %s
            """,
            subject["orders"],
            subject["card"],
        )
        if (points, confirmed, used) != (1 - made, made, made):
            return [f"{confirmed} orders confirmed, {used} uses, {points} points left"]
        return []


# ------------------------------------------------------------------------------
# Repair
# ------------------------------------------------------------------------------


class SendBack(Operation):
    """Mechanics press Send Back on one repair."""

    service = "repair"
    title = "Send back the same repair"
    table = "repair_order"
    held = "repair"
    sentences = ("goes back with",)

    def prepare(self, sizes):
        products = self.desk.goods(len(sizes))
        subjects = []
        for ticket_id, product_id, (delivery_id, _move_id) in zip(
            self.desk.tickets(products),
            products,
            self.desk.deliveries(products, 1),
            strict=True,
        ):
            subjects.append(
                {
                    "ticket": ticket_id,
                    "product": product_id,
                    "return": self.desk.take_back(ticket_id, delivery_id),
                }
            )
        returns = [subject["return"] for subject in subjects]
        self.desk.validate(returns)
        moves = self.desk.call(
            "stock.move", "search_read", [["picking_id", "in", returns]], ["picking_id"]
        )
        move_of = {move["picking_id"][0]: move["id"] for move in moves}
        for subject, size in zip(subjects, sizes, strict=True):
            subject["move"] = move_of[subject["return"]]
            subject["repairs"] = self._repair(subject, size)
            subject["repair"] = subject["repairs"][0]
        return subjects

    def _repair(self, subject: Subject, size: int) -> list[int]:
        return self._do_repairs(subject, 1) * size

    def _do_repairs(self, subject: Subject, number: int) -> list[int]:
        values = {
            "ticket_id": subject["ticket"],
            "picking_id": subject["return"],
            "product_id": subject["product"],
        }
        repairs = self.desk.call("repair.order", "create", [values] * number)
        for repair_id in repairs:
            for step in ("action_validate", "action_repair_start", "action_repair_end"):
                self.desk.call("repair.order", step, [repair_id])
        return repairs

    def open(self, subject, index):
        repair_ids = [subject["repairs"][index]]
        return partial(
            self.agent(index).call, "repair.order", "action_send_back", repair_ids
        )

    def find_faults(self, subject, made):
        [(number, linked)] = self.desk.select(
            """
            SELECT count(*), bool_and(transfer.ticket_id = %s AND transfer.id IN (
                SELECT send_back_id FROM repair_order WHERE id = ANY(%s)))
            FROM stock_move AS back JOIN stock_picking AS transfer
                ON transfer.id = back.picking_id
            WHERE back.origin_returned_move_id = %s AND back.state != 'cancel'
            """,
            subject["ticket"],
            subject["repairs"],
            subject["move"],
        )
        faults = []
        if number != made:
            faults.append(f"{number} deliveries back, not {made}")
        if number and not linked:
            faults.append("a delivery back without its ticket or repair")
        return faults


class SendBackRepairs(SendBack):
    """Mechanics press Send Back on a repair each, of a return that brought one piece."""

    title = "Send back several repairs of one returned piece"
    table = "stock_move"
    held = "move"
    sentences = ("did not go back yet",)

    def _repair(self, subject, size):
        return self._do_repairs(subject, size)


class CreateRepair(SendBack):
    """An agent saves the new repair that the ticket's button opened."""

    title = "Save the new repair of one ticket"
    is_once = False

    def prepare(self, sizes):
        products = self.desk.goods(len(sizes))
        return [
            {"ticket": ticket_id, "product": product_id}
            for ticket_id, product_id in zip(
                self.desk.tickets(products), products, strict=True
            )
        ]

    def open(self, subject, index):
        values = {"ticket_id": subject["ticket"], "product_id": subject["product"]}
        return partial(self.agent(index).call, "repair.order", "create", [values])

    def find_faults(self, subject, made):
        [(number, complete)] = self.desk.select(
            """
            SELECT count(*), bool_and(partner_id = %s AND product_id = %s)
            FROM repair_order WHERE ticket_id = %s
            """,
            self.desk.customer_id,
            subject["product"],
            subject["ticket"],
        )
        faults = [] if number == made else [f"{number} repairs, not {made}"]
        if number and not complete:
            faults.append("a repair of another customer or product")
        return faults


# ------------------------------------------------------------------------------
# Field service
# ------------------------------------------------------------------------------


class CreateTask(Operation):
    """Agents press Create Task in a window each, all opened before."""

    service = "fieldservice"
    title = "Press Create Task in several windows"
    table = "helpdesk_ticket"
    held = "ticket"
    sentences = ("was made for ticket",)

    def prepare(self, sizes):
        return [
            {"ticket": ticket_id}
            for ticket_id in self.desk.tickets(self.desk.goods(len(sizes)))
        ]

    def open(self, subject, index):
        call = self.agent(index).call
        values = {"ticket_id": subject["ticket"]}
        wizard_ids = call("helpdesk.fieldservice.create", "create", [values])
        return partial(
            call, "helpdesk.fieldservice.create", "action_create", wizard_ids
        )

    def find_faults(self, subject, made):
        [(number,)] = self.desk.select(
            "SELECT count(*) FROM project_task WHERE ticket_id = %s", subject["ticket"]
        )
        return [] if number == made else [f"{number} visits, not {made}"]


class Sign(CreateTask):
    """Customers sign the report of one visit, in the portal."""

    title = "Sign the same visit"
    table = "project_task"
    held = "task"
    sentences = ("signed",)

    def prepare(self, sizes):
        subjects = super().prepare(sizes)
        for subject in subjects:
            super().open(subject, 0)()
        tickets = [subject["ticket"] for subject in subjects]
        domain = [["ticket_id", "in", tickets]]
        tasks = self.desk.call("project.task", "search", domain)
        values = {"visit_report": "<p>The scratch is gone.</p>", "state": "1_done"}
        self.desk.call("project.task", "write", tasks, values)
        for task_id in tasks:
            self.desk.call("project.task", "get_portal_url", [task_id])
        rows = self.desk.select(
            "SELECT ticket_id, id, access_token FROM project_task WHERE id = ANY(%s)",
            tasks,
        )
        task_of = {ticket_id: (task_id, token) for ticket_id, task_id, token in rows}
        for subject in subjects:
            subject["task"], subject["token"] = task_of[subject["ticket"]]
        return subjects

    def open(self, subject, index):
        visitor = self.server.visitor()
        values = {
            "access_token": subject["token"],
            "name": f"Signer {index}",
            "signature": base64.b64encode(picture("black")).decode(),
        }

        def sign() -> str:
            answer = visitor.post(f"/my/tasks/{subject['task']}/visit_sign", values)
            if "error" in answer:
                raise Refused(answer["error"])
            return answer["redirect_url"]

        return sign

    def find_faults(self, subject, made):
        [(name, notes, pictures)] = self.desk.select(
            """
            SELECT visit_signed_by,
                   (SELECT count(*) FROM mail_message WHERE model = 'project.task'
                    AND res_id = task.id AND body LIKE '%%signed the visit report%%'),
                   (SELECT count(*) FROM ir_attachment WHERE res_model = 'project.task'
                    AND res_id = task.id AND res_field = 'visit_signature')
            FROM project_task AS task WHERE id = %s
            """,
            subject["task"],
        )
        if (bool(name), notes, pictures) != (bool(made), made, made):
            return [f"signed by {name}, {notes} times, {pictures} signatures"]
        return []


# ------------------------------------------------------------------------------
# Switching on
# ------------------------------------------------------------------------------


class SwitchOn(Operation):
    """Managers switch the same service on in the same team; its addon is there."""

    service = "team"
    title = "Switch on the same service"
    table = "helpdesk_ticket_team"
    held = "team"
    is_sent_again = True
    ways = len(SERVICES)

    def prepare(self, sizes):
        teams = self.desk.call(
            "helpdesk.ticket.team", "create", [{"name": "Care"} for _ in sizes]
        )
        return [
            {"team": team_id, "toggle": f"use_{service}"}
            for team_id, service in zip(teams, itertools.cycle(SERVICES), strict=False)
        ]

    def open(self, subject, index):
        return partial(
            self.agent(index).call,
            "helpdesk.ticket.team",
            "write",
            [subject["team"]],
            {subject["toggle"]: True},
        )

    def find_faults(self, subject, made):
        [(number,)] = self.desk.select(
            f"SELECT count(*) FROM helpdesk_ticket_team WHERE id = %s AND {subject['toggle']}",
            subject["team"],
        )
        return [] if number == made else ["the service is not as it was switched"]


RACES: tuple[type[Operation], ...] = (
    Refund,
    CreateDrafts,
    RaiseDrafts,
    Generate,
    GenerateInWindows,
    UseCoupon,
    Return,
    ReturnParts,
    RaiseReturns,
    Ask,
    AskOnTwoTickets,
    AnswerRequest,
    SendBack,
    SendBackRepairs,
    CreateTask,
    Sign,
    SwitchOn,
)

FAULTS: dict[type[Operation], str] = {
    Refund: "Refund an invoice: full, partial, with a new draft",
    CreateDrafts: "Create a draft credit note",
    Generate: "Generate a coupon",
    UseCoupon: "Confirm an order with a coupon",
    Return: "Return a delivery, also for exchange",
    Ask: "Ask for a return in the portal, with photographs",
    AnswerRequest: "Confirm or decline a request",
    CreateRepair: "Create a repair",
    SendBack: "Send back a repair",
    CreateTask: "Create a visit",
    Sign: "Sign a visit in the portal",
    SwitchOn: "Switch on a service that is installed",
}
"""What is done once when a server is killed in the middle of it."""


def share(
    count: int, operations: Collection[type[Operation]]
) -> dict[type[Operation], int]:
    """Share so many of each service among its operations; each has at least one."""
    of_service = Counter(operation.service for operation in operations)
    return {
        operation: math.ceil(count / of_service[operation.service])
        for operation in operations
    }
