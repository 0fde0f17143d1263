"""Agents and customers, as their browsers ask a server for what they click on."""

import asyncio
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx
import websocket

from proofs.load_shop import PASSWORD, TICKET, Shop, Subject
from proofs.screens import specify
from tools.rpc import RpcError

SENTENCES = {
    "odoo.exceptions.LockError",
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
}
"""The errors that are a sentence for the user, who is late or asks for too much."""
SHARED = 8
"""So many tickets are everybody's, for people to get in each other's way."""
PATIENCE = 120
"""After so many seconds without an answer, a click has failed."""
CONNECTIONS = 16
"""How many requests the proxy before Odoo sends at a time, as many as two workers let wait; it keeps the others."""
CHATTER = ["activities", "attachments", "followers", "scheduledMessages"]
"""What the web client asks for with a ticket's messages, beside them."""


class Failure(Exception):
    """An answer that no browser should get."""


class Refused(Exception):
    """A form that is shown again, with a sentence for who sent it."""


class Nothing(Exception):
    """There was nothing to do it with."""


@dataclass(frozen=True)
class Click:
    """What somebody did, how long it took to be answered, and how that ended."""

    action: str
    seconds: float
    outcome: str
    """``done``, ``refused`` with a sentence, ``failed``, or ``nothing`` when there was nothing to do it with."""
    message: str = ""


class Person:
    """Somebody at a browser."""

    clicks: ClassVar[Mapping[str, tuple[str, int]]] = {}
    """What they do: by its name the method, and how often of all clicks."""

    def __init__(
        self,
        shop: Shop,
        transport: httpx.AsyncBaseTransport,
        login: str,
        own: list[Subject],
        seed: int,
    ) -> None:
        self.shop = shop
        self.login = login
        self.own = own
        self.random = random.Random(seed)
        self.client = httpx.AsyncClient(
            base_url=shop.server.url, transport=transport, timeout=PATIENCE
        )

    async def sign_in(self) -> dict:
        """Sign in, and give what the server says of the session."""
        return await self.post(
            "/web/session/authenticate",
            {"db": self.shop.server.db, "login": self.login, "password": PASSWORD},
        )

    async def leave(self) -> None:
        """Close the browser."""
        await self.client.aclose()

    async def work(
        self, until: float, pace: tuple[float, float], clicks: list[Click]
    ) -> None:
        """Click until a moment, thinking for some seconds before each click."""
        names = list(self.clicks)
        weights = [weight for _method, weight in self.clicks.values()]
        while True:
            await asyncio.sleep(self.random.uniform(*pace))
            if time.monotonic() > until:
                return
            [name] = self.random.choices(names, weights)
            clicks.append(await self.click(name))

    async def click(self, name: str) -> Click:
        """Do one thing, and tell how it went."""
        outcome, message = "done", ""
        start = time.monotonic()
        try:
            await getattr(self, self.clicks[name][0])()
        except RpcError as error:
            outcome = "refused" if error.name in SENTENCES else "failed"
            message = str(error)
        except Refused:
            outcome = "refused"
        except Nothing:
            outcome = "nothing"
        except (Failure, httpx.HTTPError) as error:
            outcome, message = "failed", f"{type(error).__name__}: {error}"
        return Click(name, time.monotonic() - start, outcome, message)

    def choose(self) -> Subject:
        """Choose what to look at: mostly one's own, sometimes what everybody is at."""
        if self.random.random() < 0.15:
            return self.random.choice(self.shop.subjects[:SHARED])
        return self.random.choice(self.own)

    async def post(self, path: str, parameters: dict) -> Any:
        """Call a JSON route."""
        answer = await self.client.post(
            path, json={"jsonrpc": "2.0", "method": "call", "params": parameters}
        )
        if answer.status_code != 200:
            raise Failure(f"{path} answers {answer.status_code}")
        body = answer.json()
        if "error" in body:
            raise RpcError(body["error"])
        return body.get("result")

    async def fetch(self, path: str, form: dict | None = None) -> httpx.Response:
        """Fetch a page, or send a form, and go where the answer leads."""
        answer = await self.client.request(
            "GET" if form is None else "POST", path, data=form, follow_redirects=True
        )
        if answer.status_code == 422:
            raise Refused
        if answer.status_code != 200:
            raise Failure(f"{path} answers {answer.status_code}")
        return answer

    async def write_message(self) -> None:
        """Write to the other side."""
        ticket = self.random.choice(self.own).ticket
        data = {
            "body": "Is there any news?",
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
        }
        await self.post(
            "/mail/message/post",
            {"thread_model": TICKET, "thread_id": ticket, "post_data": data},
        )


# ------------------------------------------------------------------------------
# Agents
# ------------------------------------------------------------------------------


class Agent(Person):
    """Somebody of the helpdesk, with core's means alone."""

    clicks: ClassVar = {
        "tickets as a list": ("open_list", 12),
        "tickets as a kanban": ("open_kanban", 8),
        "search": ("search", 10),
        "open a ticket": ("open_ticket", 26),
        "documents": ("open_documents", 6),
        "analysis": ("analyse", 4),
        "write a message": ("write_message", 10),
        "refund": ("refund", 7),
        "coupon": ("give_coupon", 4),
        "return": ("take_back", 6),
        "repair": ("repair", 4),
        "visit": ("visit", 3),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.views: dict[str, dict] = {}
        self.bus: websocket.WebSocket | None = None
        self.told = 0

    async def sign_in(self) -> dict:
        """Sign in, and listen to the bus as a browser does, where a proxy would send it."""
        session = await super().sign_in()
        host = f"127.0.0.1:{self.shop.gevent_port}"
        cookie = f"session_id={self.client.cookies['session_id']}"
        version = session["websocket_worker_version"]
        self.bus = await asyncio.to_thread(
            websocket.create_connection,
            f"ws://{host}/websocket?version={version}",
            cookie=cookie,
            origin=f"http://{host}",
            timeout=30,
        )
        subscription = {"channels": [], "last": 0}
        self.bus.send(json.dumps({"event_name": "subscribe", "data": subscription}))
        asyncio.get_running_loop().add_reader(self.bus.fileno(), self._listen)
        return session

    def _listen(self) -> None:
        """Take what the bus tells, and answer its pings."""
        try:
            kind, _frame = self.bus.recv_data_frame(control_frame=True)
        except (OSError, websocket.WebSocketException):
            kind = websocket.ABNF.OPCODE_CLOSE
        if kind == websocket.ABNF.OPCODE_TEXT:
            self.told += 1
        elif kind == websocket.ABNF.OPCODE_CLOSE:
            self._hang_up()

    def _hang_up(self) -> None:
        asyncio.get_running_loop().remove_reader(self.bus.fileno())
        self.bus.close()
        self.bus = None

    async def leave(self) -> None:
        """Close the browser."""
        if self.bus:
            self._hang_up()
        await super().leave()

    async def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model's method."""
        parameters = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return await self.post(f"/web/dataset/call_kw/{model}/{method}", parameters)

    async def press(self, model: str, record: int, button: str, **context: Any) -> Any:
        """Press a button of a form."""
        parameters = {
            "model": model,
            "method": button,
            "args": [[record]],
            "kwargs": {"context": context},
        }
        return await self.post(f"/web/dataset/call_button/{model}/{button}", parameters)

    async def specify(self, model: str, kind: str) -> dict:
        """Give what the web client reads for a view; the view itself it fetches once."""
        key = f"{model},{kind}"
        if key not in self.views:
            loaded = await self.call(model, "get_views", [[False, kind]])
            self.views[key] = specify(loaded, model, kind)
        return self.views[key]

    async def read(self, model: str, record: int) -> dict:
        """Open a record's form."""
        specification = await self.specify(model, "form")
        [values] = await self.call(
            model, "web_read", [record], specification=specification
        )
        return values

    async def start(self, model: str, **context: Any) -> dict:
        """Open the form of a new record, and give what it begins with."""
        specification = await self.specify(model, "form")
        begun = await self.call(
            model, "onchange", [], {}, [], specification, context=context
        )
        return begun["value"]

    async def save(self, model: str, vals: dict, **context: Any) -> dict:
        """Save a new record's form, and give what it then shows."""
        specification = await self.specify(model, "form")
        [values] = await self.call(
            model, "web_save", [], vals, specification=specification, context=context
        )
        return values

    async def look_up(self, model: str, domain: list, limit: int = 80) -> list[dict]:
        """Open records as a list."""
        specification = await self.specify(model, "list")
        found = await self.call(
            model,
            "web_search_read",
            domain=domain,
            specification=specification,
            limit=limit,
            count_limit=10001,
        )
        return found["records"]

    async def open_list(self) -> None:
        """Open the list of tickets."""
        await self.look_up(TICKET, [])

    async def search(self) -> None:
        """Look for a ticket by a word."""
        word = f"fan {self.random.randrange(100)}"
        await self.look_up(
            TICKET, ["|", ["name", "ilike", word], ["number", "ilike", word]]
        )

    async def open_kanban(self) -> None:
        """Open the tickets of the agent by their stages."""
        specification = await self.specify(TICKET, "kanban")
        await self.call(
            TICKET,
            "web_read_group",
            [["team_id", "=", self.shop.team]],
            ["stage_id"],
            [],
            auto_unfold=True,
            unfold_read_specification=specification,
            unfold_read_default_limit=40,
        )

    async def open_ticket(self) -> None:
        """Open a ticket with its messages."""
        thread = {"thread_model": TICKET, "thread_id": self.choose().ticket}
        await self.read(TICKET, thread["thread_id"])
        await asyncio.gather(
            self.post(
                "/mail/data",
                {
                    "fetch_params": [
                        ["mail.thread", {**thread, "request_list": CHATTER}]
                    ]
                },
            ),
            self.post(
                "/mail/thread/messages", {**thread, "fetch_params": {"limit": 30}}
            ),
        )

    async def open_documents(self) -> None:
        """Look for the credit notes of a customer."""
        await self.look_up(
            "account.move",
            [
                ["move_type", "=", "out_refund"],
                ["partner_id", "=", self.choose().customer],
            ],
        )

    async def analyse(self) -> None:
        """Look at the tickets of each month."""
        await self.call(
            TICKET,
            "formatted_read_group",
            [],
            ["team_id", "create_date:month"],
            ["__count"],
        )

    async def refund(self) -> None:
        """Credit an invoice from the invoice, and post some of the credit notes."""
        context = self._on("account.move", self.choose().invoice)
        await self._refund(
            context, lambda begun: {"journal_id": begun["journal_id"]["id"]}
        )

    async def _refund(self, context: dict, fill: Any) -> None:
        wizard = "account.move.reversal"
        begun = await self.start(wizard, **context)
        saved = await self.save(wizard, fill(begun), **context)
        action = await self.press(wizard, saved["id"], "refund_moves", **context)
        note = action["res_id"]
        await self.read("account.move", note)
        if self.random.random() < 0.3:
            await self.press("account.move", note, "action_post")

    async def give_coupon(self) -> None:
        """Make a coupon for a customer, by the program."""
        wizard = "loyalty.generate.wizard"
        context = self._on("loyalty.program", self.shop.program)
        await self.start(wizard, **context)
        vals = {
            "program_id": self.shop.program,
            "mode": "selected",
            "customer_ids": [[6, 0, [self.choose().customer]]],
            "points_granted": 1,
        }
        saved = await self.save(wizard, vals, **context, loyalty_no_mail=True)
        await self.press(wizard, saved["id"], "generate_coupons", loyalty_no_mail=True)

    async def take_back(self) -> None:
        """Take a piece back from the delivery."""
        await self._take_back(self._on("stock.picking", self.choose().delivery), {})

    async def _take_back(self, context: dict, vals: dict) -> None:
        wizard = "stock.return.picking"
        begun = await self.start(wizard, **context)
        lines = [
            command[2] for command in begun["product_return_moves"] if command[0] == 0
        ]
        if not lines:
            raise Nothing
        line = {
            "move_id": lines[0]["move_id"]["id"],
            "product_id": lines[0]["product_id"]["id"],
            "quantity": 1,
        }
        vals = {
            "picking_id": begun["picking_id"]["id"],
            "product_return_moves": [[0, 0, line]],
            **vals,
        }
        saved = await self.save(wizard, vals, **context)
        action = await self.press(
            wizard, saved["id"], "action_create_returns", **context
        )
        await self.read("stock.picking", action["res_id"])

    async def repair(self) -> None:
        """Begin a repair."""
        await self.start("repair.order")
        vals = {"partner_id": self.choose().customer, "product_id": self.shop.product}
        await self.save("repair.order", vals)

    async def visit(self) -> None:
        """Plan a visit as a task."""
        context = {"default_project_id": self.shop.project}
        await self.start("project.task", **context)
        vals = {
            "name": "Look at the fan",
            "project_id": self.shop.project,
            "partner_id": self.choose().customer,
        }
        await self.save("project.task", vals, **context)

    @staticmethod
    def _on(model: str, record: int) -> dict:
        """Give the context of a wizard that is opened on a record."""
        return {"active_model": model, "active_id": record, "active_ids": [record]}


class HelpdeskAgent(Agent):
    """Somebody of the helpdesk who has no rights on the apps: reads and answers."""

    clicks: ClassVar = {
        name: Agent.clicks[name]
        for name in (
            "tickets as a list",
            "tickets as a kanban",
            "search",
            "open a ticket",
            "analysis",
            "write a message",
        )
    }


class AfterSalesAgent(Agent):
    """Somebody of the helpdesk, with our addons: all starts on the ticket."""

    clicks: ClassVar = {
        **Agent.clicks,
        "open a ticket": ("open_ticket", 22),
        "smart button": ("press_smart_button", 4),
    }

    async def open_documents(self) -> None:
        """Open a document from the ticket's page After-Sales."""
        lines = "helpdesk.ticket.document"
        found = await self.look_up(lines, [["ticket_id", "=", self.choose().ticket]])
        if not found:
            raise Nothing
        line = self.random.choice(found)
        action = await self.press(lines, line["id"], "action_open_document")
        await self.read(action["res_model"], action["res_id"])

    async def press_smart_button(self) -> None:
        """Open the coupons of a ticket."""
        ticket = self.choose().ticket
        await self.press(TICKET, ticket, "action_view_coupons")

    async def analyse(self) -> None:
        """Look at the services of each month."""
        await self.call(
            "helpdesk.ticket.document",
            "formatted_read_group",
            [],
            ["service", "date:month"],
            ["__count"],
        )

    async def refund(self) -> None:
        """Refund an invoice of a ticket."""
        subject = self.choose()
        action = await self.press(TICKET, subject.ticket, "action_refund")
        vals = {
            "ticket_id": subject.ticket,
            "move_ids": [[6, 0, [subject.invoice]]],
            "credit_method": "partial",
        }
        await self._refund(action["context"], lambda _begun: vals)

    async def give_coupon(self) -> None:
        """Make a coupon for a ticket's customer."""
        action = await self.press(TICKET, self.choose().ticket, "action_coupon")
        popup, record = action["res_model"], action["res_id"]
        await self.read(popup, record)
        specification = await self.specify(popup, "form")
        vals = {"program_id": self.shop.program}
        await self.call(popup, "web_save", [record], vals, specification=specification)
        await self.press(popup, record, "action_generate")
        await self.read(popup, record)

    async def take_back(self) -> None:
        """Take a piece of a ticket's delivery back."""
        ticket = self.choose().ticket
        action = await self.press(TICKET, ticket, "action_return")
        await self._take_back(action["context"], {"ticket_id": ticket})

    async def repair(self) -> None:
        """Begin a repair for a ticket."""
        ticket = self.choose().ticket
        action = await self.press(TICKET, ticket, "action_repair")
        await self.start("repair.order", **action["context"])
        vals = {"ticket_id": ticket, "repair_description": "The fan rattles"}
        await self.save("repair.order", vals, **action["context"])

    async def visit(self) -> None:
        """Plan a visit for a ticket."""
        action = await self.press(TICKET, self.choose().ticket, "action_create_task")
        wizard, context = action["res_model"], action["context"]
        await self.start(wizard, **context)
        vals = {"ticket_id": context["active_id"]}
        saved = await self.save(wizard, vals, **context)
        await self.press(wizard, saved["id"], "action_create", **context)


class AfterSalesHelpdeskAgent(AfterSalesAgent):
    """Somebody of the helpdesk who has no rights on the apps, with our addons."""

    clicks: ClassVar = {
        name: click
        for name, click in AfterSalesAgent.clicks.items()
        if name not in ("refund", "return")
    }


# ------------------------------------------------------------------------------
# Customers
# ------------------------------------------------------------------------------


class Customer(Person):
    """A customer in the portal, with core's means alone."""

    clicks: ClassVar = {
        "portal: home": ("open_home", 15),
        "portal: list of tickets": ("open_tickets", 20),
        "portal: ticket": ("open_ticket", 32),
        "portal: invoice's PDF": ("download_invoice", 4),
        "portal: message": ("write_message", 12),
        "portal: new ticket": ("create_ticket", 9),
    }

    async def open_home(self) -> None:
        """Open the portal's home, which then asks for its counters."""
        page = await self.fetch("/my/home")
        counters = re.findall(r'data-placeholder_count="(\w+)"', page.text)
        await self.post("/my/counters", {"counters": counters})

    async def open_tickets(self) -> None:
        """Open the list of one's tickets."""
        await self.fetch("/my/tickets")

    async def open_ticket(self) -> str:
        """Open a ticket with its messages."""
        ticket = self.random.choice(self.own).ticket
        page = await self.fetch(f"/my/ticket/{ticket}")
        thread = {"thread_model": TICKET, "thread_id": ticket}
        await asyncio.gather(
            self.post("/portal/chatter_init", thread),
            self.post("/mail/chatter_fetch", {**thread, "fetch_params": {"limit": 10}}),
        )
        return page.text

    async def download_invoice(self) -> None:
        """Download the PDF of an invoice."""
        invoice = self.random.choice(self.own).invoice
        await self.fetch(f"/my/invoices/{invoice}?report_type=pdf&download=true")

    async def create_ticket(self) -> None:
        """Write a new ticket."""
        page = await self.fetch("/new/ticket")
        await self.fetch(
            "/submitted/ticket",
            {
                "csrf_token": _find(r'name="csrf_token" value="(\w+)"', page),
                "team": str(self.shop.team),
                "subject": "Where is my fan?",
                "description": "I am waiting for it.",
            },
        )


class AfterSalesCustomer(Customer):
    """A customer in the portal, with our addons."""

    clicks: ClassVar = {
        **Customer.clicks,
        "portal: ticket": ("open_ticket", 22),
        "portal: document's PDF": ("download_document", 2),
        "portal: ask for a return": ("ask_for_return", 8),
    }

    async def download_document(self) -> None:
        """Download the PDF of a document that came of a ticket."""
        page = await self.open_ticket()
        files = re.findall(r'href="(/my/ticket/\d+/after-sales/\d+/pdf)', page)
        if not files:
            raise Nothing
        await self.fetch(self.random.choice(files))

    async def ask_for_return(self) -> None:
        """Ask to send a piece back."""
        ticket = self.random.choice(self.own).ticket
        page = await self.fetch(f"/my/ticket/{ticket}/return")
        await self.fetch(
            f"/my/ticket/{ticket}/return",
            {
                "csrf_token": _find(r'name="csrf_token" value="(\w+)"', page),
                "token": _find(r'name="token" value="(\w+)"', page),
                _find(r'name="(quantity-\d+-\d+)"', page): "1",
                "reason": _find(r'<option value="(\d+)"', page),
                "wish": _find(r'name="wish"[^>]* value="(\w+)"', page),
            },
        )


def _find(pattern: str, page: httpx.Response) -> str:
    match = re.search(pattern, page.text, re.DOTALL)
    if not match:
        raise Failure(f"{page.url.path} has no {pattern}")
    return match[1]


def gather_people(shop: Shop) -> list[Person]:
    """Give the shop's agents and customers, each with subjects of their own."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0)
    transport = httpx.AsyncHTTPTransport(limits=limits)
    agents = (
        {True: AfterSalesAgent, False: AfterSalesHelpdeskAgent}
        if shop.has_services
        else {True: Agent, False: HelpdeskAgent}
    )
    people: list[Person] = []
    for number, login in enumerate(shop.agents):
        own = shop.subjects[number :: len(shop.agents)]
        role = agents[shop.has_apps(number)]
        people.append(role(shop, transport, login, own, number))
    customer = AfterSalesCustomer if shop.has_services else Customer
    for number, login in enumerate(shop.customers):
        own = shop.subjects[number :: len(shop.customers)]
        people.append(customer(shop, transport, login, own, 1000 + number))
    return people
