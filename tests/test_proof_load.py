"""Several people at once on two workers, two servers on one database, and what needs no more than a replica."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import requests
import websocket
from services import EVERYTHING

from proofs import load, screens
from proofs.at_once import press_while_held
from proofs.load import Side
from proofs.load_people import Agent, Click, Customer
from proofs.load_shop import Shop, Subject
from proofs.report import Report
from tools import serving, templates
from tools.postgres import Server
from tools.rpc import Rpc, RpcError
from tools.serving import OdooServer

TEAM, TICKET = "helpdesk.ticket.team", "helpdesk.ticket"
DOCUMENT = "helpdesk.ticket.document"


def test_load(postgres_server: Server) -> None:
    """Four agents and four customers on two workers: nothing fails."""
    with load.opened(postgres_server, True, people=4, orders=2) as side:
        asyncio.run(load.take_turns([side], 1, 15, (0.2, 0.8)))
        assert_sound(side)
        report = Report("load", "Load", "", "make load")
        load.write_times(report, side, side)
        assert {row.cells[-2] for row in report.tables[0].rows} == {"1.00", "–"}


class Clicker:
    """Somebody who may do what is judged."""

    clicks = dict.fromkeys(("search", "smart button", *load.SERVICES))


def side_of(times: dict[str, list[float]]) -> Side:
    """Give a side on which somebody clicked, by the action and its seconds."""
    clicks = [
        Click(action, seconds, "done")
        for action, these in times.items()
        for seconds in these
    ]
    return Side(None, Path(), people=[Clicker()], phases=[clicks])


def verdicts(ours: dict, other: dict) -> dict[str, bool | None]:
    """Judge what was clicked with our addons and without."""
    report = Report("load", "Load", "", "make load")
    load.write_times(report, side_of(ours), side_of(other))
    return {row.cells[0]: row.holds for row in report.tables[0].rows}


def test_slower_clicks_do_not_hold() -> None:
    """What is done often is judged by itself, the services' actions together; what nobody did fails."""
    few = dict.fromkeys(load.SERVICES, [1.0] * 20)
    often = {**few, "search": [1.0] * 60, "smart button": [1.0]}
    assert verdicts(often, often) == {
        "search": True,
        "smart button": None,
        **dict.fromkeys(load.SERVICES),
        "the five services' actions": True,
    }
    slower = {**often, "search": [2.0] * 60, "visit": [2.0] * 20}
    found = verdicts(slower, often)
    assert not found["search"]
    assert found["the five services' actions"] is False
    for never in ("search", "smart button", "visit"):
        assert verdicts({**often, never: []}, often)[never] is False
    assert verdicts(often, {**often, "visit": []})["visit"] is False


def test_shares_of_actions_do_not_count() -> None:
    """Who does more of what takes long is not slower."""
    quick = {**dict.fromkeys(load.SERVICES, [1.0] * 40), "refund": [5.0] * 2}
    ours = {**quick, "refund": [5.0] * 200}
    assert verdicts(ours, quick)["the five services' actions"]


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "done"), (422, "refused"), (500, "failed")]
)
def test_refusals_are_not_done(status: int, outcome: str) -> None:
    """A form that is shown again is a refusal."""
    shop = Shop(SimpleNamespace(url="http://shop"), 0, True, [], [], [], 0, 0, 0, 0)
    transport = httpx.MockTransport(lambda _request: httpx.Response(status))
    customer = Customer(shop, transport, "customer0", [], 0)
    click = asyncio.run(customer.click("portal: list of tickets"))
    assert click.outcome == outcome


def test_nothing_to_take_back_is_not_done() -> None:
    """A delivery of which all has gone back is not taken back again."""
    shop = Shop(SimpleNamespace(url="http://shop"), 0, False, [], [], [], 0, 0, 0, 0)
    result = {"result": {"value": {"product_return_moves": []}}}
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=result))
    agent = Agent(shop, transport, "agent0", [Subject(1, 1, 1, 1)], 0)
    shop.subjects = agent.own
    agent.views["stock.return.picking,form"] = {}
    assert asyncio.run(agent.click("return")).outcome == "nothing"


def assert_sound(side: Side) -> None:
    """Nothing failed, and people did many things."""
    assert not {what: texts for what, texts in load.find_faults(side).items() if texts}
    done = {click.action for click in side.clicks if click.outcome == "done"}
    assert len(done) > 8, done
    assert side.told


# ------------------------------------------------------------------------------
# Two servers on one database
# ------------------------------------------------------------------------------


class Moved:
    """A session that was begun on another server, as a proxy may send it here."""

    def __init__(self, server: OdooServer, rpc: Rpc) -> None:
        self.url = server.url
        self.cookies = {"session_id": rpc.session_id}

    def post(self, path: str, parameters: dict) -> Any:
        """Call a JSON route."""
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = requests.post(
            self.url + path, json=body, cookies=self.cookies, timeout=60
        ).json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model's method."""
        parameters = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", parameters)

    def listen(self) -> websocket.WebSocket:
        """Connect to the bus; without workers, it is on the port of everything else."""
        version = self.post("/web/session/get_session_info", {})[
            "websocket_worker_version"
        ]
        connection = websocket.create_connection(
            f"{self.url.replace('http', 'ws')}/websocket?version={version}",
            cookie=f"session_id={self.cookies['session_id']}",
            origin=self.url,
            timeout=20,
        )
        subscription = {"channels": [], "last": 0}
        connection.send(json.dumps({"event_name": "subscribe", "data": subscription}))
        return connection


def test_two_servers(odoo_server) -> None:
    """What is done on one server holds on the other at once: sessions, the bus, services."""
    first = odoo_server(["helpdesk_after_sales"])
    with serving.serve(first.odoo, first.db) as second:
        rpc = first.rpc()
        moved = Moved(second, rpc)
        session = moved.post("/web/session/get_session_info", {})
        assert session["uid"] == rpc.uid
        team, ticket = open_ticket(rpc)

        heard = moved.listen()
        post_for(first, rpc, ticket)
        while "mail.message/inbox" not in types(heard.recv()):
            pass
        heard.close()

        # Switching a service on installs what it needs; the other server has it, too.
        field = "fieldservice_task_count"
        assert field not in moved.call(TICKET, "fields_get")
        rpc.call(TEAM, "write", [team], {"use_fieldservice": True})
        assert moved.call(TICKET, "read", [ticket], [field])[0][field] == 0
        action = moved.call(TICKET, "action_create_task", [ticket])
        assert action["res_model"] == "helpdesk.fieldservice.create"
        rpc.call(TEAM, "write", [team], {"use_fieldservice": False})
        with pytest.raises(RpcError, match="does not have the service"):
            moved.call(TICKET, "action_create_task", [ticket])


def open_ticket(rpc: Rpc) -> tuple[int, int]:
    """Open a ticket, and give its team and itself."""
    [team] = rpc.call(TEAM, "create", [{"name": "Desk"}])
    values = {"name": "Loud", "description": "It rattles.", "team_id": team}
    [ticket] = rpc.call(TICKET, "create", [values])
    return team, ticket


def create_colleague(rpc: Rpc) -> None:
    """Create somebody of the helpdesk who has no rights on the apps."""
    domain = [["name", "=", "group_helpdesk_user"], ["model", "=", "res.groups"]]
    [group] = rpc.call("ir.model.data", "search_read", domain, ["res_id"])
    values = {
        "name": "Colleague",
        "login": "colleague",
        "password": "colleague",
        "email": "colleague@example.com",
        "group_ids": [[4, group["res_id"]]],
    }
    rpc.call("res.users", "create", [values], context={"no_reset_password": True})


def post_for(server: OdooServer, rpc: Rpc, ticket: int) -> None:
    """Have a colleague write to the user, who is told of it over the bus."""
    rpc.call("res.users", "write", [rpc.uid], {"notification_type": "inbox"})
    [user] = rpc.call("res.users", "read", [rpc.uid], ["partner_id"], load=None)
    create_colleague(rpc)
    data = {"body": "Look!", "partner_ids": [user["partner_id"]]}
    server.rpc("colleague", "colleague").post(
        "/mail/message/post",
        {"thread_model": TICKET, "thread_id": ticket, "post_data": data},
    )


def types(notifications: str) -> set[str]:
    """Name what the bus tells."""
    return {
        notification["message"]["type"] for notification in json.loads(notifications)
    }


# ------------------------------------------------------------------------------
# What a replica can answer
# ------------------------------------------------------------------------------

REQUEST = re.compile(
    r'"(?:POST|GET) (\S+) HTTP/[\d.]+" 200 .* (ro|rw|ro->rw|-)$', re.MULTILINE
)
"""A request in the log: its address, and the cursor that served it."""


READING = (
    "action_view_credit_notes",
    "action_view_coupons",
    "action_view_returns",
    "action_view_repairs",
    "action_view_fieldservice_tasks",
)
"""The smart buttons of a ticket."""
OPEN_TO_ALL = {"loyalty.card", "repair.order", "project.task"}
"""What helpdesk users open without rights on the apps."""


@pytest.fixture(scope="module")
def replicated(postgres_server: Server) -> Iterator[OdooServer]:
    """A server with a replica to read from: the same PostgreSQL, over connections that cannot write."""
    odoo, template = templates.with_addons(postgres_server, EVERYTHING, with_demo=True)
    options = {
        "db_replica_host": postgres_server.host,
        "db_replica_port": postgres_server.port,
    }
    name = f"helpdesk_server_{os.getpid()}_replica"
    with serving.serve_copy(odoo, template, name, options=options) as server:
        yield server


def test_replica(replicated: OdooServer) -> None:
    """What reads is served by the replica, and none of it is asked again of the main server."""
    rpc = replicated.rpc()
    create_colleague(rpc)
    ticket = ref(rpc, "ticket_lamp_broken_demo")
    team = rpc.call(TICKET, "read", [ticket], ["team_id"], load=None)[0]["team_id"]
    before = len(read_cursors(replicated))
    look_around(rpc, ticket)
    press(rpc, TICKET, ticket, "action_view_return_requests")
    context = {"after_sales_service": "refund"}
    press(rpc, TEAM, team, "action_view_customer_mails", context=context)
    look_around(replicated.rpc("colleague", "colleague"), ticket, OPEN_TO_ALL)
    served = read_cursors(replicated)[before:]
    assert len(served) > 60
    others = {(address, cursor) for address, cursor in served if cursor != "ro"}
    assert others == {("/web/session/authenticate", "rw")}


def look_around(rpc: Rpc, ticket: int, models: set[str] | None = None) -> None:
    """Look at tickets, the analysis, a ticket, and all that came of it.

    :param models: of which documents the user opens the form; none: of all
    """
    for kind in ("list", "kanban"):
        rpc.call(TICKET, "web_search_read", [], specify(rpc, TICKET, kind))
    groups = ["service", "date:month"]
    rpc.call(DOCUMENT, "formatted_read_group", [], groups, ["__count"])
    rpc.call(TICKET, "web_read", [ticket], specify(rpc, TICKET))
    for button in READING:
        press(rpc, TICKET, ticket, button)
    domain = [["ticket_id", "=", ticket]]
    for line in rpc.call(DOCUMENT, "search_read", domain, ["res_model", "res_id"]):
        model, record = line["res_model"], line["res_id"]
        press(rpc, DOCUMENT, line["id"], "action_open_document")
        if models is None or model in models:
            rpc.call(model, "web_read", [record], specify(rpc, model))
            press(rpc, model, record, "action_view_ticket")


def test_one_coupon_of_two_servers(replicated: OdooServer) -> None:
    """Generate, pressed at the same moment on two servers, makes one coupon."""
    rpc = replicated.rpc()
    ticket = ref(rpc, "ticket_screen_cracked_demo")
    coupons = [["ticket_id", "=", ticket]]
    before = rpc.call("loyalty.card", "search_count", coupons)
    action = rpc.call(TICKET, "action_coupon", [ticket])
    popup, opened = action["res_model"], [action["res_id"]]
    [values] = rpc.call(popup, "read", opened, ["available_program_ids"])
    program = values["available_program_ids"][0]
    rpc.call(popup, "write", opened, {"program_id": program})
    with serving.serve(replicated.odoo, replicated.db) as second:
        calls = [
            partial(session.call, popup, "action_generate", opened)
            for session in (rpc, Moved(second, rpc))
        ]
        _answers, waited = press_while_held(
            replicated, "helpdesk_ticket", ticket, calls
        )
    assert waited
    assert rpc.call("loyalty.card", "search_count", coupons) == before + 1


def ref(rpc: Rpc, name: str) -> int:
    """Find a demonstration ticket."""
    domain = [["module", "=", "helpdesk_after_sales"], ["name", "=", name]]
    return rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]


def specify(rpc: Rpc, model: str, kind: str = "form") -> dict:
    """Give what the web client reads for a view."""
    loaded = rpc.call(model, "get_views", [[False, kind]])
    return screens.specify(loaded, model, kind)


def press(rpc: Rpc, model: str, record: int, button: str, **kwargs: Any) -> None:
    """Press a button of a form."""
    parameters = {"model": model, "method": button, "args": [[record]]}
    rpc.post(
        f"/web/dataset/call_button/{model}/{button}", {**parameters, "kwargs": kwargs}
    )


def read_cursors(server: OdooServer) -> list[tuple[str, str]]:
    """Read from the log which cursor has served each request."""
    return REQUEST.findall(server.log.read_text(encoding="utf-8"))
