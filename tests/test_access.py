"""Who reads what came of a ticket, and who makes it: over RPC, role by role."""

import pytest

from tools.rpc import RpcError

DOCUMENT = "helpdesk.ticket.document"
ROLES = {
    "portal": ["base.group_portal"],
    "employee": ["base.group_user"],
    "own": ["helpdesk_mgmt.group_helpdesk_user_own"],
    "team": ["helpdesk_mgmt.group_helpdesk_user_team"],
    "all": ["helpdesk_mgmt.group_helpdesk_user"],
    "manager": ["helpdesk_mgmt.group_helpdesk_manager"],
    "billing": ["account.group_account_invoice"],
    "all_and_billing": [
        "helpdesk_mgmt.group_helpdesk_user",
        "account.group_account_invoice",
    ],
    "own_and_billing": [
        "helpdesk_mgmt.group_helpdesk_user_own",
        "account.group_account_invoice",
    ],
    "technician": ["project.group_project_user"],
    "own_and_stock": [
        "helpdesk_mgmt.group_helpdesk_user_own",
        "stock.group_stock_user",
    ],
    "other_company": [
        "helpdesk_mgmt.group_helpdesk_manager",
        "account.group_account_invoice",
    ],
}
READS_ALL = {"all", "manager", "all_and_billing"}
READS_TEAM = READS_ALL | {"team"}
READS_OWN = READS_TEAM | {"own", "own_and_billing", "own_and_stock"}
READERS = {"own": READS_OWN, "team": READS_TEAM, "other": READS_ALL}
"""Whose ticket, and which roles read it, as helpdesk_mgmt has it."""
REFUNDERS = {
    "own": {"all_and_billing", "own_and_billing"},
    "team": {"all_and_billing"},
    "other": {"all_and_billing"},
}


@pytest.fixture(scope="module")
def desk(server):
    return Desk(server)


class Desk:
    """A ticket of the demo data with a document of a service, a user of each role."""

    document = "account.move"
    toggle = "use_refund"

    def __init__(self, server):
        self.server = server
        self.rpc = server.rpc()
        self.line = self.rpc.call(
            DOCUMENT,
            "search_read",
            [["res_model", "=", self.document], *self.choose()],
            ["ticket_id", "res_model", "res_id"],
            limit=1,
        )[0]
        self.ticket = self.line["ticket_id"][0]
        [self.team, self.other_team] = self.rpc.call(
            "helpdesk.ticket.team",
            "create",
            [{"name": name, self.toggle: True} for name in ("Ours", "Theirs")],
        )
        [company] = self.rpc.call(
            "res.company", "create", [{"name": f"Second of {self.toggle}"}]
        )
        self.users = {
            role: self.create_user(role, company if role == "other_company" else 1)
            for role in ROLES
        }
        self.sessions = {
            role: server.rpc(f"{self.toggle}_{role}", f"{role}-password")
            for role in ROLES
        }

    def choose(self):
        """Give a domain on the lines of which one is taken."""
        return []

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        return self.rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0][
            "res_id"
        ]

    def create_user(self, role, company):
        groups = ROLES[role]
        if role != "portal":
            groups = [*groups, "base.group_allow_export"]
        return self.rpc.call(
            "res.users",
            "create",
            [
                {
                    "name": role,
                    "login": f"{self.toggle}_{role}",
                    "password": f"{role}-password",
                    "email": f"{role}@example.com",
                    "company_id": company,
                    "company_ids": [[6, 0, [company]]],
                    "group_ids": [[6, 0, [self.ref(group) for group in groups]]],
                }
            ],
        )[0]

    def give_to(self, role, kind):
        """Make the ticket the user's own, their team's, or somebody else's."""
        user, admin = self.users[role], self.ref("base.user_admin")
        members = {"own": [user, admin], "team": [user, admin], "other": [admin]}[kind]
        self.rpc.call(
            "helpdesk.ticket.team",
            "write",
            [self.team],
            {"user_ids": [[6, 0, members]]},
        )
        self.rpc.call(
            "helpdesk.ticket.team",
            "write",
            [self.other_team],
            {"user_ids": [[6, 0, [admin]]]},
        )
        followers = self.rpc.call(
            "mail.followers",
            "search",
            [["res_model", "=", "helpdesk.ticket"], ["res_id", "=", self.ticket]],
        )
        self.rpc.call("mail.followers", "unlink", followers)
        team = self.other_team if kind == "other" else self.team
        owner = user if kind == "own" else admin
        self.rpc.call(
            "helpdesk.ticket",
            "write",
            [self.ticket],
            {"team_id": team, "user_id": owner},
        )
        followers = self.rpc.call(
            "mail.followers",
            "search",
            [["res_model", "=", "helpdesk.ticket"], ["res_id", "=", self.ticket]],
        )
        self.rpc.call("mail.followers", "unlink", followers)


def is_allowed(call):
    """Tell whether a call is allowed; anything but an access error is a failure."""
    try:
        return bool(call())
    except RpcError as error:
        assert error.name == "odoo.exceptions.AccessError", error.debug
        return False


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("role", ROLES)
def test_lines_follow_the_ticket(desk, role, kind):
    desk.give_to(role, kind)
    session = desk.sessions[role]
    by_ticket = [["ticket_id", "=", desk.ticket]]
    line = desk.line["id"]
    reads = {
        "search": lambda: session.call(DOCUMENT, "search", by_ticket),
        "search_count": lambda: session.call(DOCUMENT, "search_count", by_ticket),
        "read": lambda: session.call(DOCUMENT, "read", [line], ["name", "amount"]),
        "web_read": lambda: session.call(
            DOCUMENT, "web_read", [line], {"name": {}, "partner_id": {}}
        ),
        "read_group": lambda: session.call(
            DOCUMENT, "formatted_read_group", by_ticket, ["service"], ["amount:sum"]
        ),
        "name_search": lambda: session.call(
            DOCUMENT, "name_search", "", domain=by_ticket
        ),
        "export": lambda: session.call(DOCUMENT, "export_data", [line], ["name"])[
            "datas"
        ],
        "open": lambda: session.call(DOCUMENT, "action_open_document", [line]),
        "ticket": lambda: session.call(
            "helpdesk.ticket", "read", [desk.ticket], ["name"]
        ),
    }
    if role == "portal":
        del reads["export"]
    allowed = {name for name, call in reads.items() if is_allowed(call)}
    assert allowed == (set(reads) if role in READERS[kind] else set())
    for change in (
        lambda: session.call(DOCUMENT, "write", [line], {"name": "Mine"}),
        lambda: session.call(DOCUMENT, "unlink", [line]),
        lambda: session.call(DOCUMENT, "create", [{"name": "Mine"}]),
    ):
        assert not is_allowed(change)


@pytest.mark.parametrize("kind", REFUNDERS)
@pytest.mark.parametrize("role", ROLES)
def test_refund_takes_both_rights(desk, role, kind):
    """The ticket's and Invoicing's; and the documents stay with those who had them."""
    desk.give_to(role, kind)
    session = desk.sessions[role]
    assert is_allowed(
        lambda: session.call("helpdesk.ticket", "action_refund", [desk.ticket])
    ) == (role in REFUNDERS[kind])
    reads_move = is_allowed(
        lambda: session.call("account.move", "read", [desk.line["res_id"]], ["name"])
    )
    assert reads_move == (role in ("billing", "all_and_billing", "own_and_billing"))


WRITERS = {"own": READS_OWN, "team": READS_TEAM, "other": READS_ALL}
"""Whose ticket, and which roles write it, and so make repairs and visits of it."""


def read_form(session, model, record):
    """Read a record as the user's form does, with the names of what it links to."""
    views = session.call(model, "get_views", [[False, "form"]])
    fields = views["models"][model]["fields"]
    linked = {"fields": {"display_name": {}}}
    return session.call(
        model,
        "web_read",
        [record],
        {name: linked if "relation" in fields[name] else {} for name in fields},
    )


@pytest.fixture(scope="module")
def workshop(server):
    return Workshop(server)


class Workshop(Desk):
    """The demo data's repair of a ticket, one of none, and a user of each role."""

    document = "repair.order"
    toggle = "use_repair"

    def choose(self):
        """Take one that has operations."""
        operations = self.rpc.call("repair.service", "search_read", [], ["repair_id"])
        return [["res_id", "in", [line["repair_id"][0] for line in operations]]]

    def __init__(self, server):
        super().__init__(server)
        self.repair = self.line["res_id"]
        [self.plain] = self.rpc.call("repair.order", "create", [{}])


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("role", [role for role in ROLES if role != "own_and_stock"])
def test_repairs_follow_the_ticket(workshop, role, kind):
    """Read by who reads the ticket, created and changed by who writes it; no other."""
    workshop.give_to(role, kind)
    session = workshop.sessions[role]
    repair, plain = workshop.repair, workshop.plain
    both = [["id", "in", [repair, plain]]]

    def is_found(result):
        return repair in result and plain not in result

    reads = {
        "search": lambda: is_found(session.call("repair.order", "search", both)),
        "count": lambda: session.call("repair.order", "search_count", both) == 1,
        "read": lambda: session.call("repair.order", "read", [repair], ["name"]),
        "web_read": lambda: session.call(
            "repair.order",
            "web_read",
            [repair],
            {"name": {}, "picking_id": {"fields": {"display_name": {}}}},
        ),
        "read_group": lambda: (
            sum(
                group["__count"]
                for group in session.call(
                    "repair.order", "formatted_read_group", both, ["state"], ["__count"]
                )
            )
            == 1
        ),
        "name_search": lambda: session.call(
            "repair.order", "name_search", "", domain=both
        ),
        "export": lambda: session.call(
            "repair.order", "export_data", [repair], ["name"]
        )["datas"],
        "messages": lambda: session.call(
            "mail.message",
            "search",
            [["model", "=", "repair.order"], ["res_id", "=", repair]],
        ),
        "form": lambda: read_form(session, "repair.order", repair),
        "operations": lambda: session.call(
            "repair.service", "search_read", [["repair_id", "=", repair]]
        ),
        "open": lambda: (
            session.call(DOCUMENT, "action_open_document", [workshop.line["id"]])[
                "res_model"
            ]
            == "repair.order"
        ),
    }
    if role == "portal":
        del reads["export"], reads["messages"]
    allowed = {name for name, call in reads.items() if is_allowed(call)}
    assert allowed == (set(reads) if role in READERS[kind] else set())
    writes = {
        "button": lambda: session.call(
            "helpdesk.ticket", "action_repair", [workshop.ticket]
        ),
        "write": lambda: session.call(
            "repair.order", "write", [repair], {"internal_notes": "<p>Seen</p>"}
        ),
        "create": lambda: session.call(
            "repair.order", "create", [{"ticket_id": workshop.ticket}]
        ),
    }
    allowed = {name for name, call in writes.items() if is_allowed(call)}
    assert allowed == (set(writes) if role in WRITERS[kind] else set())
    for forbidden in (
        lambda: session.call("repair.order", "read", [plain], ["name"]),
        lambda: session.call("repair.order", "write", [plain], {"priority": "1"}),
        lambda: session.call("repair.order", "write", [repair], {"state": "draft"}),
        lambda: session.call("repair.order", "create", [{}]),
        lambda: session.call("repair.order", "unlink", [repair]),
        lambda: session.call("repair.order", "action_send_back", [repair]),
    ):
        assert not is_allowed(forbidden)


@pytest.mark.parametrize("kind", WRITERS)
def test_repairs_of_stock_users(workshop, kind):
    """Who has the rights of Inventory loses nothing by being a helpdesk user."""
    workshop.give_to("own_and_stock", kind)
    session = workshop.sessions["own_and_stock"]
    both = [workshop.repair, workshop.plain]
    found = session.call("repair.order", "search", [["id", "in", both]])
    assert sorted(found) == sorted(both)
    for repair in both:
        [values] = read_form(session, "repair.order", repair)
        assert "move_ids" in values
        assert session.call("repair.order", "write", [repair], {"priority": "0"})


@pytest.fixture(scope="module")
def vans(server):
    return Vans(server)


class Vans(Desk):
    """The demo data's visit of a ticket, a task in an office, and a user of each role."""

    document = "project.task"
    toggle = "use_fieldservice"

    def __init__(self, server):
        super().__init__(server)
        self.visit = self.line["res_id"]
        self.project = self.rpc.call(
            "project.task", "read", [self.visit], ["project_id"]
        )[0]["project_id"][0]
        [office] = self.rpc.call(
            "project.project", "create", [{"name": "Office", "company_id": 1}]
        )
        [self.task] = self.rpc.call(
            "project.task", "create", [{"name": "Paint", "project_id": office}]
        )


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("role", ROLES)
def test_visits_of_the_ticket(vans, role, kind):
    """Made by who writes the ticket; read and changed by who has the right to by core."""
    vans.give_to(role, kind)
    session = vans.sessions[role]
    visit, task = vans.visit, vans.task
    both = [["id", "in", [visit, task]]]
    reads = {
        "search": lambda: session.call("project.task", "search", both),
        "count": lambda: session.call("project.task", "search_count", both) == 2,
        "read": lambda: session.call("project.task", "read", [visit, task], ["name"]),
        "name_search": lambda: session.call(
            "project.task", "name_search", "", domain=both
        ),
        "read_group": lambda: session.call(
            "project.task", "formatted_read_group", both, ["is_field_service"]
        ),
    }
    reads_tasks = role not in ("portal", "other_company")
    allowed = {name for name, call in reads.items() if is_allowed(call)}
    assert allowed == (set(reads) if reads_tasks else set())
    if role in READERS[kind]:
        [form] = read_form(session, "project.task", visit)
        assert form["is_ticket_readable"]
        assert session.call(
            "helpdesk.ticket", "action_view_fieldservice_tasks", [vans.ticket]
        )

    def plan():
        popups = "helpdesk.fieldservice.create"
        [popup] = session.call(popups, "create", [{"ticket_id": vans.ticket}])
        return session.call(popups, "action_create", [popup])

    writes = {
        "button": lambda: session.call(
            "helpdesk.ticket", "action_create_task", [vans.ticket]
        ),
        "plan": plan,
    }
    allowed = {name for name, call in writes.items() if is_allowed(call)}
    assert allowed == (set(writes) if role in WRITERS[kind] else set())
    changes = {
        "write": lambda: session.call(
            "project.task", "write", [visit], {"priority": "0"}
        ),
        "write a task": lambda: session.call(
            "project.task", "write", [task], {"priority": "0"}
        ),
        "create": lambda: session.call(
            "project.task", "create", [{"name": "Mine", "project_id": vans.project}]
        ),
        "report": lambda: session.call(
            "project.task", "write", [visit], {"visit_report": "<p>Seen</p>"}
        ),
        "link": lambda: session.call(
            "project.task", "write", [task], {"ticket_id": vans.ticket}
        ),
        "delete": lambda: session.call("project.task", "unlink", [task]),
    }
    if role == "technician":
        del changes["delete"]
    allowed = {name for name, call in changes.items() if is_allowed(call)}
    assert allowed == (set(changes) - {"link"} if role == "technician" else set())
