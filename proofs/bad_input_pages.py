"""Markup in every text that can be written, and pages that have to show it as text."""

from typing import TYPE_CHECKING, Any

from proofs.bad_input_values import PICTURE_WITH_SCRIPT, SCRIPT
from tools import addons
from tools.rpc import RpcError

if TYPE_CHECKING:
    from proofs.bad_input import Desk

HOSTILE = f"%s {{0}} {PICTURE_WITH_SCRIPT}{SCRIPT}"
OF_CORE = (
    "loyalty.program",
    "loyalty.reward",
    "product.product",
    "res.partner",
    "sale.order",
    "stock.lot",
)
"""Models of core whose names our pages, notes and mails show."""

KEPT = frozenset(
    ("access_token", "alias_name", "code", "email", "lang", "login", "tz", "website")
)
"""Fields that are read by programs and not by people."""


def write_everywhere(desk: "Desk") -> int:
    """Write markup into all texts of the records that there are.

    :return: how many texts were written; some refuse, as a number does
    """
    written = 0
    own = [model.name for model in desk.surface.models if model.table]
    for model in {*own, *OF_CORE} - {"res.company"}:
        fields = desk.admin.call(
            model, "fields_get", [], ["type", "readonly", "store", "related"]
        )
        names = [
            name
            for name, facts in fields.items()
            if facts["type"] in ("char", "text", "html")
            and facts["store"]
            and not facts["readonly"]
            and name not in KEPT
        ]
        for record in desk.admin.call(model, "search", [], limit=15, order="id desc"):
            try:
                values = dict.fromkeys(names, HOSTILE)
                desk.admin.call(model, "write", [record], values)
                written += len(names)
                continue
            except RpcError:  # one of them refuses: the others one by one
                pass
            for name in names:
                try:
                    desk.admin.call(model, "write", [record], {name: HOSTILE})
                    written += 1
                except RpcError:
                    continue
    return written


def serve_tickets(desk: "Desk") -> int:
    """Have each service make what it makes of each ticket, for the notes that tell of it.

    :return: how many documents were made
    """
    made = 0
    wizards = {
        "account.move.reversal": ({"reason": HOSTILE}, "reverse_moves"),
        "stock.return.picking": ({}, "action_create_returns"),
        "helpdesk.fieldservice.create": ({"name": HOSTILE}, "action_create"),
    }
    for ticket in desk.pool.tickets:
        context = {"active_model": "helpdesk.ticket", "active_id": ticket}
        for model, (values, method) in wizards.items():
            try:
                wizard = desk.admin.call(model, "create", [values], context=context)
                desk.admin.call(model, method, wizard, context=context)
                made += 1
            except RpcError:  # nothing to refund or to return there
                continue
        try:
            desk.admin.call("repair.order", "create", [{"ticket_id": ticket}])
            desk.admin.call("helpdesk.ticket", "message_post", [ticket], body=HOSTILE)
            popup = desk.admin.call("helpdesk.ticket", "action_coupon", [ticket])
            desk.admin.call(
                "helpdesk.coupon.generate", "action_generate", [popup["res_id"]]
            )
            made += 2
        except RpcError:  # a program without a name to choose from
            continue
    requests = desk.admin.call("stock.picking", "search", [["request_state", "=", "open"]])  # fmt: skip
    for request in requests:
        values = {"picking_id": request, "answer": HOSTILE}
        [dialog] = desk.admin.call("helpdesk.return.decline", "create", [values])
        desk.admin.call("helpdesk.return.decline", "action_decline", [dialog])
        made += 1
    return made


def addresses(desk: "Desk") -> dict[str, list[str]]:
    """List the pages to look at, by who looks."""
    tickets = desk.admin.call("helpdesk.ticket", "search", [["id", "in", desk.pool.tickets]])  # fmt: skip
    tasks = desk.admin.call("project.task", "search", [["ticket_id", "!=", False]])
    backend = [f"/odoo/helpdesk.ticket/{ticket}" for ticket in tickets[:5]]
    names = [addon.name for addon in addons.ours()]
    of_ours = [["module", "in", [*names, "helpdesk_mgmt"]], ["model", "=", "ir.actions.act_window"]]  # fmt: skip
    actions = desk.admin.call("ir.model.data", "search_read", of_ours, ["res_id"])
    for action in desk.admin.call(
        "ir.actions.act_window",
        "read",
        [action["res_id"] for action in actions],
        ["context", "domain", "target"],
    ):
        if action["target"] == "current" and "active_id" not in f"{action['context']}{action['domain']}":  # fmt: skip
            backend.append(f"/odoo/action-{action['id']}")
    reports = desk.admin.call(
        "ir.actions.report",
        "search_read",
        [["report_name", "like", "helpdesk_"]],
        ["report_name", "model"],
    )
    for report in reports:
        records = desk.admin.call(report["model"], "search", [["ticket_id", "!=", False]]) \
            if "ticket_id" in desk.pool.fields.get(report["model"], ()) else []  # fmt: skip
        backend += [f"/report/html/{report['report_name']}/{record}" for record in records[:2]]  # fmt: skip
    for model in desk.surface.models:
        if "ticket_id" in model.own_fields and model.table:
            records = desk.admin.call(model.name, "search", [["ticket_id", "!=", False]])  # fmt: skip
            backend += [f"/odoo/{model.name}/{record}" for record in records[:3]]
    backend += [
        f"/odoo/helpdesk.ticket.team/{team}"
        for team in desk.admin.call(
            "helpdesk.ticket.team", "search", [["use_return", "=", True]]
        )
    ]
    portal = ["/my/tickets", "/my/tasks", "/new/ticket"]
    portal += [f"/my/ticket/{ticket}{rest}" for ticket in tickets for rest in ("", "/return")]  # fmt: skip
    portal += [f"/my/tasks/{task}" for task in tasks]
    return {"admin": backend, "portal": portal}


def look_for_scripts(desk: "Desk", browser: Any) -> tuple[int, int, list[str]]:
    """Open the pages in a browser, and see whether any text ran as a script.

    :return: how many pages were opened, in how many the text stands, and the addresses
        where it ran
    """
    opened, shown = 0, 0
    hits = []
    for user, paths in addresses(desk).items():
        context = browser.new_context()
        session = desk.sessions[user]
        context.add_cookies(
            [{"name": "session_id", "value": session.session_id, "url": desk.server.url}]
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(180_000)  # the first page makes the assets
        # Forms that are left with changes ask first; unanswered, the page stays.
        page.on("dialog", lambda dialog: dialog.accept())
        for path in paths:
            page.goto(f"{desk.server.url}{path}", wait_until="load")
            if path.startswith("/odoo/"):
                page.wait_for_selector(".o_view_controller, .o_error_dialog")  # fmt: skip
                if "/odoo/helpdesk.ticket/" in path:
                    page.wait_for_selector(".o-mail-Message")
            page.wait_for_timeout(300)
            opened += 1
            shown += "<script>window.__hit" in page.inner_text("body") or bool(
                page.evaluate(
                    "[...document.querySelectorAll('input, textarea')]"
                    ".some(field => field.value.includes('<script>window.__hit'))"
                )
            )
            if page.evaluate("window.__hit") is not None:
                hits.append(f"{user}: {path}")
        context.close()
    return opened, shown, hits
