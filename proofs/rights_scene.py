"""What the proof of rights looks at, made inside Odoo: its shell runs these functions.

The same records are made in a database with our addons and in one without them; there
the documents have no ticket, and what only our addons have is left out.
"""

import base64
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from proofs.rights_rules import APPS, HELPDESK, KINDS, NEW_REACH, ROLES

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
"""A PNG file of one pixel."""

Scene = dict[str, dict[str, Any]]


def build(env: Any) -> dict[str, Any]:
    """Make users of all roles, and for each kind a ticket with all that can come of it.

    :return: ``users`` (ids by role), ``records`` (by kind, by name of what it is: its
        model, id, and the values with which another is created), and what else the
        calls need
    """
    env = env(user=env.ref("base.user_admin"), su=True)
    is_ours = "ticket_id" in env["account.move"]._fields
    first = env.ref("base.main_company")
    second = env["res.company"].create(
        {"name": "Second Company", "country_id": first.country_id.id}
    )
    env["account.chart.template"].try_loading("generic_coa", second, False)
    env.user.company_ids |= second
    env["stock.warehouse"].create(
        {"name": "Second", "code": "SEC", "company_id": second.id}
    )
    customers = {
        name: env["res.partner"].create(
            {"name": name, "is_company": True, "email": f"{name.lower()}@example.com"}
        )
        for name in ("Alpha", "Beta", "Gamma", "Delta")
    }
    users = {
        role.name: _create_user(env, role, first, second, customers)
        for role in ROLES
        if role.name != "public"
    }
    teams = {
        kind: env["helpdesk.ticket.team"]
        .with_company(company)
        .create(
            {
                "name": name,
                "company_id": company.id,
                "user_ids": [user.id for user in members],
                **_all_services(is_ours),
            }
        )
        for kind, name, company, members in (
            (
                "team",
                "Ours",
                first,
                [
                    users[role.name]
                    for role in ROLES
                    if role.company == 1 and role.helpdesk
                ],
            ),
            ("other", "Theirs", first, [env.user]),
            ("foreign", "Abroad", second, [env.user]),
        )
    }
    teams["own"] = teams["team"]
    records = {
        kind: _Kind(
            env,
            second if kind == "foreign" else first,
            teams[kind],
            customers["Beta" if kind == "foreign" else "Alpha"],
            is_ours,
        ).make()
        for kind in KINDS
    }
    env["mail.followers"].search([("res_model", "=", "helpdesk.ticket")]).unlink()
    followers = [users[role.name].partner_id.id for role in ROLES if role.follows]
    for made in records.values():
        ticket = env["helpdesk.ticket"].browse(made["ticket"]["id"])
        ticket.message_subscribe(followers)
    env.cr.commit()
    return {
        "users": {name: user.id for name, user in users.items()},
        "admin": env.uid,
        "second": second.id,
        "records": records,
    }


def _create_user(
    env: Any, role: Any, first: Any, second: Any, customers: Mapping[str, Any]
) -> Any:
    company = second if role.company == 2 else first
    groups = [
        *([HELPDESK[role.helpdesk]] if role.helpdesk else []),
        *(APPS[right] for right in role.rights),
        "base.group_portal" if role.customer else "base.group_user",
        *([] if role.customer else ["base.group_allow_export"]),
    ]
    partner = (
        {"parent_id": customers[role.customer].id, "type": "contact"}
        if role.customer
        else {}
    )
    login = f"rights {role.name}"
    return env["res.users"].create(
        {
            "name": role.name,
            "login": login,
            "password": login,
            "email": f"{role.name.replace(' ', '.')}@example.com",
            "company_id": company.id,
            "company_ids": [company.id],
            "group_ids": [env.ref(group).id for group in groups],
            "partner_id": env["res.partner"]
            .create({"name": role.name, "email": login, **partner})
            .id,
        }
    )


def _all_services(is_ours: bool) -> dict[str, bool]:
    if not is_ours:
        return {}
    services = ("refund", "coupon", "return", "repair", "fieldservice")
    return {
        **{f"use_{service}": True for service in services},
        "allow_return_requests": True,
    }


class _Kind:
    """A ticket of one kind and what came of it."""

    def __init__(
        self, env: Any, company: Any, team: Any, customer: Any, is_ours: bool
    ) -> None:
        self.env = env(
            context={
                "allowed_company_ids": [company.id],
                "loyalty_no_mail": True,
                "tracking_disable": False,
            }
        )
        self.company = company.with_env(self.env)
        self.team = team.with_env(self.env)
        self.customer = customer.with_env(self.env)
        self.is_ours = is_ours
        self.made: Scene = {}

    def make(self) -> Scene:
        """Make all records, and give what is to be known of each by what it is."""
        env = self.env
        self.product = env["product.product"].create(
            {
                "name": "Lamp",
                "type": "consu",
                "is_storable": True,
                "invoice_policy": "order",
                "list_price": 10,
            }
        )
        self.service = env["product.product"].create(
            {"name": "Cleaning", "type": "service", "list_price": 5}
        )
        self.ticket = env["helpdesk.ticket"].create(self._ticket_values())
        self._note("ticket", self.ticket, self._ticket_values())
        self._note(
            "team", self.team, {"name": "Another", "company_id": self.company.id}
        )
        self._sell()
        self._refund()
        self._give_coupon()
        self._take_back()
        self._repair()
        self._visit()
        for name in ("credit note", "coupon", "return", "repair", "task"):
            self._write_about(name)
        self._write_about("ticket")
        if self.is_ours:
            self._add_ours()
        return self.made

    def _note(
        self, name: str, record: Any, values: Mapping[str, Any] | None = None
    ) -> None:
        """Remember a record.

        :param values: with which one like it is created; the ticket's id comes from here
        """
        self.made[name] = {
            "model": record._name,
            "id": record.id,
            "values": dict(values or {}),
        }

    @property
    def _of_ticket(self) -> dict[str, int]:
        return {"ticket_id": self.ticket.id} if self.is_ours else {}

    def _ticket_values(self) -> dict[str, Any]:
        return {
            "name": "Lamp is broken",
            "description": "<p>It does not light.</p>",
            "team_id": self.team.id,
            "company_id": self.company.id,
            "partner_id": self.customer.id,
            "user_id": self.env.uid,
        }

    def _deliver(self) -> Any:
        """Sell something that is delivered at once."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "product_uom_qty": 50})
                ],
            }
        )
        order.action_confirm()
        self._move(order.picking_ids)
        return order

    def _sell(self) -> None:
        self.order = self._deliver()
        self.delivery = self.order.picking_ids
        self.invoice = self.order._create_invoices()
        self.invoice.action_post()
        self._note(
            "order",
            self.order,
            {"partner_id": self.customer.id, "company_id": self.company.id},
        )
        self._note("invoice", self.invoice)
        self._note("delivered move", self.delivery.move_ids)
        self._note("delivery", self.delivery)

    def _move(self, transfer: Any) -> None:
        """Do all of a transfer."""
        for move in transfer.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        transfer.with_context(skip_backorder=True).button_validate()

    def _refund(self) -> None:
        values = {"ref": "Refund", **self._of_ticket}
        credit_note = self.invoice._reverse_moves([values])
        credit_note.invoice_line_ids.quantity = 1
        credit_note.action_post()
        self._note(
            "credit note",
            credit_note,
            {
                "move_type": "out_refund",
                "partner_id": self.customer.id,
                "journal_id": credit_note.journal_id.id,
                "company_id": self.company.id,
            },
        )
        self._note("credit note's line", credit_note.invoice_line_ids[0])

    def _give_coupon(self) -> None:
        program = (
            self.env["loyalty.program"]
            .with_context(default_program_type="coupons")
            .create({"name": "Sorry", "company_id": self.company.id})
        )
        values = {"program_id": program.id, "partner_id": self.customer.id, "points": 1}
        card = self.env["loyalty.card"].create({**values, **self._of_ticket})
        self.program = program
        self._note("program", program, {"name": "New", "company_id": self.company.id})
        self._note("coupon", card, values)

    def _return(self) -> Any:
        wizard = self.env["stock.return.picking"].create(
            {"picking_id": self.delivery.id, **self._of_ticket}
        )
        for line in wizard.product_return_moves:
            line.quantity = 1
        return wizard._create_return()

    def _take_back(self) -> None:
        transfer = self._return()
        kind = transfer.picking_type_id
        values = {
            "picking_type_id": kind.id,
            "location_id": transfer.location_id.id,
            "location_dest_id": transfer.location_dest_id.id,
            "partner_id": self.customer.id,
        }
        self.transfer = transfer
        self._note("return", transfer, values)
        self._note("return's move", transfer.move_ids)
        lot = self.env["stock.lot"].create(
            {
                "name": f"L{self.ticket.id}",
                "product_id": self.env["product.product"]
                .create({"name": "Bulb", "is_storable": True, "tracking": "lot"})
                .id,
                "company_id": self.company.id,
            }
        )
        self._note(
            "lot",
            lot,
            {"product_id": lot.product_id.id, "company_id": self.company.id},
        )

    def _repair(self) -> None:
        values = {"product_id": self.product.id, "company_id": self.company.id}
        made = {**values, **self._of_ticket, "partner_id": self.customer.id}
        repair = self.env["repair.order"].create(made)
        self._note("repair", repair, values)
        operation = {
            "repair_id": repair.id,
            "product_id": self.service.id,
            "product_uom_qty": 1,
        }
        services = self.env["repair.service"].create(
            {**operation, "product_uom": self.service.uom_id.id}
        )
        self._note("operation", services, operation)
        tag = self.env["repair.tags"].create({"name": f"Tag {self.ticket.id}"})
        self._note("repair tag", tag, {"name": "New"})

    def _finish_repairs(self) -> None:
        """Have a repair's quotation confirmed, and another repair done of what came back."""
        values = {
            "ticket_id": self.ticket.id,
            "product_id": self.product.id,
            "company_id": self.company.id,
            "partner_id": self.customer.id,
            "invoice_method": "before",
        }
        quoted = self.env["repair.order"].create(values)
        self.env["repair.service"].create(
            {"repair_id": quoted.id, "product_id": self.service.id}
        )
        quoted.action_create_sale_order()
        quoted.sale_order_id.action_confirm()
        self._note("quoted repair", quoted)
        transfer = self._return()
        self._move(transfer)
        mended = self.env["repair.order"].create(
            {**values, "invoice_method": "none", "picking_id": transfer.id}
        )
        mended.action_validate()
        mended.action_repair_start()
        mended.action_repair_end()
        self._note("mended repair", mended)

    def _visit(self) -> None:
        project = self.env["project.project"].create(
            {
                "name": "On Site",
                "company_id": self.company.id,
                "privacy_visibility": "portal",
                **({"is_field_service": True} if self.is_ours else {}),
            }
        )
        values = {"name": "Mend the lamp", "project_id": project.id}
        made = {**values, "partner_id": self.customer.id, **self._of_ticket}
        if self.is_ours:
            made["visit_report"] = "<p>Mended.</p>"
        task = self.env["project.task"].create(made)
        self.project = project
        self._note("project", project, {"name": "New"})
        self._note("task", task, values)

    def _write_about(self, name: str) -> None:
        """Write a message about a record, with an attachment."""
        model, record_id = self.made[name]["model"], self.made[name]["id"]
        attachment = self.env["ir.attachment"].create(
            {
                "name": "photo.png",
                "raw": base64.b64decode(PICTURE),
                "res_model": model,
                "res_id": record_id,
            }
        )
        record = self.env[model].browse(record_id)
        note = record.message_post(
            body="Only for us.", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        about = {"res_model": model, "res_id": record_id}
        self._note(
            f"photograph of {name}", attachment, {"name": "a.txt", "raw": "a", **about}
        )
        self._note(
            f"note of {name}",
            note,
            {"model": model, "res_id": record_id, "body": "Mine"},
        )

    def _add_ours(self) -> None:
        """Add what only our addons have, and the pop-ups that another user has opened."""
        ticket = self.ticket
        self.env.flush_all()
        ticket.invalidate_recordset(["document_ids"])
        for service, line in ticket.document_ids.grouped("service").items():
            self._note(f"line of {service}", line[0], {"name": "Mine"})
        reason = self.env["helpdesk.return.reason"].create({"name": "Broken"})
        self._note("return reason", reason, {"name": "New"})
        move = self.delivery.move_ids
        requests = [
            ticket._request_return(
                self.customer,
                {(move.id, 0): 1},
                reason,
                "exchange",
                f"{ticket.id} {number}",
                [("photo.png", base64.b64decode(PICTURE), "image/png")],
            )
            for number in range(4)
        ]
        for name, request in zip(
            (
                "request",
                "request to exchange",
                "request to decline",
                "request to cancel",
            ),
            requests,
            strict=True,
        ):
            self._note(name, request)
        self.env["helpdesk.customer.news"]._set(self.transfer, "told", "made")
        news = self.env["helpdesk.customer.news"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", self.transfer.id)]
        )
        self._note("customer news", news, {"res_model": "res.users", "res_id": 1})
        self._finish_repairs()
        self._open_wizards(requests[2])
        # A report that is done and signed, the last thing that happens to the visit.
        task = self.env["project.task"].browse(self.made["task"]["id"])
        signed = task.copy({"ticket_id": ticket.id, "state": "1_done"})
        signed.write(
            {
                "visit_report": "<p>Mended.</p>",
                "visit_signed_by": "Alpha",
                "visit_signature": PICTURE,
            }
        )
        self._note("signed task", signed, self.made["task"]["values"])
        self.made["signed task"]["token"] = signed._portal_ensure_token()
        self.made["ticket"]["token"] = ticket._portal_ensure_token()
        card = self.env["loyalty.card"].browse(self.made["coupon"]["id"])
        self.made["coupon"]["code"] = card.code

    def _open_wizards(self, request: Any) -> None:
        ticket = self.ticket
        reversal = {
            "ticket_id": ticket.id,
            "move_ids": [(6, 0, self.invoice.ids)],
            "journal_id": self.invoice.journal_id.id,
            "company_id": self.company.id,
        }
        # A delivery each: what one takes back is not left for the others.
        deliveries = {
            "return pop-up": self.delivery,
            "return of all pop-up": self._deliver().picking_ids,
            "exchange pop-up": self._deliver().picking_ids,
        }
        wizards: Iterable[tuple[str, str, dict[str, Any]]] = (
            ("refund pop-up", "account.move.reversal", reversal),
            *(
                (
                    name,
                    "stock.return.picking",
                    {"ticket_id": ticket.id, "picking_id": delivery.id},
                )
                for name, delivery in deliveries.items()
            ),
            (
                "visit pop-up",
                "helpdesk.fieldservice.create",
                {"ticket_id": ticket.id, "project_id": self.project.id},
            ),
            (
                "decline pop-up",
                "helpdesk.return.decline",
                {"picking_id": request.id, "answer": "Too late."},
            ),
        )
        for name, model, values in wizards:
            self._note(name, self.env[model].create(values), values)
        popup = self.env["helpdesk.coupon.generate"].create(
            {"ticket_id": ticket.id, "program_id": self.program.id}
        )
        self._note(
            "coupon pop-up",
            popup,
            {"ticket_id": ticket.id, "program_id": self.program.id},
        )


# ------------------------------------------------------------------------------
# What a database has
# ------------------------------------------------------------------------------


def describe(
    env: Any,
    addons: Iterable[str],
    upto: Mapping[str, int] | None,
    reach_of: Collection[str],
) -> dict[str, Any]:
    """Make the records, and tell what there is.

    :param addons: the names of ours
    :param upto: see ``find_reach``
    :param reach_of: the roles of which to find out what they reach of all records
    """
    last = upto or find_last(env)
    scene = build(env)
    return {
        "scene": scene,
        "last": last,
        "methods": find_methods(env, addons),
        "routes": find_routes(addons),
        "access": find_access(env),
        "reach": find_reach(
            env,
            {
                role: user_id
                for role, user_id in (
                    ("public", env.ref("base.public_user").id),
                    *scene["users"].items(),
                )
                if role in reach_of
            },
            last,
        ),
        "messages": env["mail.message"].search([("model", "in", NEW_REACH)]).ids,
    }


def is_of_ours(module: str, addons: Iterable[str]) -> bool:
    """Tell whether a Python module belongs to one of these addons."""
    return any(module.startswith(f"odoo.addons.{addon}.") for addon in addons)


def find_methods(env: Any, addons: Iterable[str]) -> list[tuple[str, str]]:
    """Find the methods of these addons' classes that can be called by RPC.

    :return: model and method; of an abstract model's, those of all who inherit it
    """
    found = set()
    for model in env.registry.values():
        if model._abstract:
            continue
        for cls in model.mro():
            if not is_of_ours(cls.__module__, addons):
                continue
            found |= {
                (model._name, name)
                for name, value in vars(cls).items()
                if not name.startswith("_") and _is_callable_by_rpc(model, name, value)
            }
    return sorted(found)


def _is_callable_by_rpc(model: Any, name: str, value: Any) -> bool:
    return (
        callable(value)
        and not isinstance(value, type)
        and not any(
            getattr(getattr(cls, name, None), "_api_private", False)
            for cls in model.mro()
        )
    )


def find_routes(addons: Iterable[str]) -> list[str]:
    """Find the addresses of these addons' controllers."""
    from odoo.http import Controller

    def subclasses(cls: type) -> Iterable[type]:
        for sub in cls.__subclasses__():
            yield sub
            yield from subclasses(sub)

    found: set[str] = set()
    for cls in subclasses(Controller):
        if is_of_ours(cls.__module__, addons):
            for value in vars(cls).values():
                routing: Mapping[str, Any] = getattr(value, "original_routing", {})
                found |= {*routing.get("routes", ())}
    return sorted(found)


def _letters(right: Any) -> list[str]:
    """Give the operations of an access right or a record rule, by their letters."""
    names = {"R": "read", "W": "write", "C": "create", "D": "unlink"}
    return [letter for letter, name in names.items() if right[f"perm_{name}"]]


def find_access(env: Any) -> dict[str, Any]:
    """Read all access rights, record rules, groups' implications and groups of fields."""

    def ids(records: Any) -> list[str]:
        return sorted(records.get_external_id().values())

    rights = env["ir.model.access"].with_context(active_test=False).search([])
    rules = env["ir.rule"].with_context(active_test=False).search([])
    names = {**rights.get_external_id()}
    rule_names = {**rules.get_external_id()}
    return {
        "ir.model.access": {
            names[right.id] or f"{right.name} {right.id}": [
                right.model_id.model,
                *ids(right.group_id),
                *(_letters(right) if right.active else ()),
            ]
            for right in rights
        },
        "ir.rule": {
            rule_names[rule.id] or f"{rule.name} {rule.id}": [
                rule.model_id.model,
                *ids(rule.groups),
                str(rule.active),
                str(rule.domain_force),
                *_letters(rule),
            ]
            for rule in rules
        },
        "res.groups": {
            name: ids(env["res.groups"].browse(group_id).implied_ids)
            for group_id, name in env["res.groups"].search([]).get_external_id().items()
        },
        "groups of fields": {
            f"{model}.{name}": [field.groups or ""]
            for model in env
            for name, field in env[model]._fields.items()
        },
    }


def find_last(env: Any) -> dict[str, int]:
    """Find the last id of each model that has records of its own."""
    last = {}
    for model in env.registry.values():
        if model._auto and not model._abstract and not model._transient:
            env.cr.execute(f'SELECT max(id) FROM "{model._table}"')
            last[model._name] = env.cr.fetchone()[0] or 0
    return last


def find_reach(
    env: Any, users: Mapping[str, int], upto: Mapping[str, int]
) -> dict[str, dict[str, list[int]]]:
    """Find out which records of all models each user can look for, read, write.

    :param users: ids of users by role
    :param upto: by model the last id that counts: those that both databases have
    :return: by role and model the ids by operation
    """
    reach = {}
    for role, user_id in users.items():
        as_user = env(user=user_id, su=False, context={"active_test": False})
        for model, last_id in upto.items():
            records = as_user[model]
            rows = records.sudo().search([("id", "<=", last_id)]).sudo(False)
            cell = {
                operation: sorted(rows._filtered_access(operation).ids)
                for operation in ("read", "write", "create", "unlink")
                if records.has_access(operation)
            }
            if "read" in cell:
                cell["search"] = sorted(records.search([("id", "<=", last_id)]).ids)
            if cell:
                reach[f"{role} | {model}"] = cell
        env.invalidate_all()
    return reach
