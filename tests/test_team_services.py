"""Switching a service on in a team installs what it needs: over HTTP, in a browser."""

import re

import pytest

from tools.rpc import RpcError

TEAM = "helpdesk.ticket.team"
BROKEN = """
    <odoo><record id="broken" model="res.partner"><field name="colour">1</field></record></odoo>
"""


def create_manager(rpc, name="manager"):
    """Create a helpdesk manager who is no administrator."""
    groups = rpc.call(
        "ir.model.data",
        "search_read",
        [
            ["model", "=", "res.groups"],
            ["name", "in", ["group_user", "group_helpdesk_manager"]],
        ],
        ["res_id"],
    )
    return rpc.call(
        "res.users",
        "create",
        [
            {
                "name": name.title(),
                "login": name,
                "password": f"{name}-password",
                "email": f"{name}@example.com",
                "group_ids": [[6, 0, [group["res_id"] for group in groups]]],
            }
        ],
    )[0]


def open_after_sales(page, server, team_id):
    page.goto(f"{server.url}/odoo/helpdesk-teams/{team_id}")
    page.get_by_role("tab", name="After-Sales").click()


def toggle(page, service):
    return page.locator(f"[name=use_{service}] input")


def write_bridge(folder, **manifest):
    """Write an addon that installs itself with the refunds."""
    addon = folder / "helpdesk_bridge"
    addon.mkdir(parents=True)
    (addon / "__init__.py").touch()
    (addon / "broken.xml").write_text(BROKEN)
    (addon / "__manifest__.py").write_text(
        repr(
            {
                "name": "Bridge",
                "version": "19.0.1.0.0",
                "author": "Test",
                "license": "AGPL-3",
                "depends": ["helpdesk_refund"],
                "auto_install": True,
                **manifest,
            }
        )
    )
    return folder


@pytest.fixture(scope="module")
def broken_server(shared_odoo_server, tmp_path_factory):
    """A server on which installing the refunds fails after the installation's commit."""
    folder = write_bridge(tmp_path_factory.mktemp("broken"), data=["broken.xml"])
    server = shared_odoo_server(["helpdesk_after_sales"], extra_addons_path=[folder])
    server.rpc().call("ir.module.module", "update_list")
    return server


@pytest.mark.parametrize(
    ("service", "addon", "brings", "on_ticket"),
    [
        ("refund", "Helpdesk Refund", "Invoicing", "button[name=action_refund]"),
        ("coupon", "Helpdesk Coupon", "Sale Loyalty", "button[name=action_coupon]"),
        ("return", "Helpdesk Return", "Inventory", "[name=lot_id]"),
    ],
)
def test_administrator_switches_a_service_on(
    odoo_server, browser, service, addon, brings, on_ticket
):
    server = odoo_server(["helpdesk_after_sales"])
    rpc = server.rpc()
    [team_id] = rpc.call(TEAM, "create", [{"name": "Care"}])
    page = browser()
    server.log_in(page)
    open_after_sales(page, server, team_id)
    toggle(page, service).click()
    notice = page.locator(".alert", has_text="Saving this team installs")
    notice.get_by_text(brings).wait_for()
    assert addon in notice.inner_text()
    planned = rpc.call(
        TEAM,
        "onchange",
        [team_id],
        {f"use_{service}": True},
        [f"use_{service}"],
        {"apps_to_install": {}, "modules_to_install": {}},
    )["value"]
    before = set(installed(rpc))
    page.locator("div[name=name] input").fill("Customer Care")
    page.locator(".o_form_button_save").click()
    page.wait_for_event("load", timeout=240_000)
    page.get_by_role("tab", name="After-Sales").click()
    assert toggle(page, service).is_checked()
    assert not notice.is_visible()
    assert page.locator("div[name=name] input").input_value() == "Customer Care"
    assert page.url.endswith(f"/helpdesk-teams/{team_id}")

    announced = set(", ".join(planned.values()).split(", "))
    brought = set(installed(rpc)) - before
    assert brought == announced
    # Just this service, and no other with it.
    assert {name for name in brought if name.startswith("Helpdesk ")} <= {
        addon,
        "Helpdesk Sale Order",
    }

    # The service works at once: what it adds is on the team's tickets.
    [partner_id] = rpc.call("res.partner", "create", [{"name": "Ada"}])
    [ticket_id] = rpc.call(
        "helpdesk.ticket",
        "create",
        [
            {
                "name": "Broken",
                "description": "x",
                "team_id": team_id,
                "partner_id": partner_id,
            }
        ],
    )
    page.goto(f"{server.url}/odoo/helpdesk-tickets/{ticket_id}")
    # The first page after an installation has to build its assets.
    page.locator(f".o_form_view {on_ticket}").first.wait_for(timeout=120_000)


def installed(rpc):
    """The names, as they are shown, of the installed modules."""
    modules = rpc.call(
        "ir.module.module", "search_read", [["state", "=", "installed"]], ["shortdesc"]
    )
    return [module["shortdesc"] for module in modules]


def test_administrator_creates_a_team_with_a_service(odoo_server, browser):
    server = odoo_server(["helpdesk_after_sales"])
    page = browser()
    server.log_in(page)
    page.goto(f"{server.url}/odoo/helpdesk-teams/new")
    page.locator("div[name=name] input").fill("New Team")
    page.get_by_role("tab", name="After-Sales").click()
    toggle(page, "refund").click()
    page.locator(".alert", has_text="Saving this team installs").wait_for()
    page.locator(".o_form_button_save").click()
    page.wait_for_event("load", timeout=240_000)
    page.get_by_role("tab", name="After-Sales").click()
    assert toggle(page, "refund").is_checked()
    assert page.locator("div[name=name] input").input_value() == "New Team"
    teams = server.rpc().call(
        TEAM, "search_read", [["name", "=", "New Team"]], ["use_refund"]
    )
    assert [team["use_refund"] for team in teams] == [True]


def test_manager_requests_activation(broken_server, browser):
    rpc = broken_server.rpc()
    create_manager(rpc)
    [team_id] = rpc.call(TEAM, "create", [{"name": "Requested"}])
    page = browser()
    manager = broken_server.log_in(page, "manager", "manager-password")
    open_after_sales(page, broken_server, team_id)
    assert toggle(page, "refund").is_disabled()
    page.locator("div[name=name] input").fill("Requested by a manager")
    page.locator("#use_refund, .o_setting_box", has_text="Refunds").get_by_role(
        "button", name="Request Activation"
    ).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Why do you need this module?").wait_for()
    dialog.get_by_role("button", name="Request Activation").click()
    page.get_by_text("Your request has been successfully sent").wait_for()
    assert (
        manager.call(TEAM, "read", [team_id], ["name"])[0]["name"]
        == "Requested by a manager"
    )
    mails = rpc.call(
        "mail.mail", "search_count", [["subject", "ilike", "Helpdesk Refund"]]
    ) + rpc.call(
        "mail.message", "search_count", [["subject", "ilike", "Helpdesk Refund"]]
    )
    assert mails

    with pytest.raises(RpcError) as refused:
        manager.call(TEAM, "write", [team_id], {"use_refund": True})
    assert refused.value.name == "odoo.exceptions.AccessError"
    assert "Only an administrator" in refused.value.message
    assert not rpc.call(TEAM, "read", [team_id], ["use_refund"])[0]["use_refund"]


def test_failed_installation_by_rpc(broken_server):
    rpc = broken_server.rpc()
    [team_id] = rpc.call(TEAM, "create", [{"name": "Unlucky"}])
    with pytest.raises(RpcError) as failed:
        rpc.call(
            TEAM, "write", [team_id], {"use_refund": True, "name": "Still unlucky"}
        )
    assert failed.value.name == "odoo.exceptions.RedirectWarning"
    assert "Module helpdesk_bridge could not be installed" in failed.value.message
    assert "colour" in failed.value.message
    rpc = broken_server.rpc()
    [team] = rpc.call(TEAM, "read", [team_id], ["use_refund", "name"])
    assert not team["use_refund"]
    assert team["name"] == "Still unlucky"
    stuck = [["state", "in", ["to install", "to upgrade", "to remove"]]]
    assert not rpc.call("ir.module.module", "search_count", stuck)


def test_failed_installation_keeps_a_new_team(broken_server, browser):
    # After a first failure the addon itself may be there already, without its bridge.
    rpc = broken_server.rpc()
    rpc.call("ir.module.module", "button_immediate_uninstall", refund_module(rpc))
    page = browser()
    broken_server.log_in(page)
    page.goto(f"{broken_server.url}/odoo/helpdesk-teams/new")
    page.locator("div[name=name] input").fill("Kept")
    page.get_by_role("tab", name="After-Sales").click()
    toggle(page, "refund").click()
    page.locator(".alert", has_text="Saving this team installs").wait_for()
    page.locator(".o_form_button_save").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(re.compile("helpdesk_bridge could not be installed")).wait_for(
        timeout=240_000
    )
    dialog.get_by_role("button", name="Back to the Team").click()
    page.get_by_role("tab", name="After-Sales").click()
    assert not toggle(page, "refund").is_checked()
    assert page.locator("div[name=name] input").input_value() == "Kept"
    kept = broken_server.rpc().call(
        TEAM, "search_read", [["name", "=", "Kept"]], ["use_refund"]
    )
    assert [team["use_refund"] for team in kept] == [False]


def refund_module(rpc):
    return rpc.call(
        "ir.module.module",
        "search",
        [["name", "=", "helpdesk_refund"], ["state", "=", "installed"]],
    )
