"""Installing, upgrading and uninstalling, each service alone and all together, with documents there.

The tests of each server follow one another.
"""

import re

import pytest
from services import ADDONS, DEPENDENCIES, MERGE, SERVICES

from tools import addons

TEAM, TICKET, DOCUMENT = (
    "helpdesk.ticket.team",
    "helpdesk.ticket",
    "helpdesk.ticket.document",
)
CONFIGURATION = (
    "ir.actions.actions",
    "ir.asset",
    "ir.cron",
    "ir.model",
    "ir.model.access",
    "ir.model.data",
    "ir.model.fields",
    "ir.rule",
    "ir.sequence",
    "ir.ui.menu",
    "ir.ui.view",
    "mail.message.subtype",
    "mail.template",
    "res.groups",
)
"""The models of which a service that goes leaves no record behind."""


@pytest.fixture(scope="module")
def bare(shared_odoo_server):
    """A server with the base alone of ours, and all that the services stand on."""
    others = addons.external_dependencies(addons.ours())
    return shared_odoo_server(["helpdesk_after_sales", MERGE, *others])


def act(server, action, *names):
    """Install, upgrade or uninstall, and give a session on what is there then."""
    rpc = server.rpc()
    modules = rpc.call("ir.module.module", "search", [["name", "in", names]])
    assert len(modules) == len(names)
    rpc.call("ir.module.module", f"button_immediate_{action}", modules)
    assert not problems(server)
    return server.rpc()


def problems(server):
    """The warnings and errors that the server has logged."""
    lines = re.findall(
        r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*", server.log.read_text(), re.M
    )
    return [line for line in lines if "py.warnings" not in line]


def installed(rpc):
    """Which of our addons are installed."""
    domain = [["state", "=", "installed"], ["name", "in", list(DEPENDENCIES)]]
    modules = rpc.call("ir.module.module", "search_read", domain, ["name"])
    return {module["name"] for module in modules}


def see_screens(rpc, *models):
    """Have the views made that a user opens."""
    for model in models:
        for view_type in ("form", "list", "search"):
            rpc.call(model, "get_view", view_type=view_type)


def everything(server):
    """All that a service might leave behind: configuration, columns and indexes.

    Not the external ids by which what users may go on with is found again.
    """
    rpc = server.rpc()
    found = {
        model: set(rpc.call(model, "search", [], context={"active_test": False}))
        for model in CONFIGURATION
    }
    found["ir.model.data"] -= set(
        rpc.call("ir.model.data", "search", [["module", "=like", r"\_\_helpdesk\_%"]])
    )
    with server.connection() as link, link.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        found["columns"] = set(cursor.fetchall())
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        found["indexes"] = set(cursor.fetchall())
    return found


def uninstall_with_documents(server, service):
    """Uninstall a service: its documents stay, and nothing of the addon."""
    rpc = server.rpc()
    there = installed(rpc)
    gone = [each for each in (service, *service.dependents) if each.addon in there]
    documents = {
        each.model: rpc.call(each.model, "search", [["ticket_id", "!=", False]])
        for each in gone
    }
    tickets = rpc.call(TICKET, "search", [])
    lines = rpc.call(DOCUMENT, "search", [["res_model", "not in", list(documents)]])
    rpc = act(server, "uninstall", service.addon)
    assert not installed(rpc) & {each.addon for each in gone}
    assert rpc.call(TICKET, "search", []) == tickets
    assert rpc.call(DOCUMENT, "search", []) == lines
    for each in gone:
        kept = rpc.call(
            each.model, "search_count", [["id", "in", documents[each.model]]]
        )
        assert kept == len(documents[each.model])
        assert not rpc.call(TEAM, "search", [[each.toggle, "=", True]])
        assert "ticket_id" not in rpc.call(each.model, "fields_get", ["ticket_id"])
        assert each.field not in rpc.call(TICKET, "fields_get", [each.field])
        assert not rpc.call("ir.model.data", "search", [["module", "=", each.addon]])
        see_screens(rpc, each.model)
    see_screens(rpc, TEAM, TICKET, DOCUMENT)
    return documents


def assert_story_told(rpc):
    """The demo data have taken their ticket through all services, whoever came last."""
    domain = [["ticket_id.name", "=", "Arc lamp arrived broken"]]
    lines = rpc.call(DOCUMENT, "search_read", domain, ["service"])
    told = ["coupon", "fieldservice", "refund", "repair", "return", "return"]
    assert sorted(line["service"] for line in lines) == told


@pytest.mark.parametrize("service", SERVICES, ids=ADDONS)
def test_alone(bare, service):
    """It comes without the others, and leaves nothing behind."""
    before = everything(bare)
    rpc = act(bare, "install", service.addon)
    needed = {name for name in DEPENDENCIES[service.addon] if name in DEPENDENCIES}
    there = {"helpdesk_after_sales", MERGE, service.addon, *needed}
    assert installed(rpc) == there
    [team] = rpc.call(TEAM, "create", [{"name": service.code, service.toggle: True}])
    see_screens(rpc, TEAM, TICKET, DOCUMENT, service.model)
    # What was brought goes with what brought it, so that the next one comes alone too.
    others = needed - {"helpdesk_after_sales"}
    rpc = act(bare, "uninstall", service.addon, *others)
    assert installed(rpc) == {"helpdesk_after_sales", MERGE}
    assert not rpc.call(TEAM, "read", [team], [service.toggle])[0][service.toggle]
    after = everything(bare)
    left = {name: after[name] - before[name] for name in after}
    assert not {name: ids for name, ids in left.items() if ids}
    lost = {name: before[name] - after[name] for name in after}
    assert not {name: ids for name, ids in lost.items() if ids}


def test_base_goes_with_all_of_ours(bare):
    rpc = act(bare, "install", *ADDONS)
    tickets = rpc.call(TICKET, "search", [])
    rpc = act(bare, "uninstall", "helpdesk_after_sales")
    assert not installed(rpc)
    assert rpc.call(TICKET, "search", []) == tickets
    ours = ["helpdesk.ticket.document", "helpdesk.document.mixin"]
    assert not rpc.call("ir.model", "search", [["model", "in", ours]])
    toggles = [
        ["model", "=", TEAM],
        ["name", "in", [service.toggle for service in SERVICES]],
    ]
    assert not rpc.call("ir.model.fields", "search", toggles)
    assert not rpc.call(
        "ir.model.data", "search", [["module", "in", list(DEPENDENCIES)]]
    )
    see_screens(rpc, TEAM, TICKET)


def test_upgrade_keeps_everything(server):
    rpc = server.rpc()

    def snapshot(rpc):
        found = [rpc.call(DOCUMENT, "search", [])]
        for service in SERVICES:
            teams = rpc.call(TEAM, "search", [[service.toggle, "=", True]])
            documents = rpc.call(service.model, "search", [["ticket_id", "!=", False]])
            assert teams and documents, "the demo data have documents"
            found += [teams, documents]
        return found

    before = snapshot(rpc)
    assert snapshot(act(server, "upgrade", "helpdesk_after_sales")) == before


def test_uninstall_one_by_one_and_install_again(server):
    """The documents stay; a service that comes back finds the teams as a new one does."""
    stayed = {}
    visited = [["is_field_service", "=", True]]
    projects = server.rpc().call(
        "project.project", "search_read", visited, ["type_ids"]
    )
    for service in SERVICES:
        if service.addon in installed(server.rpc()):
            stayed |= uninstall_with_documents(server, service)
    for service in SERVICES:
        rpc = act(server, "install", service.addon)
        linked = [["ticket_id", "!=", False], ["id", "in", stayed[service.model]]]
        assert not rpc.call(service.model, "search", linked)
        teams = rpc.call(TEAM, "search", [])
        rpc.call(TEAM, "write", teams, {service.toggle: True})
        assert rpc.call(TEAM, "search", [[service.toggle, "=", True]]) == teams
    assert rpc.call("project.project", "search_read", visited, ["type_ids"]) == projects
    assert not problems(server)
    assert_story_told(rpc)


def test_uninstall_the_other_way_round(server):
    for service in reversed(SERVICES):
        uninstall_with_documents(server, service)


def test_merge_goes_alone(server):
    """The glue goes and comes by itself; the documents stay where they are."""
    rpc = act(server, "install", *ADDONS)
    assert_story_told(rpc)
    lines = rpc.call(DOCUMENT, "search", [])
    rpc = act(server, "uninstall", MERGE)
    assert rpc.call(DOCUMENT, "search", []) == lines
    assert not rpc.call("ir.model.data", "search", [["module", "=", MERGE]])
    act(server, "uninstall", "helpdesk_mgmt_merge")
    rpc = act(server, "install", "helpdesk_mgmt_merge")
    assert MERGE in installed(rpc)
