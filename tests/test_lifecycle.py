"""Installing, upgrading and uninstalling, each service alone and all together, with documents there.

The tests of each server follow one another.
"""

import pytest
from services import ADDONS, DEPENDENCIES, MERGE, SERVICES

from tools import addons, lifecycle
from tools.lifecycle import problems, see_screens

TEAM, TICKET, DOCUMENT = (
    "helpdesk.ticket.team",
    "helpdesk.ticket",
    "helpdesk.ticket.document",
)


@pytest.fixture(scope="module")
def bare(shared_odoo_server):
    """A server with the base alone of ours, and all that the services stand on."""
    others = addons.external_dependencies(addons.ours())
    return shared_odoo_server(["helpdesk_after_sales", MERGE, *others])


def act(server, action, *names):
    """Install, upgrade or uninstall without a warning, and give a session on what is there then."""
    rpc = lifecycle.act(server, action, *names)
    assert not problems(server)
    return rpc


def installed(rpc):
    """Which of our addons are installed."""
    domain = [["state", "=", "installed"], ["name", "in", list(DEPENDENCIES)]]
    modules = rpc.call("ir.module.module", "search_read", domain, ["name"])
    return {module["name"] for module in modules}


def everything(server):
    """All that a service might leave behind."""
    with server.connection() as link:
        return lifecycle.everything(link)


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
    assert not lifecycle.difference(after, before)
    assert not lifecycle.difference(before, after)


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
