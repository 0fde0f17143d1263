"""Inputs that a forger would choose, one by one, where chance seldom gets as far."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from proofs.bad_input_values import NUMBERS, SCRIPT, Call

if TYPE_CHECKING:
    from proofs.bad_input import Desk

AGENT = "agent_with_apps"
Send = Callable[[str, str, str, Call], Any]


def attacks(desk: "Desk", send: Send, tickets: Sequence[int]) -> Iterator[str]:
    """Send all of them, and name each that was sent.

    :param tickets: on which
    :param send: sends a call as somebody and judges the answer; gives what was
        answered, nothing where it was refused
    """
    for number in NUMBERS:
        for ticket in tickets:
            yield from _return(ticket, number, send)
            yield from _refund(ticket, number, send)
        yield from _points(desk, number, send)
    for other in (desk.pool.deleted, 2**31, -1, "x", SCRIPT, None):
        for ticket in tickets[:2]:
            yield from _others(ticket, other, send)


def _opened(ticket: int) -> dict:
    return {"active_model": "helpdesk.ticket", "active_id": ticket}


def _return(ticket: int, number: float, send: Send) -> Iterator[str]:
    """Return quantities that are none."""
    model, context = "stock.return.picking", {"context": _opened(ticket)}
    for method in ("action_create_returns", "action_create_exchanges"):
        wizard = send(AGENT, model, "create", Call([{}], context))
        found = wizard and send(
            AGENT, model, "read", Call([[wizard], ["product_return_moves"]], context)
        )
        lines = found[0]["product_return_moves"] if found else []
        for line in lines:
            values = {"quantity": number}
            send(AGENT, f"{model}.line", "write", Call([[line], values], context))
        if lines:
            send(AGENT, model, method, Call([[wizard]], context))
            yield f"{method} of {number}"


def _refund(ticket: int, number: float, send: Send) -> Iterator[str]:
    """Say by what the form sends back that more is left to credit."""
    model, context = "account.move.reversal", {"context": _opened(ticket)}
    for credit_method in ("partial", "full", "modify"):
        wizard = send(
            AGENT, model, "create", Call([{"credit_method": credit_method}], context)
        )
        read = wizard and send(
            AGENT, model, "read", Call([[wizard], ["available_move_ids"]], context)
        )
        invoices = read[0]["available_move_ids"] if read else []
        for invoice in invoices:
            values = {
                "move_ids": [[6, 0, [invoice]]],
                "left_to_credit": {str(invoice): number},
                "credit_method": credit_method,
            }
            send(AGENT, model, "write", Call([[wizard], values], context))
            send(AGENT, model, "reverse_moves", Call([[wizard]], context))
            yield f"{credit_method} refund with {number} left"


def _points(desk: "Desk", number: float, send: Send) -> Iterator[str]:
    """Give a ticket's coupon other points, as one who has no rights on them."""
    for card in desk.pool.ids["loyalty.card"][:3]:
        send("agent", "loyalty.card", "write", Call([[card], {"points": number}], {}))
        yield f"{number} points"


def _others(ticket: int, other: Any, send: Send) -> Iterator[str]:
    """Name what is not there, or of another kind."""
    wizards = {
        "account.move.reversal": ("move_ids", "journal_id", "company_id", "ticket_id"),
        "stock.return.picking": ("picking_id", "ticket_id"),
        "helpdesk.fieldservice.create": (
            "partner_id",
            "address_id",
            "project_id",
            "ticket_id",
            "user_ids",
            "planned_date_start",
        ),
        "repair.order": ("product_id", "picking_id", "ticket_id", "lot_id"),
    }
    for model, names in wizards.items():
        for name in names:
            context = {**_opened(ticket), f"default_{name}": other}
            for method in ("default_get", "onchange"):
                args: list = [[*names]]
                if method == "onchange":
                    args = [[], {}, [], {one: {} for one in names}]
                send(AGENT, model, method, Call(args, {"context": context}))
            value = [[6, 0, [other]]] if name.endswith("_ids") else other
            send(AGENT, model, "create", Call([{name: value}], {"context": context}))
            yield f"{model} with {name} {other!r}"
