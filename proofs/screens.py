"""Open screens as the web client does, without a browser: views, records, groups, new records."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.error import HTTPError

from dateutil.relativedelta import relativedelta
from lxml import etree

from tools.rpc import Rpc, RpcError

RECORDS = 80
SUBVIEWS = ("list", "kanban", "form", "graph", "pivot", "calendar", "activity")
RELATIONS = ("many2one", "reference", "many2one_reference")

SCREENS: dict[str, tuple[str, list]] = {
    "Tickets": ("helpdesk.ticket", []),
    "Sales orders": ("sale.order", []),
    "Transfers": ("stock.picking", []),
    "Invoices": ("account.move", [("move_type", "=", "out_invoice")]),
    "Credit notes": ("account.move", [("move_type", "=", "out_refund")]),
    "Coupons": ("loyalty.card", []),
    "Repairs": ("repair.order", []),
    "Tasks": ("project.task", []),
    "Customers": ("res.partner", []),
}
"""By what users call them the model, and which of its records."""


@dataclass(frozen=True)
class Screen:
    """What a menu opens, in one view, and what went wrong."""

    menu: str
    view: str
    fault: str = ""

    def __str__(self) -> str:
        return f"{self.menu} ({self.view})" + (f": {self.fault}" if self.fault else "")


def open_screens(rpc: Rpc, below: str = "") -> Iterator[Screen]:
    """Open what all menus open, each view of it, and give each screen; none at all is a fault.

    :param below: the external id of a menu, to open this and what is below it alone
    """
    menus = json.loads(rpc.get("/web/webclient/load_menus"))
    names = _names(rpc)

    def walk(menu: dict, path: tuple[str, ...], is_wanted: bool) -> Iterator[Screen]:
        is_wanted = is_wanted or menu.get("xmlid") == below
        if menu["id"] != "root":
            path = (*path, menu["name"])
        if is_wanted and menu.get("actionID"):
            yield from _open_action(rpc, menu["actionID"], " / ".join(path), names)
        for child in menu["children"]:
            yield from walk(menus[str(child)], path, is_wanted)

    # An app opens what its first menu opens.
    seen = set()
    for screen in walk(menus["root"], (), not below):
        if (key := (screen.menu, screen.view)) not in seen:
            seen.add(key)
            yield screen
    if not seen:
        yield Screen(below or "Menus", "none", "there is no screen")


def _names(rpc: Rpc) -> dict[str, Any]:
    """Give what the web client knows by name where it reads the contexts and domains of actions."""
    [user] = rpc.call("res.users", "read", [rpc.uid], ["company_id"], load=None)
    return {
        "uid": rpc.uid,
        "context_today": date.today,
        "datetime": datetime,
        "relativedelta": relativedelta,
        "active_id": False,
        "active_ids": [],
        "active_model": False,
        "allowed_company_ids": [user["company_id"]],
    }


def _open_action(
    rpc: Rpc, number: int, menu: str, names: dict[str, Any]
) -> Iterator[Screen]:
    try:
        action = rpc.post("/web/action/load", {"action_id": number})
        if action["type"] == "ir.actions.server":
            action = rpc.post("/web/action/run", {"action_id": number}) or {"type": ""}
    except RpcError as error:
        yield Screen(menu, "action", str(error))
        return
    if action["type"] == "ir.actions.act_window":
        yield from _open_window(rpc, action, menu, names)
    elif action["type"] == "ir.actions.act_url" and action["url"].startswith("/"):
        yield Screen(menu, "page", fetch(rpc, action["url"]))


def fetch(visitor: Any, path: str) -> str:
    """Fetch a page, and give what went wrong."""
    try:
        visitor.get(path)
    except HTTPError as error:
        return f"{path}: {error.code} {error.reason}"
    return ""


def _open_window(
    rpc: Rpc, action: dict, menu: str, names: dict[str, Any]
) -> Iterator[Screen]:
    def evaluate(value: Any) -> Any:
        """Read what the server gives the web client as an expression."""
        return (
            eval(value.strip(), {"__builtins__": {}}, names)
            if isinstance(value, str)
            else value
        )

    model = action["res_model"]
    context = evaluate(action.get("context") or "{}")
    domain = evaluate(action.get("domain") or "[]")
    views = [list(view) for view in action["views"]]
    search = action.get("search_view_id") or [False]
    try:
        answer = rpc.call(
            model,
            "get_views",
            views=[*views, [search[0], "search"]],
            options={
                "action_id": action.get("id"),
                "toolbar": True,
                "load_filters": True,
            },
            context=context,
        )
    except RpcError as error:
        yield Screen(menu, "views", str(error))
        return
    opener = _Opener(rpc, model, domain, context, answer)
    for _number, kind in views:
        try:
            opener.open(kind)
            yield Screen(menu, kind)
        except RpcError as error:
            yield Screen(menu, kind, str(error))
        except KeyError as error:
            yield Screen(menu, kind, f"the server does not describe {error}")


class _Opener:
    """Fetches what the views of one action show."""

    def __init__(
        self, rpc: Rpc, model: str, domain: list, context: dict, answer: dict
    ) -> None:
        self._rpc = rpc
        self._model = model
        self._domain = domain
        self._context = context
        self._archs = {
            kind: etree.fromstring(view["arch"])
            for kind, view in answer["views"].items()
        }
        self._fields = {
            name: model["fields"] for name, model in answer["models"].items()
        }

    def open(self, kind: str) -> None:
        """Fetch what one view shows.

        :raises RpcError: when the server refuses
        """
        arch = self._archs[kind]
        spec = _specify(arch, self._fields, self._model)
        match kind:
            case "form":
                found = self._search({}, limit=1)
                if found:
                    self._call("web_read", [found[0]["id"]], specification=spec)
                if arch.get("create", "1") not in ("0", "false", "False"):
                    self._call("onchange", [], {}, [], spec)
            case "graph" | "pivot":
                groups = [
                    f"{node.get('name')}:{node.get('interval', 'month')}"
                    if self._type_of(node) in ("date", "datetime")
                    else node.get("name")
                    for node in arch.iterfind("field")
                    if node.get("type") in ("row", "col") and self._is_stored(node)
                ]
                sums = [
                    f"{node.get('name')}:sum"
                    for node in arch.iterfind("field")
                    if node.get("type") == "measure" and self._is_stored(node)
                ]
                self._call(
                    "formatted_read_group", self._domain, groups[:2], ["__count", *sums]
                )
            case "activity":
                self._rpc.call(
                    "mail.activity", "get_activity_data",
                    self._model, self._domain, limit=RECORDS, offset=0, fetch_done=True, context=self._context,
                )  # fmt: skip
                self._search(spec)
            case _:
                self._search(spec)
                group = arch.get("default_group_by")
                if group:
                    self._call(
                        "web_read_group", self._domain, group.split(",")[:1],
                        limit=RECORDS, auto_unfold=True, unfold_read_specification=spec,
                    )  # fmt: skip

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        return self._rpc.call(
            self._model, method, *arguments, **options, context=self._context
        )

    def _search(self, spec: dict, limit: int = RECORDS) -> list[dict]:
        return self._call(
            "web_search_read",
            domain=self._domain,
            specification=spec,
            limit=limit,
            count_limit=10001,
        )["records"]

    def _type_of(self, node: Any) -> str:
        return self._fields[self._model][node.get("name")]["type"]

    def _is_stored(self, node: Any) -> bool:
        return self._fields[self._model][node.get("name")].get("store", True)


def specify(answer: Mapping[str, Any], model: str, kind: str) -> dict:
    """Tell which fields the web client reads to show a view.

    :param answer: what ``get_views`` gave
    :param kind: of the view: list, form, …
    """
    fields = {name: described["fields"] for name, described in answer["models"].items()}
    return _specify(etree.fromstring(answer["views"][kind]["arch"]), fields, model)


def _specify(arch: Any, fields: Mapping[str, dict], model: str) -> dict:
    spec: dict[str, dict] = {}
    for node in _fields_of(arch):
        name = node.get("name")
        description = fields[model][name]
        sub: dict[str, Any] = {}
        if description["type"] in RELATIONS:
            sub["fields"] = {"display_name": {}}
        elif description["type"] in ("one2many", "many2many"):
            shown: dict[str, dict] = {"display_name": {}}
            for view in node:
                if view.tag in SUBVIEWS:
                    shown |= _specify(view, fields, description["relation"])
            sub = {"fields": shown, "limit": 40}
        spec[name] = {**spec.get(name, {}), **sub}
    return spec


def _fields_of(arch: Iterable) -> Iterator[Any]:
    """Give the field nodes that are a view's own, and not those of a view inside it."""
    for node in arch:
        if node.tag == "field":
            yield node
        elif node.tag != "groupby":
            yield from _fields_of(node)


def describe(rpc: Rpc, model: str) -> dict[str, dict]:
    """Give what the web client reads for a model's list and form."""
    answer = rpc.call(model, "get_views", [[False, "list"], [False, "form"]])
    return {kind: specify(answer, model, kind) for kind in answer["views"]}


def open_list(rpc: Rpc, model: str, domain: list, fields: dict) -> list[int]:
    """Show the first 80 records, and give their ids."""
    answer = rpc.call(model, "web_search_read", domain, fields, limit=80)
    return [record["id"] for record in answer["records"]]


def open_form(rpc: Rpc, model: str, record: int, fields: dict) -> dict:
    """Show a record."""
    [values] = rpc.call(model, "web_read", [record], fields)
    return values
